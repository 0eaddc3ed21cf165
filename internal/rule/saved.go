package rule

import (
	"cmp"
	"fmt"
	"slices"
)

// Saved is a rule in force with its counts, as a plain value.
type Saved struct {
	Rule
	Occasions, Hits, Skipped int
	Last                     int64
	From, Until              int64 // in which it is in force, in nanoseconds since 1970; Until 0 is for ever
	Together                 Count // of all occasions
	Apart                    []KeyCount
}

// Count is how often a rule could have struck, and how often it did.
type Count struct{ Occasions, Strikes int }

// KeyCount is the count of one card, request or account.
type KeyCount struct {
	Key uint64
	Count
}

// Save lists the rules, in their order.
func (t *Table) Save() []Saved {
	all := make([]Saved, len(t.all))
	for i, r := range t.all {
		all[i] = Saved{
			Rule: r.Rule, Occasions: r.Occasions, Hits: r.Hits, Skipped: r.Skipped, Last: r.Last,
			From: r.from, Until: r.until, Together: Count{r.together.occasions, r.together.strikes},
		}
		for key, c := range r.apart {
			all[i].Apart = append(all[i].Apart, KeyCount{key, Count{c.occasions, c.strikes}})
		}
		slices.SortFunc(all[i].Apart, func(a, b KeyCount) int { return cmp.Compare(a.Key, b.Key) })
	}
	return all
}

// Restore is the table of these rules. The error says which count cannot be.
func Restore(all []Saved) (*Table, error) {
	t := &Table{}
	for i := range all {
		s := &all[i]
		r := newCounted(s.Rule, 0, 0)
		r.Occasions, r.Hits, r.Skipped, r.Last = s.Occasions, s.Hits, s.Skipped, s.Last
		r.from, r.until, r.together = s.From, s.Until, count{s.Together.Occasions, s.Together.Strikes}
		r.sortOut()
		for j, k := range s.Apart {
			if j > 0 && s.Apart[j-1].Key >= k.Key {
				return nil, fmt.Errorf("rule %d counts key %d after %d", i+1, k.Key, s.Apart[j-1].Key)
			}
			if r.apart == nil {
				r.apart = map[uint64]count{}
			}
			r.apart[k.Key] = count{k.Occasions, k.Strikes}
		}
		t.all = append(t.all, r)
	}
	t.sort()
	return t, nil
}
