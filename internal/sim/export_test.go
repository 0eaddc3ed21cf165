package sim

import (
	"fmt"
	"slices"
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

// InputKinds are all kinds of inputs.
func InputKinds() (kinds []string) {
	for kind := range commandTypes {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	return kinds
}
