package sim

import "tsim/internal/config"

// Plans lists the service plans of an account, in the scenario's order.
func (s *Sim) Plans(account string) ([]config.Plan, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.account(account)
	if err != nil {
		return nil, err
	}
	return a.Plans, nil
}

// account is that of a name, or for "" the only one that there is.
func (s *Sim) account(name string) (*config.Account, error) {
	if n := len(s.cfg.Accounts); name == "" && n > 0 {
		if n > 1 {
			return nil, Errorf(AccountAmbiguous, "accountName is missing, and there are %d accounts", n)
		}
		return &s.cfg.Accounts[0], nil
	}
	for i := range s.cfg.Accounts {
		if a := &s.cfg.Accounts[i]; a.Name == name {
			return a, nil
		}
	}
	return nil, s.checkAccount(name)
}
