package rule

import (
	"slices"
	"time"
)

// Facts are what is known in a place where rules interfere. What the place does not have is "" or 0.
type Facts struct {
	Now       int64 // simulated, in nanoseconds since 1970
	Operation string
	Method    string
	Path      string
	Account   string
	// AccountKey is the number of the account in the sandbox; 0 for all that it does not have. Clients may name any.
	AccountKey uint64
	Devices    func() []Card // those of a call, or the one that the outcome or callback is about; nil for none. It is asked once
	Level      string
	Result     string
	Attempt    int    // 0 when a callback is decided
	Request    uint64 // its number
	// Draw is a number from 0 up to, not including, 1 for the rule of a name: the same one whenever it is asked here.
	Draw func(name string) float64

	devices []Card // what Devices said
	known   bool
}

// each is the devices.
func (f *Facts) each() []Card {
	if !f.known && f.Devices != nil {
		f.devices = f.Devices()
	}
	f.known = true
	return f.devices
}

// Card is a device that a rule may be about, as far as it is known.
type Card struct {
	Key              uint64 // its number in the sandbox; 0 if it has none
	EID, ICCID, IMEI string
	Role             string // of the profile
}

// Counted is a rule in force, with what it has done.
type Counted struct {
	Rule
	Occasions int    // on which all held but counts and chance
	Hits      int    // how often it struck, and did what it says
	Skipped   int    // how often it struck, and that could not be done
	Last      int64  // when it struck the last time, in nanoseconds since 1970; 0 for never
	Did       string // what it does, in a few words

	asksDevice                      bool  // it strikes only where a device is known
	asksMore                        bool  // it asks for what is not about a device; most rules ask for one thing, and there may be many of them
	from, until                     int64 // in which it is in force; until 0 is for ever
	path, account, eid, iccid, imei pattern
	together                        count            // of all occasions
	apart                           map[uint64]count // or of those of each card, request or account
}

type count struct{ occasions, strikes int }

// Over says whether the time of the rule has passed.
func (r *Counted) Over(now int64) bool { return r.until != 0 && now >= r.until }

// Spent says whether the counts of the rule are used up, so that it never strikes again. Those that are counted apart are not
// looked at: there may be another card.
func (r *Counted) Spent() bool {
	w, n := &r.When, r.Occasions-r.When.After
	return w.Per == PerRule && (w.First > 0 && n >= w.First || w.Nth > 0 && n >= w.Nth || w.Times > 0 && r.Hits+r.Skipped >= w.Times)
}

// Table is the rules of a sandbox, in order: in each place the first one that matches strikes.
type Table struct {
	all    []*Counted
	places [numPlaces][]*Counted
}

// NewTable has rules that are in force from the start of a sandbox on, in nanoseconds since 1970.
func NewTable(rules []Rule, start int64) *Table {
	t := &Table{}
	for i := range rules {
		t.all = append(t.all, newCounted(rules[i], start, start))
	}
	t.sort()
	return t
}

func newCounted(r Rule, start, now int64) *Counted {
	at := func(m Moment) int64 {
		switch {
		case !m.Given:
			return 0
		case m.At.IsZero():
			return later(start, m.After)
		}
		return m.At.UnixNano()
	}
	w := &r.When
	s := &Counted{
		Rule: r, Did: r.Does(), from: at(w.From), until: at(w.Until),
		path: newPattern(w.Path), account: newPattern(w.Account), eid: newPattern(w.EID), iccid: newPattern(w.ICCID), imei: newPattern(w.IMEI),
	}
	if over := later(now, w.TTL); w.TTL > 0 && (s.until == 0 || over < s.until) {
		s.until = over
	}
	s.sortOut()
	return s
}

// sortOut notes what the rule asks for.
func (r *Counted) sortOut() {
	w := &r.When
	r.asksDevice = w.EID != "" || w.ICCID != "" || w.IMEI != "" || w.Role != "" || w.Per == PerCard
	r.asksMore = r.from != 0 || r.until != 0 || len(w.Operations) > 0 || w.Method+w.Level+w.Result+w.Path+w.Account != ""
}

// later is so much time after an instant, or the last one of all.
func later(at int64, d time.Duration) int64 {
	if sum := at + int64(d); sum >= at {
		return sum
	}
	return 1<<63 - 1
}

func (t *Table) sort() {
	t.places = [numPlaces][]*Counted{}
	for _, r := range t.all {
		t.places[r.Place()] = append(t.places[r.Place()], r)
	}
}

// All lists the rules, in order.
func (t *Table) All() []*Counted { return t.all }

// In lists the rules of a place, in order.
func (t *Table) In(p Place) []*Counted { return t.places[p] }

// Has says whether there is any rule in a place.
func (t *Table) Has(p Place) bool { return len(t.places[p]) > 0 }

// Find is the rule of a name, or nil.
func (t *Table) Find(name string) *Counted {
	for _, r := range t.all {
		if r.Name == name {
			return r
		}
	}
	return nil
}

// Add puts rules in front of all others, in their order.
func (t *Table) Add(rules []Rule, start, now int64) {
	added := make([]*Counted, len(rules), len(rules)+len(t.all))
	for i := range rules {
		added[i] = newCounted(rules[i], start, now)
	}
	t.all = append(added, t.all...)
	t.sort()
}

// Replace puts a rule into the place of the one of the same name, with counts from 0. It says whether there was one.
func (t *Table) Replace(r Rule, start, now int64) bool {
	i := slices.IndexFunc(t.all, func(old *Counted) bool { return old.Name == r.Name })
	if i < 0 {
		return false
	}
	t.all[i] = newCounted(r, start, now)
	t.sort()
	return true
}

// Remove takes out the rules that which chooses, and says how many.
func (t *Table) Remove(which func(*Counted) bool) int {
	before := len(t.all)
	t.all = slices.DeleteFunc(slices.Clone(t.all), which)
	t.sort()
	return before - len(t.all)
}

// Anew is the rule as one of a sandbox that starts now, and not at start: what was so long after the one is so long after the
// other, and its TTL is what is left of it. It is false for one whose time has passed.
func (r *Counted) Anew(start, now int64) (Rule, bool) {
	anew := r.Rule
	w := &anew.When
	passed := time.Duration(now - start)
	for _, m := range []*Moment{&w.From, &w.Until} {
		if m.Given && m.At.IsZero() {
			m.After -= passed
		}
	}
	if w.From.Given && w.From.At.IsZero() && w.From.After <= 0 {
		w.From = Moment{}
	}
	if w.TTL > 0 {
		w.TTL = time.Duration(r.until - now)
	}
	return anew, !r.Over(now)
}

// Restart puts the counts of a rule to 0.
func (r *Counted) Restart() {
	r.Occasions, r.Hits, r.Skipped, r.Last, r.together, r.apart = 0, 0, 0, 0, count{}, nil
}

// Forget drops what was counted of a request.
func (t *Table) Forget(request uint64) {
	for _, r := range t.all {
		if r.When.Per == PerRequest {
			delete(r.apart, request)
		}
	}
}

// Ask finds the rule that strikes in a place, counts that, and returns it; nil for none. Every rule before it is asked as
// well, and none behind it.
func (t *Table) Ask(p Place, f *Facts) *Counted {
	for _, r := range t.places[p] {
		if card, fits := r.fits(f); fits && r.strikes(f, card) {
			return r
		}
	}
	return nil
}

// MayStub says whether a rule for replies that names a path may strike on a call to one, as far as method, path and time
// tell. It counts nothing.
func (t *Table) MayStub(method, path string, now int64) bool {
	return slices.ContainsFunc(t.places[AtReply], func(r *Counted) bool {
		w := &r.When
		return w.Path != "" && r.path.fits(path) && (w.Method == "" || w.Method == method) && now >= r.from && !r.Over(now)
	})
}

// fits says whether all holds but counts and chance, and of which card; nil for a rule that asks for none.
func (r *Counted) fits(f *Facts) (*Card, bool) {
	if r.When.Attempt != f.Attempt || r.asksMore && !r.fitsMore(f) {
		return nil, false
	}
	if !r.asksDevice {
		return nil, true
	}
	cards := f.each()
	for i := range cards {
		c := &cards[i]
		if r.eid.fits(c.EID) && r.iccid.fits(c.ICCID) && r.imei.fits(c.IMEI) && (r.When.Role == "" || r.When.Role == c.Role) {
			return c, true
		}
	}
	return nil, false
}

// fitsMore says whether all holds but what is about devices, and the attempt.
func (r *Counted) fitsMore(f *Facts) bool {
	w := &r.When
	return f.Now >= r.from && !r.Over(f.Now) &&
		(len(w.Operations) == 0 || slices.Contains(w.Operations, f.Operation)) &&
		(w.Method == "" || w.Method == f.Method) && (w.Level == "" || w.Level == f.Level) && (w.Result == "" || w.Result == f.Result) &&
		r.path.fits(f.Path) && r.account.fits(f.Account)
}

// strikes counts an occasion, and says whether the rule strikes on it.
func (r *Counted) strikes(f *Facts, card *Card) bool {
	if r.When.Per == PerRule {
		return r.count(f, &r.together)
	}
	var key uint64
	switch r.When.Per {
	case PerCard:
		key = card.Key
	case PerRequest:
		key = f.Request
	case PerAccount:
		key = f.AccountKey
	}
	c := r.apart[key]
	strikes := r.count(f, &c)
	if r.apart == nil {
		r.apart = map[uint64]count{}
	}
	r.apart[key] = c
	return strikes
}

// count adds an occasion to a count, and says whether the rule strikes on it.
func (r *Counted) count(f *Facts, c *count) bool {
	c.occasions++
	r.Occasions++
	if !r.When.counts(c) || r.When.Chance != 0 && f.Draw(r.Name) >= r.When.Chance {
		return false
	}
	c.strikes++
	r.Hits++
	r.Last = f.Now
	return true
}

// counts says whether an occasion is one of those that the counts choose.
func (w *When) counts(c *count) bool {
	n := c.occasions - w.After
	return n > 0 && (w.First == 0 || n <= w.First) && (w.Nth == 0 || n == w.Nth) && (w.Every == 0 || n%w.Every == 0) &&
		(w.Times == 0 || c.strikes < w.Times)
}

// Before finds the earlier rule that takes all that r would match; nil if there is none: one in the same place that asks
// for no more than r, and always strikes.
func (t *Table) Before(r *Counted) *Counted {
	for _, earlier := range t.places[r.Place()] {
		if earlier == r {
			return nil
		}
		if earlier.covers(r) {
			return earlier
		}
	}
	return nil
}

func (r *Counted) covers(o *Counted) bool {
	a, b := &r.When, &o.When
	if a.First+a.Nth+a.After+a.Times != 0 || a.Every > 1 || a.Chance != 0 && a.Chance < 1 || a.Attempt != b.Attempt ||
		r.asksDevice && !o.asksDevice || r.from > o.from || r.until != 0 && (o.until == 0 || o.until > r.until) {
		return false
	}
	wider := func(a, b string) bool { return a == "" || b != "" && Fits(a, b) } // a * in b is fitted by one in a only
	for _, op := range b.Operations {
		if len(a.Operations) > 0 && !slices.Contains(a.Operations, op) {
			return false
		}
	}
	return (len(a.Operations) == 0 || len(b.Operations) > 0) &&
		wider(a.Method, b.Method) && wider(a.Path, b.Path) && wider(a.Account, b.Account) && wider(a.EID, b.EID) &&
		wider(a.ICCID, b.ICCID) && wider(a.IMEI, b.IMEI) && wider(a.Role, b.Role) && wider(a.Level, b.Level) && wider(a.Result, b.Result)
}
