package workspace_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/workspace"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

func begin(t *testing.T) (*db.DB, *fixture.World, *workspace.Service) {
	t.Helper()
	d := testdb.New(t)
	return d, fixture.Workspace(t, d), fixture.New(t, d, clock.System).Workspaces
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	d, w, s := begin(t)
	if err := s.Update(t.Context(), w.Admin, workspace.UpdateInput{Name: " New name ", TimeZone: "Asia/Tokyo"}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), w.Viewer)
	if err != nil || got.Name != "New name" || got.TimeZone != "Asia/Tokyo" {
		t.Errorf("%+v, %v", got, err)
	}
	if diff := cmp.Diff([]string{`{"fields": ["name", "time_zone"]}`}, details(t, d, w, "workspace.updated")); diff != "" {
		t.Error(diff)
	}
	for _, in := range []workspace.UpdateInput{{"", "UTC"}, {"x", ""}, {"x", "Local"}, {"x", "Mars/Olympus"}, {"a\nb", "UTC"}} {
		if err := s.Update(t.Context(), w.Admin, in); !errs.Is(err, errs.Invalid) {
			t.Errorf("%+v: %v", in, err)
		}
	}
	if err := s.Update(t.Context(), w.Ana, workspace.UpdateInput{Name: "x", TimeZone: "UTC"}); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent: %v", err)
	}
	found, err := s.BySlug(t.Context(), w.Workspace.Slug)
	if err != nil || found.ID != w.Workspace.ID {
		t.Errorf("%+v, %v", found, err)
	}
	if _, err := s.BySlug(t.Context(), "nowhere"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

func TestRetention(t *testing.T) {
	t.Parallel()
	d, w, s := begin(t)
	days := func(n int) *int { return &n }
	for _, set := range []*int{days(90), days(90), nil, nil, days(1)} {
		if err := s.SetRetention(t.Context(), w.Admin, set); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`{"new_days": 90, "old_days": 7}`, `{"new_days": null, "old_days": 90}`, `{"new_days": 1, "old_days": null}`}
	if diff := cmp.Diff(want, details(t, d, w, "workspace.retention.changed")); diff != "" {
		t.Error(diff)
	}
	for _, n := range []int{0, -1, 91} {
		if err := s.SetRetention(t.Context(), w.Admin, &n); !errs.Is(err, errs.Invalid) {
			t.Errorf("%d days: %v", n, err)
		}
	}
	if err := s.SetRetention(t.Context(), w.Ana, nil); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent without the grant: %v", err)
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	d, w, s := begin(t)
	other := fixture.Workspace(t, d)
	id, err := s.CreateQueue(t.Context(), w.Admin, "Billing")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.CreateQueue(t.Context(), w.Admin, "BILLING"); !errs.Is(err, errs.Invalid) {
		t.Errorf("a name twice: %v", err)
	}
	if err := s.RenameQueue(t.Context(), w.Admin, id, "support"); !errs.Is(err, errs.Invalid) {
		t.Errorf("renamed to a name that is taken: %v", err)
	}
	if err := s.RenameQueue(t.Context(), w.Admin, id, "Invoices"); err != nil {
		t.Error(err)
	}
	if err := s.RenameQueue(t.Context(), w.Admin, other.Queue, "Taken"); !errs.Is(err, errs.NotFound) {
		t.Errorf("another workspace's queue: %v", err)
	}
	if err := s.ArchiveQueue(t.Context(), w.Admin, w.Queue); !errs.Is(err, errs.Conflict) {
		t.Errorf("the default queue: %v", err)
	}
	if err := s.AddAddress(t.Context(), w.Admin, "invoices@acme.test", id); err != nil {
		t.Fatal(err)
	}
	if err := s.ArchiveQueue(t.Context(), w.Admin, id); !errs.Is(err, errs.Conflict) {
		t.Errorf("a queue that receives mail: %v", err)
	}
	if err := errors.Join(
		s.RemoveAddress(t.Context(), w.Admin, "invoices@acme.test"),
		s.ArchiveQueue(t.Context(), w.Admin, id),
		s.ArchiveQueue(t.Context(), w.Admin, id), // again: nothing
	); err != nil {
		t.Fatal(err)
	}
	if n := len(details(t, d, w, "queue.archived")); n != 1 {
		t.Errorf("archived %d times", n)
	}
	if err := s.AddAddress(t.Context(), w.Admin, "invoices@acme.test", id); !errs.Is(err, errs.Invalid) {
		t.Errorf("mail for an archived queue: %v", err)
	}
	taken, err := s.CreateQueue(t.Context(), w.Admin, "invoices")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RestoreQueue(t.Context(), w.Admin, id); !errs.Is(err, errs.Invalid) {
		t.Errorf("restoring beside another of its name: %v", err)
	}
	if err := errors.Join(
		s.ArchiveQueue(t.Context(), w.Admin, taken),
		s.RestoreQueue(t.Context(), w.Admin, id),
		s.RestoreQueue(t.Context(), w.Admin, id), // again: nothing
	); err != nil {
		t.Fatal(err)
	}
	if n := len(details(t, d, w, "queue.restored")); n != 1 {
		t.Errorf("restored %d times", n)
	}
	if err := s.RestoreQueue(t.Context(), w.Ana, id); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent restores: %v", err)
	}
	list, err := s.Queues(t.Context(), w.Viewer)
	if err != nil || len(list) != 3 || list[0].ArchivedAt != nil || list[1].ArchivedAt != nil || list[2].ID != taken {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.ArchiveQueue(t.Context(), w.Admin, id); err != nil {
		t.Fatal(err)
	}
	list, err = s.Queues(t.Context(), w.Viewer)
	if err != nil || len(list) != 3 || list[0].Name != "Support" || list[1].ArchivedAt == nil {
		t.Errorf("%+v, %v", list, err)
	}
	if _, err := s.CreateQueue(t.Context(), w.Ben, "x"); !errs.Is(err, errs.Forbidden) {
		t.Errorf("an agent: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	d, w, s := begin(t)
	other := fixture.Workspace(t, d)
	if err := s.AddAddress(t.Context(), w.Admin, " Help@Acme.test ", w.Queue); err != nil {
		t.Fatal(err)
	}
	for what, actor := range map[string]*fixture.World{"twice": w, "in another workspace": other} {
		if err := s.AddAddress(t.Context(), actor.Admin, "help@acme.test", actor.Queue); !errs.Is(err, errs.Invalid) {
			t.Errorf("an address %s: %v", what, err)
		}
	}
	if err := s.AddAddress(t.Context(), w.Admin, strings.ToUpper(w.Email("ana")), w.Queue); !errs.Is(err, errs.Invalid) {
		t.Errorf("a member's own address: %v", err)
	}
	for _, theirs := range []string{other.Email("ana"), "plus@acme.test"} {
		if err := d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), `update users set email = 'plus+ben@acme.test' where id = $1`, other.Ben.User)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		err := s.AddAddress(t.Context(), w.Admin, theirs, w.Queue)
		if known, ok := errors.AsType[*errs.Error](err); !ok || known.Fields["address"] != "This address is in use already. Choose another one." {
			t.Errorf("an address that somebody elsewhere signs in with: %v", err)
		}
	}
	if err := s.AddAddress(t.Context(), w.Admin, "x@acme.test", other.Queue); !errs.Is(err, errs.Invalid) {
		t.Errorf("into another workspace's queue: %v", err)
	}
	if err := s.RemoveAddress(t.Context(), w.Admin, w.Address); !errs.Is(err, errs.Conflict) {
		t.Errorf("the default address: %v", err)
	}
	if err := s.RemoveAddress(t.Context(), w.Admin, other.Address); !errs.Is(err, errs.NotFound) {
		t.Errorf("another workspace's address: %v", err)
	}
	if err := s.SetDefaultAddress(t.Context(), w.Admin, "none@acme.test"); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := errors.Join(
		s.SetDefaultAddress(t.Context(), w.Admin, "HELP@acme.test"),
		s.RemoveAddress(t.Context(), w.Admin, w.Address),
	); err != nil {
		t.Fatal(err)
	}
	list, err := s.Addresses(t.Context(), w.Viewer)
	want := []workspace.Address{{Address: "help@acme.test", QueueID: w.Queue, IsDefault: true}}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if tags, err := s.Tags(t.Context(), w.Viewer); err != nil || len(tags) != 0 {
		t.Errorf("%v, %v", tags, err)
	}
}

// details are those of the entries of an action, in order.
func details(t *testing.T, d *db.DB, w *fixture.World, action string) (list []string) {
	t.Helper()
	err := d.InWorkspace(t.Context(), w.ID(), func(tx pgx.Tx) (err error) {
		rows, _ := tx.Query(t.Context(), `select details::text from audit_entries where action = $1 order by id`, action)
		list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}
