package store

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"time"

	"tsim/internal/scheduler"
	"tsim/internal/sim"
)

// ReplayOptions say how far a recording is replayed, and by whom.
type ReplayOptions struct {
	Version string // of this tsim
	Spell   Spell
	// Devices are how many a sandbox may have that the recording does not list, for they take room that its size says nothing of; 0 is
	// as many as a server has, unless somebody says otherwise.
	Devices int
	// UntilEvent stops behind the input that led to the event of that number, and UntilTime before the first one that
	// is later; zero values go to the end.
	UntilEvent uint64
	UntilTime  time.Time
}

// Replayed is what a replay came to.
type Replayed struct {
	Head
	Inputs, Events, Callbacks, Digests int         // that are the same
	Torn                               bool        // the last line was cut off
	Ended                              string      // why the recording ended; "" if it does not say, because tsim was killed
	Stopped                            bool        // where it was to, before the end
	Now                                time.Time   // simulated
	Difference                         *Difference // the first one; nil for none
}

// Difference is where this build does not do what was recorded.
type Difference struct {
	Line   int              `json:"line"`
	Input  uint64           `json:"input"` // its number
	Kind   string           `json:"kind"`  // of the input
	What   string           `json:"what"`  // what differs, such as "event 412"
	Fields []DifferentField `json:"fields"`
	Causes []Event          `json:"causes,omitempty"` // of an event, the nearest first
	Before []Event          `json:"before,omitempty"` // the three events before
}

// DifferentField is something that was recorded, beside what this build has; "" is nothing.
type DifferentField struct {
	Name     string `json:"name"`
	Recorded string `json:"recorded"`
	Now      string `json:"this_build"`
	Same     bool   `json:"same"`
}

// Replay applies what was recorded to the sandbox that was recorded, and compares what comes of it, until something differs. An
// error is about the recording: what is wrong with it, and where. The sandbox is returned where the replay has stopped.
func Replay(from io.Reader, o ReplayOptions) (*sim.Sim, *Replayed, error) {
	read, err := openRecording(from, o.Version)
	if err != nil {
		return nil, nil, err
	}
	if o.Devices == 0 {
		o.Devices = sim.NewBudgets().Use()[sim.BudgetDevices].Limit
	}
	box, err := read.sandbox(o.Devices)
	if err != nil {
		return nil, nil, err
	}
	p := replayer{o: o, read: read, box: box, done: &Replayed{Head: read.head.Head}}
	defer box.Watch(p.watch)()
	for more := true; more && p.done.Difference == nil; {
		if more, err = p.step(); err != nil {
			return nil, nil, err
		}
	}
	p.done.Torn = read.torn
	p.done.Now = box.Clock().Now.Time()
	return box, p.done, nil
}

// replayer replays a recording.
type replayer struct {
	o     ReplayOptions
	read  *recordingReader
	box   *sim.Sim
	done  *Replayed
	led   []byte // what the input at hand led to
	err   error  // what the sink cannot do
	ended bool   // behind the last line
}

// watch is told of each input that was applied.
func (p *replayer) watch(c *sim.Change) {
	to := ledToOf(c, p.o.Spell)
	p.led, p.err = encodeJSON(&to)
}

// step replays a line, and says whether there is another one to come.
func (p *replayer) step() (more bool, err error) {
	l, err := p.read.next()
	switch {
	case errors.Is(err, io.EOF):
		return false, nil
	case err != nil:
		return false, err
	case p.ended:
		return false, p.read.wrong("the recording had ended before it")
	case l.End != nil:
		p.done.Ended, p.ended = l.End.Why, true
		return true, nil
	case l.Digest != nil:
		p.digest(l.Digest)
		return true, nil
	}
	return p.input(l)
}

func (p *replayer) digest(d *digestLine) {
	st, _ := p.box.Export()
	if now := st.Digest(); now != d.State {
		p.differ(0, "", "the state of the sandbox", DifferentField{Name: "digest", Recorded: d.State, Now: now})
		return
	}
	p.done.Digests++
}

func (p *replayer) input(l *line) (more bool, err error) {
	in, kind, err := inputOfLine(l.Input)
	if err != nil {
		return false, p.read.wrong("%v", err)
	}
	var recorded ledTo
	if err := decodeJSON(l.LedTo, &recorded); err != nil {
		return false, p.read.wrong("what the input led to cannot be read: %v", err)
	}
	if until := p.o.UntilTime; !until.IsZero() && (in.At.Time().After(until) || p.passes(in, until)) {
		p.done.Stopped = true
		return false, nil
	}
	if to := sim.ResetsTo(in.Do); to != nil {
		if err := p.read.mayBe(to, p.o.Devices); err != nil {
			return false, err
		}
	}
	if before := p.done.Head.Inputs + uint64(p.done.Inputs); in.Number != before+1 {
		return false, p.read.wrong("input %d cannot come after input %d", in.Number, before)
	}
	p.led = nil
	if err := p.apply(in); err != nil {
		p.differ(in.Number, kind, "input "+fmt.Sprint(in.Number), DifferentField{Name: "carried out", Recorded: "yes", Now: err.Error()})
		return false, nil
	}
	if p.err != nil {
		return false, p.err
	}
	if !bytes.Equal(p.led, l.LedTo) {
		var now ledTo
		if err := decodeJSON(p.led, &now); err != nil {
			return false, err
		}
		if p.compare(in.Number, kind, &recorded, &now); p.done.Difference != nil {
			return false, nil
		}
	}
	p.done.Inputs++
	p.done.Events += len(recorded.Events)
	if recorded.Callback != nil {
		p.done.Callbacks++
	}
	if n := len(recorded.Events); p.o.UntilEvent > 0 && n > 0 && recorded.Events[n-1].Seq >= p.o.UntilEvent {
		p.done.Stopped = true
		return false, nil
	}
	return true, nil
}

// passes says whether an input lets time pass beyond an instant.
func (p *replayer) passes(in sim.Input, until time.Time) bool {
	to, ok := sim.PassesTo(in.Do)
	return ok && to > scheduler.At(until)
}

// apply applies an input. What a build does to a recording of another one that it never did by itself, such as to break down, is a
// difference, too.
func (p *replayer) apply(in sim.Input) (err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("this build breaks down: %v\n%s", broken, debug.Stack())
		}
	}()
	return p.box.Apply(in)
}

// compare finds the first difference in what an input led to: in events, which say more than all else, or in what was told.
func (p *replayer) compare(input uint64, kind string, recorded, now *ledTo) {
	for i := range max(len(recorded.Events), len(now.Events)) {
		var was, is Event
		if i < len(recorded.Events) {
			was = recorded.Events[i]
		}
		if i < len(now.Events) {
			is = now.Events[i]
		}
		if fields, same := compareEvents(&was, &is); !same {
			of := was
			if of.Seq == 0 {
				of = is
			}
			p.differ(input, kind, fmt.Sprintf("event %d", of.Seq), fields...)
			p.story(&of)
			return
		}
	}
	if recorded.Told != now.Told {
		p.differ(input, kind, "the reply", DifferentField{Name: "reply", Recorded: recorded.Told, Now: now.Told})
		return
	}
	var was, is recordedCallback
	if recorded.Callback != nil {
		was = *recorded.Callback
	}
	if now.Callback != nil {
		is = *now.Callback
	}
	if was != is {
		id := was.ID
		if id == 0 {
			id = is.ID
		}
		p.differ(input, kind, fmt.Sprintf("callback %d", id),
			field("attempt", number(uint64(was.Attempt)), number(uint64(is.Attempt))), field("body", was.Body, is.Body))
	}
}

func (p *replayer) differ(input uint64, kind, what string, fields ...DifferentField) {
	p.done.Difference = &Difference{Line: p.read.line, Input: input, Kind: kind, What: what, Fields: fields}
}

// story adds what an event follows from, and what came before it. Both are in the journal, where nothing differs yet.
func (p *replayer) story(of *Event) {
	d, before := p.done.Difference, of.Seq-1
	const shown = 3
	for _, e := range p.box.Events(before-min(shown, before), shown) {
		if e.Seq < of.Seq {
			d.Before = append(d.Before, eventOf(&e))
		}
	}
	for cause := of.Cause; cause > 0 && cause < of.Seq; {
		found := p.box.Events(cause-1, 1)
		if len(found) == 0 || found[0].Seq != cause || found[0].Cause >= cause {
			return
		}
		d.Causes = append(d.Causes, eventOf(&found[0]))
		cause = found[0].Cause
	}
}

func field(name, recorded, now string) DifferentField {
	return DifferentField{name, recorded, now, recorded == now}
}

// compareEvents has the fields of two events that either has.
func compareEvents(was, is *Event) (fields []DifferentField, same bool) {
	if *was == *is {
		return nil, true
	}
	for _, f := range []DifferentField{
		field("event", number(was.Seq), number(is.Seq)), field("at", instant(was.At), instant(is.At)), field("kind", was.Kind, is.Kind),
		field("detail", was.Detail, is.Detail), field("cause", number(was.Cause), number(is.Cause)), field("request", was.Request, is.Request),
		field("callback", number(was.Callback), number(is.Callback)), field("eid", was.EID, is.EID), field("iccid", was.ICCID, is.ICCID),
		field("epoch", number(was.Epoch), number(is.Epoch)),
	} {
		if f.Recorded != "" || f.Now != "" {
			fields = append(fields, f)
		}
	}
	return slices.Clip(fields), false
}

func number(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}
