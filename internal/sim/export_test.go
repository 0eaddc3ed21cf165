package sim

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
