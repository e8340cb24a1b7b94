package casepage_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"caseward/internal/desk/access"
	"caseward/internal/desk/cases"
	"caseward/internal/platform/errs"
	"caseward/web/webtest"
)

func (d *desk) EraseSpam(_ context.Context, a access.Actor, n cases.Number, until time.Time) error {
	if err := a.Require(access.EraseSpam); err != nil {
		return err
	}
	d.did = append(d.did, "erase "+until.UTC().Format(time.DateTime))
	return d.err
}

func TestDeleteForeverFromSpam(t *testing.T) {
	t.Parallel()
	d := newDesk()
	s := site(t, d)
	const path = "/w/acme/cases/12/delete-forever"
	owner := func() *webtest.Site { return s.As(access.Owner) }
	if owner().Get("/w/acme/cases/12").Links("Delete Forever").Length() != 0 {
		t.Error("a live case can be deleted forever")
	}
	owner().Get(path).WantSeeOther("/w/acme/cases/12")
	now := webtest.Now()
	d.c.SpamAt = &now
	if owner().Get("/w/acme/cases/12").Links("Delete Forever").Length() != 1 || s.As(access.Agent, access.DeleteCases).Get("/w/acme/cases/12").Links("Delete Forever").Length() != 0 {
		t.Error("Delete Forever is offered to the wrong people")
	}
	page := owner().Get(path).Want(200).Has("Delete case 12 forever?", "cannot be undone")
	owner().Post(path, url.Values{"until": {page.Doc.Find("input[name=until]").AttrOr("value", "")}}).WantSeeOther("/w/acme/inbox?filter=spam")
	if len(d.did) != 1 || d.did[0] != "erase "+webtest.Now().Format(time.DateTime) {
		t.Errorf("did %v", d.did)
	}
	d.err = errs.New(errs.Conflict, "It was marked as not spam meanwhile.")
	owner().Post(path, nil).Want(409).Has("marked as not spam meanwhile")
	s.As(access.Agent, access.DeleteCases).Get(path).Want(403)
	s.As(access.Agent, access.DeleteCases).Post(path, nil).Want(403)
}
