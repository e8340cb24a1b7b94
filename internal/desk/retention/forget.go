package retention

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/contact"
	"caseward/internal/desk/hold"
	"caseward/internal/platform/errs"
)

// ForgetSweep is the job that deletes contacts forever, as in `caseward run NAME`.
const ForgetSweep = "contact-erasures"

// ForgetWord is what is typed to confirm it.
const ForgetWord = "forever"

// ErasureID is the id of the erasure of one contact.
type ErasureID int64

// ForgetInput says who is to be deleted forever.
type ForgetInput struct {
	Contacts []contact.ID
	// Newer are contacts who have an address of one of those by now and are to be erased too, though they are not deleted.
	Newer []contact.ID
	// Seen are the counts that were agreed to, of each of them all.
	Seen map[contact.ID]PersonCounts
	Tell []contact.ID // who of them are told by mail when it is done
	Word string       // has to be ForgetWord
}

// Forget begins to erase contacts with every case that they requested. From here on nothing brings them back; a job does the
// work, and Forgetting tells how far it is. What another call has begun already is not begun again; who is to be told of it is.
//
// Needs EraseContacts. Errors: Invalid, Forbidden, NotFound, Gone; Conflict when one of them is not deleted, a legal hold keeps one
// of them, what would be erased is not what was seen, or who is to be told cannot be.
func (s *Service) Forget(ctx context.Context, actor access.Actor, in ForgetInput) (first ErasureID, err error) {
	all := slices.Concat(in.Contacts, in.Newer)
	slices.Sort(all)
	all = slices.Compact(all)
	if len(all) == 0 {
		return 0, errs.Field("contact", "Choose at least one contact.")
	}
	for _, id := range all {
		if err := s.guard.Require(ctx, actor, access.EraseContacts, contactObject(id)); err != nil {
			return 0, err
		}
	}
	if !strings.EqualFold(strings.TrimSpace(in.Word), ForgetWord) {
		return 0, errs.Field("word", "Type the word “"+ForgetWord+"” to confirm.")
	}
	err = s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		first = 0
		if err := freezeTx(ctx, tx, actor.Workspace, all); err != nil {
			return err
		}
		for _, id := range all {
			e, err := s.beginForgetTx(ctx, tx, actor, in, id, first)
			if err != nil {
				return err
			}
			if first == 0 {
				first = e
			}
		}
		for _, id := range all { // only now is it known who else has their addresses
			if !slices.Contains(in.Tell, id) {
				continue
			}
			if err := tellTx(ctx, tx, actor.Workspace, id); err != nil {
				return err
			}
		}
		return s.jobs.PokeTx(ctx, tx, ForgetSweep)
	})
	if err == nil {
		s.cases.Changed(actor.Workspace, 0)
	}
	return first, err
}

func contactObject(id contact.ID) audit.Object { return audit.Object{Kind: "contact", ID: int64(id)} }

func (s *Service) beginForgetTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in ForgetInput, id contact.ID, group ErasureID) (e ErasureID, err error) {
	ws, now := actor.Workspace, s.now()
	c, err := contact.LockTx(ctx, tx, ws, id)
	if err != nil {
		return 0, err
	}
	if c.ErasingAt != nil {
		err = tx.QueryRow(ctx, `select coalesce(group_id, id) from contact_erasures where workspace_id = $1 and contact_id = $2`, ws, id).Scan(&e)
		return e, err
	}
	if err := s.requireForgettableTx(ctx, tx, actor, in, c); err != nil {
		return 0, err
	}
	if c.DeletedAt == nil {
		if err := contact.MarkDeletedTx(ctx, tx, ws, id, actor.Member, now); err != nil { // waits for mail from their addresses
			return 0, err
		}
	}
	counts, err := personCountsTx(ctx, tx, ws, id)
	if err != nil {
		return 0, err
	}
	if diff := in.Seen[id].Differences(counts); diff != "" {
		return 0, errs.Newf(errs.Conflict, "What would be erased of %s has changed since it was shown: %s. Nothing was erased. Look again, then confirm.", c.Name, diff)
	}
	planned, err := json.Marshal(counts)
	if err != nil {
		return 0, err
	}
	who, err := contact.WithMergedTx(ctx, tx, ws, id)
	if err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, `with ended as (update contact_moves set state = 'done', finished_at = $6
				where workspace_id = $1 and contact_id = $3 and state = 'working'),
			marked as (update contacts set erasing_at = $6 where workspace_id = $1 and id = any ($7))
		insert into contact_erasures (workspace_id, group_id, contact_id, requested_by, planned, requested_at, due_at)
		values ($1, nullif($2::bigint, 0), $3, $4, $5, $6, $6) returning id`, ws, group, id, actor.Member, planned, now, who).Scan(&e)
	if err != nil {
		return 0, err
	}
	return e, audit.RecordTx(ctx, tx, audit.Entry{Actor: actor, Action: "contact.erasure begun", Object: contactObject(id), At: now,
		Details: map[string]any{"erasure": e, "cases": counts.Cases, "messages": counts.Messages, "replies": counts.Replies}})
}

// freezeTx locks contacts, and those who were merged into them, against whoever adds to a case of theirs: a mail, a reply, a merge. Each
// of these shares the contact's row, see cases.RequireStayingTx: what they are just adding is waited for and counted, and who comes
// after finds that the contact is being erased. So no case need be locked, however many there are. All take the rows in the same
// order: addresses first, as a mail does, then contacts by their ids.
func freezeTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, ids []contact.ID) error {
	for _, lock := range []string{
		`select from contact_emails where workspace_id = $1 and contact_id = any ($2) order by email for update`,
		`with recursive who as (select unnest($2::bigint[]) as id
			union select k.id from contacts k join who on k.workspace_id = $1 and k.merged_into_id = who.id)
		select from contacts where workspace_id = $1 and id in (select id from who) order by id for update`,
	} {
		if _, err := tx.Exec(ctx, lock, ws, ids); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) requireForgettableTx(ctx context.Context, tx pgx.Tx, actor access.Actor, in ForgetInput, c contact.Contact) error {
	held, err := hold.OfPersonTx(ctx, tx, actor.Workspace, c.ID)
	if err != nil {
		return err
	}
	if held != "" {
		return errs.Newf(errs.Conflict, "%s cannot be deleted forever now: %s. Nothing was erased.", c.Name, held)
	}
	if slices.Contains(in.Newer, c.ID) {
		var shares bool
		err := tx.QueryRow(ctx, `select exists (select from contact_emails e
			join released_addresses r on r.workspace_id = e.workspace_id and r.email = e.email
			where e.workspace_id = $1 and e.contact_id = $2 and r.contact_id = any ($3))`, actor.Workspace, c.ID, in.Contacts).Scan(&shares)
		if err != nil || shares {
			return err
		}
	}
	if c.DeletedAt == nil {
		return errs.Newf(errs.Conflict, "%s is not deleted. Only deleted contacts can be deleted forever.", c.Name)
	}
	return nil
}

// PersonCounts are what an erasure of a contact removes or changes.
type PersonCounts struct {
	Cases       int `json:"cases"`       // that they requested, wherever those can be seen
	Requests    int `json:"requests"`    // of these, with an open request for permanent deletion
	Absorbed    int `json:"absorbed"`    // other people's cases that were merged into these, and go along
	Messages    int `json:"messages"`    // on these, notes too
	Attachments int `json:"attachments"` // likewise
	Replies     int `json:"replies"`     // on other people's cases: they stay, as a Deleted User's
	OtherCases  int `json:"other_cases"` // those cases
	Ratings     int `json:"ratings"`     // of other people's cases: they stay likewise
	Addresses   int `json:"addresses"`
	Fields      int `json:"fields"` // custom ones with a value
}

// named are the counts as people read them.
func (c PersonCounts) named() []struct {
	What string
	N    int
} {
	return []struct {
		What string
		N    int
	}{
		{"cases", c.Cases}, {"requests for permanent deletion", c.Requests}, {"cases merged into them", c.Absorbed}, {"messages", c.Messages},
		{"attachments", c.Attachments}, {"replies on other cases", c.Replies}, {"other cases", c.OtherCases}, {"ratings of other cases", c.Ratings},
		{"addresses", c.Addresses}, {"custom fields", c.Fields},
	}
}

// Differences says in words what is not as it was seen; "": nothing.
func (c PersonCounts) Differences(now PersonCounts) string {
	var parts []string
	seen := c.named()
	for i, n := range now.named() {
		if n.N != seen[i].N {
			parts = append(parts, fmt.Sprintf("%d %s instead of %d", n.N, n.What, seen[i].N))
		}
	}
	return strings.Join(parts, ", ")
}

const personCountsSQL = `with recursive who as (select $2::bigint as id union select k.id from contacts k join who on k.workspace_id = $1 and k.merged_into_id = who.id),
		own as materialized (select id, erasure_requested_at from cases where workspace_id = $1 and contact_id in (select id from who)),
		said as materialized (select case_id from messages where workspace_id = $1 and author_contact_id in (select id from who) and case_id not in (select id from own))
	select (select count(*) from own) as cases, (select count(*) from own where erasure_requested_at is not null) as requests,
		(select count(*) from cases x where x.workspace_id = $1 and x.merged_into_id in (select id from own) and x.contact_id not in (select id from who)) as absorbed,
		(select count(*) from messages x where x.workspace_id = $1 and x.case_id in (select id from own)) as messages,
		(select count(*) from attachments x where x.workspace_id = $1 and x.case_id in (select id from own)) as attachments,
		(select count(*) from said) as replies, (select count(distinct case_id) from said) as other_cases,
		(select count(*) from ratings x where x.workspace_id = $1 and x.contact_id in (select id from who) and x.rated_at is not null
			and x.case_id not in (select id from own)) as ratings,
		(select count(*) from contact_emails x where x.workspace_id = $1 and x.contact_id in (select id from who))
			+ (select count(*) from released_addresses x where x.workspace_id = $1 and x.contact_id in (select id from who)) as addresses,
		(select count(*) from contact_field_values x where x.workspace_id = $1 and x.contact_id in (select id from who)) as fields`

func personCountsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID) (PersonCounts, error) {
	rows, err := tx.Query(ctx, personCountsSQL, ws, id)
	if err != nil {
		return PersonCounts{}, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[PersonCounts])
}

// ForgetPlan is what deleting a contact forever would do now.
type ForgetPlan struct {
	Contact contact.Contact
	Counts  PersonCounts
	Newer   []Newer // who have one of the addresses by now
	Held    string  // why a legal hold keeps them; "": none does
	// Mentions is how many other cases have the words of the name or an address; at most mostMentions are counted.
	Mentions int
	Emails   []string
	Tell     Tellable
	AskedAt  *time.Time // of their request for it in the portal that is to be decided; nil: there is none
}

// Newer is a contact with an address of a deleted one.
type Newer struct {
	contact.Taken
	Counts PersonCounts
	Held   string // as of the plan
}

// PlanForget tells what deleting contacts forever would do now. Those who are being erased already are left out.
//
// Needs EraseContacts. Errors: Forbidden, NotFound, Gone; Conflict when one of them is not deleted.
func (s *Service) PlanForget(ctx context.Context, actor access.Actor, ids []contact.ID) (plans []ForgetPlan, err error) {
	if len(ids) == 0 {
		return nil, errs.Field("contact", "Choose at least one contact.")
	}
	if err := s.guard.Require(ctx, actor, access.EraseContacts, contactObject(ids[0])); err != nil {
		return nil, err
	}
	err = s.db.ReadWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			p, err := planForgetTx(ctx, tx, actor.Workspace, id, ids)
			switch {
			case err != nil:
				return err
			case p.Contact.ErasingAt != nil:
				continue
			case p.Contact.DeletedAt == nil:
				return errs.Newf(errs.Conflict, "%s is not deleted. Only deleted contacts can be deleted forever.", p.Contact.Name)
			}
			plans = append(plans, p)
		}
		return nil
	})
	return plans, err
}

// planForgetTx plans for one who is erased with others.
func planForgetTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, id contact.ID, with []contact.ID) (p ForgetPlan, err error) {
	if p.Contact, err = contact.FindTx(ctx, tx, ws, id); err != nil {
		return p, err
	}
	if p.Counts, err = personCountsTx(ctx, tx, ws, id); err != nil {
		return p, err
	}
	if p.Held, err = hold.OfPersonTx(ctx, tx, ws, id); err != nil {
		return p, err
	}
	if p.Emails, err = contact.ReleasedTx(ctx, tx, ws, id); err != nil {
		return p, err
	}
	taken, err := contact.TakenTx(ctx, tx, ws, id)
	if err != nil {
		return p, err
	}
	for _, t := range taken {
		if slices.ContainsFunc(p.Newer, func(n Newer) bool { return n.By == t.By }) {
			continue
		}
		n := Newer{Taken: t}
		if n.Counts, err = personCountsTx(ctx, tx, ws, t.By); err != nil {
			return p, err
		}
		if n.Held, err = hold.OfPersonTx(ctx, tx, ws, t.By); err != nil {
			return p, err
		}
		p.Newer = append(p.Newer, n)
	}
	addresses, err := addressedTx(ctx, tx, ws, id, with)
	if err != nil {
		return p, err
	}
	p.Tell = tellable(addresses, p.Newer)
	if p.Mentions, err = likelyMentionsTx(ctx, tx, ws, p); err != nil {
		return p, err
	}
	err = tx.QueryRow(ctx, `select max(requested_at) from privacy_requests where workspace_id = $1 and contact_id = $2 and closed_at is null`, ws, id).Scan(&p.AskedAt)
	return p, err
}
