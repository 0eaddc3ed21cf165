package sim

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"tsim/internal/config"
	"tsim/internal/scheduler"
)

// Fresh gives a configuration a name and credentials that no other sandbox of the server has: the
// name that was asked for, or else the next free one, and for each credential of the scenario one of its
// own. App key and username say who somebody is: they are made of seed and name, because the journal has
// them. Secret and password prove it: newToken draws them, unless it is nil or the scenario's are seeded.
func (r *Registry) Fresh(cfg *config.Config, name string, newToken func() string) {
	if cfg.Name = name; name == "" {
		cfg.Name = r.freeName()
	}
	fresh := make([]config.Credential, max(len(cfg.Credentials), 1))
	for i := range fresh {
		known := func(what string) string { return uuid(cfg.Seed, what+" "+cfg.Name, uint64(i)) }
		secret := func(what string) config.Secret { return config.Secret(known(what)) }
		if newToken != nil && !cfg.Tokens.Seeded {
			secret = func(string) config.Secret { return config.Secret(newToken()) }
		}
		short, _, _ := strings.Cut(known("username"), "-")
		fresh[i] = config.Credential{
			AppKey: known("app key"), AppSecret: secret("app secret"),
			Username: cfg.Name + "-" + short, Password: secret("password"),
		}
	}
	cfg.Credentials = fresh
}

// freeName is a name that was not given out before and that nobody chose.
func (r *Registry) freeName() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		r.named++
		if name := "sandbox-" + strconv.Itoa(r.named); r.byName[name] == nil {
			return name
		}
	}
}

// List is up to limit sandboxes whose name is greater than after, by name.
func (r *Registry) List(after string, limit int) []*Sim {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var page []*Sim
	for _, name := range slices.Sorted(maps.Keys(r.byName)) {
		if name > after && len(page) < limit {
			page = append(page, r.byName[name])
		}
	}
	return page
}

// Remove takes a sandbox out: from now on nothing names it, and its tokens are unknown.
func (r *Registry) Remove(s *Sim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.registry != r {
		return
	}
	s.registry = nil
	r.mu.Lock()
	if s.branched {
		r.gone(s.cfg.Name, s.epoch)
	}
	delete(r.byName, s.cfg.Name)
	for _, c := range s.cfg.Credentials {
		delete(r.byKey, c.AppKey)
	}
	r.mu.Unlock()
	// A few at a time, for the calls of other sandboxes wait meanwhile.
	for some := range slices.Chunk(slices.Collect(maps.Keys(s.tokens.known)), 100) {
		r.unbind(some...)
	}
}

// Close ends a sandbox that nobody is to use any more: what is pending is dropped, whoever lets time
// pass or waits is sent away, and answers of attempts in flight are ignored.
func (s *Sim) Close() {
	s.lock()
	s.epoch++ // none that anybody sees
	s.closed = true
	s.jobs = scheduler.New[job](s.jobs.Now())
	clear(s.mail)
	s.calls = callRecord{}
	if s.over != nil {
		close(s.over)
		s.over = nil
	}
	s.outbox, s.answers, s.inFlight = nil, nil, 0
	s.snapshots = nil
	s.giveAllBack(allBudgets...)
	s.changes.send()
	s.newCalls.send()
	s.mu.Unlock()
	s.notify()
}
