package store

import (
	"reflect"
	"slices"
	"sync"

	"tsim/internal/sim"
)

var secretTypes sync.Map // reflect.Type -> bool

// hasSecrets says whether values of a type may have a secret, or the URL of a listener, in them.
func hasSecrets(of reflect.Type) bool {
	if known, ok := secretTypes.Load(of); ok {
		return known.(bool)
	}
	has := findSecrets(of, map[reflect.Type]bool{})
	secretTypes.Store(of, has)
	return has
}

func findSecrets(of reflect.Type, seen map[reflect.Type]bool) bool {
	if of == secretType || of == listenerType {
		return true
	}
	if seen[of] {
		return false
	}
	seen[of] = true
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return findSecrets(of.Elem(), seen)
	case reflect.Struct:
		for f := range of.Fields() {
			if f.IsExported() && findSecrets(f.Type, seen) {
				return true
			}
		}
	}
	return false
}

// ownSnapshots gives a State snapshots of its own, as far as secrets are in them: those of the sandbox stay as they are.
func ownSnapshots(st *sim.State) {
	for i := range st.Snapshots {
		own := *st.Snapshots[i].State
		own.Config.Credentials, own.Config.Listeners = slices.Clone(own.Config.Credentials), slices.Clone(own.Config.Listeners)
		own.Listeners, own.Told = slices.Clone(own.Listeners), slices.Clone(own.Told)
		t := &own.Tokens
		t.Bearers, t.Sessions, t.Over, t.Changed = slices.Clone(t.Bearers), slices.Clone(t.Sessions), slices.Clone(t.Over), slices.Clone(t.Changed)
		st.Snapshots[i].State = &own
	}
}
