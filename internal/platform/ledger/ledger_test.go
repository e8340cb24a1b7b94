package ledger

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// stored is a record as a table keeps it.
type stored struct {
	link   Link
	fields Fields
}

func chainOf(t *rapid.T) ([]stored, Link) {
	var at Link
	var list []stored
	for range rapid.IntRange(1, 12).Draw(t, "length") {
		fields := Fields(rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 4), 1, 4).Draw(t, "fields"))
		at = at.Next(fields)
		list = append(list, stored{at, fields})
	}
	return list, at
}

func verify(list []stored, head Link) error {
	var v Verifier
	for _, s := range list {
		if err := v.Check(s.link, s.fields); err != nil {
			return err
		}
	}
	return v.Finish(head)
}

// mustBreak also checks that no record before the one that was touched is blamed.
func mustBreak(t *rapid.T, list []stored, head Link, touched int) {
	t.Helper()
	var b *Broken
	err := verify(list, head)
	if !errors.As(err, &b) {
		t.Fatalf("not detected: %v", err)
	}
	if b.Seq != int64(touched+1) {
		t.Fatalf("record %d was touched, %d is blamed: %v", touched+1, b.Seq, err)
	}
}

func TestAnIntactChainHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list, head := chainOf(t)
		if err := verify(list, head); err != nil {
			t.Fatal(err)
		}
	})
	if err := verify(nil, Link{}); err != nil {
		t.Errorf("an empty chain: %v", err)
	}
}

func TestAChangedFieldIsDetected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list, head := chainOf(t)
		i := rapid.IntRange(0, len(list)-1).Draw(t, "record")
		other := Fields(rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 4), 1, 4).Draw(t, "other"))
		if slices.EqualFunc(other, list[i].fields, slices.Equal) {
			t.Skip("the same fields")
		}
		list[i].fields = other
		mustBreak(t, list, head, i)
	})
}

func TestBytesThatMoveBetweenFieldsAreDetected(t *testing.T) {
	t.Parallel()
	var at Link
	one := at.Next(Fields{[]byte("ab"), []byte("c")})
	for _, fields := range []Fields{{[]byte("a"), []byte("bc")}, {[]byte("abc")}, {[]byte("ab"), []byte("c"), nil}} {
		if two := at.Next(fields); slices.Equal(one.Hash, two.Hash) {
			t.Errorf("%q hashes the same", fields)
		}
	}
}

func TestARemovedRecordIsDetected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list, head := chainOf(t)
		i := rapid.IntRange(0, len(list)-1).Draw(t, "record")
		mustBreak(t, slices.Delete(list, i, i+1), head, i)
	})
}

func TestAChainCutShortIsDetected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list, head := chainOf(t)
		i := rapid.IntRange(0, len(list)-1).Draw(t, "keep")
		mustBreak(t, list[:i], head, i)
	})
}

func TestSwappedRecordsAreDetected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list, head := chainOf(t)
		i := rapid.IntRange(0, len(list)-1).Draw(t, "one")
		j := rapid.IntRange(0, len(list)-1).Draw(t, "two")
		if slices.EqualFunc(list[i].fields, list[j].fields, slices.Equal) {
			t.Skip("nothing is swapped")
		}
		list[i].fields, list[j].fields = list[j].fields, list[i].fields
		mustBreak(t, list, head, min(i, j))
	})
}

func TestARenumberedRemovalIsDetected(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		list, head := chainOf(t)
		i := rapid.IntRange(0, len(list)-1).Draw(t, "record")
		list = slices.Delete(list, i, i+1)
		for k := i; k < len(list); k++ {
			list[k].link.Seq--
		}
		mustBreak(t, list, head, i)
	})
}
