package sim_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// lane is a sandbox with everybody around it: clients, a listener that takes its time, the driver of time.
type lane struct {
	*sim.Sim
	wall    time.Duration
	flights []sim.AttemptID // that are not answered
	instant bool            // every attempt is answered at once
	waiting []sim.Request   // for their replies
	tokens  []string
}

func (l *lane) env() sim.Env {
	return sim.Env{Wall: func() time.Duration { return l.wall }, Send: func(_ string, id sim.AttemptID) {
		if l.instant {
			l.Answered(id, answers[int(id.Callback)%len(answers)])
			return
		}
		l.flights = append(l.flights, id)
	}}
}

var answers = []sim.Answer{ok200, err500, {Result: sim.Timeout, Took: time.Second, Err: "timeout"}, {Result: sim.Replied, Status: 204}, {Result: sim.Refused}}

// instantly lets do happen while the listener answers at once.
func (l *lane) instantly(do func()) {
	if len(l.flights) == 0 {
		l.instant = true
		do()
		l.instant = false
	}
}

// act is one thing that happens to a sandbox from outside.
type act struct {
	kind, n, m int
	op         euicc.Op
	rule       rule.Rule
	yes        bool
	by         time.Duration
}

var drawAct = rapid.Custom(func(t *rapid.T) act {
	return act{
		kind: rapid.IntRange(0, len(acts)-1).Draw(t, "kind"), n: rapid.IntRange(0, 30).Draw(t, "n"), m: rapid.IntRange(0, 5).Draw(t, "m"),
		op: rapid.SampledFrom(usual).Draw(t, "op"), rule: drawRule(t), yes: rapid.Bool().Draw(t, "yes"),
		by: time.Duration(rapid.IntRange(0, 5).Draw(t, "times")) * rapid.SampledFrom([]time.Duration{time.Second, minute, 5 * minute}).Draw(t, "unit"),
	}
})

// acts are all kinds, those that matter most several times. Each says what its caller was told.
var acts = []func(*lane, act) any{
	submits, submits, submits, submits, submits, drives, drives, drives, drives, replies, answersOne, answersOne, answersOne, advances, switches, switches,
	func(l *lane, a act) any {
		r, err := l.Submit(sim.Request{Account: account, Query: &sim.Query{Lines: &sim.LineFilter{}}})
		l.Replied(r)
		return []any{r, err}
	},
	func(l *lane, a act) any {
		d, err := l.AddDevices([]config.Device{{Card: euicc.Card{EID: eid(100 + a.n), Powered: true, Connected: a.yes}}})
		return []any{d, err}
	},
	func(l *lane, a act) any {
		return fmt.Sprint(l.AddPreactive(account, []euicc.IDs{{IMEI: fmt.Sprintf("99%013d", a.n), ICCID: fmt.Sprintf("8914801%013d", a.n)}}))
	},
	func(l *lane, a act) any { return l.RemoveDevice(l.device(a.n).EID) },
	func(l *lane, a act) any {
		d, err := l.ChangeDevice(l.device(a.n).EID, "", func(c *euicc.Card) error {
			c.IMEI = fmt.Sprintf("98%013d", a.m)
			return nil
		})
		return []any{d, err}
	},
	func(l *lane, a act) any {
		listener := config.Listener{Account: account, Service: config.ProfileService, URL: hook, Username: fmt.Sprint(a.m)}
		if a.n%3 == 0 {
			listener.URL = config.Mailbox
		}
		if a.n%7 == 0 {
			return l.Deregister(account, config.ProfileService)
		}
		return l.Register(listener)
	},
	func(l *lane, a act) any {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		c, err := l.Take(ctx, account, config.ProfileService)
		return []any{c.ID, err}
	},
	func(l *lane, a act) any {
		for _, c := range l.Callbacks(sim.CallbackFilter{}, 0, 1000) {
			if c.State == sim.InMailbox {
				_, err := l.AnswerMail(account, config.ProfileService, c.ID, 200+100*a.m)
				return err
			}
		}
		return nil
	},
	func(l *lane, a act) any {
		h, err := l.HoldAll(sim.HoldFilter{EID: map[bool]string{true: l.device(a.n).EID}[a.yes]})
		return []any{h, err}
	},
	func(l *lane, a act) any { return fmt.Sprint(l.Lift(uint64(a.m))) },
	func(l *lane, a act) any {
		all := l.Callbacks(sim.CallbackFilter{}, 0, 1000)
		if len(all) == 0 {
			return nil
		}
		c, err := l.Steer(all[a.n%len(all)].ID, sim.Steering(a.m%5))
		return []any{c.ID, err}
	},
	func(l *lane, a act) any {
		isNew, err := l.PutRule(a.rule)
		return []any{isNew, err}
	},
	func(l *lane, a act) any { return l.RemoveRule(a.rule.Name) },
	func(l *lane, a act) any {
		b, left, err := l.Issue(appKey, secret)
		l.tokens = append(l.tokens, b.Token)
		return []any{b, left, err}
	},
	func(l *lane, a act) any {
		session, err := l.Login(username, map[bool]string{true: password, false: "wrong"}[a.n > 5])
		if err == nil {
			l.tokens = append(l.tokens, session)
		}
		return []any{session, err}
	},
	func(l *lane, a act) any { return l.Authenticate(l.token(a.n), l.token(a.m)) },
	func(l *lane, a act) any {
		if a.yes {
			return l.Revoke(appKey, secret, l.token(a.n))
		}
		return l.Logout(l.token(a.n))
	},
	func(l *lane, a act) any {
		if a.n == 3 {
			return fmt.Sprint(l.NewPassword(l.token(a.m), password))
		}
		l.RecordCall(sim.Call{Path: "/path", Reply: sim.CallBody{Text: []byte("body")}, Wall: sim.WallTiming{Took: a.by}})
		return nil
	},
	func(l *lane, a act) any {
		c, err := l.SetClock(config.Mode(a.n%3), 1+float64(a.m))
		return []any{c, err}
	},
	func(l *lane, a act) any {
		if a.n == 0 {
			l.Reset(sim.ResetOptions{Tokens: a.yes, Listeners: a.m > 0})
			l.flights, l.waiting = nil, nil
		}
		return nil
	},
}

func (l *lane) token(n int) string {
	if len(l.tokens) == 0 {
		return ""
	}
	return l.tokens[max(0, len(l.tokens)-1-n)]
}

// device is one of those that there are.
func (l *lane) device(n int) config.Device {
	all := l.Devices("", 50)
	if len(all) == 0 {
		return config.Device{}
	}
	return all[n%len(all)]
}

func submits(l *lane, a act) any {
	var ids []euicc.IDs
	for i := range 1 + a.m {
		d := l.device(a.n + i)
		id := euicc.IDs{EID: d.EID}
		if n := len(d.Profiles); n > 0 {
			id.ICCID = d.Profiles[(a.n+i)%n].ICCID
		}
		ids = append(ids, id)
	}
	devices := sim.ListOf(ids...)
	hit := l.AskReply(sim.CallFacts{Operation: a.op.String(), Method: "POST", Path: "/path", Account: account, Devices: devices})
	r := sim.Request{Account: account, Op: a.op, Devices: devices, Session: l.token(0)}
	if hit.Reply != nil {
		r.Rule, r.RuleDid, r.RuleEvent, r.Late, r.Lost = hit.Name, hit.Did, hit.Event, hit.Reply.After > 0, hit.Reply.Accept
	}
	r, err := l.Submit(r)
	if err == nil {
		l.instantly(func() { l.Early(context.Background(), r) })
		l.waiting = append(l.waiting, r)
		if a.yes {
			replies(l, a)
		}
	}
	return []any{r.ID, r.By, hit.Name, err}
}

func replies(l *lane, a act) any {
	if len(l.waiting) > 0 {
		l.Replied(l.waiting[0])
		l.waiting = l.waiting[1:]
	}
	return nil
}

func drives(l *lane, a act) any {
	l.wall += a.by
	for range 100 {
		if l.Drive() > 0 {
			break
		}
	}
	return l.Clock()
}

func answersOne(l *lane, a act) any {
	if n := len(l.flights); n > 0 {
		i := a.n % n
		id := l.flights[i]
		l.flights = slices.Delete(l.flights, i, i+1)
		l.Answered(id, answers[a.m%len(answers)])
		return id
	}
	return nil
}

// advances lets time pass, as long as nobody else holds it up.
func advances(l *lane, a act) any {
	for len(l.waiting) > 0 {
		replies(l, a)
	}
	var report sim.Advanced
	var err error
	l.instantly(func() { report, err = l.Advance(context.Background(), sim.Goal{By: a.by}) })
	return []any{report, err}
}

func switches(l *lane, a act) any {
	d, err := l.SetDevice(l.device(a.n).EID, &a.yes, nil)
	return []any{d, err}
}

func drawWorld(t *rapid.T) config.Config {
	cfg := drawZoo(t)
	cfg.Clock = rapid.SampledFrom([]config.Mode{config.Real, config.Real, config.Manual, config.Auto}).Draw(t, "clock")
	cfg.Tokens.Wall, cfg.Tokens.Session = rapid.Bool().Draw(t, "wall"), 10*minute
	cfg.Rules = drawRules(t, 3)
	if rapid.Bool().Draw(t, "limits") {
		cfg.Limits = config.Limits{ProvisioningPerLineAndDay: 3, ActivatesPerMinute: 2, PlanChangesPerMonth: 2, CallsPerSecond: 2}
	}
	if n := rapid.SampledFrom([]int{0, 0, 3, 40, 1000}).Draw(t, "fleet"); n > 0 {
		cfg.Accounts[0].Fleets = []config.Fleet{{Count: n, Card: euicc.Card{Powered: true, Connected: true, Profiles: []euicc.Profile{
			{Network: euicc.US, Role: euicc.Lead, Service: euicc.Active, Status: euicc.StatusEnable}, {Network: euicc.Global, Role: euicc.Local},
		}}}}
	}
	return cfg
}

// TestImportedIsToldTheSame: from any moment on, attempts in flight included, an imported sandbox tells everybody what the original
// tells, and ends as that does.
func TestImportedIsToldTheSame(t *testing.T) {
	often(t, 2, func(t *rapid.T) {
		cfg, script := drawWorld(t), rapid.SliceOfN(drawAct, 20, 80).Draw(t, "acts")
		cut := rapid.IntRange(0, len(script)).Draw(t, "cut")
		a := &lane{}
		s, err := sim.New(cfg, a.env())
		if err != nil {
			t.Fatal(err)
		}
		a.Sim = s
		for _, act := range script[:cut] {
			acts[act.kind](a, act)
		}
		st, _ := a.Export()
		b := &lane{wall: 1000 * time.Hour, flights: slices.Clone(a.flights), waiting: slices.Clone(a.waiting), tokens: slices.Clone(a.tokens)}
		if b.Sim, err = sim.Import(throughJSON(t, st), b.env()); err != nil {
			t.Fatal(err)
		}
		same := func() {
			t.Helper()
			expectSameState(t, a.Sim, b.Sim)
			if one, other := a.Derived(), b.Derived(); one != other {
				t.Fatalf("what follows is\n%s\nand\n%s", one, other)
			}
		}
		same()
		for i, act := range script[cut:] {
			if one, other := fmt.Sprint(acts[act.kind](a, act)), fmt.Sprint(acts[act.kind](b, act)); one != other {
				t.Fatalf("act %d, %+v: the original tells\n%s\nthe imported\n%s", cut+i, act, one, other)
			}
		}
		same()
		if one, _ := a.Export(); one.Digest() != digestOf(b.Sim) {
			t.Fatal("the digests differ")
		}
	})
}

func digestOf(s *sim.Sim) string {
	st, _ := s.Export()
	return st.Digest()
}
