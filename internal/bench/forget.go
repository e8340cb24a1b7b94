package main

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/contact"
	"caseward/internal/desk/retention"
	"caseward/internal/seed"
)

// forget compares Delete Forever of a contact with one plain SQL delete of the same rows, each on a copy of the same database, in
// which there are as many cases of others. The job also searches what is left for them.
func (b *bench) forget(ctx context.Context) error {
	const template = "bench_forget"
	s, err := b.open(ctx, template, seed.Input{Cases: 2 * b.options.forget})
	if err != nil {
		return err
	}
	_, err = s.DB.SystemPool().Exec(ctx, `with o as materialized (select set_config('app.retention', 'on', false)),
		k as (insert into contacts (workspace_id, name, created_at, deleted_at)
			select id, 'Bertolt Benchmark', created_at, created_at from workspaces where slug = $1 returning workspace_id, id),
		e as (insert into released_addresses (workspace_id, contact_id, email, is_primary) select workspace_id, id, 'bertolt@benchmark.test', true from k)
		update cases c set contact_id = k.id from k, o where c.workspace_id = k.workspace_id and c.id % 2 = 0`, slug)
	if err != nil {
		return err
	}
	if _, err = s.DB.SystemPool().Exec(ctx, "vacuum analyze"); err != nil {
		return err
	}
	s.Close(ctx) // a database in use cannot be copied
	job, plain, err := b.onCopies(ctx, template, b.forgetByJob, b.forgetBySQL)
	if err != nil {
		return err
	}
	b.atLeast(fmt.Sprintf("Delete Forever with %d cases / one plain delete", b.options.forget), plain/job, 0.25, fmt.Sprintf("%.1f s against %.1f s", job, plain))
	return nil
}

func (b *bench) forgetByJob(ctx context.Context, address string) (time.Duration, error) {
	s, err := b.connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer s.Close(ctx)
	var id contact.ID
	if err := s.DB.SystemPool().QueryRow(ctx, `select id from contacts where deleted_at is not null`).Scan(&id); err != nil {
		return 0, err
	}
	plans, err := s.Retention.PlanForget(ctx, s.owner, []contact.ID{id})
	if err != nil {
		return 0, err
	}
	_, err = s.Retention.Forget(ctx, s.owner, retention.ForgetInput{Contacts: []contact.ID{id}, Word: retention.ForgetWord,
		Seen: map[contact.ID]retention.PersonCounts{id: plans[0].Counts}})
	if err != nil {
		return 0, err
	}
	began := time.Now()
	summary, err := s.Retention.RunForget(ctx)
	took := time.Since(began)
	if err == nil && summary != "erased 1 contacts" {
		err = fmt.Errorf("the job says %q", summary)
	}
	return took, err
}

// forgetBySQL deletes the same rows in one transaction, children first, without batches, locks, counts, ledger and search.
func (b *bench) forgetBySQL(ctx context.Context, address string) (time.Duration, error) {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return 0, err
	}
	defer conn.Close(ctx)
	began := time.Now()
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `set local app.retention = 'on';
			create temp table doomed on commit drop as select c.workspace_id, c.id from cases c join contacts k on k.id = c.contact_id where k.deleted_at is not null;
			analyze doomed;
			update messages m set author_contact_id = null from contacts k where m.author_contact_id = k.id and k.deleted_at is not null;
			update mail_ids x set case_id = null from doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from inbound_mails x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from outbound_mails x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from attachments x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from case_search x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from case_tags x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from activities x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from messages x using doomed d where x.workspace_id = d.workspace_id and x.case_id = d.id;
			delete from cases x using doomed d where x.workspace_id = d.workspace_id and x.id = d.id;
			delete from released_addresses;
			delete from contacts where deleted_at is not null`)
		return err
	})
	return time.Since(began), err
}
