package sim_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"sync"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// budgeted is a sandbox of some devices that shares budgets with others.
func budgeted(t *testing.T, name string, budgets *sim.Budgets) *world {
	t.Helper()
	cfg := newConfig()
	cfg.Name = name
	w := &world{TB: t}
	s, err := sim.New(cfg, sim.Env{Send: w.send, Budgets: budgets})
	if err != nil {
		t.Fatal(err)
	}
	w.Sim = s
	return w
}

// used is what is in use of each budget.
type used struct{ Sandboxes, Devices, Pending, Holds, Waits, Calls, Snapshots, Streams int }

func expectUsed(t *testing.T, when string, budgets *sim.Budgets, want used) {
	t.Helper()
	var got used
	for i, b := range budgets.Use() {
		reflect.ValueOf(&got).Elem().Field(i).SetInt(int64(b.Used))
	}
	if got != want {
		t.Errorf("%s, in use is %+v, want %+v", when, got, want)
	}
}

func expectSpent(t *testing.T, err error, says string) {
	t.Helper()
	if e, ok := errors.AsType[*sim.Error](err); !ok || e.Kind != sim.Overloaded || e.Msg != says {
		t.Errorf("the error is %v\nwant %s", err, says)
	}
}

// What a sandbox has of the budgets is counted, and given back in each way that there is.
func TestBudgetsAreGivenBack(t *testing.T) {
	budgets := sim.NewBudgets()
	w := budgeted(t, "one", budgets)
	n := w.Info().Devices
	idle := used{Sandboxes: 1, Devices: n}
	expectUsed(t, "at the start", budgets, idle)

	r := w.request(euicc.OpDeviceSuspend, byEID(1), byEID(2))
	expectUsed(t, "with a request", budgets, used{1, n, 2, 0, 0, 0, 0, 0})
	w.idle()
	expectUsed(t, "when it is done", budgets, idle)
	w.steer(w.callbacks(r)[0].ID, sim.Duplicate)
	expectUsed(t, "with a duplicate", budgets, used{1, n, 1, 0, 0, 0, 0, 0})
	w.idle()
	expectUsed(t, "when that is delivered", budgets, idle)

	for range 3 {
		if _, err := w.HoldAll(sim.HoldFilter{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Lift(1); err != nil {
		t.Fatal(err)
	}
	expectUsed(t, "with two holds", budgets, used{1, n, 0, 2, 0, 0, 0, 0})
	w.ReleaseAll()
	expectUsed(t, "without", budgets, idle)

	added := config.Device{Card: euicc.Card{EID: eid(500)}}
	if _, err := w.AddDevices([]config.Device{added}); err != nil {
		t.Fatal(err)
	}
	if results, err := w.AddPreactive(account, []euicc.IDs{{IMEI: "350000000000018"}, {EID: eid(500)}}); err != nil || results[0] != nil || results[1] == nil {
		t.Fatal(results, err)
	}
	expectUsed(t, "with two devices more", budgets, used{1, n + 2, 0, 0, 0, 0, 0, 0})
	if err := w.RemoveDevice(eid(500)); err != nil {
		t.Fatal(err)
	}
	expectUsed(t, "with one device less", budgets, used{1, n + 1, 0, 0, 0, 0, 0, 0})
	for i := range 2 {
		if err := w.RemoveDevice(eid(i + 1)); err != nil {
			t.Fatal(err)
		}
	}
	expectUsed(t, "when devices are removed that a reset brings back", budgets, idle)

	w.request(euicc.OpDeviceResume, byEID(3))
	if _, err := w.HoldAll(sim.HoldFilter{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.AddDevices([]config.Device{added, {Card: euicc.Card{EID: eid(501)}}, {Card: euicc.Card{EID: eid(502)}}}); err != nil {
		t.Fatal(err)
	}
	expectUsed(t, "with some of each", budgets, used{1, n + 2, 1, 1, 0, 0, 0, 0})
	w.Reset(sim.ResetOptions{})
	expectUsed(t, "after a reset", budgets, idle)

	other := budgeted(t, "other", budgets)
	other.request(euicc.OpDeviceResume, byEID(3))
	expectUsed(t, "with another sandbox", budgets, used{2, 2 * n, 1, 0, 0, 0, 0, 0})
	w.Close()
	w.Close() // once is enough
	w.request(euicc.OpDeviceResume, byEID(3))
	expectUsed(t, "when the first is closed", budgets, used{1, n, 1, 0, 0, 0, 0, 0})
	other.Close()
	expectUsed(t, "in the end", budgets, used{})
}

// A request that is refused for one reason takes nothing of what another one would have taken.
func TestRefusalsTakeNothing(t *testing.T) {
	budgets := sim.NewBudgets()
	budgets.Limit(sim.BudgetPending, 1)
	cfg := newConfig()
	cfg.Limits.ActivatesPerMinute = 1
	s, err := sim.New(cfg, sim.Env{Send: func(string, sim.AttemptID) {}, Budgets: budgets})
	if err != nil {
		t.Fatal(err)
	}
	activate := func(devices ...euicc.IDs) error {
		_, err := s.Submit(sim.Request{Account: account, Op: euicc.OpActivate, Devices: sim.ListOf(devices...)})
		return err
	}
	expectKind(t, activate(byLocal(1), byLocal(2)), sim.Overloaded)
	if err := activate(byLocal(1)); err != nil {
		t.Fatal(err)
	}
	budgets.Limit(sim.BudgetPending, 2)
	expectKind(t, activate(byLocal(2)), sim.Throttled)
	expectUsed(t, "after that", budgets, used{1, s.Info().Devices, 1, 0, 0, 0, 0, 0})
}

// What is above a budget is refused whole, and changes nothing.
func TestBudgetsAreBounds(t *testing.T) {
	budgets := sim.NewBudgets()
	w := budgeted(t, "one", budgets)
	n := w.Info().Devices
	budgets.Limit(sim.BudgetDevices, n+1)
	budgets.Limit(sim.BudgetPending, 2)
	budgets.Limit(sim.BudgetHolds, 1)
	before := dump(w)

	_, err := w.AddDevices([]config.Device{{Card: euicc.Card{EID: eid(500)}}, {Card: euicc.Card{EID: eid(501)}}})
	const devices = "; remove devices or sandboxes that are done with, or start tsim with --budget devices= and more than that"
	expectSpent(t, err, "this needs 2 of the budget devices, and 3 of its 4 are in use in all sandboxes"+devices)
	_, err = w.AddPreactive(account, []euicc.IDs{{IMEI: "350000000000018"}, {IMEI: "350000000000026"}})
	expectSpent(t, err, "this needs 2 of the budget devices, and 3 of its 4 are in use in all sandboxes"+devices)

	cfg := newConfig()
	// Before any of them is made: their number alone would fill the memory.
	for range 1000 {
		cfg.Accounts[0].Fleets = append(cfg.Accounts[0].Fleets, config.Fleet{Count: config.MaxFleet})
	}
	_, err = sim.New(cfg, sim.Env{Budgets: budgets})
	expectSpent(t, err, "this needs 1000000003 of the budget devices, and 3 of its 4 are in use in all sandboxes"+devices)

	_, err = w.Submit(sim.Request{Account: account, Op: euicc.OpDeviceSuspend, Devices: sim.ListOf(byEID(1), byEID(2), byEID(3))})
	const pending = "; let time pass until requests are done, or reset sandboxes, or start tsim with --budget pending= and more than that"
	expectSpent(t, err, "this needs 3 of the budget pending, and 0 of its 2 are in use in all sandboxes"+pending)
	if after := dump(w); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
	r := w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	w.request(euicc.OpDeviceSuspend, byEID(2), byEID(3))
	_, err = w.Steer(w.callbacks(r)[0].ID, sim.Duplicate)
	expectSpent(t, err, "this needs 1 of the budget pending, and 2 of its 2 are in use in all sandboxes"+pending)
	_, err = w.Submit(sim.Request{Account: account, Query: &sim.Query{Lines: &sim.LineFilter{}}})
	expectSpent(t, err, "this needs 1 of the budget pending, and 2 of its 2 are in use in all sandboxes"+pending)

	if _, err := w.HoldAll(sim.HoldFilter{}); err != nil {
		t.Fatal(err)
	}
	_, err = w.HoldAll(sim.HoldFilter{})
	expectSpent(t, err, "this needs 1 of the budget holds, and 1 of its 1 are in use in all sandboxes; lift holds that are done with, or start tsim with --budget holds= and more than that")
	expectUsed(t, "in the end", budgets, used{1, n, 2, 1, 0, 0, 0, 0})
}

// sleeper is the context of somebody who waits, and tells when that one goes to sleep.
type sleeper struct {
	context.Context
	asleep chan<- struct{}
}

func (s sleeper) Done() <-chan struct{} {
	s.asleep <- struct{}{}
	return s.Context.Done()
}

// Those who wait and give up are counted no more at once, nor are those whose sandbox ends or is reset.
// One that need not wait is never refused.
func TestWaitsAreCounted(t *testing.T) {
	budgets := sim.NewBudgets()
	w := budgeted(t, "one", budgets)
	devices := w.Info().Devices
	w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: config.Mailbox})
	const many = 500
	budgets.Limit(sim.BudgetWaits, many)
	nothing := sim.Condition{Event: &sim.EventFilter{After: math.MaxUint64}}
	wait := func(ctx context.Context) (ended func()) {
		var all sync.WaitGroup
		asleep := make(chan struct{}, many)
		ctx = sleeper{ctx, asleep}
		for i := range many {
			all.Go(func() {
				var err error
				if i%2 == 0 {
					_, err = w.Await(ctx, nothing)
				} else {
					_, err = w.Take(ctx, account, config.ProfileService)
				}
				if e, ok := errors.AsType[*sim.Error](err); ok && e.Kind == sim.Overloaded {
					t.Errorf("wait %d: %v", i, err)
					asleep <- struct{}{}
				}
			})
		}
		for range many {
			<-asleep
		}
		return all.Wait
	}
	const spent = "this needs 1 of the budget waits, and 500 of its 500 are in use in all sandboxes; wait for less at one time, or start tsim with --budget waits= and more than that"
	for name, end := range map[string]func(cancel func()){
		"given up": func(cancel func()) { cancel() },
		"reset":    func(func()) { w.Reset(sim.ResetOptions{Listeners: true}) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		ended := wait(ctx)
		_, err := w.Await(t.Context(), nothing)
		expectSpent(t, err, spent)
		if _, err := w.Await(t.Context(), sim.Condition{Idle: true}); err != nil {
			t.Errorf("%s: what is so already: %v", name, err)
		}
		if _, err := w.Take(ctx, account, "nothing"); err == nil || err.Error() == spent {
			t.Errorf("%s: what is not there: %v", name, err)
		}
		end(cancel)
		ended()
		expectUsed(t, name, budgets, used{1, devices, 0, 0, 0, 0, 0, 0})
		cancel()
	}
	ended := wait(t.Context())
	w.Close()
	expectUsed(t, "closed", budgets, used{})
	ended()
	expectUsed(t, "closed, and all have gone", budgets, used{})
}
