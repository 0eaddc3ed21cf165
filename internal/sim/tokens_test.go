package sim_test

import (
	"testing"

	"tsim/internal/sim"
)

// registered is a sandbox in a registry.
func registered(t *testing.T) *world {
	t.Helper()
	w := start(t, newConfig())
	if err := sim.NewRegistry().Add(w.Sim); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) expectTokens(when string, want int) {
	w.Helper()
	if known, registered := w.Tokens(); known != want || registered != want {
		w.Errorf("%s there are %d tokens, and %d in the registry, want %d", when, known, registered, want)
	}
}

// However often a client logs in without logging out, what is kept does not grow: the session that was
// used least recently goes first, and is told for a while that it has expired.
func TestSessionsAreBounded(t *testing.T) {
	w := registered(t)
	bearer, _ := w.issue()
	used := w.login()
	const logins = 3 * sim.MaxSessions
	var sessions []string
	for i := range logins {
		sessions = append(sessions, w.login())
		if i%1000 == 0 {
			if err := w.Authenticate(bearer, used); err != nil {
				t.Fatalf("the session that is used, after %d logins: %v", i, err)
			}
		}
		if i == sim.MaxSessions+sim.MaxOver {
			w.expectTokens("half way", 1+sim.MaxSessions+sim.MaxOver)
		}
	}
	w.expectTokens("in the end", 1+sim.MaxSessions+sim.MaxOver)
	open := logins + 1 - sim.MaxSessions // the first that is; used is open, too
	for i, want := range map[int]sim.Kind{
		0: sim.SessionInvalid, open - sim.MaxOver - 1: sim.SessionInvalid,
		open - sim.MaxOver: sim.SessionExpired, open - 1: sim.SessionExpired,
	} {
		expectKind(t, w.Authenticate(bearer, sessions[i]), want)
	}
	for _, i := range []int{open, logins - 1} {
		if err := w.Authenticate(bearer, sessions[i]); err != nil {
			t.Errorf("session %d: %v", i, err)
		}
	}
}

// What was logged out is forgotten, oldest first, and so are bearers that were revoked.
func TestWhatIsOverIsForgotten(t *testing.T) {
	w := registered(t)
	var sessions []string
	for range 5 * sim.MaxOver {
		session := w.login()
		sessions = append(sessions, session)
		if err := w.Logout(session); err != nil {
			t.Fatal(err)
		}
	}
	w.expectTokens("after the logouts", sim.MaxOver)
	bearer, _ := w.issue()
	expectKind(t, w.Authenticate(bearer, sessions[4*sim.MaxOver-1]), sim.SessionInvalid)
	expectKind(t, w.Authenticate(bearer, sessions[4*sim.MaxOver]), sim.SessionExpired)
	for range 5 * sim.MaxOver {
		if err := w.Revoke(appKey, secret, bearer); err != nil {
			t.Fatal(err)
		}
		bearer, _ = w.issue()
	}
	w.expectTokens("after the revocations", sim.MaxOver+1)
	if err := w.CheckBearer(bearer); err != nil {
		t.Error(err)
	}
	expectKind(t, w.Authenticate(bearer, sessions[len(sessions)-1]), sim.SessionInvalid)
}

// Sessions that nobody uses any more are ended by those who log in, two each: so they are forgotten as
// fast as they came, and no login waits for all of them.
func TestSessionsThatDiedAreForgotten(t *testing.T) {
	const many = 5 * sim.MaxOver
	for name, pass := range map[string]func(w *world){
		"idle too long": func(w *world) { w.advance(sim.Goal{By: 20 * minute}) },
		"reset":         func(w *world) { w.Reset(sim.ResetOptions{}) },
	} {
		w := registered(t)
		for range many {
			w.login()
		}
		pass(w)
		w.expectTokens(name, many)
		for range many / 2 {
			w.login()
		}
		w.expectTokens(name+", and half as many logins later", many/2+sim.MaxOver)
	}
}

// A reset that keeps tokens gives all of them a new life, and none back that was over.
func TestResetGivesSessionsANewLife(t *testing.T) {
	w := registered(t)
	over, open := w.login(), w.login()
	if err := w.Logout(over); err != nil {
		t.Fatal(err)
	}
	first, _ := w.issue()
	for n := range 3 {
		w.advance(sim.Goal{By: 19 * minute})
		w.Reset(sim.ResetOptions{Tokens: true})
		if bearer, left := w.issue(); bearer != first || left != 3600 {
			t.Errorf("reset %d: the bearer has %d seconds left", n, left)
		}
		expectKind(t, w.Authenticate(first, over), sim.SessionExpired)
		w.advance(sim.Goal{By: 20*minute - 1})
		if err := w.Authenticate(first, open); err != nil {
			t.Fatalf("reset %d: %v", n, err)
		}
	}
	w.Reset(sim.ResetOptions{})
	second, _ := w.issue()
	for _, session := range []string{over, open} {
		expectKind(t, w.Authenticate(second, session), sim.SessionInvalid)
	}
	expectKind(t, w.CheckBearer(first), sim.BearerInvalid)
	if known, _ := w.Tokens(); known != 4 {
		t.Errorf("%d tokens are kept, want 4: old ones still name their sandbox", known)
	}
}
