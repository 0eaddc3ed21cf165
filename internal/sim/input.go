package sim

import (
	"errors"
	"iter"
	"maps"
	"reflect"
	"slices"
	"time"

	"tsim/internal/config"
)

// Whatever comes from outside and changes a sandbox is an Input: a call, an answer of a listener, a control command, a
// step of time. All of them go through apply, and nothing else changes what a State holds. So a sandbox is a function of
// where it began and of its inputs: whoever keeps those, keeps the sandbox, and whoever applies them again has it again.
//
// Each kind of input is a command: a struct whose exported fields are all that a replay needs, and whose unexported ones
// are what came of it. The methods of Sim that change something make one and hand it to apply.

// Input is something from outside that changed a sandbox.
type Input struct {
	Number uint64        // from 1, of the sandbox, without gaps
	At     Instant       // when it came: in real mode, how far time had gone by itself
	Wall   time.Duration // of the wall clock, where tokens grow old by that; otherwise 0
	// Refused are the requests for room in the budgets of the server that were in vain, by their order within this input,
	// from 1: they depend on other sandboxes.
	Refused []int
	Do      Command
}

// Command is what an input does; see InputKind and NewCommand for how it is called.
type Command interface {
	// apply carries it out, with the lock held.
	apply(s *Sim)
	came() *result
}

// result is what came of a command.
type result struct {
	err  error  // a refusal, which changed nothing that a client could see, or hardly anything
	told string // what whoever sent it was told; "" if that is nothing, or not worth comparing
	none bool   // nothing has changed, so that it is no input
	// since is the latest event before it, of a command that takes another journal in place of the present one.
	since uint64
	// message is what the attempt said that an answer is for; nil if there is no sink.
	message *Message
}

func (r *result) came() *result { return r }

// commands are all kinds there are.
var commands = []Command{
	&issueToken{}, &revokeToken{}, &useSession{}, &openSession{}, &closeSession{}, &changePassword{}, &expireToken{},
	&submitRequest{}, &writeReply{}, &endReply{}, &recordCall{}, &askRules{},
	&beginEarly{}, &sendEarly{}, &giveUpEarly{},
	&registerListener{}, &deregisterListener{}, &answerAttempt{}, &takeMail{}, &answerMail{},
	&passTime{}, &beginAdvance{}, &endAdvance{}, &emptyOutbox{}, &recordAnswers{}, &setClock{}, &resetSandbox{}, &recoverSandbox{},
	&saveSnapshot{}, &deleteSnapshot{}, &rewindSandbox{},
	&enrollDevices{}, &addDevices{}, &changeDevice{}, &switchDevice{}, &removeDevice{},
	&holdCallbacks{}, &liftHold{}, &releaseCallbacks{}, &steerCallback{}, &fireCallback{},
	&addRules{}, &setRules{}, &putRule{}, &removeRules{}, &restartRules{},
}

var commandTypes = func() map[string]reflect.Type {
	types := map[string]reflect.Type{}
	for _, c := range commands {
		types[InputKind(c)] = reflect.TypeOf(c).Elem()
	}
	return types
}()

// InputKind is what a command is called.
func InputKind(c Command) string { return reflect.TypeOf(c).Elem().Name() }

// CommandKinds are what all commands are called.
func CommandKinds() []string { return slices.Sorted(maps.Keys(commandTypes)) }

// NewCommand is an empty command of a kind, to be filled in; nil if there is no such kind.
func NewCommand(kind string) Command {
	of := commandTypes[kind]
	if of == nil {
		return nil
	}
	return reflect.New(of).Interface().(Command)
}

// PassesTo is the instant to which a command lets time pass; false if it does not.
func PassesTo(c Command) (Instant, bool) {
	if pass, ok := c.(*passTime); ok {
		return pass.To, true
	}
	return 0, false
}

// ResetsTo is the configuration that a command resets a sandbox to, if that is another one; nil if it does not.
func ResetsTo(c Command) *config.Config {
	if reset, ok := c.(*resetSandbox); ok {
		return reset.To
	}
	return nil
}

// Change is an input that was just carried out, with what came of it. It is good for the time that its sink runs, which has
// the lock of the sandbox: a sink reads what it needs and returns soon.
type Change struct {
	Input
	Told   string // what whoever sent it was told: a requestId, a refusal; "" if there is nothing to compare
	sim    *Sim
	before uint64 // the latest event before it
}

// Events goes through the events that the input led to, as far as the journal still has them.
func (c *Change) Events() iter.Seq[EventReport] {
	return func(yield func(EventReport) bool) {
		for _, e := range c.sim.journal.after(c.before) {
			if !yield(c.sim.eventReport(e)) {
				return
			}
		}
	}
}

// Message is what the attempt said that the input answers; false if it answers none.
func (c *Change) Message() (Message, bool) {
	if m := c.Do.came().message; m != nil {
		return *m, true
	}
	return Message{}, false
}

// Compat is how the sandbox behaves where ThingSpace's documents disagree.
func (c *Change) Compat() config.Compat { return c.sim.cfg.Compat }

// Threshold is how many attempts a callback of the sandbox has at the most.
func (c *Change) Threshold() int { return c.sim.cfg.Delivery.Attempts }

// Export is the sandbox as the input has left it.
func (c *Change) Export() State {
	st := c.sim.export()
	st.sort()
	return st
}

// Sink is told of each input that was carried out.
type Sink func(*Change)

// do locks the sandbox at the present, and applies a command.
func (s *Sim) do(c Command) {
	s.lock()
	defer s.mu.Unlock()
	s.apply(c)
}

// usual are commands of which there are so many that each would be garbage: one is used again and again, under the lock.
type usual struct {
	submit   submitRequest
	session  useSession
	reply    endReply
	call     recordCall
	answer   answerAttempt
	time     passTime
	outgoing emptyOutbox
}

// doNow is do for what does not ask what time it is.
func (s *Sim) doNow(c Command) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.apply(c)
}

// apply is the door through which all inputs go. The caller has the lock.
func (s *Sim) apply(c Command) {
	at, epoch, before := s.jobs.Now(), s.epoch, s.journal.count
	s.room.times, s.room.refused = 0, nil
	c.apply(s)
	if came := c.came(); came.none || s.closed || isOverloaded(came.err) { // for want of room nothing is done at all
		return
	}
	s.inputs++
	if s.epoch != epoch {
		before = c.came().since // of another journal
	}
	if len(s.sinks) > 0 {
		s.tell(c, at, before)
	}
}

func isOverloaded(err error) bool {
	fact, ok := errors.AsType[*Error](err)
	return ok && fact.Kind == Overloaded
}

// tell tells the sinks of an input.
func (s *Sim) tell(c Command, at Instant, before uint64) {
	came := c.came()
	a := Change{Input: Input{Number: s.inputs, At: at, Refused: s.room.refused, Do: c}, Told: came.told, sim: s, before: before}
	if s.cfg.Tokens.Wall {
		a.Wall = s.wall
	}
	if came.err != nil {
		a.Told = "refused: " + came.err.Error()
	}
	for _, sink := range s.sinks {
		(*sink)(&a)
	}
}

// Apply applies an input that was recorded: that of the next number. What it sends and draws is not sent and drawn again.
// The error is about an input that cannot be one of this sandbox; then it is not applied.
func (s *Sim) Apply(in Input) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in.Number != s.inputs+1 {
		return Errorf(Invalid, "input %d cannot come after %d inputs", in.Number, s.inputs)
	}
	s.jobs.MoveTo(in.At)
	s.wall = in.Wall
	s.room.recorded, s.room.again = in.Refused, true
	s.apply(in.Do)
	s.room.recorded, s.room.again = nil, false
	if s.inputs != in.Number {
		return Errorf(Invalid, "input %d, %s, changes nothing", in.Number, InputKind(in.Do))
	}
	return nil
}

// Watch tells sink of every input from now on, until stop is called.
func (s *Sim) Watch(sink Sink) (stop func()) {
	s.mu.Lock() // time goes on with the next input
	defer s.mu.Unlock()
	return s.watch(sink)
}

// WatchFrom is Watch together with the State to which the inputs lead on.
func (s *Sim) WatchFrom(sink Sink) (from State, stop func()) {
	s.lock()
	from, stop = s.export(), s.watch(sink)
	s.mu.Unlock()
	from.sort()
	return from, stop
}

func (s *Sim) watch(sink Sink) (stop func()) {
	s.sinks = append(slices.Clip(s.sinks), &sink)
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sinks = slices.DeleteFunc(slices.Clone(s.sinks), func(is *Sink) bool { return is == &sink })
	}
}
