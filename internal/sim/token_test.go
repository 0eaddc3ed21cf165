package sim_test

import (
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/sim"
)

func (w *world) issue() (string, int) {
	w.Helper()
	b, left, err := w.Issue(appKey, secret)
	if err != nil {
		w.Fatalf("issue: %v", err)
	}
	return b.Token, left
}

func (w *world) login() string {
	w.Helper()
	session, err := w.Login(username, password)
	if err != nil {
		w.Fatalf("login: %v", err)
	}
	return session
}

// TestBearer: one per application and hour, counting down ("Getting credentials").
func TestBearer(t *testing.T) {
	w := start(t, newConfig())
	first, left := w.issue()
	if left != 3600 || w.CheckBearer(first) != nil {
		t.Fatalf("%d seconds left", left)
	}
	w.advance(sim.Goal{By: 59*minute + 500*time.Millisecond})
	if again, left := w.issue(); again != first || left != 60 {
		t.Fatalf("%q with %d seconds left", again, left)
	}
	w.advance(sim.Goal{To: on(1, 0) - 1})
	if again, left := w.issue(); again != first || left != 1 || w.CheckBearer(first) != nil {
		t.Fatalf("%q with %d seconds left", again, left)
	}
	w.advance(sim.Goal{To: on(1, 0)})
	expectKind(t, w.CheckBearer(first), sim.BearerInvalid)
	second, left := w.issue()
	if second == first || left != 3600 || w.CheckBearer(second) != nil {
		t.Fatalf("%q with %d seconds left", second, left)
	}
	expectKind(t, w.CheckBearer(first), sim.BearerInvalid)
	expectKind(t, w.CheckBearer(""), sim.BearerInvalid)
	_, _, err := w.Issue(appKey, "wrong")
	expectKind(t, err, sim.ClientInvalid)
	_, _, err = w.Issue("wrong", secret)
	expectKind(t, err, sim.ClientInvalid)
}

// TestRevoke ends a bearer; one that is not in force is no error (RFC 7009).
func TestRevoke(t *testing.T) {
	cfg := newConfig()
	cfg.Credentials = append(cfg.Credentials, config.Credential{AppKey: "key 2", AppSecret: "secret 2", Username: "user 2", Password: "password 2"})
	w := start(t, cfg)
	token, _ := w.issue()
	for _, r := range [][3]string{{appKey, secret, "nothing"}, {"key 2", "secret 2", token}} {
		if err := w.Revoke(r[0], r[1], r[2]); err != nil || w.CheckBearer(token) != nil {
			t.Fatalf("revoke %q: %v", r, err)
		}
	}
	expectKind(t, w.Revoke(appKey, "wrong", token), sim.ClientInvalid)
	for range 2 {
		if err := w.Revoke(appKey, secret, token); err != nil {
			t.Fatal(err)
		}
		expectKind(t, w.CheckBearer(token), sim.BearerInvalid)
	}
	if next, left := w.issue(); next == token || left != 3600 {
		t.Fatalf("%q after the revocation of %q", next, token)
	}
}

// TestSession ends after twenty idle minutes; each use starts them anew ("Start a connectivity
// management session").
func TestSession(t *testing.T) {
	w := start(t, newConfig())
	session := w.login()
	for range 5 {
		w.advance(sim.Goal{By: 20*minute - 1})
		bearer, _ := w.issue()
		if err := w.Authenticate(bearer, session); err != nil {
			t.Fatalf("after %s: %v", w.since(), err)
		}
	}
	other := w.login() // leaves the first one valid
	bearer, _ := w.issue()
	if err := w.Authenticate(bearer, session); err != nil || other == session {
		t.Fatalf("after a second login: %v", err)
	}
	w.advance(sim.Goal{By: 20 * minute})
	bearer, _ = w.issue()
	expectKind(t, w.Authenticate(bearer, session), sim.SessionExpired)
	expectKind(t, w.Authenticate(bearer, session), sim.SessionExpired) // trying does not revive it
	expectKind(t, w.Authenticate(bearer, ""), sim.SessionMissing)
	expectKind(t, w.Authenticate(bearer, "nothing"), sim.SessionInvalid)
	expectKind(t, w.Authenticate("nothing", "nothing"), sim.BearerInvalid) // the bearer first
}

func TestLogout(t *testing.T) {
	w := start(t, newConfig())
	bearer, _ := w.issue()
	session := w.login()
	if err := w.Logout(session); err != nil {
		t.Fatal(err)
	}
	expectKind(t, w.Authenticate(bearer, session), sim.SessionExpired)
	expectKind(t, w.Logout(session), sim.SessionExpired)
	expectKind(t, w.Logout("nothing"), sim.SessionInvalid)
	expectKind(t, w.Logout(""), sim.SessionMissing)
}

// TestLock: five wrong passwords in a row lock the user until a reset.
func TestLock(t *testing.T) {
	w := start(t, newConfig())
	wrong := func(n int) {
		t.Helper()
		for range n {
			_, err := w.Login(username, "wrong")
			expectKind(t, err, sim.PasswordInvalid)
		}
	}
	wrong(4)
	w.login() // four in a row only
	wrong(5)
	for _, p := range []string{password, "wrong"} {
		_, err := w.Login(username, p)
		expectKind(t, err, sim.UserLocked)
	}
	for range 10 {
		_, err := w.Login("nobody", password)
		expectKind(t, err, sim.PasswordInvalid)
	}
	w.Reset(sim.ResetOptions{Tokens: true})
	w.login()
}

// A bearer that never dies does not look dead because simulated time began long ago.
func TestForeverSinceLongAgo(t *testing.T) {
	cfg := newConfig()
	cfg.Start, cfg.Tokens.Bearer = time.Unix(0, 0), config.Forever // 1970
	if _, left := startWith(t, cfg, nil).issue(); left != 1<<31-1 {
		t.Errorf("%d seconds are left", left)
	}
}

// TestLivesOfTokens: a scenario says how long credentials live, and by which clock.
func TestLivesOfTokens(t *testing.T) {
	for name, test := range map[string]struct {
		tokens          config.Tokens
		left            int
		simulated, wall time.Duration // that pass
		bearer, session bool          // in force then
		leftAfter       int
	}{
		"shorter, in time":    {config.Tokens{Bearer: minute, Session: 30 * time.Second}, 60, 30*time.Second - 1, time.Hour, true, true, 31},
		"shorter, session":    {config.Tokens{Bearer: minute, Session: 30 * time.Second}, 60, 30 * time.Second, 0, true, false, 30},
		"shorter, bearer":     {config.Tokens{Bearer: minute, Session: 2 * minute}, 60, minute, 0, false, true, 60},
		"never":               {config.Tokens{Bearer: config.Forever, Session: config.Forever}, 1<<31 - 1, 20 * 365 * 24 * time.Hour, 0, true, true, 1<<31 - 1},
		"the wall, simulated": {config.Tokens{Bearer: minute, Session: minute, Wall: true}, 60, 24 * time.Hour, minute - 1, true, true, 1},
		"the wall, passed":    {config.Tokens{Bearer: minute, Session: minute, Wall: true}, 60, 0, minute, false, false, 60},
	} {
		cfg := newConfig()
		cfg.Tokens = test.tokens
		clock := &wall{}
		clock.pass(99 * time.Hour)
		w := startWith(t, cfg, clock.read)
		bearer, left := w.issue()
		session := w.login()
		if left != test.left {
			t.Errorf("%s: %d seconds left, want %d", name, left, test.left)
		}
		w.advance(sim.Goal{By: test.simulated})
		clock.pass(test.wall)
		if got := w.CheckBearer(bearer) == nil; got != test.bearer {
			t.Errorf("%s: the bearer is in force: %t", name, got)
		}
		fresh, left := w.issue()
		if left != test.leftAfter || (fresh == bearer) != test.bearer {
			t.Errorf("%s: asked again, %d seconds are left, want %d", name, left, test.leftAfter)
		}
		if got := w.Authenticate(fresh, session) == nil; got != test.session {
			t.Errorf("%s: the session is in force: %t", name, got)
		}
	}
}
