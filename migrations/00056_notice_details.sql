-- What a notification says that is about no case: numbers and names of members, in the program's own words, never a customer's.
-- +goose Up
alter table notifications add column detail text not null default '';

-- +goose Down
alter table notifications drop column detail;
