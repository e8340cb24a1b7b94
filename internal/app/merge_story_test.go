package app_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMergeStory: somebody wrote twice about the same parcel. Ana merges the cases, and takes them apart again.
func TestMergeStory(t *testing.T) {
	t.Parallel()
	s := start(t)
	for i, mail := range [][2]string{{"Parcel 5511 is late", "Where is it?"}, {"Re: parcel 5511 is late", "Still nothing here."}} {
		s.mail(fmt.Sprintf(`From: Tilda Post <tilda@customer.test>
To: support@acme.test
Subject: %s
Message-ID: <twice-%d@customer.test>
Date: Mon, 4 May 2026 09:00:00 +0000

%s
`, mail[0], i, mail[1]))
	}
	first, second := s.numberOf("Parcel 5511 is late"), s.numberOf("Re: parcel 5511 is late")
	before := s.row(second)

	ana := s.as("ana@acme.test")
	ana.Go(fmt.Sprintf("/w/acme/cases/%d", second))
	ana.See("Possible duplicates")
	ana.Accessible()
	ana.Follow("Merge…")
	ana.See("Number of the other case")
	ana.Accessible()
	ana.Fill("Number of the other case", "123456789")
	ana.Press("Continue")
	ana.See("There is no case 123456789")
	ana.Accessible()
	ana.Follow("Parcel 5511 is late")
	ana.See(fmt.Sprintf("Merge case %d into case %d?", second, first))
	ana.Accessible()
	ana.Press("Merge cases")
	ana.See("was merged into this one")
	ana.At(fmt.Sprintf("/w/acme/cases/%d", first))
	ana.See("Where is it?")
	ana.See("Still nothing here.")
	ana.See("merged case")
	ana.Accessible()
	ana.Go(fmt.Sprintf("/w/acme/cases/%d", second))
	ana.At(fmt.Sprintf("/w/acme/cases/%d", first))
	ana.Press(fmt.Sprintf("Unmerge case %d", second))
	ana.See("apart from case")
	ana.See("Still nothing here.")
	ana.NotSee("Where is it?")
	ana.Accessible()
	if diff := cmp.Diff(before, s.row(second)); diff != "" {
		t.Errorf("the case differs from before (-before +after):\n%s", diff)
	}
}
