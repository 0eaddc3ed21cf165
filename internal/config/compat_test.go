package config_test

import (
	"slices"
	"testing"

	"tsim/internal/config"
)

func set(t testing.TB, s config.Switch, word string) (c config.Compat) {
	t.Helper()
	if !c.Set(s, word) {
		t.Fatalf("%s cannot be %q", s, word)
	}
	return c
}

// TestSwitches: the first word of each is the default.
func TestSwitches(t *testing.T) {
	names := map[string]bool{}
	for _, s := range config.Switches() {
		if names[s.String()] || len(s.Words()) < 2 {
			t.Errorf("%s: %q", s, s.Words())
		}
		names[s.String()] = true
		var c config.Compat
		if c.Value(s) != s.Words()[0] {
			t.Errorf("%s is %q", s, c.Value(s))
		}
		for _, word := range s.Words() {
			c = set(t, s, word)
			if c.Value(s) != word {
				t.Errorf("%s is %q, want %q", s, c.Value(s), word)
			}
			for _, other := range config.Switches() {
				if other != s && c.Value(other) != other.Words()[0] {
					t.Errorf("%s: %s became %s", s, other, c.Value(other))
				}
			}
		}
		if c.Set(s, "nonsense") {
			t.Errorf("%s can be nonsense", s)
		}
	}
}

// TestCompatPresets: the first one is the defaults.
func TestCompatPresets(t *testing.T) {
	for i, name := range config.CompatPresets() {
		c, ok := config.CompatPreset(name)
		if !ok || (i == 0) != (c == config.Compat{}) {
			t.Errorf("preset %s is %v, %v", name, c, ok)
		}
	}
	for _, name := range []string{"likely", "platform"} {
		c, _ := config.CompatPreset(name)
		var says []string
		for _, s := range config.Switches() {
			if c.Value(s) != s.Words()[0] {
				says = append(says, s.String()+": "+c.Value(s))
			}
		}
		if want := []string{"errors: " + name, "faultPrefix: on", "ports: verizon"}; !slices.Equal(says, want) {
			t.Errorf("%s is %q", name, says)
		}
	}
	if _, ok := config.CompatPreset("nonsense"); ok {
		t.Error("nonsense is a preset")
	}
}
