package workspace

import (
	"context"
	"regexp"

	"github.com/jackc/pgx/v5"

	"caseward/internal/platform/db"
	"caseward/internal/platform/errs"
)

// CreateInput is a new workspace.
type CreateInput struct {
	Slug     string
	Name     string
	TimeZone string // UTC when ""
	Address  string // the address that receives its mail
	Demo     bool
}

// Created names what CreateTx has made.
type Created struct {
	Workspace Workspace
	Queue     QueueID
}

// DefaultQueue is the queue of every new workspace.
const DefaultQueue = "Support"

var slugForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,38}[a-z0-9]$`)

// CreateTx makes a workspace with its default queue and address, within a transaction of the system. It is for
// desk/setup, which adds the owner. Errors: Invalid.
func (s *Service) CreateTx(ctx context.Context, tx pgx.Tx, in CreateInput) (Created, error) {
	in, err := in.clean()
	if err != nil {
		return Created{}, err
	}
	if err := refuseSignInTx(ctx, tx, in.Address); err != nil {
		return Created{}, err
	}
	if err := knowsZoneTx(ctx, tx, in.TimeZone); err != nil {
		return Created{}, err
	}
	rows, _ := tx.Query(ctx, `insert into workspaces (slug, name, time_zone, is_demo, created_at) values ($1, $2, $3, $4, $5)
		returning `+columns, in.Slug, in.Name, in.TimeZone, in.Demo, s.now())
	w, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Workspace])
	if db.Constraint(err) == "workspaces_slug_key" {
		return Created{}, errs.Field("slug", "There is a workspace of this short name already.")
	}
	if err != nil {
		return Created{}, err
	}
	queue, err := insertQueue(ctx, tx, w.ID, DefaultQueue, true, s.now())
	if err != nil {
		return Created{}, err
	}
	err = insertAddress(ctx, tx, w.ID, Address{Address: in.Address, QueueID: queue, IsDefault: true}, s.now())
	return Created{w, queue}, err
}

// Check returns the Invalid error of the input, if any, before anything is made.
func (in CreateInput) Check() error {
	_, err := in.clean()
	return err
}

func (in CreateInput) clean() (CreateInput, error) {
	if !slugForm.MatchString(in.Slug) {
		return in, errs.Field("slug", "Use 3 to 40 small letters, digits and hyphens, for example acme.")
	}
	if in.TimeZone == "" {
		in.TimeZone = "UTC"
	}
	var err error
	if in.Name, err = cleanName("name", in.Name); err != nil {
		return in, err
	}
	if err = checkTimeZone(in.TimeZone); err != nil {
		return in, err
	}
	in.Address, err = cleanAddress(in.Address)
	return in, err
}

// AnyTx tells whether there is a workspace, within a transaction of the system.
func AnyTx(ctx context.Context, tx pgx.Tx) (exists bool, err error) {
	err = tx.QueryRow(ctx, `select exists (select from workspaces)`).Scan(&exists)
	return exists, err
}
