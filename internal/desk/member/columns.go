package member

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
	"caseward/internal/platform/errs"
)

// Column is a column of the Table view.
type Column string

// The columns.
const (
	NumberColumn   Column = "number"
	SubjectColumn  Column = "subject" // always there: it is what leads to the case
	ContactColumn  Column = "contact"
	StatusColumn   Column = "status"
	PriorityColumn Column = "priority"
	AssigneeColumn Column = "assignee"
	QueueColumn    Column = "queue"
	TagsColumn     Column = "tags"
	ChannelColumn  Column = "channel"
	CreatedColumn  Column = "created"
	ActivityColumn Column = "activity"
	WaitingColumn  Column = "waiting" // since when the contact waits for an answer
)

// Columns lists all columns in the order in which they are offered.
func Columns() []Column {
	return []Column{NumberColumn, SubjectColumn, ContactColumn, StatusColumn, PriorityColumn, AssigneeColumn, QueueColumn, TagsColumn,
		ChannelColumn, CreatedColumn, WaitingColumn, ActivityColumn}
}

// FieldColumn is the column of a custom field of cases. Which there are, package field knows; a column of one that is gone
// or switched off is not shown.
func FieldColumn(id int64) Column { return Column(fieldPrefix + strconv.FormatInt(id, 10)) }

const fieldPrefix = "field:"

// FieldID is the custom field that the column shows; ok is false where it shows none.
func (c Column) FieldID() (id int64, ok bool) {
	digits, ok := strings.CutPrefix(string(c), fieldPrefix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(digits, 10, 64)
	return id, err == nil && id > 0 && FieldColumn(id) == c
}

// known reports whether it is one of ours.
func (c Column) known() bool {
	_, isField := c.FieldID()
	return isField || slices.Contains(Columns(), c)
}

const mostColumns = 40

// DefaultColumns are those of a member who has chosen none.
func DefaultColumns() []Column {
	return []Column{NumberColumn, SubjectColumn, ContactColumn, StatusColumn, PriorityColumn, AssigneeColumn, QueueColumn, ActivityColumn}
}

// SetColumns changes which columns the actor sees in the Table view, and in which order; none brings the default ones
// back. Permission: read cases. Errors: Forbidden, Invalid.
func (s *Service) SetColumns(ctx context.Context, actor access.Actor, columns []Column) error {
	if err := s.guard.Require(ctx, actor, access.ReadCases, object(actor.Member)); err != nil {
		return err
	}
	if err := validColumns(columns); err != nil {
		return err
	}
	if slices.Equal(columns, DefaultColumns()) {
		columns = nil // so that who never chose gets better ones, should they change
	}
	return s.db.InWorkspace(ctx, int64(actor.Workspace), func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update members set table_columns = coalesce($3::text[], '{}') where workspace_id = $1 and id = $2
			and table_columns <> coalesce($3::text[], '{}')`, actor.Workspace, actor.Member, columns)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		return s.recordTx(ctx, tx, actor, "member.updated", object(actor.Member), map[string]any{"fields": []string{"table_columns"}})
	})
}

func validColumns(columns []Column) error {
	if len(columns) == 0 {
		return nil
	}
	if !slices.Contains(columns, SubjectColumn) {
		return errs.Field("columns", "The subject has to stay: it leads to the case.")
	}
	if len(columns) > mostColumns {
		return errs.Field("columns", "Choose up to 40 columns.")
	}
	for i, c := range columns {
		if !c.known() || slices.Contains(columns[:i], c) {
			return errs.Field("columns", "Choose each column once, from those offered.")
		}
	}
	return nil
}

// shownColumns are those that a member chose, or the default ones. A column of a later version is left out.
func shownColumns(stored []Column) []Column {
	shown := slices.DeleteFunc(slices.Clone(stored), func(c Column) bool { return !c.known() })
	if len(shown) == 0 {
		return DefaultColumns()
	}
	return shown
}
