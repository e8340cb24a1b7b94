package testdb

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestEachTestHasItsOwnDatabase(t *testing.T) {
	t.Parallel()
	one, two := New(t), New(t)
	err := one.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), `insert into users (email, name, password_hash, created_at) values ('a@b.test', 'A', '', now())`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var users int
	err = two.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), `select count(*) from users`).Scan(&users)
	})
	if err != nil || users != 0 {
		t.Fatalf("the second database sees %d users of the first (%v)", users, err)
	}
}
