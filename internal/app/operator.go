package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"caseward/internal/desk/access"
	"caseward/internal/desk/audit"
	"caseward/internal/desk/retention"
	"caseward/internal/desk/setup"
	"caseward/internal/platform/errs"
)

// Person is somebody that an operator gives an account. Name may be empty: the address then stands for it.
type Person struct {
	Email, Name, Password string
	Existing              bool // use the account of the address, with the name and password it has
}

func (p Person) named() setup.Person {
	if p.Name == "" {
		p.Name, _, _ = strings.Cut(p.Email, "@")
	}
	return setup.Person{Email: p.Email, Name: p.Name, Password: p.Password, Existing: p.Existing}
}

// CreateWorkspace makes a workspace with its owner and returns where it is.
func (a *App) CreateWorkspace(ctx context.Context, name, slug, address string, owner Person) (url string, err error) {
	made, err := a.Setup.Create(ctx, setup.Input{Slug: slug, Name: name, Address: address, Owner: owner.named()})
	return a.Config.BaseURL + "/w/" + made.Workspace.Slug, err
}

// AddStaff makes somebody support staff.
func (a *App) AddStaff(ctx context.Context, who Person) error {
	_, err := a.Setup.AddStaff(ctx, who.named())
	return err
}

// RemoveStaff ends somebody's being support staff; their account stays.
func (a *App) RemoveStaff(ctx context.Context, email string) error {
	return a.Setup.RemoveStaff(ctx, email)
}

// VerifyLedgers checks every workspace's erasure ledger, and the file that they are copied to, and returns a line for each; the
// error says that one is broken.
func (a *App) VerifyLedgers(ctx context.Context) ([]string, error) {
	lines, err := a.verifyEach(ctx, "erasure ledger", func(ws access.WorkspaceID) error { return retention.VerifyLedger(ctx, a.DB, ws) })
	if lines == nil && err != nil {
		return nil, err
	}
	entries, broken := a.Ledger.Verify(ctx)
	if broken != nil {
		return append(lines, a.Config.LedgerPath()+": "+broken.Error()), errors.Join(err, errors.New("the exported ledger does not hold, or could not be checked"))
	}
	return append(lines, fmt.Sprintf("%s: the copy of %d entries holds", a.Config.LedgerPath(), entries)), err
}

// VerifyTrails is VerifyLedgers for the audit trails.
func (a *App) VerifyTrails(ctx context.Context) ([]string, error) {
	return a.verifyEach(ctx, "audit trail", func(ws access.WorkspaceID) error { return a.Sealer.Verify(ctx, ws) })
}

// VerifyTrailFile checks a trail that was exported as JSON lines; a filtered one may leave entries out. It needs no database.
func VerifyTrailFile(path string, filtered bool) (lines []string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was only read
	c, err := audit.VerifyExport(file, filtered)
	if err != nil {
		return []string{path + ": " + unheld("file", err)}, errors.New("the file does not hold, or could not be checked")
	}
	return []string{fmt.Sprintf("%s: %d entries hold, the last is entry %d; entries are left out in %d places", path, c.Entries, c.Last, c.Gaps)}, nil
}

// verifyEach checks all workspaces, also after one has failed.
func (a *App) verifyEach(ctx context.Context, what string, verify func(access.WorkspaceID) error) (lines []string, err error) {
	list, err := a.Workspaces.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, w := range list {
		line := fmt.Sprintf("%s: %s holds", w.Slug, what)
		if broken := verify(w.ID); broken != nil {
			line, err = w.Slug+": "+unheld(what, broken), errors.New("a chain is broken, or could not be checked")
		}
		lines = append(lines, line)
	}
	return lines, err
}

// unheld says in one sentence what does not hold about a chain, or that it could not be looked at.
func unheld(what string, err error) string {
	if errs.Is(err, errs.Conflict) {
		return "BROKEN: " + errs.SafeText(err)
	}
	return fmt.Sprintf("the %s could not be checked: %v", what, err)
}
