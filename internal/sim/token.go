package sim

import (
	"math"
	"time"
)

// maxPasswords is how many wrong ones in a row lock the user ("Start a connectivity management session").
const maxPasswords = 5

// Bearer is an OAuth access token.
type Bearer struct {
	Token  string
	issued Instant
}

// tokens are the bearers, sessions and users of a sandbox.
type tokens struct {
	issued   uint64            // how many there have been: the key of the next one
	bearers  map[string]Bearer // app key -> the one in force
	holders  map[string]string // token -> app key
	sessions map[string]Instant
	users    map[string]string // session -> user
	wrong    map[string]int    // user -> wrong passwords in a row
	changed  map[string]string // user -> password, after a reset of it
}

// closed is the last use of a session that was logged out: long ago.
const closed Instant = -1 << 62

func newTokens() tokens {
	return tokens{
		bearers: map[string]Bearer{}, holders: map[string]string{},
		sessions: map[string]Instant{}, users: map[string]string{}, wrong: map[string]int{}, changed: map[string]string{},
	}
}

// next is a token that was never issued before in this sandbox.
func (s *Sim) nextToken(purpose string) string {
	s.tokens.issued++
	if s.env.NewToken != nil && !s.cfg.Tokens.Seeded {
		return s.env.NewToken()
	}
	return uuid(s.cfg.Seed, purpose+" "+s.cfg.Name, s.tokens.issued)
}

// Issue answers a token request: the bearer in force for the app key, or a new one, and how many
// whole seconds it has left.
func (s *Sim) Issue(appKey, appSecret string) (Bearer, int, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.client(appKey, appSecret); err != nil {
		return Bearer{}, 0, err
	}
	now, life := s.tokenTime(), s.cfg.Tokens.Bearer
	b, ok := s.tokens.bearers[appKey]
	if !ok || now.Sub(b.issued) >= life {
		delete(s.tokens.holders, b.Token)
		b = Bearer{s.nextToken("bearer"), now}
		s.tokens.bearers[appKey] = b
		s.tokens.holders[b.Token] = appKey
		s.record(Event{Kind: TokenIssued, Detail: appKey})
	}
	left := (b.issued.Add(life).Sub(now) + time.Second - 1) / time.Second
	return b, int(min(left, math.MaxInt32)), nil // some clients have no room for more
}

// tokenTime is the time by which credentials grow old.
func (s *Sim) tokenTime() Instant {
	if s.cfg.Tokens.Wall && s.env.Wall != nil {
		return s.cfg.Start.Add(s.env.Wall())
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
	if s.tokens.holders[token] == appKey {
		delete(s.tokens.bearers, appKey)
		delete(s.tokens.holders, token)
		s.record(Event{Kind: TokenRevoked, Detail: appKey})
	}
	return nil
}

func (s *Sim) client(appKey, appSecret string) error {
	for _, c := range s.cfg.Credentials {
		if c.AppKey == appKey && c.AppSecret == appSecret {
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
	appKey, ok := s.tokens.holders[token]
	if !ok || s.tokenTime().Sub(s.tokens.bearers[appKey].issued) >= s.cfg.Tokens.Bearer {
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
	if err := s.takeCall(); err != nil {
		return err
	}
	return s.useSession(session)
}

func (s *Sim) useSession(session string) error {
	now := s.tokenTime()
	used, ok := s.tokens.sessions[session]
	switch {
	case session == "":
		return Errorf(SessionMissing, "the header VZ-M2M-Token is missing; log in and send the sessionToken")
	case !ok:
		return Errorf(SessionInvalid, "the VZ-M2M-Token is not a session token; log in again")
	case used == closed || now.Sub(used) >= s.cfg.Tokens.Session:
		return Errorf(SessionExpired, "The session has expired.")
	}
	s.tokens.sessions[session] = now
	return nil
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
		token := s.nextToken("session")
		s.tokens.sessions[token], s.tokens.users[token] = s.tokenTime(), username
		s.record(Event{Kind: SessionOpened, Detail: username})
		return token, nil
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
	s.tokens.sessions[session] = closed
	s.record(Event{Kind: SessionClosed})
	return nil
}

// password is the one that a user has now.
func (s *Sim) password(c Credential) string {
	if p, ok := s.tokens.changed[c.Username]; ok {
		return p
	}
	return c.Password
}

// NewPassword gives the user of a session a new password ("Reset a password"). The old one is good no
// more from now on; sessions stay open. A reset of the sandbox brings the scenario's back.
func (s *Sim) NewPassword(session, old string) (string, error) {
	s.lock()
	defer s.mu.Unlock()
	user := s.tokens.users[session]
	for _, c := range s.cfg.Credentials {
		if c.Username == user && s.password(c) == old {
			fresh := s.nextToken("password")
			s.tokens.changed[user] = fresh
			return fresh, nil
		}
	}
	return "", Errorf(PasswordInvalid, "oldPassword is not the password of user %q", user)
}

// renewed are the tokens as a reset keeps them: as if all had been issued at that moment.
func (t *tokens) renewed(now Instant) tokens {
	kept := newTokens()
	kept.issued = t.issued
	for key, b := range t.bearers {
		kept.bearers[key] = Bearer{b.Token, now}
		kept.holders[b.Token] = key
	}
	for token, used := range t.sessions {
		if used != closed {
			kept.sessions[token], kept.users[token] = now, t.users[token]
		}
	}
	return kept
}
