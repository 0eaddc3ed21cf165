package tsimtest

import (
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// Of what rules consist; "go doc tsim/tsimclient.Rule" has all of their fields.
type (
	// Rule is when something goes wrong, and what: Name, When, and one of Reply, Outcome and Callback.
	Rule = tsimclient.Rule
	// When is the condition of a Rule: Operation, ICCID, Every, Chance and so on; all that is given must hold. Its Operation
	// is a list: []tsimtest.Operation{"profile_suspend"}.
	When = tsimclient.When
	// Operation is the name of an operation or, in a rule for replies, of any other call: "profile_suspend", "login".
	Operation = tsimclient.Operation
	// Reply is what becomes of the answer to a call: Status, Delay, Cut and so on.
	Reply = tsimclient.Reply
	// ReplyError is the Error of a Reply: Code, Message.
	ReplyError = tsimclient.ReplyError
	// Delay is that of a Reply: Before the call is looked at, or After it was accepted.
	Delay = tsimclient.Delay
	// Outcome is what becomes of an operation on one device: Fault, Warn, Silent and so on.
	Outcome = tsimclient.Outcome
	// Fault is that of an Outcome: one of ThingSpace's sentences as its Message, or a Code and a Message of yours.
	Fault = tsimclient.Fault
	// EUICCStatus is what the SM-SR says of the Fault of an Outcome: Status, Code, Desc.
	EUICCStatus = tsimclient.EUICCStatus
	// CallbackRule is what becomes of one message to a listener: Duplicate, Delay, Drop and so on.
	CallbackRule = tsimclient.CallbackRule
	// RuleReport is a rule with what it has done: Does, Hits, Last and so on.
	RuleReport = tsimclient.RuleReport
)

// Rules are misfortunes of your own. They come in front of those of With, and those in front of what the scenario has; a
// Reset brings them back.
func Rules(rules ...Rule) Option { return tsimbox.Rules(rules...) }

// With is misfortune by name, such as "duplicates": "tsim misfortune list" has the names.
func With(names ...string) Option { return tsimbox.With(names...) }

// Rules are the rules of the sandbox in the order in which they are asked, with what they have done.
func (s *Sandbox) Rules() []RuleReport {
	s.t.Helper()
	rules, err := s.Box.Rules(s.t.Context())
	return got(s, rules, err)
}

// Rule is the rule of a name, with what it has done.
func (s *Sandbox) Rule(name string) RuleReport {
	s.t.Helper()
	r, err := s.Box.Rule(s.t.Context(), name)
	return got(s, r, err)
}

// AddRules puts rules in front of those that there are, in their order. A Reset takes them away.
func (s *Sandbox) AddRules(rules ...Rule) {
	s.t.Helper()
	s.must(s.Box.AddRules(s.t.Context(), rules...))
}

// AddMisfortune puts the rules of a name, such as "duplicates", in front of those that there are. A Reset takes them away.
func (s *Sandbox) AddMisfortune(name string) {
	s.t.Helper()
	s.must(s.Box.AddMisfortune(s.t.Context(), name))
}

// DeleteRule takes out the rule of a name. What it has struck goes on as it says.
func (s *Sandbox) DeleteRule(name string) {
	s.t.Helper()
	s.must(s.Box.DeleteRule(s.t.Context(), name))
}

// DeleteRules takes out the rules of a misfortune, or all rules with "".
func (s *Sandbox) DeleteRules(misfortune string) {
	s.t.Helper()
	s.must(s.Box.DeleteRules(s.t.Context(), misfortune))
}

// RestartRules puts the counts of all rules to 0.
func (s *Sandbox) RestartRules() {
	s.t.Helper()
	s.must(s.Box.RestartRules(s.t.Context()))
}
