package history

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"caseward/internal/desk/access"
)

// FileKind says what of a case can be downloaded.
type FileKind string

// The kinds of files.
const (
	Attached FileKind = "file" // an attachment
	Mail     FileKind = "mail" // a mail as it came over the wire, by its message
)

// Download is a member who downloaded a file.
type Download struct {
	MemberID access.MemberID
	Name     string
	Kind     FileKind
	Filename string // of an attachment; "" where it has none, or was erased since
	Erased   bool   // the file is not there any more
	FirstAt  time.Time
	LastAt   time.Time
	Times    int // an hour or more apart
}

// downloadsShown is how many lines a history has of who downloaded what, as many as of who looked.
const downloadsShown = 200

// downloadsTx reads who downloaded which files of a case and of those that were merged into it. A file is looked up wherever it is now.
func downloadsTx(ctx context.Context, tx pgx.Tx, ws access.WorkspaceID, number int64) ([]Download, error) {
	rows, _ := tx.Query(ctx, fmt.Sprintf(`select d.member_id, u.name, d.kind, coalesce(a.filename, '') as filename, d.first_at, d.last_at, d.times,
			case d.kind when 'file' then a.id is null else not exists (select from inbound_mails r where r.workspace_id = $1 and r.message_id = d.file_id) end as erased
		from (select d.member_id, d.kind, d.file_id, min(d.first_at) as first_at, max(d.last_at) as last_at, sum(d.times)::int as times
			from cases c join lateral (select c.id union all select m.id from cases m where m.workspace_id = c.workspace_id and m.merged_into_id = c.id) part on true
			join case_downloads d on d.workspace_id = c.workspace_id and d.case_id = part.id
			where c.workspace_id = $1 and c.number = $2 group by d.member_id, d.kind, d.file_id order by max(d.last_at) desc, d.member_id, d.kind, d.file_id limit %d) d
		join members m on m.workspace_id = $1 and m.id = d.member_id join users u on u.id = m.user_id
		left join attachments a on d.kind = 'file' and a.workspace_id = $1 and a.id = d.file_id
		order by d.last_at desc, d.member_id, d.kind, d.file_id`, downloadsShown), ws, number)
	return pgx.CollectRows(rows, pgx.RowToStructByName[Download])
}

// Downloaded notes that a member takes a file of a case with them: an attachment, or by its message a mail. It returns at once.
// Permission: none, as the file has been given out.
func (v *Views) Downloaded(actor access.Actor, caseID int64, kind FileKind, id int64, at time.Time) {
	if actor.Kind == access.Member {
		v.note(look{actor.Workspace, caseID, actor.Member, kind, id}, at)
	}
}
