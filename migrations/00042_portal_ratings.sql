-- A rating that a customer gives in the portal answers no mail.
-- +goose Up

alter table ratings alter column message_id drop not null;

-- +goose Down
delete from ratings where message_id is null;
alter table ratings alter column message_id set not null;
