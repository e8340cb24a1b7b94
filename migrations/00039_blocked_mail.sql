-- Mail of suspended contacts waits as 'blocked', until it is released, deleted or too old.
-- +goose NO TRANSACTION
-- +goose Up
alter table inbound_mails drop constraint if exists inbound_mails_state_check;
alter table inbound_mails add constraint inbound_mails_state_check check (state in ('received', 'held', 'blocked', 'processed')) not valid;
alter table inbound_mails validate constraint inbound_mails_state_check;
-- Contacts that were suspended before anybody wrote down why.
insert into contact_suspensions (workspace_id, contact_id, suspended_at, suspended_by, cause)
	select k.workspace_id, k.id, k.suspended_at, min(m.id), 'by hand' from contacts k
	join members m on m.workspace_id = k.workspace_id and m.role = 'owner'
	where k.suspended_at is not null group by k.workspace_id, k.id, k.suspended_at
	on conflict do nothing;

-- +goose Down
delete from inbound_mails where state = 'blocked';
alter table inbound_mails drop constraint if exists inbound_mails_state_check;
alter table inbound_mails add constraint inbound_mails_state_check check (state in ('received', 'held', 'processed'));
