package sim

import (
	"maps"
	"slices"
	"sync"

	"tsim/internal/bound"
)

// Default is the name of the sandbox that a server always has.
const Default = "default"

// Registry holds the sandboxes of a server, and knows from the credentials of a call which one it is
// for: the app key of a token request, the bearer of everything else.
type Registry struct {
	mu         sync.RWMutex
	byName     map[string]*Sim
	byKey      map[string]*Sim
	byToken    map[string]*Sim   // bearers and session tokens
	named      int               // how many names were made up
	epochs     map[string]uint64 // by name, the last one of sandboxes that are gone; see Registry.Epochs and gone
	unassigned unassigned
}

// NewRegistry is a registry of nothing.
func NewRegistry() *Registry {
	return &Registry{byName: map[string]*Sim{}, byKey: map[string]*Sim{}, byToken: map[string]*Sim{}, epochs: map[string]uint64{}}
}

// Add takes a sandbox in, under its name and app keys, which must be free.
func (r *Registry) Add(s *Sim) error {
	s.mu.Lock() // always before that of the registry
	defer s.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byName[s.cfg.Name] != nil {
		return Errorf(Conflict, "there is a sandbox %q already", s.cfg.Name)
	}
	if s.branched && s.epoch <= r.epochs[s.cfg.Name] { // which has come and gone since somebody chose the epoch
		return Errorf(Conflict, "another sandbox was called %q until just now; do it again", s.cfg.Name)
	}
	for _, c := range s.cfg.Credentials {
		if r.byKey[c.AppKey] != nil {
			return Errorf(Conflict, "the app key %q belongs to another sandbox", c.AppKey)
		}
	}
	r.byName[s.cfg.Name] = s
	for _, c := range s.cfg.Credentials {
		r.byKey[c.AppKey] = s
	}
	for text := range s.tokens.known {
		r.byToken[text] = s
	}
	s.registry = r
	return nil
}

// Epochs is the last epoch that sandboxes of a name had which are gone, if they were rewound or forked from another one: a new
// sandbox of that name is to begin later ones when it is. See config.Config.Epochs.
func (r *Registry) Epochs(name string) uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return max(r.epochs[name], r.epochs[ofAnyName])
}

// maxEpochs is of how many names the last epochs are remembered; when there are more, the highest one counts for them all.
const (
	maxEpochs = 100_000
	ofAnyName = "" // no sandbox is called that
)

// gone remembers the last epoch of a sandbox that is gone. The caller has the lock.
func (r *Registry) gone(name string, epoch uint64) {
	r.epochs[name] = max(r.epochs[name], epoch)
	if len(r.epochs) > maxEpochs {
		highest := slices.Max(slices.Collect(maps.Values(r.epochs)))
		clear(r.epochs)
		r.epochs[ofAnyName] = highest
	}
}

// UsedNames is what a registry remembers of sandboxes that are gone.
type UsedNames struct {
	Named  int // how many names were made up
	Epochs map[string]uint64
}

// UsedNames is what is to be remembered if the registry is to be made anew.
func (r *Registry) UsedNames() UsedNames {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return UsedNames{r.named, maps.Clone(r.epochs)}
}

// Remember takes what another registry has remembered.
func (r *Registry) Remember(used UsedNames) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.named = max(r.named, used.Named)
	for name, epoch := range used.Epochs {
		r.gone(name, epoch)
	}
}

// Sandbox is the sandbox of a name.
func (r *Registry) Sandbox(name string) (*Sim, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.byName[name]; s != nil {
		return s, nil
	}
	return nil, Errorf(NotFound, "no sandbox %q", bound.Short(name))
}

// ByAppKey is the sandbox that an application's key belongs to.
func (r *Registry) ByAppKey(key string) (*Sim, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.byKey[key]; s != nil {
		return s, nil
	}
	return nil, Errorf(ClientInvalid, "unknown app key, or not its secret")
}

// bind remembers which sandbox issued a bearer or a session token, for as long as that one knows it.
func (r *Registry) bind(token string, s *Sim) {
	r.mu.Lock()
	r.byToken[token] = s
	r.mu.Unlock()
}

func (r *Registry) unbind(tokens ...string) {
	r.mu.Lock()
	for _, token := range tokens {
		delete(r.byToken, token)
	}
	r.mu.Unlock()
}

// ByToken is the sandbox that issued a bearer or a session token, in force or lately over.
func (r *Registry) ByToken(token string) (*Sim, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if s := r.byToken[token]; s != nil {
		return s, nil
	}
	return nil, Errorf(BearerInvalid, "the bearer token is unknown or has expired; request a new one")
}

// Gone remembers a sandbox that is gone.
func (u *UsedNames) Gone(s *Sim) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.branched {
		if u.Epochs == nil {
			u.Epochs = map[string]uint64{}
		}
		u.Epochs[s.cfg.Name] = max(u.Epochs[s.cfg.Name], s.epoch)
	}
}
