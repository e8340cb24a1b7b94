package demo_test

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"caseward/internal/demo"
	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/retention"
	"caseward/internal/platform/clock"
	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
	"caseward/internal/testkit/fixture"
	"caseward/internal/testkit/testdb"
)

var noon = clock.Fixed(time.Date(2025, 3, 12, 12, 0, 0, 0, time.UTC))

func load(t *testing.T, d *db.DB, now clock.Clock) {
	t.Helper()
	if err := demo.Load(t.Context(), d, now, slog.New(slog.NewTextHandler(t.Output(), nil))); err != nil {
		t.Fatal(err)
	}
}

// query reads one text a row.
func query(t *testing.T, d *db.DB, sql string) []string {
	t.Helper()
	var list []string
	err := d.AsSystem(t.Context(), "test", func(tx pgx.Tx) error {
		rows, err := tx.Query(t.Context(), sql)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return list
}

func TestEveryStateIsThere(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	began := time.Now()
	load(t, d, noon)
	t.Logf("loaded in %v", time.Since(began))

	got := query(t, d, `select state || ' ' || count(*) from (
			select case when deleted_at is not null and erasure_requested_at is not null then 'deleted, erasure requested'
				when deleted_at is not null then 'deleted' when spam_at is not null then 'spam'
				else status || case when assignee_id is null then ' unassigned' else '' end end as state
			from cases c join workspaces w on w.id = c.workspace_id and w.slug = 'acme') x
		group by state order by state`)
	want := []string{"closed 31", "deleted 6", "deleted, erasure requested 1", "on_hold 4", "open 8", "open unassigned 6", "pending 7", "spam 3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cases by state (-want +got):\n%s", diff)
	}
	for name, check := range map[string]struct {
		sql  string
		want []string
	}{
		"reasons":    {`select distinct coalesce(delete_reason, 'none') from cases where deleted_at is not null order by 1`, []string{"duplicate", "none", "other", "spam", "test inquiry"}},
		"deleters":   {`select distinct u.email from cases c join members m on m.workspace_id = c.workspace_id and m.id = c.deleted_by join users u on u.id = m.user_id order by 1`, []string{"admin@acme.test", "ana@acme.test", "owner@acme.test"}},
		"requests":   {`select state from erasure_requests order by state`, []string{"done", "open", "refused"}},
		"ledger":     {`select kind from erasure_ledger order by seq`, []string{"case purged", "case erased"}},
		"residues":   {`select l.verification ->> 'residues' from erasure_ledger l where kind = 'case erased'`, []string{"[]"}},
		"unfinished": {`select state from inbound_mails where state not in ('processed', 'blocked')`, []string{}},
		"blocked":    {`select subject from blocked_mails`, []string{"Re: Congratulation!! Your shop is SELECTED"}},
		"deliveries": {`select distinct state from outbound_mails order by 1`, []string{"bounced", "sent"}},
		"automatic":  {`select count(*)::text from messages where is_auto and kind = 'inbound'`, []string{"2"}},
		"ratings":    {`select coalesce(score, 'asked') || ' ' || count(*) from ratings group by score order by 1`, []string{"asked 1", "bad 3", "good 16"}},
		"to ask":     {`select c.number::text from cases c join rating_settings s on s.workspace_id = c.workspace_id where c.closed_at >= s.since`, []string{}},
		"defects":    {`select defects from messages where defects <> ''`, []string{}},
		"empty":      {`select id::text from messages where length(body_text) < 4`, []string{}},
		"files":      {`select filename from attachments a join messages m on m.id = a.message_id and not m.is_auto order by 1`, []string{"bent-spoke.png", "invoice-2041-7730.pdf", "ride-log.txt"}},
		"priorities": {`select distinct priority::text from live_cases order by 1`, []string{"1", "2", "3", "4"}},
		"globex":     {`select count(*)::text from cases c join workspaces w on w.id = c.workspace_id where w.slug = 'globex'`, []string{"3"}},
		"to mail":    {`select id::text from notifications where mail_at is not null`, []string{}},
		"told":       {`select distinct kind from notifications where read_at is not null order by 1`, []string{"assigned", "erasure decided", "mentioned", "rated", "replied", "restored"}},
		"unread": {`select distinct kind from notifications where read_at is null and created_at > '2025-03-11 12:00Z' union all
			select 'old' from notifications where read_at is null and created_at <= '2025-03-11 12:00Z'`, []string{"mentioned", "replied"}},
		"due":    {`select number::text from cases where purge_at < '2025-03-12 12:00Z'`, []string{}},
		"future": {`select number::text from cases where last_activity_at > '2025-03-12 12:00Z' union all select number::text from cases where created_at < '2025-01-10Z'`, []string{}},
		"out of order": {`select m.id::text from messages m join messages n on n.workspace_id = m.workspace_id and n.case_id = m.case_id
			and n.id > m.id and n.created_at < m.created_at`, []string{}},
	} {
		if diff := cmp.Diff(check.want, query(t, d, check.sql)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if long := query(t, d, `select count(*)::text from (select case_id from messages group by case_id having count(*) >= 6) x`); long[0] < "4" {
		t.Errorf("%s conversations are long, want at least 4", long[0])
	}
	if err := retention.VerifyLedger(t.Context(), d, 1); err != nil { // acme is the first
		t.Errorf("ledger: %v", err)
	}
	if _, err := audit.NewSealer(d).Run(t.Context()); err != nil {
		t.Errorf("seal: %v", err)
	}
}

// everything is a fingerprint of all rows that a second Load could touch.
const everything = `select t || ' ' || n from (
	select 'audit' as t, count(*) || ' ' || max(id) as n from audit_entries union all
	select 'cases', count(*) || ' ' || sum(number) from cases union all
	select 'messages', count(*) || ' ' || max(id) from messages union all
	select 'mails', count(*) || ' ' || max(id) from inbound_mails union all
	select 'members', count(*) || ' ' || max(id) from members union all
	select 'users', count(*) || ' ' || max(id) from users union all
	select 'queues', count(*) || ' ' || max(id) from queues union all
	select 'ids', count(*)::text from mail_ids) x order by t`

func TestTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	var group sync.WaitGroup
	for range 2 { // two processes at once
		group.Go(func() { load(t, d, noon) })
	}
	group.Wait()
	once := query(t, d, everything)
	later := clock.Fixed(noon().Add(48 * time.Hour))
	load(t, d, later)
	if diff := cmp.Diff(once, query(t, d, everything)); diff != "" {
		t.Errorf("the second Load changed (-once +twice):\n%s", diff)
	}
}

// What a Load leaves that was stopped anywhere is completed to what one Load makes.
func TestGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	whole := testdb.New(t)
	load(t, whole, noon)
	d := testdb.New(t)
	stops := 0
	for wait := 40 * time.Millisecond; ; wait += 40 * time.Millisecond {
		now := noon
		if len(query(t, d, `select slug from workspaces`)) > 0 { // begun: the times no longer follow the clock
			now = clock.Fixed(noon().Add(time.Duration(stops) * time.Hour))
		}
		ctx, cancel := context.WithTimeout(t.Context(), wait)
		err := demo.Load(ctx, d, now, slog.New(slog.DiscardHandler))
		cancel()
		if err == nil {
			break
		}
		stops++
	}
	t.Logf("stopped %d times", stops)
	const content = `select c.number || ' ' || c.subject || ' ' || c.status || ' ' || c.last_activity_at || ' ' ||
		(select count(*) from messages m where m.workspace_id = c.workspace_id and m.case_id = c.id) || ' ' ||
		(select count(*) from activities a where a.workspace_id = c.workspace_id and a.case_id = c.id) || ' ' ||
		(select count(*) from inbound_mails a where a.workspace_id = c.workspace_id and a.case_id = c.id)
		from cases c join workspaces w on w.id = c.workspace_id order by w.slug, c.number`
	subjects := func(d *db.DB) (list []string) {
		for _, line := range query(t, d, content) { // a stop burns case numbers
			_, rest, _ := strings.Cut(line, " ")
			list = append(list, rest)
		}
		return list
	}
	if diff := cmp.Diff(subjects(whole), subjects(d)); diff != "" {
		t.Errorf("loaded in pieces (-whole +pieces):\n%s", diff)
	}
}

func TestRefusesAnotherWorkspace(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	fixture.Workspace(t, d, fixture.Slug("other"))
	err := demo.Load(t.Context(), d, noon, slog.New(slog.DiscardHandler))
	if !errs.Is(err, errs.Conflict) || !strings.Contains(err.Error(), "other") || strings.Contains(err.Error(), "\n") {
		t.Errorf("Load into a database with a workspace: %v", err)
	}
	if left := query(t, d, `select slug from workspaces`); len(left) != 1 {
		t.Errorf("workspaces after the refusal: %v", left)
	}
}

// The script must hold at any time of day: relative and absolute times meet around midnight.
func TestTimesHoldAllDay(t *testing.T) {
	t.Parallel()
	for hour := range 24 {
		base := time.Date(2025, 3, 12, hour, 0, 0, 0, time.UTC)
		if err := demo.CheckScript(base); err != nil {
			t.Errorf("loaded at %v: %v", base, err)
		}
	}
}

func TestSignIns(t *testing.T) {
	t.Parallel()
	d := testdb.New(t)
	load(t, d, noon)
	s := fixture.New(t, d, clock.System)
	for _, line := range demo.SignIns() {
		fields := strings.Fields(line)
		if strings.HasSuffix(line, "at /help/acme") {
			site, _, err := s.Portal.Visit(t.Context(), "acme", "")
			if err == nil {
				_, err = s.Portal.SignIn(t.Context(), site, fields[0], fields[1], netip.IPv6Loopback())
			}
			if err != nil {
				t.Errorf("%s: %v", line, err)
			}
			continue
		}
		u, err := s.Members.SignIn(t.Context(), fields[0], fields[1], netip.IPv6Loopback())
		if err != nil {
			t.Errorf("%s: %v", line, err)
		}
		if u.IsStaff != (fields[0] == "staff@caseward.test") {
			t.Errorf("%s: staff is %v", fields[0], u.IsStaff)
		}
	}
	grants := query(t, d, `select u.email || ' ' || g.permission from member_grants g join members m on m.id = g.member_id join users u on u.id = m.user_id`)
	if diff := cmp.Diff([]string{"ana@acme.test " + string(access.DeleteCases)}, grants); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}
