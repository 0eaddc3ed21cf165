package sim

import "tsim/internal/euicc"

// Plan is a service plan of an account: what euicc knows of it, and what is only told.
type Plan struct {
	Name    string
	Network euicc.Network
	SizeKb  uint64
}

// Plans lists the service plans of an account, in the scenario's order.
func (s *Sim) Plans(account string) ([]Plan, error) {
	// No lock: accounts and plans are as they were configured.
	if err := s.hasAccount(account); err != nil {
		return nil, err
	}
	for i := range s.cfg.Accounts {
		if a := &s.cfg.Accounts[i]; a.Name == account {
			return a.Plans, nil
		}
	}
	return nil, nil
}
