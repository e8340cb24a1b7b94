package certificate

import (
	"strings"
	"testing"

	"caseward/internal/desk/retention"
)

func TestNoTableIsNamedByItsNameInTheDatabase(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{residueText(retention.Residue{Table: "saved_filters", Column: "name", Rows: 1}), "Name of a saved filter: 1"},
		{residueText(retention.Residue{Table: "inbound_mails", Column: "raw", Rows: 2}), "A mail as it came: 2"},
		{Place("new_table.some_column"), "New table, some column"},
		{placeList([]string{"messages.to_recipients", "messages.cc_recipients", "blobs.data"}), "Recipients of a message, An attachment"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
	for _, table := range []string{"contact_import_rows", "contact_packages", "privacy_refusals", "unheard_of"} {
		if words := label(table); strings.Contains(words, "_") {
			t.Errorf("the certificate names %s as %q", table, words)
		}
	}
}
