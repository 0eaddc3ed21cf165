package sim

import (
	"fmt"
	"slices"
	"strings"
)

// Held is how many callbacks the sandbox says are held.
func (s *Sim) Held() int { return s.held }

// HeldBy counts them: the hold of each.
func (s *Sim) HeldBy() (holds []uint64) {
	for _, c := range s.callbacks.after(0) {
		if c.state == Held {
			holds = append(holds, uint64(c.hold))
		}
	}
	return holds
}

// Tokens counts what is kept of tokens, in a sandbox and in the registry that it is in.
func (s *Sim) Tokens() (known, registered int) {
	if s.registry != nil {
		registered = len(s.registry.byToken)
	}
	return len(s.tokens.known), registered
}

// How many tokens a sandbox remembers.
const (
	MaxSessions = maxSessions
	MaxOver     = maxOver
)

// RuleLeftovers is what rules leave behind in a sandbox that owes nothing any more; "" for nothing.
func (s *Sim) RuleLeftovers() string {
	unknown := 0
	for id := range s.callbackRules {
		if s.callbacks.get(id) == nil {
			unknown++
		}
	}
	for _, n := range []int{len(s.outcomeRules), len(s.aside), len(s.swaps), len(s.early), s.earlyRequests, unknown} {
		if n != 0 {
			return fmt.Sprintf("%d outcomes, %d requests aside, %d swaps, %d early callbacks, %d early requests, %d callbacks that are forgotten",
				len(s.outcomeRules), len(s.aside), len(s.swaps), len(s.early), s.earlyRequests, unknown)
		}
	}
	return ""
}

// Derived is what a State does not have, because it follows from what it has.
func (s *Sim) Derived() string {
	var b strings.Builder
	fmt.Fprintln(&b, s.inputs, s.advancing, s.unfinished, s.open, s.held, s.inFlight, s.earlyRequests, s.calls.bytes, s.tokens.open.len, s.tokens.over.len, s.reserved)
	for n, r := range s.requests.after(0) {
		fmt.Fprintln(&b, "request", n, r.open, r.events, s.requestNumbers[r.ID])
	}
	for id, c := range s.callbacks.after(0) {
		fmt.Fprintln(&b, "callback", id, c.id, c.events)
	}
	for _, d := range s.devices {
		fmt.Fprintln(&b, "device", d.number, d.smsr, *d.name())
	}
	for _, pages := range []any{pagesOf(&s.requests), pagesOf(&s.callbacks), pagesOf(&s.journal), pagesOf(&s.numbered), pagesOf(&s.holds)} {
		fmt.Fprintln(&b, "pages", pages)
	}
	return b.String()
}

// pagesOf is how the pages of a table lie.
func pagesOf[T any](t *table[T]) string {
	there := make([]bool, len(t.pages))
	for i, p := range t.pages {
		there[i] = p != nil
	}
	return fmt.Sprint(t.count, t.live, t.gone, t.there, there)
}

// InputKinds are all kinds of inputs.
func InputKinds() (kinds []string) {
	for kind := range commandTypes {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}
