package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"reflect"
	"time"

	"tsim/internal/config"
	"tsim/internal/scheduler"
	"tsim/internal/sim"
)

// A recording is JSON lines. The first one is its head, with the sandbox as it was then; each further one is an input and what it
// led to, a digest of the state, or the end:
//
//	{"tsim_recording":{"format":1,"version":…,"sandbox":…,"seed":…,"scenario":…,"began":…,"state":{…}},"sum":…}
//	{"input":{"n":…,"at":…,"kind":…,"do":{…}},"led_to":{"told":…,"events":[…],"callback":{…}},"sum":…}
//	{"digest":{"after":…,"state":…}}
//	{"end":{"after":…,"why":…}}
//
// The sum is a CRC32C over the sum of the line before it and the head or the input: so it is known whether the inputs are those that
// were recorded, when what they lead to is not. What they led to is in no sum, for that is what a replay compares.

// recordingFormat is the format that is written, and read. Whatever changes what a line means makes it one more.
const recordingFormat = 1

// Head is what a recording says of itself.
type Head struct {
	Format   int       `json:"format"`
	Version  string    `json:"version"` // of the tsim that recorded
	Sandbox  string    `json:"sandbox"`
	Seed     uint64    `json:"seed"`
	Scenario string    `json:"scenario"`
	Began    time.Time `json:"began"`  // by the clock on the wall
	Inputs   uint64    `json:"inputs"` // that the sandbox had had before
}

type headLine struct {
	Head
	State json.RawMessage `json:"state"` // a masked sim.State
}

// line is any line of a recording.
type line struct {
	Head   json.RawMessage `json:"tsim_recording,omitempty"`
	Input  json.RawMessage `json:"input,omitempty"`
	LedTo  json.RawMessage `json:"led_to,omitempty"`
	Digest *digestLine     `json:"digest,omitempty"`
	End    *endLine        `json:"end,omitempty"`
	Sum    string          `json:"sum,omitempty"`
}

// inputLine is a sim.Input.
type inputLine struct {
	Number  uint64          `json:"n"`
	At      time.Time       `json:"at"`
	Wall    time.Duration   `json:"wall,omitempty"`    // nanoseconds
	Refused []int           `json:"refused,omitempty"` // see sim.Input
	Kind    string          `json:"kind"`
	Do      json.RawMessage `json:"do"`
}

// ledTo is what an input led to.
type ledTo struct {
	Told     string            `json:"told,omitempty"`
	Events   []Event           `json:"events,omitempty"`
	Callback *recordedCallback `json:"callback,omitempty"`
}

// Event is an event as people read it.
type Event struct {
	Epoch    uint64    `json:"epoch"`
	Seq      uint64    `json:"seq"`
	At       time.Time `json:"at"`
	Kind     string    `json:"kind"`
	Cause    uint64    `json:"cause,omitempty"`
	Request  string    `json:"request,omitempty"` // its requestId
	EID      string    `json:"eid,omitempty"`
	ICCID    string    `json:"iccid,omitempty"`
	Callback uint64    `json:"callback,omitempty"`
	Detail   string    `json:"detail,omitempty"`
}

func eventOf(e *sim.EventReport) Event {
	return Event{
		Epoch: e.Epoch, Seq: e.Seq, At: e.At.Time(), Kind: e.Kind.String(), Cause: e.Cause, Request: e.RequestID,
		EID: e.EID, ICCID: e.ICCID, Callback: e.Callback, Detail: e.Detail,
	}
}

// recordedCallback is the attempt that an input answers, as the listener got it, but for its password.
type recordedCallback struct {
	ID      uint64 `json:"id"`
	Attempt int    `json:"attempt"` // its callbackCount
	Body    string `json:"body"`
}

type digestLine struct {
	After uint64 `json:"after"` // the number of the last input before it
	State string `json:"state"` // sim.State's digest in hexadecimal
}

type endLine struct {
	After uint64 `json:"after"`
	Why   string `json:"why"`
}

// Spell is the body of a callback at one of its attempts: that of m, in a sandbox with this behaviour and threshold.
type Spell func(compat config.Compat, threshold int, m *sim.Message) []byte

// inputOf is a change as a line has it: the input, and what it led to.
func inputOf(c *sim.Change, spell Spell) (input, led []byte, events int, err error) {
	do, err := maskedJSON(c.Do)
	if err != nil {
		return nil, nil, 0, fmt.Errorf("input %d, %s: %w", c.Number, sim.InputKind(c.Do), err)
	}
	in := inputLine{c.Number, c.At.Time(), c.Wall, c.Refused, sim.InputKind(c.Do), do}
	if input, err = encodeJSON(in); err != nil {
		return nil, nil, 0, err
	}
	to := ledToOf(c, spell)
	led, err = encodeJSON(&to)
	return input, led, len(to.Events), err
}

func ledToOf(c *sim.Change, spell Spell) ledTo {
	to := ledTo{Told: c.Told}
	for e := range c.Events() {
		to.Events = append(to.Events, eventOf(&e))
	}
	if m, ok := c.Message(); ok {
		if m.Listener.Password != "" {
			m.Listener.Password = sim.Masked
		}
		to.Callback = &recordedCallback{m.ID, m.CallbackCount, string(spell(c.Compat(), c.Threshold(), &m))}
	}
	return to
}

// inputOfLine is the input of a line.
func inputOfLine(raw []byte) (in sim.Input, kind string, err error) {
	var l inputLine
	if err := decodeJSON(raw, &l); err != nil {
		return in, "", err
	}
	in = sim.Input{Number: l.Number, At: scheduler.At(l.At), Wall: l.Wall, Refused: l.Refused}
	if in.Do, err = commandOf(l.Number, l.Kind, l.Do); err != nil {
		return in, l.Kind, err
	}
	if err := in.Check(); err != nil {
		return in, l.Kind, fmt.Errorf("input %d, %s: %w", l.Number, l.Kind, err)
	}
	return in, l.Kind, nil
}

// chainSum goes on from the sum of the line before.
func chainSum(before uint32, raw []byte) uint32 { return crc32.Update(before, castagnoli, raw) }

func sumText(sum uint32) string { return fmt.Sprintf("%08x", sum) }

// encodeJSON leaves <, > and & as they are, which JSON for HTML would not.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// decodeJSON refuses fields that it does not know: they meant something.
func decodeJSON(raw []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(v)
}

// maskedJSON is a value as JSON, without what proves who somebody is: that is found by its type. The value itself stays as it is.
func maskedJSON(v any) ([]byte, error) {
	raw, err := encodeJSON(v)
	if err != nil || !sim.MayHaveSecrets(v) {
		return raw, err
	}
	// A copy, because parts of it may be the sandbox's own. Few inputs have any secret.
	own := reflect.New(reflect.TypeOf(v).Elem()).Interface()
	if err := json.Unmarshal(raw, own); err != nil {
		return nil, err
	}
	sim.Mask(own)
	return encodeJSON(own)
}
