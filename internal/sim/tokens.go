package sim

import (
	"fmt"
	"time"

	"tsim/internal/config"
)

// How many tokens a sandbox remembers. A client that logs in for each call, and never out, would fill the
// memory otherwise.
const (
	maxSessions = 100_000 // that are open; one more ends the one that was used least recently
	maxOver     = 10_000  // that are over, bearers among them: so long an old session is told that it has expired
)

// token is a bearer or a session. It is over when it was revoked, logged out or replaced, or when its
// sandbox has found that it died.
type token struct {
	number       uint64 // from 1, in the order of their issue; those of new passwords are left out
	text         string
	bearer       bool
	of           string  // the app key of a bearer, the user of a session
	at           Instant // of the issue of a bearer, of the last use of a session
	epoch        uint64  // at that time
	over         bool
	older, newer *token // in its line
}

// tokens are the bearers, sessions and users of a sandbox.
type tokens struct {
	issued   uint64            // how many there have been: the key of the next one
	known    map[string]*token // by their text
	bearers  map[string]*token // app key -> the one in force
	open     tokenList         // sessions, by their last use
	over     tokenList         // what is over, by the time of its end
	since    uint64            // the epoch of the last reset that kept none: older ones count no more
	renewed  Instant           // when the last reset was: as of then, those that it kept were issued
	byNumber map[uint64]*token // the same by their numbers
	wrong    map[string]int    // user -> wrong passwords in a row
	changed  map[string]string // user -> password, after a reset of it
}

func newTokens() tokens {
	return tokens{known: map[string]*token{}, byNumber: map[uint64]*token{}, bearers: map[string]*token{}, wrong: map[string]int{}, changed: map[string]string{}}
}

// newToken issues a token to an app key or a user. None is issued twice in a sandbox. See nextToken for its text.
func (s *Sim) newToken(purpose, of string, text *config.Secret) *token {
	s.nextToken(purpose, text)
	t := &token{number: s.tokens.issued, text: string(*text), of: of, at: s.tokenTime(), epoch: s.epoch}
	s.tokens.known[t.text] = t
	s.tokens.byNumber[t.number] = t
	if s.registry != nil {
		s.registry.bind(t.text, s)
	}
	return t
}

// nextToken draws the text of a token, or a password, unless it is there already, because an input is applied again. One
// that was masked gets a text of its own, so that no two tokens are the same.
func (s *Sim) nextToken(purpose string, text *config.Secret) {
	s.tokens.issued++
	switch {
	case *text == Masked:
		*text = maskedToken(s.tokens.issued)
	case *text != "":
	case s.env.NewToken != nil && !s.cfg.Tokens.Seeded:
		*text = config.Secret(s.env.NewToken())
	default:
		*text = config.Secret(uuid(s.cfg.Seed, purpose+" "+s.cfg.Name, s.tokens.issued))
	}
}

// maskedToken stands for the text of a token that was masked.
func maskedToken(number uint64) config.Secret { return config.Secret(fmt.Sprintf("token %d", number)) }

// session is the one with a text, open or not; nil if there is none.
func (t *tokens) session(text string) *token { return t.ifSession(t.known[text]) }

// sessionOf is the same by its number.
func (t *tokens) sessionOf(number uint64) *token { return t.ifSession(t.byNumber[number]) }

func (t *tokens) ifSession(found *token) *token {
	if found != nil && !found.bearer && found.epoch >= t.since {
		return found
	}
	return nil
}

// since is when the life of a token begins.
func (s *Sim) since(t *token) Instant {
	if t.epoch < s.epoch { // a reset has kept it
		return s.tokens.renewed
	}
	return t.at
}

// lives says whether a token is in force; life is how long one is.
func (s *Sim) lives(t *token, life time.Duration) bool {
	return !t.over && t.epoch >= s.tokens.since && s.tokenTime().Sub(s.since(t)) < life
}

// use notes that a session is used now.
func (s *Sim) use(t *token) {
	s.tokens.open.remove(t)
	s.tokens.open.add(t)
	t.at, t.epoch = s.tokenTime(), s.epoch
}

// makeRoom ends sessions that have died, but two at the most for each that is opened: they go faster than
// they come, and nobody waits for many to be ended.
func (s *Sim) makeRoom() {
	for range 2 {
		oldest := s.tokens.open.oldest
		if oldest != nil && (s.tokens.open.len == maxSessions || !s.lives(oldest, s.cfg.Tokens.Session)) {
			s.end(oldest)
		}
	}
}

// end ends a token that is not over yet, and forgets the one that has been over for the longest time when
// there are too many.
func (s *Sim) end(t *token) {
	if !t.bearer {
		s.tokens.open.remove(t)
	}
	t.over = true
	s.tokens.over.add(t)
	if s.tokens.over.len <= maxOver {
		return
	}
	first := s.tokens.over.oldest
	s.tokens.over.remove(first)
	delete(s.tokens.known, first.text)
	delete(s.tokens.byNumber, first.number)
	if s.registry != nil {
		s.registry.unbind(first.text)
	}
}

// reset frees users and brings their passwords back, and lets tokens count as issued at that moment, or
// not at all.
func (t *tokens) reset(keep bool, epoch uint64, now Instant) {
	clear(t.wrong)
	clear(t.changed)
	if t.renewed = now; !keep {
		t.since = epoch
	}
}

// tokenList is a list of tokens in order.
type tokenList struct {
	oldest, newest *token
	len            int
}

// add makes a token the newest one.
func (l *tokenList) add(t *token) {
	t.older, t.newer = l.newest, nil
	if l.newest != nil {
		l.newest.newer = t
	} else {
		l.oldest = t
	}
	l.newest = t
	l.len++
}

func (l *tokenList) remove(t *token) {
	if t.older != nil {
		t.older.newer = t.newer
	} else {
		l.oldest = t.newer
	}
	if t.newer != nil {
		t.newer.older = t.older
	} else {
		l.newest = t.older
	}
	l.len--
}
