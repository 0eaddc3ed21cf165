package sim

import "tsim/internal/euicc"

// Plans lists the service plans of an account, in the scenario's order.
func (s *Sim) Plans(account string) ([]euicc.Plan, error) {
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
