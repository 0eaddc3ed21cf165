package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/rule"

	"pgregory.net/rapid"
)

// naiveFits tries every text that each * may stand for.
func naiveFits(pattern, text string) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] != '*':
		return text != "" && text[0] == pattern[0] && naiveFits(pattern[1:], text[1:])
	}
	for i := range len(text) + 1 {
		if naiveFits(pattern[1:], text[i:]) {
			return true
		}
	}
	return false
}

func checkFits(t rapid.TB, pattern, text string) {
	t.Helper()
	want := pattern == "" || naiveFits(pattern, text)
	if got := rule.Fits(pattern, text); got != want {
		t.Fatalf("%q fits %q: %v, want %v", pattern, text, got, want)
	}
	// A rule asks for it in the same way.
	table := rule.NewTable([]rule.Rule{{Reply: &rule.Reply{Status: 500}, When: rule.When{Path: pattern}}}, 0)
	if got := table.Ask(rule.AtReply, &rule.Facts{Path: text}) != nil; got != want {
		t.Fatalf("a rule for %q strikes at %q: %v, want %v", pattern, text, got, want)
	}
}

func TestFits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		checkFits(t, rapid.StringOfN(rapid.SampledFrom([]rune("ab*")), 0, 8, -1).Draw(t, "pattern"),
			rapid.StringOfN(rapid.SampledFrom([]rune("ab")), 0, 10, -1).Draw(t, "text"))
	})
}

func FuzzFits(f *testing.F) {
	for _, pattern := range []string{"", "*", "*1224", "89*", "8*2*4", "**", "a", "a*a"} {
		f.Add(pattern, "89049032000001000000012345671224")
		f.Add(pattern, "a")
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		if len(text) > 40 || strings.Count(pattern, "*") > 5 {
			return // naively, that takes long
		}
		checkFits(t, pattern, text)
	})
}

// model is a rule that strikes as its documentation says, in the plainest words.
type model struct {
	rule.Rule
	from, until     int64 // 0 for never
	occasions, hits int
	counts          map[string][2]int // occasions and strikes, by what is counted apart
}

func newModel(r rule.Rule, start, now int64) *model {
	m := &model{Rule: r, counts: map[string][2]int{}}
	at := func(x rule.Moment) int64 {
		if x.At.IsZero() {
			return start + int64(x.After)
		}
		return x.At.UnixNano()
	}
	if r.When.From.Given {
		m.from = at(r.When.From)
	}
	if r.When.Until.Given {
		m.until = at(r.When.Until)
	}
	if over := now + int64(r.When.TTL); r.When.TTL > 0 && (m.until == 0 || over < m.until) {
		m.until = over
	}
	return m
}

// card is the first card that the rule is about, and whether all but counts and chance holds.
func (m *model) card(f *rule.Facts) (rule.Card, bool) {
	w := &m.When
	is := func(want, got string) bool { return want == "" || want == got }
	var cards []rule.Card
	if f.Devices != nil {
		cards = f.Devices()
	}
	switch {
	case len(w.Operations) > 0 && !slices.Contains(w.Operations, f.Operation),
		!is(w.Method, f.Method), !rule.Fits(w.Path, f.Path), !rule.Fits(w.Account, f.Account), !is(w.Level, f.Level), !is(w.Result, f.Result),
		w.Attempt != f.Attempt, f.Now < m.from, m.until != 0 && f.Now >= m.until:
		return rule.Card{}, false
	}
	for _, c := range cards {
		if rule.Fits(w.EID, c.EID) && rule.Fits(w.ICCID, c.ICCID) && rule.Fits(w.IMEI, c.IMEI) && is(w.Role, c.Role) {
			return c, true
		}
	}
	return rule.Card{}, w.EID+w.ICCID+w.IMEI+w.Role == "" && w.Per != rule.PerCard
}

func (m *model) strikes(f *rule.Facts) bool {
	card, ok := m.card(f)
	if !ok {
		return false
	}
	key := map[rule.Per]string{
		rule.PerCard: fmt.Sprint("card ", card.Key), rule.PerRequest: fmt.Sprint("request ", f.Request), rule.PerAccount: fmt.Sprint("account ", f.AccountKey),
	}[m.When.Per]
	c, w := m.counts[key], &m.When
	c[0]++
	m.occasions++
	n := c[0] - w.After
	strikes := n >= 1 && (w.First == 0 || n <= w.First) && (w.Nth == 0 || n == w.Nth) && (w.Every == 0 || n%w.Every == 0) &&
		(w.Times == 0 || c[1] < w.Times) && (w.Chance == 0 || f.Draw(m.Name) < w.Chance)
	if strikes {
		c[1]++
		m.hits++
	}
	m.counts[key] = c
	return strikes
}

const (
	start  = int64(1_000_000 * time.Second)
	minute = time.Minute
)

func drawRule(t *rapid.T) rule.Rule {
	pick := func(label string, words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
	number := func(label string) int { return max(0, rapid.IntRange(-4, 4).Draw(t, label)) }
	r := rule.Rule{Name: fmt.Sprint("rule ", rapid.IntRange(0, 5).Draw(t, "name")), When: rule.When{
		Account: pick("account", "", "", "", "a", "b", "*"), EID: pick("eid", "", "", "", "1*", "*2", "11"), ICCID: pick("iccid", "", "", "", "8*"),
		IMEI: pick("imei", "", "", "", "35"), Role: pick("role", "", "", "", "LEAD"),
		Operations: rapid.SampledFrom([][]string{nil, nil, {"enable"}, {"delete", "enable"}}).Draw(t, "operations"),
		Per:        rapid.SampledFrom([]rule.Per{rule.PerRule, rule.PerCard, rule.PerRequest, rule.PerAccount}).Draw(t, "per"),
		After:      number("after"), Times: number("times"), Chance: rapid.SampledFrom([]float64{0, 0, 0, 0.5, 1}).Draw(t, "chance"),
	}}
	w := &r.When
	switch rapid.IntRange(0, 6).Draw(t, "count") {
	case 0:
		w.First = number("first")
	case 1:
		w.Nth = number("nth")
	case 2:
		w.Every = number("every")
	}
	from := time.Duration(rapid.IntRange(0, 5).Draw(t, "from")) * minute
	moment := func(d time.Duration) rule.Moment {
		if rapid.Bool().Draw(t, "instant") {
			return rule.Moment{At: time.Unix(0, start+int64(d)), Given: true}
		}
		return rule.Moment{After: d, Given: true}
	}
	if number("starts") > 2 {
		w.From = moment(from)
	}
	if number("ends") > 2 {
		w.Until = moment(from + time.Duration(rapid.IntRange(1, 5).Draw(t, "until"))*minute)
	}
	w.TTL = time.Duration(number("ttl")) * minute
	switch rapid.IntRange(0, 2).Draw(t, "place") {
	case 0:
		r.Reply = &rule.Reply{Status: 500}
		w.Method, w.Path = pick("method", "", "", "POST"), pick("path", "", "", "/a*")
	case 1:
		r.Outcome = &rule.Outcome{Silent: true}
	default:
		r.Callback = &rule.Callback{Drop: true}
		w.Level, w.Result = pick("level", "", "", rule.Device), pick("result", "", "", rule.Failed)
		w.Attempt = number("attempt") / 2
	}
	return r
}

// luck is a draw of its own for each name and each moment at which it is asked.
func luck(key int) func(string) float64 {
	return func(name string) float64 { return float64((key*31+int(name[len(name)-1])*17)%10) / 10 }
}

func drawFacts(t *rapid.T, now int64) *rule.Facts {
	pick := func(label string, words ...string) string { return rapid.SampledFrom(words).Draw(t, label) }
	f := &rule.Facts{
		Now: now, Operation: pick("operation", "enable", "delete", "list"), Method: pick("method", "POST", "GET"), Path: pick("path", "/ab", "/b"),
		Account: pick("account", "a", "b"), AccountKey: rapid.Uint64Range(0, 2).Draw(t, "account key"), Level: pick("level", rule.Device, rule.Profile, ""), Result: pick("result", rule.Failed, rule.Success),
		Attempt: max(0, rapid.IntRange(-2, 2).Draw(t, "attempt")), Request: rapid.Uint64Range(1, 3).Draw(t, "request"),
		Draw: luck(rapid.IntRange(0, 99).Draw(t, "luck")),
	}
	if cards := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) rule.Card {
		return rule.Card{
			Key: rapid.Uint64Range(0, 3).Draw(t, "key"), EID: pick("eid", "11", "12", "22"), ICCID: pick("iccid", "", "89"), IMEI: pick("imei", "35", "36"),
			Role: pick("role", "LEAD", "LOCAL"),
		}
	}), 0, 3).Draw(t, "cards"); len(cards) > 0 {
		f.Devices = func() []rule.Card { return cards }
	}
	return f
}

var places = []rule.Place{rule.AtReply, rule.AtOutcome, rule.AtCallback}

// named has no two rules of one name.
func named(t *rapid.T, most int) []rule.Rule {
	return rapid.SliceOfNDistinct(rapid.Custom(drawRule), 0, most, func(r rule.Rule) string { return r.Name }).Draw(t, "rules")
}

// TestTable: a table does what the plainest one does, whatever happens to its rules meanwhile: the first rule that matches
// strikes, those before it have counted, and none behind it has. A rule of which Before says that another one
// takes all that it would match never strikes.
func TestTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, rules := start, named(t, 6)
		table := rule.NewTable(rules, start)
		var models []*model
		for _, r := range rules {
			models = append(models, newModel(r, start, start))
		}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			name := fmt.Sprint("rule ", rapid.IntRange(0, 5).Draw(t, "name"))
			is := func(m *model) bool { return m.Name == name }
			at := slices.IndexFunc(models, is)
			switch rapid.IntRange(0, 19).Draw(t, "step") {
			case 0, 1:
				now += int64(minute) / 2
			case 2:
				r := drawRule(t)
				if slices.ContainsFunc(models, func(m *model) bool { return m.Name == r.Name }) {
					break
				}
				table.Add([]rule.Rule{r}, start, now)
				models = append([]*model{newModel(r, start, now)}, models...)
			case 3:
				r := drawRule(t)
				r.Name = name
				if found := table.Replace(r, start, now); found != (at >= 0) {
					t.Fatalf("there was a %q: %v", name, found)
				}
				if at >= 0 {
					models[at] = newModel(r, start, now)
				}
			case 4:
				n := table.Remove(func(r *rule.Counted) bool { return r.Name == name })
				before := len(models)
				if models = slices.DeleteFunc(models, is); n != before-len(models) {
					t.Fatalf("%d were removed", n)
				}
			case 5:
				if at >= 0 {
					table.Find(name).Restart()
					models[at].counts, models[at].occasions, models[at].hits = map[string][2]int{}, 0, 0
				}
			case 6:
				request := rapid.Uint64Range(1, 3).Draw(t, "forgotten")
				table.Forget(request)
				for _, m := range models {
					delete(m.counts, fmt.Sprint("request ", request))
				}
			default:
				ask(t, table, models, drawFacts(t, now))
			}
			checkTable(t, table, models)
		}
	})
}

func ask(t *rapid.T, table *rule.Table, models []*model, f *rule.Facts) {
	p := rapid.SampledFrom(places).Draw(t, "place")
	mayStub := false
	var want *model
	for _, m := range models {
		w := &m.When
		mayStub = mayStub || w.Path != "" && rule.Fits(w.Path, f.Path) && (w.Method == "" || w.Method == f.Method) &&
			f.Now >= m.from && (m.until == 0 || f.Now < m.until)
		if m.Place() != p {
			continue
		}
		if want == nil && m.strikes(f) {
			want = m
		}
	}
	got := table.Ask(p, f)
	if (got == nil) != (want == nil) || got != nil && got.Name != want.Name {
		t.Fatalf("%+v struck, want %+v", got, want)
	}
	if got := table.MayStub(f.Method, f.Path, f.Now); got != mayStub {
		t.Fatalf("%s %s may be stubbed: %v, want %v", f.Method, f.Path, got, mayStub)
	}
	if got == nil {
		return
	}
	if got.Last != f.Now {
		t.Fatalf("struck at %d, says %d", f.Now, got.Last)
	}
	if before := table.Before(got); before != nil {
		t.Fatalf("%+v struck\nthough %+v takes all of it\nof %+v", got.Rule, before.Rule, f)
	}
}

func checkTable(t *rapid.T, table *rule.Table, models []*model) {
	all := table.All()
	if len(all) != len(models) {
		t.Fatalf("%d rules, want %d", len(all), len(models))
	}
	has := map[rule.Place]bool{}
	for i, m := range models {
		if r := all[i]; r.Name != m.Name || r.Occasions != m.occasions || r.Hits != m.hits || table.Find(m.Name) != r {
			t.Fatalf("rule %d is %q, %d occasions, %d hits; want %q, %d, %d", i, r.Name, r.Occasions, r.Hits, m.Name, m.occasions, m.hits)
		}
		has[m.Place()] = true
	}
	for _, p := range places {
		if table.Has(p) != has[p] {
			t.Fatalf("there are rules for %s: %v", p, table.Has(p))
		}
	}
}

// TestForget: a request that is forgotten leaves no count behind, and others keep theirs.
func TestForget(t *testing.T) {
	table := rule.NewTable([]rule.Rule{
		{Name: "per request", When: rule.When{Nth: 2, Per: rule.PerRequest}, Callback: &rule.Callback{Drop: true}},
	}, start)
	strikes := func(request uint64) bool { return table.Ask(rule.AtCallback, &rule.Facts{Request: request}) != nil }
	strikes(1)
	strikes(2)
	table.Forget(1)
	if strikes(1) || !strikes(2) || !strikes(1) {
		t.Fatal("the counts of requests are not apart")
	}
}

// TestBefore: what takes all that another one would match, and what does not.
func TestBefore(t *testing.T) {
	for _, test := range []struct {
		earlier, later rule.When
		takes          bool
	}{
		{rule.When{}, rule.When{}, true},
		{rule.When{}, rule.When{EID: "*1", Operations: []string{"enable"}, Times: 3}, true},
		{rule.When{EID: "*1"}, rule.When{EID: "*21"}, true},
		{rule.When{EID: "*1"}, rule.When{}, false},
		{rule.When{EID: "*21"}, rule.When{EID: "*1"}, false},
		{rule.When{Operations: []string{"enable", "delete"}}, rule.When{Operations: []string{"delete"}}, true},
		{rule.When{Operations: []string{"enable"}}, rule.When{Operations: []string{"enable", "delete"}}, false},
		{rule.When{Operations: []string{"enable"}}, rule.When{}, false},
		{rule.When{Chance: 1, Every: 1}, rule.When{}, true},
		{rule.When{Chance: 0.9}, rule.When{}, false},
		{rule.When{First: 1}, rule.When{}, false},
		{rule.When{Nth: 1}, rule.When{}, false},
		{rule.When{Every: 2}, rule.When{}, false},
		{rule.When{After: 1}, rule.When{}, false},
		{rule.When{Times: 1}, rule.When{}, false},
		{rule.When{Attempt: 1}, rule.When{}, false},
		{rule.When{Per: rule.PerCard}, rule.When{}, false}, // which also strikes where there is no card
		{rule.When{Per: rule.PerCard}, rule.When{EID: "1"}, true},
		{rule.When{TTL: minute}, rule.When{}, false},
		{rule.When{TTL: minute}, rule.When{TTL: minute}, true},
		{rule.When{}, rule.When{TTL: minute}, true},
		{rule.When{From: rule.Moment{After: minute, Given: true}}, rule.When{}, false},
	} {
		drop := &rule.Callback{Drop: true}
		table := rule.NewTable([]rule.Rule{{Name: "earlier", When: test.earlier, Callback: drop}, {Name: "later", When: test.later, Callback: drop}}, start)
		if before := table.Before(table.Find("later")); (before != nil) != test.takes {
			t.Errorf("%+v takes %+v: %+v, want %v", test.earlier, test.later, before, test.takes)
		}
		if before := table.Before(table.Find("earlier")); before != nil {
			t.Errorf("%+v is before the first", before)
		}
	}
}
