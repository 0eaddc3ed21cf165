package sim

import (
	"slices"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"
)

// Rules interfere in three places: replies (this file), outcomes and callbacks (interfere.go). Their counts are a part of
// the state of the sandbox, and a reset begins them anew, with the rules of the configuration.

// RuleReport is a rule with what it has done.
type RuleReport struct {
	rule.Rule
	Does      string
	Occasions int     // on which all held but its counts and its chance
	Hits      int     // how often it did what it says
	Skipped   int     // how often it matched, and that could not be done
	Last      Instant // 0 for never
	Over      bool    // its time has passed, or its counts are used up: it never strikes again
	Behind    string  // the earlier rule that takes all that it would match; "" for none
}

// Rules lists the rules in the order in which they are asked.
func (s *Sim) Rules() []RuleReport {
	s.lock()
	defer s.mu.Unlock()
	all := make([]RuleReport, len(s.rules.All()))
	for i, r := range s.rules.All() {
		all[i] = s.ruleReport(r)
	}
	return all
}

// Rule is the one of a name.
func (s *Sim) Rule(name string) (RuleReport, error) {
	s.lock()
	defer s.mu.Unlock()
	r := s.rules.Find(name)
	if r == nil {
		return RuleReport{}, noRule(name)
	}
	return s.ruleReport(r), nil
}

func noRule(name string) error { return Errorf(NotFound, "no rule %q", bound.Short(name)) }

func (s *Sim) ruleReport(r *rule.Counted) RuleReport {
	report := RuleReport{
		Rule: r.Rule, Does: r.Did, Occasions: r.Occasions, Hits: r.Hits, Skipped: r.Skipped, Last: Instant(r.Last),
		Over: r.Over(int64(s.jobs.Now())) || r.Spent(),
	}
	if before := s.rules.Before(r); before != nil {
		report.Behind = before.Name
	}
	return report
}

// AddRules puts rules in front of those that there are, all or none. None of their names may be taken.
func (s *Sim) AddRules(rules []rule.Rule) error {
	c := &addRules{Rules: rules}
	s.do(c)
	return c.err
}

type addRules struct {
	Rules []rule.Rule
	result
}

func (c *addRules) apply(s *Sim) { c.err = s.addRules(c.Rules) }

func (s *Sim) addRules(rules []rule.Rule) error {
	for i := range rules {
		taken := s.rules.Find(rules[i].Name)
		if taken != nil && taken.Set != "" && taken.Set == rules[i].Set {
			return Errorf(Conflict, "the rules of %s are there already; DELETE …/rules?with=%s removes them", taken.Set, taken.Set)
		}
		if taken != nil {
			return Errorf(Conflict, "there is a rule %q already; PUT replaces it", rules[i].Name)
		}
	}
	if err := s.mayHave(rules, s.rules.All()); err != nil {
		return err
	}
	s.rules.Add(rules, int64(scheduler.At(s.cfg.Start)), int64(s.jobs.Now()))
	return nil
}

// SetRules takes rules in place of all that there are.
func (s *Sim) SetRules(rules []rule.Rule) error {
	c := &setRules{Rules: rules}
	s.do(c)
	return c.err
}

type setRules struct {
	Rules []rule.Rule
	result
}

func (c *setRules) apply(s *Sim) {
	if c.err = s.mayHave(c.Rules, nil); c.err != nil {
		return
	}
	s.rules = rule.NewTable(nil, 0)
	s.rules.Add(c.Rules, int64(scheduler.At(s.cfg.Start)), int64(s.jobs.Now()))
}

// PutRule takes a rule in place of the one of the same name, or in front of all others. It says whether it is new.
func (s *Sim) PutRule(r rule.Rule) (isNew bool, err error) {
	c := &putRule{Rule: r}
	s.do(c)
	return c.isNew, c.err
}

type putRule struct {
	Rule rule.Rule
	result
	isNew bool
}

func (c *putRule) apply(s *Sim) { c.isNew, c.err = s.putRule(c.Rule) }

func (s *Sim) putRule(r rule.Rule) (isNew bool, err error) {
	others := slices.DeleteFunc(slices.Clone(s.rules.All()), func(is *rule.Counted) bool { return is.Name == r.Name })
	if err := s.mayHave([]rule.Rule{r}, others); err != nil {
		return false, err
	}
	start, now := int64(scheduler.At(s.cfg.Start)), int64(s.jobs.Now())
	isNew = !s.rules.Replace(r, start, now)
	if isNew {
		s.rules.Add([]rule.Rule{r}, start, now)
	}
	return isNew, nil
}

// mayHave says whether there can be some rules beside others.
func (s *Sim) mayHave(rules []rule.Rule, beside []*rule.Counted) error {
	if err := s.checkRules(rules); err != nil {
		return err
	}
	n, written := len(rules)+len(beside), 0
	for i := range rules {
		written += rules[i].Written()
	}
	for _, r := range beside {
		written += r.Written()
	}
	switch {
	case n > rule.MaxRules:
		return Errorf(Conflict, "a sandbox has at most %d rules, and this makes it %d", rule.MaxRules, n)
	case written > rule.MaxWritten:
		return Errorf(Conflict, "the bodies and merges of all rules have at most %d bytes, and this makes it %d", rule.MaxWritten, written)
	}
	return nil
}

// checkRules says what is wrong with rules, as a scenario that has them would be told.
func (s *Sim) checkRules(rules []rule.Rule) error {
	accounts := map[string]bool{}
	for i := range s.cfg.Accounts {
		accounts[s.cfg.Accounts[i].Name] = true
	}
	k := config.NewChecker(s.cfg.Compat)
	k.Rules("", rules, accounts)
	return Impossible(k.Problems())
}

// RemoveRule takes out the rule of a name.
func (s *Sim) RemoveRule(name string) error {
	c := &removeRules{Name: name}
	s.do(c)
	return c.err
}

// RemoveRules takes out the rules of a named set, or all of them with "", and says how many.
func (s *Sim) RemoveRules(set string) int {
	c := &removeRules{Set: set}
	s.do(c)
	return c.removed
}

// removeRules takes out the rule of a name, or those of a set, or all of them without either.
type removeRules struct {
	Name, Set string
	result
	removed int
}

func (c *removeRules) apply(s *Sim) {
	c.removed = s.rules.Remove(func(r *rule.Counted) bool {
		return (c.Name == "" || r.Name == c.Name) && (c.Set == "" || r.Set == c.Set)
	})
	if c.Name != "" && c.removed == 0 {
		c.err = noRule(c.Name)
	}
}

// RestartRule puts the counts of a rule to 0, or those of all rules with "".
func (s *Sim) RestartRule(name string) error {
	c := &restartRules{Name: name}
	s.do(c)
	return c.err
}

type restartRules struct {
	Name string
	result
}

func (c *restartRules) apply(s *Sim) {
	if c.Name != "" && s.rules.Find(c.Name) == nil {
		c.err = noRule(c.Name)
		return
	}
	for _, r := range s.rules.All() {
		if c.Name == "" || r.Name == c.Name {
			r.Restart()
		}
	}
}

// Applied is what a rule did, or could not do.
type Applied struct {
	Rule    string
	Did     string // or why not, if it was Skipped
	Skipped bool
}

// applied is the same where the record of a request keeps it.
type applied struct {
	Applied
	entry    int32  // -1 for the reply
	callback uint64 // 0 for the reply and for an outcome
}

// ofReply is the entry of what happened to the reply.
const ofReply = -1

// noteApplied records that a rule has struck.
func (s *Sim) noteApplied(hit *rule.Counted, e Event, entry int32) uint64 {
	e.Kind = RuleApplied
	return s.noteRule(Applied{Rule: hit.Name, Did: hit.Did}, e, entry)
}

// noteSkipped records that what a rule is to do cannot be done. It may have been removed meanwhile.
func (s *Sim) noteSkipped(name, whyNot string, e Event, entry int32) uint64 {
	if hit := s.rules.Find(name); hit != nil && hit.Hits > 0 { // its counts may have been put to 0
		hit.Hits--
		hit.Skipped++
	}
	e.Kind = RuleSkipped
	return s.noteRule(Applied{name, whyNot, true}, e, entry)
}

// noteRule records what a rule did, as an event and in the story of its request, if it has one.
func (s *Sim) noteRule(did Applied, e Event, entry int32) uint64 {
	if r := s.requests.get(e.Request); r != nil {
		r.applied = append(r.applied, applied{did, entry, e.Callback})
	}
	e.Detail = did.Rule + ": " + did.Did
	return s.record(e)
}

// CallFacts are what is known of a call when its rules are asked. What it does not have is "" or nil.
type CallFacts struct {
	Operation    string // its operationId, without the number of further paths; "" for a call that is not simulated
	Method, Path string
	Account      string
	Devices      *IDList
}

// ReplyRule is a rule that interferes with the reply to a call.
type ReplyRule struct {
	Name  string
	Did   string          // what it does, in a few words
	Reply *rule.Reply     // nil for none; not to be changed
	Now   Instant         // when that was
	Over  <-chan struct{} // closed by a reset, and when the sandbox is closed: whoever waits is to give up
	Event uint64
	// RequestID is a requestId that the sandbox gives nobody else, for a reply that needs one.
	RequestID string
}

// HasReplyRules says whether there is any rule that AskReply may find.
func (s *Sim) HasReplyRules() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.Has(rule.AtReply)
}

// AskReply finds the rule that interferes with the reply to a call, if there is one, and counts that.
func (s *Sim) AskReply(c CallFacts) ReplyRule {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.rules.Has(rule.AtReply) || s.closed {
		return ReplyRule{}
	}
	s.follow()
	asked := &askRules{Call: c}
	s.apply(asked)
	return asked.found
}

// askRules is a call of which the rules for replies are asked.
type askRules struct {
	Call CallFacts
	result
	found ReplyRule
}

func (c *askRules) apply(s *Sim) {
	c.found = s.askReply(c.Call)
	c.told = c.found.Did
}

func (s *Sim) askReply(c CallFacts) ReplyRule {
	s.asked++
	key := s.asked
	facts := rule.Facts{
		Now: int64(s.jobs.Now()), Operation: c.Operation, Method: c.Method, Path: c.Path, Account: c.Account, AccountKey: s.accountKey(c.Account),
		Draw: func(name string) float64 { return uniform(s.cfg.Seed, "rule "+name, key) },
	}
	if c.Devices.Len() > 0 {
		facts.Devices = func() []rule.Card {
			cards := make([]rule.Card, c.Devices.Len())
			for i := range cards {
				ids := c.Devices.At(i)
				d, _ := s.ofAccount(c.Account, ids)
				cards[i] = ruleCard(d, ids)
			}
			return cards
		}
	}
	hit := s.rules.Ask(rule.AtReply, &facts)
	if hit == nil {
		return ReplyRule{}
	}
	event := s.noteApplied(hit, Event{}, ofReply)
	id := uuid(s.cfg.Seed, "request of a rule "+s.cfg.Name, s.epoch, event)
	return ReplyRule{hit.Name, hit.Did, hit.Reply, s.jobs.Now(), s.over, event, id}
}

// accountKey is the number of an account, from 1; 0 for one that there is none of.
func (s *Sim) accountKey(name string) uint64 {
	return uint64(1 + slices.IndexFunc(s.cfg.Accounts, func(a config.Account) bool { return a.Name == name }))
}

// MayStub says whether a rule may answer a call that is not simulated.
func (s *Sim) MayStub(method, path string) bool {
	s.lock()
	defer s.mu.Unlock()
	return s.rules.MayStub(method, path, int64(s.jobs.Now()))
}

// ruleCard is the device that identifiers mean, or nil, as rules know it: what was given, completed by what is known.
func ruleCard(d *device, ids euicc.IDs) rule.Card {
	card := rule.Card{EID: ids.EID, ICCID: ids.ICCID, IMEI: ids.IMEI}
	if d == nil {
		return card
	}
	card.Key, card.EID, card.IMEI = uint64(d.number), d.EID, d.IMEI
	if iccid, fault := d.Target(ids); fault == euicc.OK && iccid != "" {
		card.ICCID = iccid
		if p := d.Profile(iccid); p != nil {
			card.Role = p.Role.String()
		}
	}
	return card
}

// Expire ends the bearer or the session of a call, because a rule says so. The error is how a call is refused that needs it;
// nil if the call has none.
func (s *Sim) Expire(by ReplyRule, bearer, session string) error {
	s.lock()
	defer s.mu.Unlock()
	c := &expireToken{Rule: by.Name, Event: by.Event, What: by.Reply.Expire}
	text := bearer
	if c.What == rule.ExpireSession {
		text = session
	}
	if t := s.tokens.known[text]; t != nil {
		c.Token = t.number
	}
	s.apply(c)
	return c.err
}

type expireToken struct {
	Rule  string // by which it expires
	Event uint64
	What  rule.Expire
	Token uint64 // the number of the one that the call has; 0 for none that is known
	result
}

func (c *expireToken) apply(s *Sim) {
	kind := TokenRevoked
	if c.What == rule.ExpireSession {
		kind = SessionClosed
	}
	t := s.tokens.byNumber[c.Token]
	if t == nil || t.over || t.bearer != (kind == TokenRevoked) {
		s.noteSkipped(c.Rule, "the call has no "+c.What.String()+" that could expire", Event{Cause: c.Event}, ofReply)
		return
	}
	if t.bearer && s.tokens.bearers[t.of] == t {
		delete(s.tokens.bearers, t.of)
	}
	s.end(t)
	s.record(Event{Kind: kind, Cause: c.Event, Detail: t.of})
	if t.bearer {
		c.err = s.checkBearer(t.text)
	} else {
		c.err = s.useSession(t.number, false)
	}
}
