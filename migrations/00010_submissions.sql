-- The same form sent twice is one message; and a forgotten password.
-- +goose NO TRANSACTION
-- +goose Up

-- A hash of the form's random key and what was written in it: it tells a form sent twice from another text sent with
-- the same form, as after the browser's Back.
alter table messages add column if not exists submission bytea;
create unique index concurrently if not exists messages_submission on messages (workspace_id, submission) where submission is not null;

-- Requests for a new password. The token is made when its mail is written, so only its hash is ever stored.
create table if not exists password_resets (
	id          bigint generated always as identity primary key,
	user_id     bigint not null references users,
	created_at  timestamptz not null,
	token_hash  bytea unique,
	expires_at  timestamptz, -- of the token
	used_at     timestamptz, -- or replaced by a newer one
	next_try_at timestamptz, -- when its mail is due; null: sent, or given up
	tries       int not null default 0
);
create index if not exists password_resets_user on password_resets (user_id, created_at);
create index if not exists password_resets_age on password_resets (created_at);
create index if not exists password_resets_to_mail on password_resets (next_try_at) where next_try_at is not null;

-- +goose Down
drop table if exists password_resets;
drop index concurrently if exists messages_submission;
alter table messages drop column if exists submission;
