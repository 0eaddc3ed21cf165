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
	s.apply(&issueToken{AppKey: appKey})
	b := s.tokens.bearers[appKey]
	left := (s.since(b).Add(s.cfg.Tokens.Bearer).Sub(s.tokenTime())-1)/time.Second + 1 // one second has begun
	return Bearer{b.text}, int(min(left, math.MaxInt32)), nil                          // some clients have no room for more
}

// issueToken gives an app key a new bearer, unless it has one that is in force.
type issueToken struct {
	AppKey string
	Text   config.Secret // of the new one
	result
}

func (c *issueToken) apply(s *Sim) {
	b := s.tokens.bearers[c.AppKey]
	if c.none = b != nil && s.lives(b, s.cfg.Tokens.Bearer); c.none {
		return
	}
	if b != nil {
		s.end(b)
	}
	b = s.newToken("bearer", c.AppKey, &c.Text)
	b.bearer = true
	s.tokens.bearers[c.AppKey] = b
	s.record(Event{Kind: TokenIssued, Detail: c.AppKey})
}

// tokenTime is the time by which credentials grow old.
func (s *Sim) tokenTime() Instant {
	if s.cfg.Tokens.Wall {
		return scheduler.At(s.cfg.Start).Add(s.wall)
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
		s.apply(&revokeToken{AppKey: appKey})
	}
	return nil
}

// revokeToken ends the bearer of an app key.
type revokeToken struct {
	AppKey string
	result
}

func (c *revokeToken) apply(s *Sim) {
	b := s.tokens.bearers[c.AppKey]
	if c.none = b == nil; c.none {
		return
	}
	delete(s.tokens.bearers, c.AppKey)
	s.end(b)
	s.record(Event{Kind: TokenRevoked, Detail: c.AppKey})
}

// CheckClient says whether an app key and a secret belong together.
func (s *Sim) CheckClient(appKey, appSecret string) error { return s.client(appKey, appSecret) }

func (s *Sim) client(appKey, appSecret string) error {
	for _, c := range s.shown.Load().Credentials {
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
	c := &s.usual.session
	*c = useSession{Session: s.numberOfSession(session), Missing: session == ""}
	s.apply(c)
	return c.err
}

// useSession is a call with a session. Without one that is known it is counted all the same, where calls are.
type useSession struct {
	Session uint64 // its number; 0 for none that is known
	Missing bool   // there was not even an unknown one, which is another refusal
	result
}

func (c *useSession) apply(s *Sim) {
	if c.err = s.countCall(); c.err == nil {
		c.err = s.useSession(c.Session, c.Missing)
	}
	c.none = c.err != nil && s.cfg.Limits.CallsPerSecond == 0
}

// numberOfSession is the number of the session with a text, open or not; 0 if there is none.
func (s *Sim) numberOfSession(text string) uint64 {
	if t := s.tokens.session(text); t != nil {
		return t.number
	}
	return 0
}

// useSession makes a call one in the session of a number; missing says that it names none.
func (s *Sim) useSession(number uint64, missing bool) error {
	t := s.tokens.sessionOf(number)
	switch {
	case missing:
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
	for i := range s.cfg.Credentials {
		if of := &s.cfg.Credentials[i]; of.Username == username {
			c := &openSession{Username: username, Right: s.password(of) == password}
			s.apply(c)
			return string(c.Text), c.err
		}
	}
	return "", errPassword
}

var errPassword = Errorf(PasswordInvalid, "unknown user, or not its password")

// openSession is a login of a user that there is.
type openSession struct {
	Username string
	Right    bool          // the password was
	Text     config.Secret // of the session
	result
}

func (c *openSession) apply(s *Sim) {
	wrong := s.tokens.wrong
	switch {
	case wrong[c.Username] >= maxPasswords:
		c.none = true
		c.err = Errorf(UserLocked, "user %q is locked after %d wrong passwords in a row; reset the sandbox to unlock it", c.Username, maxPasswords)
	case !c.Right:
		c.err = errPassword
		if wrong[c.Username]++; wrong[c.Username] == maxPasswords {
			s.record(Event{Kind: UserLockedOut, Detail: c.Username})
		}
	default:
		delete(wrong, c.Username)
		s.makeRoom()
		s.tokens.open.add(s.newToken("session", c.Username, &c.Text))
		s.record(Event{Kind: SessionOpened, Detail: c.Username})
	}
}

// Logout closes a session. Callbacks keep coming.
func (s *Sim) Logout(session string) error {
	s.lock()
	defer s.mu.Unlock()
	c := &closeSession{Session: s.numberOfSession(session), missing: session == ""}
	s.apply(c)
	return c.err
}

type closeSession struct {
	Session uint64 // its number; 0 for none that is known
	result
	missing bool
}

func (c *closeSession) apply(s *Sim) {
	c.err = s.useSession(c.Session, c.missing)
	if c.none = c.err != nil; c.none {
		return
	}
	s.end(s.tokens.sessionOf(c.Session))
	s.record(Event{Kind: SessionClosed})
}

// password is the one that a user has now.
func (s *Sim) password(c *config.Credential) string {
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
	for i := range s.cfg.Credentials {
		if of := &s.cfg.Credentials[i]; of.Username == user && s.password(of) == old {
			c := &changePassword{Username: user}
			s.apply(c)
			return string(c.Password), nil
		}
	}
	return "", Errorf(PasswordInvalid, "oldPassword is not the password of user %q", user)
}

type changePassword struct {
	Username string
	Password config.Secret // the new one
	result
}

func (c *changePassword) apply(s *Sim) {
	s.nextToken("password", &c.Password)
	s.tokens.changed[c.Username] = string(c.Password)
}
