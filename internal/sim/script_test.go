package sim_test

import (
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// step is one thing that happens to a sandbox from outside: a call, time, a device, the listener.
type step struct {
	kind               stepKind
	op                 euicc.Op
	plan               string
	checkFallback      bool
	devices            []euicc.IDs
	by                 time.Duration
	n                  int // the card
	powered, connected *bool
}

type stepKind int

const (
	callStep stepKind = iota
	timeStep
	deviceStep
	listenerStep
)

func (s step) String() string {
	switch s.kind {
	case callStep:
		return fmt.Sprintf("%s (%q, %v) of %+v", s.op, s.plan, s.checkFallback, s.devices)
	case timeStep:
		return fmt.Sprintf("%s pass", s.by)
	case deviceStep:
		say := func(p *bool) string { return map[bool]string{true: "the same"}[p == nil] + fmt.Sprint(p != nil && *p) }
		return fmt.Sprintf("device %d: power %s, network %s", s.n, say(s.powered), say(s.connected))
	}
	return "the listener comes or goes"
}

func second(n int) string { return fmt.Sprintf("8944500001%010d", n) }

// zoo is a sandbox of cards that differ: an ordinary one, one that lives on its LOCAL, has another
// and little memory, and one with nothing on it.
func zoo() config.Config {
	cfg := newConfig()
	a := &cfg.Accounts[0]
	a.Plans = append(a.Plans, config.Plan{Name: euicc.HybridPlan, Network: euicc.US})
	rich := roaming(2)
	rich.Memory = 3
	rich.Profiles = append(rich.Profiles, euicc.Profile{ICCID: second(2), Network: euicc.Global, Role: euicc.Local, POL1: euicc.DeleteOnDisable})
	empty := euicc.Card{EID: eid(3), IMEI: card(3).IMEI, Powered: true, Connected: true}
	a.Cards = []euicc.Card{card(1), rich, empty}
	return cfg
}

// drawZoo varies what of a configuration matters.
func drawZoo(t *rapid.T) config.Config {
	cfg := zoo()
	cfg.Seed = rapid.Uint64Range(0, 5).Draw(t, "seed")
	cfg.Compat.Set(config.DeleteRequires, rapid.SampledFrom(config.DeleteRequires.Words()).Draw(t, "delete requires"))
	latencies := []config.Latency{config.Fixed(0), config.Fixed(0), config.Fixed(minute), config.Fixed(7 * minute), config.Uniform(0, 10*minute)}
	for op := range cfg.Latency {
		cfg.Latency[op] = rapid.SampledFrom(latencies).Draw(t, "latency")
	}
	for range rapid.IntRange(0, 2).Draw(t, "timeline") {
		s := drawDevice(t)
		at := time.Duration(rapid.IntRange(0, 40).Draw(t, "at")) * minute / 4
		cfg.Timeline = append(cfg.Timeline, config.TimelineEvent{At: at, EID: eid(s.n), Powered: s.powered, Connected: s.connected})
	}
	return cfg
}

var drawStep = rapid.Custom(func(t *rapid.T) step {
	switch rapid.IntRange(0, 19).Draw(t, "step") {
	case 0, 1, 2, 3, 4:
		unit := rapid.SampledFrom([]time.Duration{15 * time.Second, minute, 9 * minute}).Draw(t, "unit")
		return step{kind: timeStep, by: time.Duration(rapid.IntRange(0, 5).Draw(t, "times")) * unit}
	case 5, 6, 7, 8:
		return drawDevice(t)
	case 9:
		return step{kind: listenerStep}
	}
	return step{
		kind: callStep, op: rapid.SampledFrom(usual).Draw(t, "op"),
		plan:          rapid.SampledFrom([]string{"", "", "", "", "", "", "", global, usPlan, euicc.HybridPlan, "?"}).Draw(t, "plan"),
		checkFallback: rapid.Bool().Draw(t, "check fallback"),
		devices:       rapid.SliceOfN(rapid.Custom(drawIDs), 0, 4).Draw(t, "devices"),
	}
})

// usual is all operations, and those that wait for their device more than once. What comes first and
// last is drawn most.
var usual = slices.Concat([]euicc.Op{euicc.OpEnable}, euicc.Ops(), waiters, waiters, []euicc.Op{euicc.OpDownload})

var waiters = slices.DeleteFunc(euicc.Ops(), func(o euicc.Op) bool { return !o.SMSR() })

func drawDevice(t *rapid.T) step {
	one := func(label string) *bool {
		return rapid.SampledFrom([]*bool{nil, &yes, &yes, &no, &no}).Draw(t, label)
	}
	return step{kind: deviceStep, n: rapid.IntRange(1, 3).Draw(t, "card"), powered: one("powered"), connected: one("connected")}
}

func drawSteps(t *rapid.T) []step { return rapid.SliceOfN(drawStep, 15, 60).Draw(t, "steps") }

// drawIDs means a device in one of many ways, sometimes in a wrong one.
func drawIDs(t *rapid.T) euicc.IDs {
	n := rapid.SampledFrom([]int{1, 1, 1, 1, 2, 2, 2, 2, 3, 4}).Draw(t, "card") // there is no fourth
	switch rapid.IntRange(0, 19).Draw(t, "ids") {
	case 0:
		return byEID(n)
	case 1:
		return euicc.IDs{ICCID: lead(n)}
	case 2:
		return euicc.IDs{EID: eid(n), ICCID: lead(n)}
	case 3, 9, 10, 11, 12:
		return euicc.IDs{EID: eid(n), ICCID: second(2)}
	case 4:
		return euicc.IDs{ICCID: local(n), IMEI: card(n).IMEI}
	case 5:
		return byIMEI(n)
	case 6:
		return euicc.IDs{EID: eid(n), ICCID: local(1)}
	case 7:
		return euicc.IDs{EID: eid(n), Conflict: rapid.Bool().Draw(t, "conflict")}
	case 8:
		return euicc.IDs{EID: eid(n), ICCID: local(n), MDN: "2015550000"} // the first number that is assigned
	}
	return byLocal(n)
}

// withoutNumbers is the steps with no number in any identifier.
func withoutNumbers(steps []step) []step {
	steps = slices.Clone(steps)
	for i := range steps {
		steps[i].devices = slices.Clone(steps[i].devices)
		for j := range steps[i].devices {
			steps[i].devices[j].MDN = ""
		}
	}
	return steps
}

// accepted is a request with the devices that it named.
type accepted struct {
	sim.Request
	entries []euicc.IDs
}

// play does the steps, and lets everything come to its end.
func (w *world) play(steps []step) (all []accepted) {
	w.Helper()
	for _, s := range steps {
		switch s.kind {
		case callStep:
			r, err := w.Submit(sim.Request{
				Account: account, Op: s.op, Plan: s.plan, CheckFallback: s.checkFallback, Devices: sim.ListOf(s.devices...),
			})
			if err != nil {
				w.Fatalf("%s: %v", s, err)
			}
			w.Replied(r)
			all = append(all, accepted{r, s.devices})
		case timeStep:
			w.pass(s.by)
		case deviceStep:
			w.outside(s.n, s.powered, s.connected)
		case listenerStep:
			if w.Deregister(account, config.ProfileService) != nil {
				if err := w.Register(newConfig().Listeners[0]); err != nil {
					w.Fatalf("register: %v", err)
				}
			}
		}
	}
	if report := w.idle(); !report.Idle {
		w.Fatalf("report %+v", report)
	}
	return all
}

// moody is a listener that fails as often as it likes, but not depending on who else calls it.
func moody(salt int) func(posted) sim.Answer {
	answers := []sim.Answer{ok200, {Result: sim.Replied, Status: 204}, err500, {Result: sim.Timeout}, {Result: sim.Refused}}
	return func(a posted) sim.Answer {
		h := fnv.New32a()
		fmt.Fprint(h, salt, a.Card.EID, a.Request.ID, a.Outcome.Profile.ICCID, a.Outcome.Device, a.Outcome.Fault, a.Outcome.Warning, a.CallbackCount)
		return answers[h.Sum32()%uint32(len(answers))]
	}
}
