package sim

import (
	"tsim/internal/bound"
	"tsim/internal/config"
)

type listenerKey struct{ account, service string }

func keyOf(l *config.Listener) listenerKey { return listenerKey{l.Account, l.Service} }

// profileListener is who hears of the eUICCs of an account, or nil.
func (s *Sim) profileListener(account string) *config.Listener {
	return s.listeners[listenerKey{account, config.ProfileService}]
}

// Register makes a listener the one of its account and service; an earlier one is replaced.
func (s *Sim) Register(l config.Listener) error {
	s.lock()
	defer s.mu.Unlock()
	// This is no part of the input, for its URL and password may be masked when it is applied again.
	if err := s.checkListener(&l); err != nil {
		return err
	}
	c := &registerListener{Listener: l}
	s.apply(c)
	return c.err
}

func (s *Sim) checkListener(l *config.Listener) error {
	if err := s.checkAccount(l.Account); err != nil {
		return err
	}
	if flaws := l.Flaws(s.cfg.Compat); len(flaws) > 0 {
		kind := SchemaViolated
		if flaws[0].Field == "service" {
			kind = ServiceUnknown
		}
		return Errorf(kind, "%s", flaws[0].Msg)
	}
	return nil
}

type registerListener struct {
	Listener config.Listener
	result
}

func (c *registerListener) apply(s *Sim) { c.err = s.register(c.Listener) }

func (s *Sim) register(l config.Listener) error {
	if err := s.checkAccount(l.Account); err != nil {
		return err
	}
	s.listeners[listenerKey{l.Account, l.Service}] = &l
	s.record(Event{Kind: ListenerRegistered, Detail: l.Account + " " + l.Service})
	return nil
}

// Listeners lists the listeners of an account, by service.
func (s *Sim) Listeners(account string) ([]config.Listener, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.checkAccount(account); err != nil {
		return nil, err
	}
	all := []config.Listener{}
	for _, service := range config.Services {
		if l := s.listeners[listenerKey{account, service}]; l != nil {
			all = append(all, *l)
		}
	}
	return all, nil
}

// Deregister removes a listener. Callbacks that have not been answered yet are delivered no more: at their
// next attempt there is no listener.
func (s *Sim) Deregister(account, service string) error {
	c := &deregisterListener{Account: account, Service: service}
	s.do(c)
	return c.err
}

type deregisterListener struct {
	Account, Service string
	result
}

func (c *deregisterListener) apply(s *Sim) { c.err = s.deregister(c.Account, c.Service) }

func (s *Sim) deregister(account, service string) error {
	if err := s.checkAccount(account); err != nil {
		return err
	}
	key := listenerKey{account, service}
	if s.listeners[key] == nil {
		return Errorf(ListenerUnknown, "account %s has no listener for %q", account, bound.Short(service))
	}
	delete(s.listeners, key)
	s.record(Event{Kind: ListenerDeregistered, Detail: account + " " + service})
	return nil
}
