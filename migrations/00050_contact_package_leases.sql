-- Files of what is held on a contact: one is put together by one process at a time, and goes when something that may be in it is
-- erased or the contact is merged into another one.
-- +goose Up

alter table contact_packages add column leased_until timestamptz; -- while somebody puts it together
grant delete on contact_packages to caseward_app; -- its parts go by the foreign key

-- +goose Down
revoke delete on contact_packages from caseward_app;
alter table contact_packages drop column leased_until;
