package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scenario"
	"tsim/internal/sim"
)

// spell stands for thingspace's Encode.
func spell(_ config.Compat, threshold int, m *sim.Message) []byte {
	return fmt.Appendf(nil, "%s %d/%d %s", m.Request.ID, m.CallbackCount, threshold, m.Listener.Password)
}

var recordingOptions = RecordingOptions{Version: "1.0.0", Spell: spell, Log: quiet}

// recordedBox is a sandbox of the default scenario, whose listener takes every callback.
func recordedBox(t testing.TB) *sim.Sim {
	t.Helper()
	cfg, err := scenario.Refer("default", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Clock = config.Manual
	var box *sim.Sim
	box, err = sim.New(cfg, sim.Env{Send: func(_ string, id sim.AttemptID) {
		if _, ok := box.Message(id); ok {
			box.Answered(id, sim.Answer{Result: sim.Replied, Status: 200})
		}
	}})
	if err == nil {
		err = box.Register(config.Listener{Account: recordedAccount, Service: config.ProfileService, URL: "http://127.0.0.1:1", Password: "letmein"})
	}
	if err != nil {
		t.Fatal(err)
	}
	return box
}

const (
	recordedAccount = "0000123456-00001"
	recordedEID     = "89001012012341234012345678901224"
)

// ask asks for one operation, and lets time pass until all is done.
func ask(t testing.TB, box *sim.Sim, op euicc.Op) {
	t.Helper()
	r, err := box.Submit(sim.Request{Account: recordedAccount, Op: op, Devices: sim.ListOf(euicc.IDs{EID: recordedEID})})
	if err != nil {
		t.Fatal(err)
	}
	box.Replied(r)
	if _, err := box.Advance(context.Background(), sim.Goal{Idle: true}); err != nil {
		t.Fatal(err)
	}
}

// recorded is a recording of some operations.
func recorded(t testing.TB, times int) string {
	t.Helper()
	var all bytes.Buffer
	box := recordedBox(t)
	r := RecordTo(box, "the test", &all, recordingOptions)
	for i := range times {
		ask(t, box, []euicc.Op{euicc.OpDeviceSuspend, euicc.OpDeviceResume}[i%2])
	}
	if err := r.Close("that is all"); err != nil {
		t.Fatal(err)
	}
	return all.String()
}

func replay(text string) (*Replayed, error) {
	_, done, err := Replay(strings.NewReader(text), ReplayOptions{Version: "1.0.0", Spell: spell})
	return done, err
}

// TestRecordingFromTheMiddle: a recording that begins when there are tokens, listeners and callbacks leads to the same.
func TestRecordingFromTheMiddle(t *testing.T) {
	done, err := replay(recorded(t, 40))
	if err != nil || done.Difference != nil {
		t.Fatal(err, done)
	}
	if done.Head.Inputs == 0 || done.Inputs < 200 || done.Callbacks < 40 || done.Digests == 0 || done.Ended != "that is all" || done.Torn {
		t.Errorf("%+v", done)
	}
}

// TestRecordingOfSnapshots: a recording has the snapshots without their secrets, those of the sandbox keep them, and what is saved
// and gone back to leads to the same, also where nothing but secrets tells listeners apart.
func TestRecordingOfSnapshots(t *testing.T) {
	var all bytes.Buffer
	box := recordedBox(t)
	save := func(name string) {
		t.Helper()
		if _, _, err := box.Save(name); err != nil {
			t.Fatal(err)
		}
	}
	ask(t, box, euicc.OpDeviceSuspend)
	save("before")
	r := RecordTo(box, "the test", &all, recordingOptions)
	if err := box.Register(config.Listener{Account: recordedAccount, Service: config.ProfileService, URL: "http://127.0.0.1:1", Password: "openup"}); err != nil {
		t.Fatal(err)
	}
	ask(t, box, euicc.OpDeviceResume)
	save("meanwhile")
	for i := range 40 {
		ask(t, box, []euicc.Op{euicc.OpDeviceSuspend, euicc.OpDeviceResume}[i%2])
	}
	if err := box.Rewind("before"); err != nil {
		t.Fatal(err)
	}
	ask(t, box, euicc.OpDeviceResume)
	if err := r.Close("that is all"); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(all.String(), "letmein") || strings.Contains(all.String(), "openup") {
		t.Error("there are passwords in it")
	}
	if is, err := box.Snapshot("before"); err != nil || is.State.Listeners[0].Password != "letmein" || is.State.Config.Credentials[0].Password == sim.Masked {
		t.Errorf("the sandbox lost its secrets: %v", err)
	}
	if done, err := replay(all.String()); err != nil || done.Difference != nil || done.Digests == 0 {
		t.Errorf("%v %+v", err, done)
	}
}

// TestRecordingWithBudgetsSpent: what was refused to the sandbox for want of room is refused in the replay, and nothing else.
func TestRecordingWithBudgetsSpent(t *testing.T) {
	cfg, err := scenario.Refer("default", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Clock = config.Manual
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetCalls, 2000)
	box, err := sim.New(cfg, sim.Env{Budgets: budgets})
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	r := RecordTo(box, "the test", &all, recordingOptions)
	call := func() { box.RecordCall(sim.Call{Request: sim.CallBody{Text: bytes.Repeat([]byte("x"), 200)}}) }
	call()
	call()
	if _, _, err := box.Save("two"); err != nil {
		t.Fatal(err)
	}
	box.Reset(sim.ResetOptions{})
	budgets.Limit(sim.BudgetCalls, 1000) // others have the rest
	if err := box.Rewind("two"); err != nil {
		t.Fatal(err)
	}
	if n := len(box.Calls(0, 10)); n != 1 {
		t.Fatalf("%d calls are on record", n)
	}
	if err := r.Close("that is all"); err != nil {
		t.Fatal(err)
	}
	if done, err := replay(all.String()); err != nil || done.Difference != nil {
		t.Errorf("%v %+v", err, done)
	}
}

// TestRecordingOfCallsWithoutSession: where calls are counted, one without a session is an input, and refused in words of its own.
func TestRecordingOfCallsWithoutSession(t *testing.T) {
	cfg, err := scenario.Refer("default", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	cfg.Limits.CallsPerSecond = 10
	box, err := sim.New(cfg, sim.Env{})
	if err != nil {
		t.Fatal(err)
	}
	var all bytes.Buffer
	r := RecordTo(box, "the test", &all, recordingOptions)
	bearer, _, err := box.Issue(cfg.Credentials[0].AppKey, string(cfg.Credentials[0].AppSecret))
	if err != nil {
		t.Fatal(err)
	}
	for _, session := range []string{"", "none"} {
		if err := box.Authenticate(bearer.Token, session); err == nil {
			t.Error("it is let in")
		}
	}
	if err := r.Close("that is all"); err != nil {
		t.Fatal(err)
	}
	if done, err := replay(all.String()); err != nil || done.Difference != nil || done.Inputs != 3 {
		t.Errorf("%v %+v", err, done)
	}
}

// TestStatesOfCallbacksToCome: a callback that is to let another one go, of a number that nobody has had, cannot be.
func TestStatesOfCallbacksToCome(t *testing.T) {
	box := recordedBox(t)
	ask(t, box, euicc.OpDeviceSuspend)
	st, _ := box.Export()
	for letsGo, ok := range map[uint64]bool{0: true, st.Callbacks.Count + 1: false} {
		st.CallbackRules = []sim.SavedCallbackRule{{Callback: 1, LetsGo: letsGo}}
		if _, err := sim.Import(st, sim.Env{}); (err == nil) != ok {
			t.Errorf("lets %d go: %v", letsGo, err)
		}
	}
}

// TestHugeRecordings: devices of fleets take room that the size of a recording says nothing of, and so does what says nothing.
func TestHugeRecordings(t *testing.T) {
	cfg, err := scenario.Refer("default", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	small := cfg
	small.Accounts = slices.Clone(cfg.Accounts)
	for range 3 {
		cfg.Accounts[0].Fleets = append(cfg.Accounts[0].Fleets, config.Fleet{Count: 10})
	}
	var head, reset bytes.Buffer
	for _, of := range []struct {
		to          *bytes.Buffer
		from, reset config.Config
	}{{&head, cfg, small}, {&reset, small, cfg}} {
		box, err := sim.New(of.from, sim.Env{})
		if err != nil {
			t.Fatal(err)
		}
		r := RecordTo(box, "the test", of.to, recordingOptions)
		if err := errors.Join(box.ResetTo(of.reset, sim.ResetOptions{}), r.Close("that is all")); err != nil {
			t.Fatal(err)
		}
	}
	lines := func(all *bytes.Buffer, old, by string) string {
		t.Helper()
		if !strings.Contains(all.String(), old) {
			t.Fatalf("there is no %s", old)
		}
		return summed(strings.Split(strings.TrimSpace(strings.ReplaceAll(all.String(), old, by)), "\n"))
	}
	const fleet = `"Count":10,`
	for text, says := range map[string]string{
		lines(&head, fleet, `"Count":1000000,`):                                 "line 1: it has 3000017 devices",
		lines(&reset, fleet, `"Count":1000000,`):                                "line 2: it has 3000017 devices",
		lines(&reset, fleet, `"Count":1000000000000000000,`):                    "line 2: input 1, resetSandbox: ",
		lines(&head, `"Devices":[`, `"Devices":[`+strings.Repeat("null,", 1e6)): "line 1: this is no recording of tsim",
	} {
		if done, err := replay(text); err == nil || !strings.HasPrefix(err.Error(), says) {
			t.Errorf("%.200v %+v, want %s", err, done, says)
		}
	}
	if done, err := replay(lines(&head, fleet, fleet)); err != nil || done.Difference != nil {
		t.Errorf("%v %+v", err, done)
	}
}

// TestPlantedNondeterminism: what does not follow from the inputs is found. Here it is how a callback is spelled, by whatever
// comes first out of a map.
func TestPlantedNondeterminism(t *testing.T) {
	text := recorded(t, 40)
	words := map[string]bool{}
	for n := range 50 {
		words[fmt.Sprint(n)] = true
	}
	_, done, err := Replay(strings.NewReader(text), ReplayOptions{Spell: func(_ config.Compat, _ int, _ *sim.Message) []byte {
		for word := range words {
			return []byte(word)
		}
		return nil
	}})
	if err != nil || done.Difference == nil || !strings.HasPrefix(done.Difference.What, "callback ") {
		t.Errorf("%v %+v", err, done)
	}
}

// TestTargetsThatFail end the recording, and not the sandbox.
func TestTargetsThatFail(t *testing.T) {
	full := errors.New("the disk is full")
	for _, after := range []int{0, 1, 3} {
		box := recordedBox(t)
		w := &failing{after: after, err: full}
		r := RecordTo(box, "the test", w, recordingOptions)
		for range 10 {
			ask(t, box, euicc.OpDeviceSuspend)
			ask(t, box, euicc.OpDeviceResume)
			r.flushed()
		}
		<-r.Done()
		if err := r.Close("over"); !errors.Is(err, full) || !errors.Is(r.Status().Err, full) {
			t.Errorf("after %d writes: %v, and %v", after, err, r.Status().Err)
		}
	}
}

// flushed returns when everything so far is written, or nothing is any more.
func (r *Recording) flushed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.behind > 0 && r.why == "" {
		r.room.Wait()
	}
}

type failing struct {
	after int
	err   error
}

func (f *failing) Write(b []byte) (int, error) {
	if f.after--; f.after < 0 {
		return 0, f.err
	}
	return len(b), nil
}

// TestSlowReaders are cut off, with a last line that says so; the sandbox does not wait for them.
func TestSlowReaders(t *testing.T) {
	box := recordedBox(t)
	var all bytes.Buffer
	w := &stuck{Writer: &all, stuck: make(chan bool), free: make(chan bool)}
	r := RecordTo(box, "the test", w, recordingOptions)
	<-w.stuck
	note := func(size int) {
		box.RecordCall(sim.Call{Request: sim.CallBody{Text: bytes.Repeat([]byte("x"), size)}})
	}
	for i := 0; i < 2000 && r.Status().Err == nil; i++ {
		note(60 << 10)
	}
	if err := r.Status().Err; !errors.Is(err, ErrSlow) {
		t.Fatal(err)
	}
	close(w.free)
	if err := r.Close("over"); !errors.Is(err, ErrSlow) {
		t.Error(err)
	}
	if !strings.HasSuffix(all.String(), ErrSlow.Error()+`"}}`+"\n") {
		t.Errorf("it ends with %s", all.String()[max(all.Len()-200, 0):])
	}
	done, err := replay(all.String())
	if err != nil || done.Difference != nil || done.Inputs == 0 {
		t.Errorf("%v %+v", err, done)
	}
}

// stuck writes nothing before it is let go.
type stuck struct {
	io.Writer
	stuck, free chan bool
	begun       bool
}

func (s *stuck) Write(b []byte) (int, error) {
	if !s.begun {
		s.begun = true
		close(s.stuck)
		<-s.free
	}
	return s.Writer.Write(b)
}

// FuzzReplay: whatever stands in a recording, it is replayed, or refused, or something differs; it never breaks down.
func FuzzReplay(f *testing.F) {
	whole := recorded(f, 4)
	lines := strings.Split(strings.TrimSpace(whole), "\n")
	f.Add(1, `{"input":{"n":9,"at":"2030-01-01T00:00:00Z","kind":"steerCallback","do":{"Callback":7,"Steering":200}},"led_to":{}}`)
	for i, l := range lines {
		f.Add(i, l)
	}
	f.Fuzz(func(t *testing.T, at int, line string) {
		if at < 0 || at >= len(lines) || strings.Contains(line, "\n") {
			return
		}
		edited := append(append([]string{}, lines[:at]...), line)
		edited = append(edited, lines[at+1:]...)
		done, err := replay(summed(edited))
		if err == nil && done.Difference != nil && strings.Contains(fmt.Sprint(done.Difference.Fields), "this build breaks down") {
			t.Errorf("%s: %+v", line, done.Difference)
		}
	})
}

// TestInputsThatCannotBe: whatever number of an input is another one, or any kind of input comes where it cannot, nothing breaks down.
func TestInputsThatCannotBe(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(recorded(t, 4)), "\n")
	tried := 0
	try := func(at int, input string) {
		t.Helper()
		tried++
		edited := append(append([]string{}, lines[:at]...), `{"input":`+input+`,"led_to":{}}`)
		done, err := replay(summed(edited))
		if err == nil && done.Difference != nil && strings.Contains(fmt.Sprint(done.Difference.Fields), "this build breaks down") {
			t.Errorf("%s: %.1500v", input, done.Difference.Fields)
		}
	}
	seen := map[string]bool{}
	for at, text := range lines {
		var l line
		var in inputLine
		if json.Unmarshal([]byte(text), &l) != nil || l.Input == nil || json.Unmarshal(l.Input, &in) != nil || seen[in.Kind] {
			continue
		}
		seen[in.Kind] = true
		for _, n := range numbers.FindAllSubmatchIndex(in.Do, -1) {
			for _, other := range []string{"0", "255", "70000", "9000000000"} {
				try(at, strings.Replace(string(l.Input), string(in.Do), string(in.Do[:n[2]])+other+string(in.Do[n[3]:]), 1))
			}
		}
	}
	for _, at := range []int{1, len(lines) / 2, len(lines) - 1} {
		for _, kind := range sim.CommandKinds() {
			for _, do := range []string{`{}`, strings.Join(manyFields, "")} {
				try(at, fmt.Sprintf(`{"n":%d,"at":"2030-01-01T00:00:00Z","kind":%q,"do":%s}`, at+1, kind, do))
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d were tried", tried)
	}
}

var (
	numbers    = regexp.MustCompile(`:([0-9]+)`)
	manyFields = []string{`{"Callback":1,`, `"Request":1}`}
)

// summed puts the right sums into lines.
func summed(lines []string) string {
	var b strings.Builder
	sum := uint32(0)
	for _, text := range lines {
		var l line
		if json.Unmarshal([]byte(text), &l) != nil || l.Head == nil && l.Input == nil {
			b.WriteString(text + "\n")
			continue
		}
		for _, part := range []*json.RawMessage{&l.Head, &l.Input} { // as they will be encoded
			var compact bytes.Buffer
			if *part != nil && json.Compact(&compact, *part) == nil {
				*part = compact.Bytes()
			}
		}
		if l.Head != nil {
			sum = chainSum(0, l.Head)
		} else {
			sum = chainSum(sum, l.Input)
		}
		l.Sum = sumText(sum)
		again, _ := encodeJSON(l)
		b.Write(append(again, '\n'))
	}
	return b.String()
}

// BenchmarkRecording is what a suspension with its callback costs with a recording, and without.
func BenchmarkRecording(b *testing.B) {
	for _, with := range []bool{false, true} {
		b.Run(fmt.Sprintf("recorded=%t", with), func(b *testing.B) {
			box := recordedBox(b)
			var n counting
			inputs := uint64(1)
			if with {
				r := record(box, recordingStream{"the benchmark", &n}, true, 0, recordingOptions)
				defer func() { _ = r.Close("over") }()
				defer func() {
					inputs = r.Status().Inputs
					b.ReportMetric(float64(r.Status().Bytes)/float64(inputs), "B/input")
					b.ReportMetric(float64(inputs)/float64(b.N), "inputs/op")
				}()
			}
			for i := 0; b.Loop(); i++ {
				ask(b, box, []euicc.Op{euicc.OpDeviceSuspend, euicc.OpDeviceResume}[i%2])
			}
		})
	}
}

type counting int

func (c *counting) Write(b []byte) (int, error) { *c += counting(len(b)); return len(b), nil }
