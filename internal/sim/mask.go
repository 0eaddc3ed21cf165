package sim

import (
	"reflect"
	"slices"
	"sync"

	"tsim/internal/config"
	"tsim/internal/plain"
)

// Masked stands for a secret in what is kept.
const Masked = "*****"

// Mask puts Masked in place of each secret in what v points to, wherever it stands: secrets are found by their type. URLs of
// listeners are redacted.
func Mask(v any) {
	plain.Each(v, map[reflect.Type]func(plain.Place, reflect.Value) bool{
		secretType: func(_ plain.Place, v reflect.Value) bool {
			maskSecret(v.Addr().Interface().(*config.Secret))
			return true
		},
		listenerType: func(_ plain.Place, v reflect.Value) bool {
			l := v.Addr().Interface().(*config.Listener)
			maskSecret(&l.Password)
			l.URL = config.Redact(l.URL)
			return true
		},
	})
}

var (
	secretType   = reflect.TypeFor[config.Secret]()
	listenerType = reflect.TypeFor[config.Listener]()
)

func maskSecret(s *config.Secret) {
	if *s != "" {
		*s = Masked
	}
}

var mayHaveSecrets sync.Map // reflect.Type -> bool

// MayHaveSecrets says whether Mask might change a value of the type of the one that v points to.
func MayHaveSecrets(v any) bool {
	of := reflect.TypeOf(v).Elem()
	may, known := mayHaveSecrets.Load(of)
	if !known {
		may = plain.MayHave(of, secretType, listenerType)
		mayHaveSecrets.Store(of, may)
	}
	return may.(bool)
}

// Redacted is the State without what proves who somebody is, so that it may leave the machine: masked, and without tokens and
// snapshots. It is good for a fork, which has credentials of its own.
func (st State) Redacted() State {
	st.Tokens, st.Snapshots = SavedTokens{}, nil
	return st.Masked()
}

// Masked is the State with all its secrets masked. What has any is its own: others share the lists of the State, and its snapshots.
func (st State) Masked() State {
	st.Config.Credentials = slices.Clone(st.Config.Credentials)
	for _, list := range []*[]config.Listener{&st.Config.Listeners, &st.Listeners, &st.Told} {
		*list = slices.Clone(*list)
	}
	for _, list := range []*[]SavedToken{&st.Tokens.Bearers, &st.Tokens.Sessions, &st.Tokens.Over} {
		*list = slices.Clone(*list)
	}
	st.Tokens.Changed = slices.Clone(st.Tokens.Changed)
	snapshots := slices.Clone(st.Snapshots)
	st.Snapshots = nil
	Mask(&st)
	for i := range snapshots {
		own := snapshots[i].State.Masked()
		snapshots[i].State = &own
	}
	st.Snapshots = snapshots
	return st
}
