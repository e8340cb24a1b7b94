-- Spam can be deleted forever, without a countdown.
-- +goose Up
alter table erasure_ledger drop constraint erasure_ledger_kind_check;
alter table erasure_ledger add constraint erasure_ledger_kind_check
	check (kind in ('case purged', 'case erased', 'case erased with contact', 'contact erased', 'spam erased')) not valid;
alter table erasure_ledger validate constraint erasure_ledger_kind_check;
-- Blocked mail follows its contact into the one that takes it over.
grant update (contact_id) on blocked_mails to caseward_app;

-- +goose Down
revoke update (contact_id) on blocked_mails from caseward_app;
alter table erasure_ledger drop constraint erasure_ledger_kind_check;
alter table erasure_ledger add constraint erasure_ledger_kind_check
	check (kind in ('case purged', 'case erased', 'case erased with contact', 'contact erased')) not valid;
