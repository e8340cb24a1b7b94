package cases_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/desk/message"
	"caseward/internal/testkit/fixture"
)

// documents are the words of all cases, without their places.
func documents(d *fixture.Desk) []string {
	return fixture.Rows[string](d, `select case_id || ': ' || strip(document)::text || ' ' || version from case_search order by case_id`)
}

// outdate makes the words of all cases those of an older version.
func outdate(t *testing.T, d *fixture.Desk) {
	t.Helper()
	must(t, d.DB.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		if _, err := tx.Exec(t.Context(), `set local app.retention = 'on'`); err != nil { // some are deleted
			return err
		}
		_, err := tx.Exec(t.Context(), `update case_search set version = 0, document = to_tsvector('simple', 'old')`)
		return err
	}))
}

func finds(t *testing.T, d *fixture.Desk, actor access.Actor, text string) []cases.Number {
	t.Helper()
	r, err := d.Search.Cases(t.Context(), actor, text, cases.PageInput{})
	must(t, err)
	list := []cases.Number{}
	for _, row := range r.Rows {
		list = append(list, row.Number)
	}
	return list
}

func TestReindexMakesTheWordsAnew(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	one := d.Receive(fixture.Mail{From: "jörg@kunde.test", Name: "Jörg Ärger", Subject: "Größe AB-12/7", Body: "東京都から"})
	_, err := d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: one, Body: "the parcel is late"})
	must(t, err)
	gone := d.Receive(fixture.Mail{From: "x@kunde.test", Name: "Xaver", Subject: "Gone", Body: "zebra"})
	_, err = d.Cases.Delete(ctx, d.Ana, cases.DeleteInput{Number: gone})
	must(t, err)
	before := documents(d)

	outdate(t, d)
	if got := finds(t, d, d.Ana, "old"); len(got) != 1 {
		t.Errorf("while its words are of an older version, the case is found %v", got)
	}
	_, err = d.Messages.Note(ctx, d.Ana, message.NoteInput{Number: one, Body: "newer"})
	must(t, err)
	if got := finds(t, d, d.Ana, "newer"); len(got) != 1 {
		t.Errorf("words added to older ones are found in %v", got)
	}
	summary, err := d.Cases.Reindex(ctx)
	must(t, err)
	if summary != "made the words of 2 cases anew" {
		t.Error(summary)
	}
	after := documents(d)
	if diff := cmp.Diff(before, []string{strings.Replace(after[0], " 'newer'", "", 1), after[1]}); diff != "" {
		t.Errorf("(-before +after):\n%s", diff)
	}
	for text, want := range map[string]cases.Number{"jorg@kunde.test": one, "aerger": one, "ab127": one, "京都": one, "newer": one, "status:deleted zebra": gone} {
		if got := finds(t, d, d.Ana, text); !cmp.Equal(got, []cases.Number{want}) {
			t.Errorf("%q finds %v, want %v", text, got, want)
		}
	}
	if summary, err = d.Cases.Reindex(ctx); err != nil || summary != "made the words of 0 cases anew" {
		t.Error(summary, err)
	}
}

func TestANewSubjectReplacesTheWordsOfTheOld(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Receive(fixture.Mail{Subject: "Zebra stripes", Body: "hello"})
	subject := "Lion mane"
	_, err := d.Cases.Update(t.Context(), d.Ana, n, cases.UpdateInput{Subject: &subject})
	must(t, err)
	if got := finds(t, d, d.Ana, "zebra"); len(got) != 0 {
		t.Errorf("the old subject finds %v", got)
	}
	if got := finds(t, d, d.Ana, "lion hello"); len(got) != 1 {
		t.Errorf("the new subject finds %v", got)
	}
}

// TestNoWordIsLostWhileWordsAreMadeAnew: people go on writing meanwhile.
func TestNoWordIsLostWhileWordsAreMadeAnew(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	n := d.Case()
	const notes = 15
	var all sync.WaitGroup
	all.Go(func() {
		for i := range notes {
			if _, err := d.Messages.Note(t.Context(), d.Ana, message.NoteInput{Number: n, Body: fmt.Sprintf("wort%dx", i)}); err != nil {
				t.Error(err)
			}
		}
	})
	all.Go(func() {
		for range notes {
			outdate(t, d)
			if _, err := d.Cases.Reindex(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	_, err := d.Cases.Reindex(t.Context())
	must(t, err)
	for i := range notes {
		if got := finds(t, d, d.Ana, fmt.Sprintf(`"wort%dx"`, i)); len(got) != 1 {
			t.Errorf("note %d finds %v", i, got)
		}
	}
}

// TestWordsThatAreAddedMeanwhile: while words are made anew, somebody adds to the case; what they wrote is found all the same.
func TestWordsThatAreAddedMeanwhile(t *testing.T) {
	t.Parallel()
	d := fixture.NewDesk(t)
	ctx := t.Context()
	n := d.Receive(fixture.Mail{From: "kim@kunde.test", Subject: "Parcel", Body: "axolotl"})
	id := fixture.One[cases.ID](d, `select id from cases where number = $1`, n)
	reworded := make(chan error, 1)
	must(t, d.DB.AsSystem(ctx, "test", func(tx pgx.Tx) error { // as whoever writes a message
		if _, err := cases.LockByIDTx(ctx, tx, d.Workspace.ID, id); err != nil {
			return err
		}
		go func() {
			reworded <- d.DB.AsSystem(ctx, "test", func(tx pgx.Tx) error { return cases.RewordTx(ctx, tx, d.Workspace.ID, id) })
		}()
		d.AwaitLockWait()
		batch := &pgx.Batch{}
		batch.Queue(`insert into messages (workspace_id, case_id, kind, body_text, created_at) values ($1, $2, 'note', 'quetzal', now())`, d.ID(), id)
		cases.QueueIndex(batch, d.Workspace.ID, id, cases.Words{Text: "quetzal"})
		return tx.SendBatch(ctx, batch).Close()
	}))
	must(t, <-reworded)
	for _, word := range []string{"axolotl", "quetzal"} {
		if got := finds(t, d, d.Ana, word); len(got) != 1 {
			t.Errorf("%s is found in %v", word, got)
		}
	}
}
