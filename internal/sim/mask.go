package sim

import (
	"reflect"
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
