package sim

import (
	"bytes"
	"sync"
	"time"
	"unicode/utf8"
)

// Call is a call as it came and was answered, whether it was accepted or refused. Whoever hands it over has masked
// the secrets in it; nothing of it changes afterwards.
type Call struct {
	Number        uint64  // in its record, from 1
	At            Instant // 0 if it named no sandbox
	Method, Path  string
	Query         string // what follows the ? of its URL
	Host          string // by which tsim was called
	TLS           bool
	Authorization string // the header of that name, masked
	Session       bool   // it had a session token
	Agent         string // the header User-Agent
	Operation     string // the operationId of the simulated call; "" if it is none
	Devices       int    // how many it names
	Status        int    // of the reply; 0 if the connection ended without a byte of one
	Code, Message string // of the refusal, as they were told
	Pointer       string // JSON pointer to what is wrong in the body, if that was refused for what is in it
	RequestID     string // if it was accepted and is answered later
	Rule          string // the name of the rule that interfered with its reply; "" if none did
	Request       CallBody
	Reply         CallBody
	Wall          WallTiming

	room int // what it takes of BudgetCalls
}

// WallTiming is what the clock on the wall says of a call: the only facts of it that are not simulated, so whatever
// compares two runs leaves them out.
type WallTiming struct {
	Came time.Time
	Took time.Duration // until its reply was ready to be sent
}

// CallBody is a body as far as it is kept.
type CallBody struct {
	Type string // the content type
	Size int    // of all of it, in bytes
	Text []byte // what is kept of it
	Kept Kept
}

// Kept says how much of a body is on record.
type Kept uint8

// How much of a body is on record.
const (
	KeptWhole   Kept = iota
	KeptStart        // the first MaxCallBody bytes
	KeptUnread       // nothing: the call was refused before its body was read, or the body ended early
	KeptHidden       // nothing: it may have secrets in it, and cannot be read to mask them
	KeptDropped      // nothing: the budget of all sandboxes is spent
	numKept
)

var keptWords = [numKept]string{"whole", "start", "unread", "hidden", "dropped"}

func (k Kept) String() string { return keptWords[k] }

// KeptWords are how much of a body can be on record, in words.
func KeptWords() []string { return keptWords[:] }

// Has says whether a text is in what is kept of a body.
func (b *CallBody) Has(text string) bool { return bytes.Contains(b.Text, []byte(text)) }

// Has says whether a text is in what is kept of one of the bodies.
func (c *Call) Has(text string) bool { return c.Request.Has(text) || c.Reply.Has(text) }

// MaxCallBody is how many bytes of a body are kept.
const MaxCallBody = 64 << 10

// How much is on record: of a sandbox, and of calls that named none.
const (
	maxCalls           = 10_000
	maxCallBytes       = 64 << 20 // as size counts them
	maxUnassigned      = 1000
	maxUnassignedBytes = 4 << 20
	callOverhead       = 512 // bytes that a call takes of the budget beside its size: those of Call, and short texts
)

// texts are those that a client may make as long as it likes, beside the bodies.
func (c *Call) texts() [9]*string {
	return [...]*string{&c.Method, &c.Path, &c.Query, &c.Host, &c.Authorization, &c.Agent, &c.Message, &c.Pointer, &c.Request.Type}
}

// size is how many bytes of bodies and texts are kept of a call.
func (c *Call) size() int {
	n := len(c.Request.Text) + len(c.Reply.Text)
	for _, text := range c.texts() {
		n += len(*text)
	}
	return n
}

// cut bounds the texts in bytes, which is what they take, and ends them with a whole character.
func (c *Call) cut() {
	const longest = 1000
	for _, text := range c.texts() {
		if len(*text) <= longest {
			continue
		}
		*text = cutText(*text, longest) + "…" // a copy: nothing refers to the rest
	}
}

// cutText is at most so many bytes of a text, with a whole character at the end.
func cutText(text string, longest int) string {
	if len(text) <= longest {
		return text
	}
	end := longest
	for end > longest-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// leaveOut forgets a body for want of room.
func (b *CallBody) leaveOut() {
	if len(b.Text) > 0 {
		b.Text, b.Kept = nil, KeptDropped
	}
}

// callRecord keeps the latest calls.
type callRecord struct {
	calls table[Call]
	bytes int // the sizes of them all
}

// full says whether the oldest call has to go before c comes.
func (r *callRecord) full(c *Call, calls, bytes int) bool {
	return r.calls.live > 0 && (r.calls.live >= calls || r.bytes+c.size() > bytes)
}

func (r *callRecord) add(c Call) {
	record, n := r.calls.insert()
	c.Number = n
	*record = c
	r.bytes += c.size()
}

// forget drops the oldest call, and says what it took of the budget.
func (r *callRecord) forget() (room int) {
	n := r.calls.oldest()
	c := r.calls.get(n)
	room = c.room
	r.bytes -= c.size()
	r.calls.delete(n)
	return room
}

func (r *callRecord) page(after uint64, limit int) (page []Call) {
	for _, c := range r.calls.after(after) {
		if len(page) >= limit {
			break
		}
		page = append(page, *c)
	}
	return page
}

// RecordCall keeps a call that named the sandbox. The oldest go when there are too many of them, or when the budget of
// all sandboxes is spent; a sandbox that has no older one then keeps the call without its bodies.
func (s *Sim) RecordCall(c Call) {
	c.cut()
	s.lock()
	defer s.mu.Unlock()
	record := &s.usual.call
	record.Call = c
	s.apply(record)
	*record = recordCall{}
}

type recordCall struct {
	Call Call
	result
}

func (c *recordCall) apply(s *Sim) { s.recordCall(c.Call) }

func (s *Sim) recordCall(c Call) {
	if s.closed {
		return
	}
	c.At = s.jobs.Now()
	for s.calls.full(&c, maxCalls, maxCallBytes) {
		s.giveBack(BudgetCalls, s.calls.forget())
	}
	c.room = callOverhead + c.size()
	for s.reserve(BudgetCalls, c.room) != nil {
		if s.calls.calls.live == 0 {
			c.room = 0
			c.Request.leaveOut()
			c.Reply.leaveOut()
			break
		}
		s.giveBack(BudgetCalls, s.calls.forget())
	}
	s.calls.add(c)
	s.newCalls.send()
}

// Calls lists up to limit calls with a number above after that are on record, oldest first. Their bodies are not to be
// changed.
func (s *Sim) Calls(after uint64, limit int) []Call {
	s.lock()
	defer s.mu.Unlock()
	return s.calls.page(after, limit)
}

// DevicesOf is what the request of a requestId names; nil when it is unknown or asks something else.
func (s *Sim) DevicesOf(request string) *IDList {
	s.lock()
	defer s.mu.Unlock()
	if r := s.requestByID(request); r != nil {
		return r.Devices
	}
	return nil
}

// unassigned are the calls that named no sandbox of a registry.
type unassigned struct {
	mu sync.Mutex
	callRecord
}

// RecordCall keeps a call that named no sandbox.
func (r *Registry) RecordCall(c Call) {
	c.cut()
	r.unassigned.mu.Lock()
	defer r.unassigned.mu.Unlock()
	for r.unassigned.full(&c, maxUnassigned, maxUnassignedBytes) {
		r.unassigned.forget()
	}
	r.unassigned.add(c)
}

// Calls lists up to limit calls that named no sandbox, as those of a sandbox are listed.
func (r *Registry) Calls(after uint64, limit int) []Call {
	r.unassigned.mu.Lock()
	defer r.unassigned.mu.Unlock()
	return r.unassigned.page(after, limit)
}
