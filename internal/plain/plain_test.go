package plain_test

import (
	"reflect"
	"testing"
	"time"

	"tsim/internal/plain"
)

type secret string

type part struct {
	Name   string
	Secret secret
	hidden int
}

type whole struct {
	N     int8
	U     uint16
	F     float64
	B     bool
	At    time.Time
	Parts []part
	Pair  [2]part
	One   *part
	Other *part
}

func sample() whole {
	return whole{
		N: -1, U: 1, F: 0.5, B: true, At: time.Unix(1, 0).UTC(), Parts: []part{{"a", "one", 0}, {"b", "two", 0}},
		Pair: [2]part{{Name: "c"}, {Secret: "three"}}, One: &part{Secret: "four"},
	}
}

func TestEach(t *testing.T) {
	v := sample()
	var places []string
	plain.Each(&v, map[reflect.Type]func(plain.Place, reflect.Value) bool{
		reflect.TypeFor[secret](): func(at plain.Place, v reflect.Value) bool {
			places = append(places, at.String()+"="+v.String())
			v.SetString("masked")
			return len(places) < 4
		},
	})
	if want := []string{"Parts[0].Secret=one", "Parts[1].Secret=two", "Pair[0].Secret=", "Pair[1].Secret=three"}; !reflect.DeepEqual(places, want) {
		t.Errorf("%q", places)
	}
	if v.Parts[0].Secret != "masked" || v.One.Secret != "four" {
		t.Errorf("%+v", v)
	}
	for of, want := range map[reflect.Type]bool{reflect.TypeOf(v): true, reflect.TypeFor[[]*part](): true, reflect.TypeFor[[]int](): false} {
		if got := plain.MayHave(of, reflect.TypeFor[secret]()); got != want {
			t.Errorf("%s: %t", of, got)
		}
	}
}

// TestDigestAndDifference: each change of a value changes its digest and is found, but for what is left out, and what is
// nobody else's business.
func TestDigestAndDifference(t *testing.T) {
	leave := plain.Leave{
		Types:  []reflect.Type{reflect.TypeFor[secret]()},
		Fields: map[plain.Field]func(string) string{{Of: reflect.TypeFor[part](), Name: "Name"}: func(s string) string { return s[:min(1, len(s))] }},
	}
	for _, test := range []struct {
		at     string // "" for no difference
		left   bool
		change func(*whole)
	}{
		{"N", false, func(w *whole) { w.N++ }},
		{"U", false, func(w *whole) { w.U++ }},
		{"F", false, func(w *whole) { w.F++ }},
		{"B", false, func(w *whole) { w.B = false }},
		{"At", false, func(w *whole) { w.At = w.At.Add(1) }},
		{"Parts", false, func(w *whole) { w.Parts = w.Parts[:1] }},
		{"Parts[1].Name", false, func(w *whole) { w.Parts[1].Name = "x" }},
		{"Parts[1].Name", true, func(w *whole) { w.Parts[1].Name = "bx" }},
		{"Pair[1].Secret", true, func(w *whole) { w.Pair[1].Secret = "x" }},
		{"One", false, func(w *whole) { w.One = nil }},
		{"Other", false, func(w *whole) { w.Other = &part{} }},
		{"", true, func(w *whole) { w.Parts[0].hidden++ }},
		{"", true, func(w *whole) { w.One = &part{Secret: "four"} }},
	} {
		a, b := sample(), sample()
		test.change(&b)
		place := ""
		if d := plain.Difference(&a, &b); d != "" {
			for i, c := range d {
				if c == ':' {
					place = d[:i]
					break
				}
			}
		}
		if place != test.at {
			t.Errorf("the difference is at %q, want %q", place, test.at)
		}
		if same := plain.Digest(&a, leave) == plain.Digest(&b, leave); same != test.left {
			t.Errorf("a change of %s leaves the digest the same: %v", test.at, same)
		}
	}
	if a, b := (whole{}), (whole{Parts: []part{}}); plain.Difference(&a, &b) != "" || plain.Digest(&a, leave) != plain.Digest(&b, leave) {
		t.Error("an empty list is not the same as none")
	}
}
