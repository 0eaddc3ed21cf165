package sim

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"tsim/internal/config"
	"tsim/internal/rule"

	"pgregory.net/rapid"
)

// TestTable compares a table with a map.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s table[uint64]
		model, last := map[uint64]*uint64{}, uint64(0)
		any := rapid.OneOf(rapid.Custom(func(t *rapid.T) uint64 { return rapid.Uint64Range(0, last+2).Draw(t, "near") }), rapid.Uint64Min(math.MaxUint64-2))
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				for range rapid.IntRange(1, 2*tablePage).Draw(t, "times") {
					record, n := s.insert()
					if last++; n != last || *record != 0 {
						t.Fatalf("inserted %d as %d, want %d", *record, n, last)
					}
					*record, model[n] = n, record
				}
			},
			"delete": func(t *rapid.T) {
				n := any.Draw(t, "n")
				s.delete(n)
				delete(model, n)
			},
			"delete all up to": func(t *rapid.T) {
				for n := range rapid.Uint64Range(0, last).Draw(t, "n") {
					s.delete(n + 1)
					delete(model, n+1)
				}
			},
			"": func(t *rapid.T) {
				for n := range last + 3 {
					if got := s.get(n); got != model[n] || got != nil && *got != n {
						t.Fatalf("%d is %v, want %v", n, got, model[n])
					}
				}
				for i, page := range s.pages {
					full := s.count >= (s.gone+uint64(i)+1)*tablePage
					if (page != nil) != (s.there[i] != 0 || !full) || i == 0 && page == nil {
						t.Fatalf("page %d of %d is kept: %v", i, len(s.pages), page != nil)
					}
				}
				if s.live != len(model) {
					t.Fatalf("%d records, want %d", s.live, len(model))
				}
				after := any.Draw(t, "after")
				count, before := 0, after
				for n, record := range s.after(after) {
					if count++; *record != n || n <= before || model[n] != record {
						t.Fatalf("%d comes after %d as %d", *record, before, n)
					}
					before = n
				}
				for n := range model {
					if n > after {
						count--
					}
				}
				if count != 0 {
					t.Fatalf("after %d are %d too many", after, count)
				}
			},
		})
	})
}

// TestTableOfTheLatest: a table that is only deleted from at its old end makes no garbage.
func TestTableOfTheLatest(t *testing.T) {
	const keep = 100
	var s table[uint64]
	add := func() {
		record, n := s.insert()
		if *record = n; s.live > keep {
			s.delete(s.oldest())
		}
	}
	for range 10 * keep {
		add()
	}
	if s.live != keep || s.oldest() != 9*keep+1 || *s.get(s.oldest()) != s.oldest() || s.get(s.oldest()-1) != nil {
		t.Fatalf("%d records from %d on", s.live, s.oldest())
	}
	// The lists of pages grow now and then, in proportion to what is kept.
	if n := testing.AllocsPerRun(100*tablePage, add); n >= 1.0/tablePage {
		t.Errorf("%v allocations for a record", n)
	}
}

// TestNumbersInsteadOfPointers: what a job, an event or a record keeps refers to others of them, and to the
// sandbox, by number. Whatever it points to is a value that never changes; these are all of those.
func TestNumbersInsteadOfPointers(t *testing.T) {
	values := []reflect.Type{
		reflect.TypeFor[config.Listener](), reflect.TypeFor[Identity](), reflect.TypeFor[CardContext](), reflect.TypeFor[Findings](),
		reflect.TypeFor[IDList](), reflect.TypeFor[Query](), reflect.TypeFor[LineFilter](), reflect.TypeFor[HistoryFilter](),
		reflect.TypeFor[rule.Fault](), reflect.TypeFor[rule.Callback](), reflect.TypeFor[rule.Outcome](),
	}
	var walk func(path string, of reflect.Type)
	walk = func(path string, of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer:
			if of.Elem().Kind() == reflect.Struct && !slices.Contains(values, of.Elem()) {
				t.Errorf("%s points to a %s", path, of.Elem())
				return
			}
			walk(path, of.Elem())
		case reflect.Slice, reflect.Array:
			walk(path+"[]", of.Elem())
		case reflect.Map:
			walk(path+"[key]", of.Key())
			walk(path+"[]", of.Elem())
		case reflect.Struct:
			if of == reflect.TypeFor[IDList]() {
				return // its text is in a strings.Builder, which points to itself
			}
			for field := range of.Fields() {
				walk(path+"."+field.Name, field.Type)
			}
		case reflect.Func, reflect.Chan, reflect.Interface, reflect.UnsafePointer:
			t.Errorf("%s is a %s", path, of.Kind())
		}
	}
	for _, of := range []reflect.Type{
		reflect.TypeFor[job](), reflect.TypeFor[Event](), reflect.TypeFor[request](), reflect.TypeFor[callback](), reflect.TypeFor[Record](),
		reflect.TypeFor[config.TimelineEvent](), reflect.TypeFor[Holding](), reflect.TypeFor[attemptAnswer](), reflect.TypeFor[outgoing](),
		reflect.TypeFor[waiting](), reflect.TypeFor[callbackRule](), reflect.TypeFor[outcomeRule](),
	} {
		walk(of.String(), of)
	}
}
