package sim

import (
	"math"
	"time"

	"tsim/internal/config"
	"tsim/internal/scheduler"
)

// maxPasswords is how many wrong ones in a row lock the user ("Start a connectivity management session").
const maxPasswords = 5

// Bearer is an OAuth access token.
type Bearer struct{ Token string }

// Issue answers a token request: the bearer in force for the app key, or a new one, and how many
// whole seconds it has left.
func (s *Sim) Issue(appKey, appSecret string) (Bearer, int, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.client(appKey, appSecret); err != nil {
		return Bearer{}, 0, err
	}
	life := s.cfg.Tokens.Bearer
	b := s.tokens.bearers[appKey]
	if b == nil || !s.lives(b, life) {
		if b != nil {
			s.end(b)
		}
		b = s.newToken("bearer", appKey)
		b.bearer = true
		s.tokens.bearers[appKey] = b
		s.record(Event{Kind: TokenIssued, Detail: appKey})
	}
	left := (s.since(b).Add(life).Sub(s.tokenTime())-1)/time.Second + 1 // one second has begun
	return Bearer{b.text}, int(min(left, math.MaxInt32)), nil           // some clients have no room for more
}

// tokenTime is the time by which credentials grow old.
func (s *Sim) tokenTime() Instant {
	if s.cfg.Tokens.Wall && s.env.Wall != nil {
		return scheduler.At(s.cfg.Start).Add(s.wallTime())
	}
	return s.jobs.Now()
}

// Revoke ends a bearer of the app key; the next token request gets a new one. A token that is not in
// force is no error (RFC 7009).
func (s *Sim) Revoke(appKey, appSecret, token string) error {
	s.lock()
	defer s.mu.Unlock()
	if err := s.client(appKey, appSecret); err != nil {
		return err
	}
	if b := s.tokens.bearers[appKey]; b != nil && b.text == token {
		delete(s.tokens.bearers, appKey)
		s.end(b)
		s.record(Event{Kind: TokenRevoked, Detail: appKey})
	}
	return nil
}

// CheckClient says whether an app key and a secret belong together.
func (s *Sim) CheckClient(appKey, appSecret string) error { return s.client(appKey, appSecret) }

func (s *Sim) client(appKey, appSecret string) error {
	for _, c := range s.cfg.Credentials {
		if c.AppKey == appKey && string(c.AppSecret) == appSecret {
			return nil
		}
	}
	return Errorf(ClientInvalid, "unknown app key, or not its secret")
}

// CheckBearer says whether a bearer is in force now.
func (s *Sim) CheckBearer(token string) error {
	s.lock()
	defer s.mu.Unlock()
	return s.checkBearer(token)
}

func (s *Sim) checkBearer(token string) error {
	if b := s.tokens.known[token]; b == nil || !b.bearer || !s.lives(b, s.cfg.Tokens.Bearer) {
		return Errorf(BearerInvalid, "the bearer token is unknown or has expired; request a new one")
	}
	return nil
}

// Authenticate checks the bearer and then the session of a call, and counts as a use of the session. A
// call too many is refused between the two: the gateway counts, and knows nothing of sessions.
func (s *Sim) Authenticate(bearer, session string) error {
	s.lock()
	defer s.mu.Unlock()
	if err := s.checkBearer(bearer); err != nil {
		return err
	}
	if err := s.countCall(); err != nil {
		return err
	}
	return s.useSession(session)
}

func (s *Sim) useSession(session string) error {
	t := s.tokens.session(session)
	switch {
	case session == "":
		return Errorf(SessionMissing, "the header VZ-M2M-Token is missing; log in and send the sessionToken")
	case t == nil:
		return Errorf(SessionInvalid, "the VZ-M2M-Token is not a session token; log in again")
	case !s.lives(t, s.cfg.Tokens.Session):
		return Errorf(SessionExpired, "The session has expired.")
	}
	s.use(t)
	return nil
}

// userOf is the user of a session, open or not; "" if there is none.
func (s *Sim) userOf(session string) string {
	if t := s.tokens.session(session); t != nil {
		return t.of
	}
	return ""
}

// Login opens a session. Earlier sessions stay valid.
func (s *Sim) Login(username, password string) (string, error) {
	s.lock()
	defer s.mu.Unlock()
	if s.tokens.wrong[username] >= maxPasswords {
		return "", Errorf(UserLocked, "user %q is locked after %d wrong passwords in a row; reset the sandbox to unlock it", username, maxPasswords)
	}
	for _, c := range s.cfg.Credentials {
		if c.Username != username {
			continue
		}
		if s.password(c) != password {
			s.tokens.wrong[username]++
			if s.tokens.wrong[username] == maxPasswords {
				s.record(Event{Kind: UserLockedOut, Detail: username})
			}
			break
		}
		delete(s.tokens.wrong, username)
		s.makeRoom()
		t := s.newToken("session", username)
		s.tokens.open.add(t)
		s.record(Event{Kind: SessionOpened, Detail: username})
		return t.text, nil
	}
	return "", Errorf(PasswordInvalid, "unknown user, or not its password")
}

// Logout closes a session. Callbacks keep coming.
func (s *Sim) Logout(session string) error {
	s.lock()
	defer s.mu.Unlock()
	if err := s.useSession(session); err != nil {
		return err
	}
	s.end(s.tokens.session(session))
	s.record(Event{Kind: SessionClosed})
	return nil
}

// password is the one that a user has now.
func (s *Sim) password(c config.Credential) string {
	if p, ok := s.tokens.changed[c.Username]; ok {
		return p
	}
	return string(c.Password)
}

// NewPassword gives the user of a session a new password ("Reset a password"). The old one is good no
// more from now on; sessions stay open. A reset of the sandbox brings the scenario's back.
func (s *Sim) NewPassword(session, old string) (string, error) {
	s.lock()
	defer s.mu.Unlock()
	user := s.userOf(session)
	for _, c := range s.cfg.Credentials {
		if c.Username == user && s.password(c) == old {
			fresh := s.nextToken("password")
			s.tokens.changed[user] = fresh
			return fresh, nil
		}
	}
	return "", Errorf(PasswordInvalid, "oldPassword is not the password of user %q", user)
}
