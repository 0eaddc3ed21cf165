package sim_test

import (
	"strings"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// TestIDList compares a list with a slice.
func TestIDList(t *testing.T) {
	if n := (*sim.IDList)(nil).Len(); n != 0 {
		t.Fatalf("no list has %d devices", n)
	}
	id := rapid.OneOf(rapid.Just(""), rapid.StringMatching("[0-9]{1,32}"), rapid.StringN(0, 40, 255))
	device := rapid.Custom(func(t *rapid.T) euicc.IDs {
		return euicc.IDs{
			EID: id.Draw(t, "EID"), ICCID: id.Draw(t, "ICCID"), IMEI: id.Draw(t, "IMEI"), MDN: id.Draw(t, "MDN"),
			Conflict: rapid.Bool().Draw(t, "conflict"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOf(device).Draw(t, "all")
		l := sim.ListOf(all...)
		more := rapid.SliceOf(device).Draw(t, "more")
		for _, ids := range more {
			l.Add(ids)
		}
		all = append(all, more...)
		if l.Len() != len(all) {
			t.Fatalf("%d devices, want %d", l.Len(), len(all))
		}
		for i, want := range all {
			if got := l.At(i); got != want {
				t.Fatalf("device %d is %+v, want %+v", i, got, want)
			}
		}
		text, err := l.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var read sim.IDList
		if err := read.UnmarshalText(text); err != nil || read.Len() != len(all) {
			t.Fatalf("%s: %d devices, %v", text, read.Len(), err)
		}
		for i, want := range all {
			if got := read.At(i); got != want {
				t.Fatalf("device %d of %s is %+v, want %+v", i, text, got, want)
			}
		}
	})
}

func TestIDListOfWhatIsNoIdentifier(t *testing.T) {
	long := strings.Repeat("8", 300)
	l := sim.ListOf(euicc.IDs{ICCID: long, MDN: "1"}, euicc.IDs{EID: "2"})
	if got, want := l.At(0), (euicc.IDs{ICCID: long[:255], MDN: "1"}); got != want || l.At(1).EID != "2" {
		t.Fatalf("got %+v and %+v", got, l.At(1))
	}
}
