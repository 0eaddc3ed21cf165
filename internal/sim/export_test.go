package sim

// Held is how many callbacks the sandbox says are held.
func (s *Sim) Held() int { return s.held }

// HeldBy counts them: the hold of each.
func (s *Sim) HeldBy() (holds []uint64) {
	for c := range s.callbacks.above(0) {
		if c.state == Held {
			holds = append(holds, c.heldBy())
		}
	}
	return holds
}
