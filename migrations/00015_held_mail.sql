-- Automatic mail to a deleted case waits as 'held' and is taken in once the case is back.
-- +goose NO TRANSACTION
-- +goose Up
alter table inbound_mails drop constraint if exists inbound_mails_state_check;
alter table inbound_mails add constraint inbound_mails_state_check check (state in ('received', 'held', 'processed')) not valid;
alter table inbound_mails validate constraint inbound_mails_state_check;
create index concurrently if not exists inbound_mails_held on inbound_mails (workspace_id, case_id) where state = 'held';

-- +goose Down
drop index concurrently if exists inbound_mails_held;
update inbound_mails set state = 'processed' where state = 'held';
alter table inbound_mails drop constraint if exists inbound_mails_state_check;
alter table inbound_mails add constraint inbound_mails_state_check check (state in ('received', 'processed'));
