package sim_test

import (
	"testing"

	"tsim/internal/sim"
)

func TestRegistry(t *testing.T) {
	named := func(name, key string) *sim.Sim {
		t.Helper()
		cfg := config()
		cfg.Name, cfg.Credentials[0].AppKey = name, key
		return start(t, cfg).Sim
	}
	r := sim.NewRegistry()
	a, b := named("a", "key a"), named("b", "key b")
	for _, s := range []*sim.Sim{a, b} {
		if err := r.Add(s); err != nil {
			t.Fatal(err)
		}
	}
	expectKind(t, r.Add(named("a", "key c")), sim.Conflict)
	expectKind(t, r.Add(named("c", "key b")), sim.Conflict)

	got, err := r.Sandbox("a")
	if err != nil || got != a {
		t.Fatalf("a is %v, %v", got, err)
	}
	if got, err = r.ByAppKey("key b"); err != nil || got != b {
		t.Fatalf("key b is of %v, %v", got, err)
	}
	_, err = r.Sandbox("c")
	expectKind(t, err, sim.NotFound)
	_, err = r.ByAppKey("key c") // a sandbox that was refused left nothing behind
	expectKind(t, err, sim.ClientInvalid)

	token, _, err := a.Issue("key a", secret)
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.ByBearer(token.Token)
	expectKind(t, err, sim.BearerInvalid)
	r.Bind(token.Token, a)
	if got, err = r.ByBearer(token.Token); err != nil || got != a {
		t.Fatalf("the bearer is of %v, %v", got, err)
	}
	expectKind(t, b.CheckBearer(token.Token), sim.BearerInvalid)
	other, _, err := b.Issue("key b", secret)
	if err != nil || other.Token == token.Token {
		t.Fatalf("two sandboxes of one seed issue %q and %q: %v", token.Token, other.Token, err)
	}
}
