-- Whoever was told of their erasure where no mail server is: by a file in the outbox folder, which nobody sends.
-- +goose Up
alter table contact_erasures drop constraint contact_erasures_telling_check,
	add constraint contact_erasures_telling_check check (telling in ('', 'waiting', 'told', 'filed', 'not told')) not valid;
alter table contact_erasures validate constraint contact_erasures_telling_check;

-- +goose Down
update contact_erasures set telling = 'told' where telling = 'filed';
alter table contact_erasures drop constraint contact_erasures_telling_check,
	add constraint contact_erasures_telling_check check (telling in ('', 'waiting', 'told', 'not told'));
