package sim_test

import (
	"testing"

	"tsim/internal/sim"
)

func TestRegistry(t *testing.T) {
	named := func(name, key string) *sim.Sim {
		t.Helper()
		cfg := newConfig()
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
	if got, err = r.ByToken(token.Token); err != nil || got != a {
		t.Fatalf("the bearer is of %v, %v", got, err)
	}
	expectKind(t, b.CheckBearer(token.Token), sim.BearerInvalid)
	other, _, err := b.Issue("key b", secret)
	if err != nil || other.Token == token.Token {
		t.Fatalf("two sandboxes of one seed issue %q and %q: %v", token.Token, other.Token, err)
	}
}

// A sandbox takes its bearers and sessions with it, those too that are bound when it has gone already:
// a login may have been under way.
func TestTokensGoWithTheirSandbox(t *testing.T) {
	r := sim.NewRegistry()
	open := func() *sim.Sim {
		t.Helper()
		s := start(t, newConfig()).Sim
		if err := r.Add(s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	unknown := func(tokens ...string) {
		t.Helper()
		for _, token := range tokens {
			if s, err := r.ByToken(token); s != nil {
				t.Errorf("token %q is of sandbox %s", token, s.Name())
			} else {
				expectKind(t, err, sim.BearerInvalid)
			}
		}
	}
	s := open()
	bearer, _, err := s.Issue(appKey, secret)
	if err != nil {
		t.Fatal(err)
	}
	session, err := s.Login(username, password)
	if err != nil {
		t.Fatal(err)
	}
	for _, token := range []string{bearer.Token, session} {
		if got, err := r.ByToken(token); got != s {
			t.Fatalf("token %q is of %v: %v", token, got, err)
		}
	}
	r.Remove(s)
	unknown(bearer.Token, session)
	late, err := s.Login(username, password)
	if err != nil {
		t.Fatal(err)
	}
	unknown(late)
	if next := open(); next.Name() != s.Name() {
		t.Fatalf("the next sandbox is called %s", next.Name())
	}
	after, err := s.Login(username, password) // not of the one that has its name now
	if err != nil {
		t.Fatal(err)
	}
	unknown(bearer.Token, session, late, after)
}
