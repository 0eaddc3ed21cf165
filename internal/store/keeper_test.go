package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// kit keeps sandboxes on a disk of the test's.
type kit struct {
	*Keeper
	was      Recovery
	registry *sim.Registry
}

func keep(tb testing.TB, m *machine) (*kit, error) {
	tb.Helper()
	k := &kit{registry: sim.NewRegistry()}
	o := KeeperOptions{
		Options: options(Always, quiet), Tsim: "test", Names: k.registry.UsedNames,
		New:    func(cfg config.Config) (*sim.Sim, error) { return newBox(cfg, nil) },
		Import: func(st sim.State) (*sim.Sim, error) { return newBox(config.Config{}, &st) },
	}
	var err error
	k.Keeper, k.was, err = openKeeper("/state", o, func(load func(Entry) error) (*Log, error) { return open(m, o.Options, load) })
	if err == nil {
		k.registry.Remember(k.was.Names)
	}
	return k, err
}

// newBox is a sandbox whose listener acknowledges every other attempt.
func newBox(cfg config.Config, st *sim.State) (box *sim.Sim, err error) {
	env := sim.Env{Send: func(_ string, id sim.AttemptID) {
		if m, ok := box.Message(id); ok {
			box.Answered(id, sim.Answer{Result: sim.Replied, Status: 200 + 300*(m.CallbackCount%2)})
		}
	}}
	if st != nil {
		box, err = sim.Import(*st, env)
	} else {
		box, err = sim.New(cfg, env)
	}
	return box, err
}

const account = "0000123456-00001"

// tiny is a sandbox of one card with a listener.
func tiny(name string) config.Config {
	c := config.Defaults()
	c.Name, c.Clock = name, config.Manual
	c.Credentials = []config.Credential{{AppKey: "key " + name, AppSecret: "s", Username: "u", Password: "p"}}
	c.Accounts = []config.Account{{Name: account, Cards: []euicc.Card{{
		EID: fmt.Sprintf("89001012%024d", 1), IMEI: fmt.Sprintf("35%013d", 1), Powered: true, Connected: true, Profiles: []euicc.Profile{
			{ICCID: fmt.Sprintf("8914800000%010d", 1), Network: euicc.US, Role: euicc.Lead, Service: euicc.Active, Status: euicc.StatusEnable, MDN: "3036660001"},
		},
	}}}}
	c.Listeners = []config.Listener{{Account: account, Service: config.ProfileService, URL: "http://127.0.0.1:9/", Username: "u", Password: "p"}}
	return c
}

// add opens a sandbox.
func (k *kit) add(tb testing.TB, name string) *sim.Sim {
	tb.Helper()
	box, err := newBox(tiny(name), nil)
	if err == nil {
		k.Add(box, time.Time{}, nil)
		err = k.registry.Add(box)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return box
}

// wait waits until all is kept.
func (k *kit) wait(tb testing.TB) {
	tb.Helper()
	if err := k.Kept(); err != nil {
		tb.Fatal(err)
	}
}

func (k *kit) remove(box *sim.Sim) {
	k.registry.Remove(box)
	k.Remove(box)
	box.Close()
}

// past is all that sandboxes have been through: by their names.
type past map[string]*chronicle

type chronicle struct {
	digests  map[uint64]string      // by the number of inputs; not after each of them
	journals map[uint64][]sim.Event // by epoch
}

// note remembers what a sandbox is like.
func (p past) note(box *sim.Sim) {
	c := p[box.Name()]
	if c == nil {
		c = &chronicle{map[uint64]string{}, map[uint64][]sim.Event{}}
		p[box.Name()] = c
	}
	st, _ := box.Export()
	c.digests[st.Inputs], c.journals[st.Epoch] = st.Digest(), st.Journal.Records
}

// fits says whether a sandbox is as it was once.
func (p past) fits(box *sim.Sim) error {
	c := p[box.Name()]
	if c == nil {
		return fmt.Errorf("there never was a sandbox %q", box.Name())
	}
	st, _ := box.Export()
	journal := c.journals[st.Epoch]
	if n := len(st.Journal.Records); n > len(journal) || !slices.Equal(st.Journal.Records, journal[:n]) {
		return fmt.Errorf("the journal of %q in epoch %d is\n%+v\nand was\n%+v", box.Name(), st.Epoch, st.Journal.Records, journal)
	}
	if digest, known := c.digests[st.Inputs]; known && digest != st.Digest() {
		return fmt.Errorf("%q after %d inputs is another one", box.Name(), st.Inputs)
	}
	return nil
}

// live lets a sandbox see a little of everything, and notes it.
func (p past) live(tb testing.TB, box *sim.Sim) {
	tb.Helper()
	step := func(err error) {
		tb.Helper()
		if err != nil {
			tb.Fatal(err)
		}
		p.note(box)
	}
	ask := func(op euicc.Op) {
		tb.Helper()
		r, err := box.Submit(sim.Request{Account: account, Op: op, Devices: sim.ListOf(euicc.IDs{EID: fmt.Sprintf("89001012%024d", 1)})})
		step(err)
		box.Replied(r)
		p.note(box)
	}
	p.note(box)
	ask(euicc.OpDeviceSuspend)
	_, err := box.Advance(tb.Context(), sim.Goal{By: time.Minute})
	step(err)
	ask(euicc.OpDeviceResume)
	_, err = box.HoldAll(sim.HoldFilter{})
	step(err)
	_, err = box.Advance(tb.Context(), sim.Goal{Idle: true})
	step(err)
	box.Reset(sim.ResetOptions{})
	p.note(box)
	_, err = box.SetClock(config.Manual, 2)
	step(err)
	ask(euicc.OpDeviceSuspend)
}

// killed is another disk with what is on this one now.
func (m *machine) killed() *machine {
	m.mu.Lock()
	defer m.mu.Unlock()
	other := newMachine()
	for name, was := range m.names {
		is := &node{now: slices.Clone(was.now), saved: slices.Clone(was.now)}
		other.names[name], other.saved[name] = is, is
	}
	return other
}

// Every prefix of what is kept is a prefix of history: whatever is cut off, with a snapshot or without, each sandbox is as it was once, and
// there are those that there were at one moment.
func TestEveryPrefixIsOneOfHistory(t *testing.T) {
	for _, snapshots := range []bool{false, true} {
		t.Run(fmt.Sprintf("snapshot %t", snapshots), func(t *testing.T) {
			m, p := newMachine(), past{}
			k, err := keep(t, m)
			if err != nil {
				t.Fatal(err)
			}
			k.Start(k.was)
			one := k.add(t, "one")
			p.live(t, one)
			k.wait(t)
			first := k.add(t, "first")
			p.note(first)
			k.wait(t)
			if snapshots {
				if err := k.snapshot(); err != nil {
					t.Fatal(err)
				}
			}
			second := k.add(t, "second")
			p.live(t, second)
			k.wait(t)
			k.remove(first)
			k.wait(t)
			p.live(t, one)
			k.wait(t)
			log := logName(1)
			if snapshots {
				log = logName(2)
			}
			whole := m.killed()
			if err := k.Close(); err != nil {
				t.Fatal(err)
			}
			var sets []string // of sandboxes, as they followed on each other
			const stride = 17 // less than any batch is long; that all bytes of a batch are one is tested with the log
			end := len(whole.names[log].now)
			for cut := headerSize; cut <= end; cut += min(stride, max(end-cut, 1)) {
				again := whole.killed()
				again.names[log].now = again.names[log].now[:cut]
				k, err := keep(t, again)
				if err != nil {
					t.Fatalf("cut at %d: %v", cut, err)
				}
				var names []string
				for _, is := range k.was.Sandboxes {
					names = append(names, is.Box.Name())
					if err := p.fits(is.Box); err != nil {
						t.Fatalf("cut at %d: %v", cut, err)
					}
				}
				if now := fmt.Sprint(names); len(sets) == 0 || sets[len(sets)-1] != now {
					sets = append(sets, now)
				}
				if err := k.Abandon(); err != nil {
					t.Fatal(err)
				}
			}
			want := []string{"[one first]", "[one first second]", "[one second]"}
			if !snapshots {
				want = append([]string{"[]", "[one]"}, want...)
			}
			if !slices.Equal(sets, want) {
				t.Errorf("there were %q, not %q", sets, want)
			}
		})
	}
}

// A sandbox that is opened, steered or removed while a snapshot is made is recovered as it was, wherever its entries are.
func TestSnapshotsBesideEverything(t *testing.T) {
	m, p := newMachine(), past{}
	k, err := keep(t, m)
	if err != nil {
		t.Fatal(err)
	}
	k.Start(k.was)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				if err := k.snapshot(); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	for n := range 30 {
		box := k.add(t, fmt.Sprintf("box %d", n))
		p.live(t, box)
		if n%3 != 0 {
			k.remove(box)
		}
		k.wait(t)
		copied := m.killed()
		again, err := keep(t, copied)
		if err != nil {
			t.Fatalf("after %d sandboxes: %v", n+1, err)
		}
		if got := len(again.was.Sandboxes); got != n/3+1 {
			t.Errorf("after %d sandboxes, there are %d", n+1, got)
		}
		for _, is := range again.was.Sandboxes {
			st, _ := is.Box.Export()
			if err := p.fits(is.Box); err != nil || p[is.Box.Name()].digests[st.Inputs] == "" {
				t.Errorf("after %d sandboxes: %v, %d inputs of %q", n+1, err, st.Inputs, is.Box.Name())
			}
		}
		if err := again.Abandon(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	<-stopped
	if err := k.Close(); err != nil {
		t.Fatal(err)
	}
}

// The time of a sandbox goes on where it was at the last sign of life, but for one that was reset since.
func TestSignsOfLife(t *testing.T) {
	const hours = 5 * time.Hour
	for _, reset := range []bool{false, true} {
		m := newMachine()
		k, err := keep(t, m)
		if err != nil {
			t.Fatal(err)
		}
		k.Start(k.was)
		box := k.add(t, "box")
		if _, err := box.SetClock(config.Real, 1); err != nil {
			t.Fatal(err)
		}
		start := box.Clock().Now
		k.mu.Lock()
		k.append(entry{Alive: &alive{At: time.Now().Add(-time.Minute), Times: []sandboxTime{{1, box.Inputs(), start.Add(hours)}}}})
		k.mu.Unlock()
		want := start.Add(hours)
		if reset {
			box.Reset(sim.ResetOptions{})
			want = start
		}
		k.wait(t)
		copied := m.killed()
		if err := k.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := keep(t, copied)
		if err != nil {
			t.Fatal(err)
		}
		again.Start(again.was)
		// What was done to it later than that came a moment ago.
		if gone := again.was.Sandboxes[0].Gone; gone < time.Minute != reset || gone > 2*time.Minute {
			t.Errorf("it was away for %s", gone)
		}
		if now := again.was.Sandboxes[0].Box.Clock().Now; now != want {
			t.Errorf("reset %t: it was %v, and is %v", reset, want.Time(), now.Time())
		}
		if err := again.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// What was removed while a snapshot was made may still have entries after it, and what was opened meanwhile may be in both.
func TestEntriesBesideASnapshot(t *testing.T) {
	for name, c := range map[string]struct {
		inSnapshot []uint64
		last       uint64
		after      []entry
		want       []string // names
		refused    bool
	}{
		"an input of one that was removed":   {[]uint64{1}, 2, []entry{{Input: &keptInput{Sandbox: 2, Number: 9}}}, []string{"box 1"}, false},
		"one that was opened and removed":    {[]uint64{1}, 2, []entry{{Opened: &opened{Sandbox: 2}}, {Closed: 2}}, []string{"box 1"}, false},
		"the same, but its end is not there": {[]uint64{1}, 2, []entry{{Opened: &opened{Sandbox: 2}}}, []string{"box 1"}, false},
		"one that is in both":                {[]uint64{1, 2}, 1, []entry{{Opened: &opened{Sandbox: 2}}}, []string{"box 1", "box 2"}, false},
		"one that was opened afterwards":     {[]uint64{1}, 1, []entry{{Opened: &opened{Sandbox: 2}}}, []string{"box 1", "box 2"}, false},
		"an input of one that never was":     {[]uint64{1}, 1, []entry{{Input: &keptInput{Sandbox: 2, Number: 9}}}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine()
			log, err := open(m, options(Always, quiet), nil)
			if err != nil {
				t.Fatal(err)
			}
			box := func(number uint64) *config.Config {
				cfg := tiny(fmt.Sprintf("box %d", number))
				return &cfg
			}
			err = log.Snapshot(func(add func([]byte) error) error {
				for _, number := range c.inSnapshot {
					if err := add(encoded(t, entry{Opened: &opened{Sandbox: number, Config: box(number)}})); err != nil {
						return err
					}
				}
				return add(encoded(t, entry{Rest: &rest{Last: c.last}}))
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range c.after {
				if e.Opened != nil {
					e.Opened.Config = box(e.Opened.Sandbox)
					if slices.Contains(c.inSnapshot, e.Opened.Sandbox) {
						e.Opened.Config.Name = "as it was once"
					}
				}
				log.Append(encoded(t, e))
			}
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			k, err := keep(t, m)
			if (err != nil) != c.refused {
				t.Fatal(err)
			}
			if c.refused {
				return
			}
			var names []string
			for _, is := range k.was.Sandboxes {
				names = append(names, is.Box.Name())
			}
			if !slices.Equal(names, c.want) {
				t.Errorf("there are %q, not %q", names, c.want)
			}
			k.Start(k.was)
			if k.add(t, "next"); k.last <= c.last {
				t.Errorf("the next one has the number %d", k.last)
			}
			if err := k.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func encoded(t *testing.T, e entry) []byte {
	t.Helper()
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// An input comes back as it was.
func TestInputsComeBack(t *testing.T) {
	for _, in := range []sim.Input{
		{Number: 7, At: 1893456000000000123, Do: sim.NewCommand("passTime")},
		{Number: 1 << 60, At: -5, Wall: time.Hour, Refused: []int{1, 2, 30}, Do: sim.NewCommand("recordCall")},
	} {
		text, err := encodeInput(9, &in, time.UnixMilli(7))
		if err != nil {
			t.Fatal(err)
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		got, err := e.Input.input()
		if err != nil || e.Input.Sandbox != 9 || !reflect.DeepEqual(got, in) {
			t.Errorf("%s is %+v, %v, not %+v", text, got, err, in)
		}
		if again := encoded(t, e); string(again) != string(text) {
			t.Errorf("it is\n%s\nand by its struct\n%s", text, again)
		}
	}
}
