package sim_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

func (w *world) lines(f sim.LineFilter, after, limit int) ([]sim.Line, bool) {
	w.Helper()
	page, more, err := w.Lines(&f, after, limit)
	if err != nil {
		w.Fatal(err)
	}
	return page, more
}

func TestLinesAreFiltered(t *testing.T) {
	w := start(t, newConfig())
	w.request(euicc.OpDeviceSuspend, byEID(2))
	w.idle()
	suspended, status := euicc.StateSuspended, euicc.StatusNotDownloaded
	for name, c := range map[string]struct {
		filter sim.LineFilter
		want   int
	}{
		"all":              {sim.LineFilter{}, 6},
		"an EID":           {sim.LineFilter{Devices: []euicc.IDs{byEID(3)}}, 2},
		"two ICCIDs":       {sim.LineFilter{Devices: []euicc.IDs{{ICCID: lead(1)}, {ICCID: local(3)}}}, 2},
		"a number":         {sim.LineFilter{Devices: []euicc.IDs{{MDN: "3036660002"}}}, 1},
		"what cannot be":   {sim.LineFilter{Devices: []euicc.IDs{{EID: eid(1), ICCID: lead(2)}}}, 0},
		"a state":          {sim.LineFilter{State: &suspended}, 1},
		"a status":         {sim.LineFilter{Status: &status}, 3},
		"a plan":           {sim.LineFilter{Plan: usPlan}, 3},
		"an msisdn's end":  {sim.LineFilter{Parts: []sim.PartFilter{{Kind: euicc.KindMSISDN, Begins: "1303", Ends: "03"}}}, 1},
		"added later":      {sim.LineFilter{From: w.Info().Start + 1}, 0},
		"added earlier":    {sim.LineFilter{To: w.Info().Start - 1}, 0},
		"nothing":          {sim.LineFilter{Nothing: true}, 0},
		"of an account":    {sim.LineFilter{Account: account}, 6},
		"of a device, too": {sim.LineFilter{State: &suspended, Devices: []euicc.IDs{byEID(1)}}, 0},
	} {
		if got, more := w.lines(c.filter, 0, 100); len(got) != c.want || more {
			t.Errorf("%s: %d lines, want %d; more %v", name, len(got), c.want, more)
		}
	}
	_, _, err := w.Lines(&sim.LineFilter{Account: "b"}, 0, 1)
	expectKind(t, err, sim.AccountUnknown)
}

// Added devices come after those of the start, whatever their EIDs, and page by page nothing is lost.
func TestAddedDevices(t *testing.T) {
	w := start(t, newConfig())
	w.pass(time.Hour)
	results, err := w.AddPreactive(account, []euicc.IDs{
		{EID: eid(0), IMEI: "1", ICCID: "2"}, {EID: eid(0), IMEI: "3"}, {EID: eid(5), IMEI: "1"}, {EID: eid(5), IMEI: "3", ICCID: "2"}, {EID: eid(9), IMEI: "4"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, false, false, true} {
		if (results[i] == nil) != want {
			t.Errorf("device %d: %v", i, results[i])
		}
	}
	var eids []string
	for after, more := 0, true; more; {
		var page []sim.Line
		page, more = w.lines(sim.LineFilter{}, after, 3)
		for _, l := range page {
			if l.DeviceID <= after {
				t.Errorf("number %d after %d", l.DeviceID, after)
			}
			after = l.DeviceID
			eids = append(eids, l.EID)
		}
	}
	if len(eids) != 8 || eids[6] != eid(0) || eids[7] != eid(9) {
		t.Errorf("lines of %v", eids)
	}
	if got, _ := w.lines(sim.LineFilter{From: w.Clock().Now}, 0, 9); len(got) != 2 {
		t.Errorf("%d lines were added just now", len(got))
	}
	r := w.request(euicc.OpActivate, euicc.IDs{ICCID: "2"})
	w.idle()
	if w.status(r).Progress != sim.Succeeded {
		t.Errorf("an added profile cannot be activated: %v", w.told(r))
	}
	if len(w.Devices("", 10)) != 5 || w.Devices("", 1)[0].EID != eid(0) {
		t.Error("the devices are not in order any more")
	}
	_, err = w.AddPreactive(account, make([]euicc.IDs, sim.MaxAdded+1))
	expectKind(t, err, sim.TooManyAdded)
	_, err = w.AddPreactive("b", nil)
	expectKind(t, err, sim.AccountUnknown)
	w.Reset(sim.ResetOptions{})
	if got, _ := w.lines(sim.LineFilter{}, 0, 9); len(got) != 6 {
		t.Errorf("%d lines after a reset", len(got))
	}
}

// TestHistoryOfAForeignProfile: a profile that a device does not have is no part of its history.
func TestHistoryOfAForeignProfile(t *testing.T) {
	w := start(t, newConfig())
	w.requestIdle(euicc.OpDownload, euicc.IDs{EID: eid(1), ICCID: local(2)})
	w.requestIdle(euicc.OpEnable, euicc.IDs{EID: eid(1), ICCID: "89990000000000000000"})
	for n := 1; n <= 2; n++ {
		if got := w.history(sim.HistoryFilter{Devices: []euicc.IDs{byEID(n)}}); len(got) != 0 {
			t.Errorf("device %d: %+v", n, got)
		}
	}
	w.requestIdle(euicc.OpEnable, byLocal(1)) // refused, but of its own
	if got := w.history(sim.HistoryFilter{Devices: []euicc.IDs{byEID(1)}}); len(got) != 1 || !got[0].Failed || got[0].ICCID != local(1) {
		t.Errorf("of its own: %+v", got)
	}
}

// TestTooManyFilters: a query names no more devices than a request.
func TestTooManyFilters(t *testing.T) {
	w := start(t, newConfig())
	for _, extra := range []int{0, 1} {
		devices := make([]euicc.IDs, sim.MaxDevices+extra)
		for i := range devices {
			devices[i] = byEID(i + 1)
		}
		for _, q := range []*sim.Query{{Lines: &sim.LineFilter{Devices: devices}}, {History: &sim.HistoryFilter{Devices: devices}}} {
			r, err := w.Submit(sim.Request{Account: account, Query: q})
			if extra > 0 {
				expectKind(t, err, sim.TooManyDevices)
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			w.Replied(r)
			w.idle()
		}
	}
	if got := w.Callbacks(sim.CallbackFilter{}, 0, 10); len(got) != 2 || len(got[0].Findings.Lines) != 6 {
		t.Fatalf("%d callbacks, the first with %d lines", len(got), len(got[0].Findings.Lines))
	}
}

// A device that is added without an EID gets one: a generated one, which no other has.
func TestAddedWithoutEID(t *testing.T) {
	add := func(w *world, n int) (eids []string) {
		t.Helper()
		devices := make([]euicc.IDs, n)
		for i := range devices {
			devices[i] = euicc.IDs{IMEI: fmt.Sprint("imei", i), ICCID: fmt.Sprint("iccid", i)}
		}
		results, err := w.AddPreactive("", devices)
		if err != nil || errors.Join(results...) != nil {
			t.Fatal(err, results)
		}
		for i := range devices {
			page, _ := w.lines(sim.LineFilter{Devices: []euicc.IDs{{ICCID: devices[i].ICCID}}}, 0, 9)
			if len(page) != 1 || page[0].IMEI != devices[i].IMEI || !euicc.ValidEID(page[0].EID) {
				t.Fatalf("device %d: %+v", i, page)
			}
			if slices.Contains(eids, page[0].EID) {
				t.Fatalf("device %d has the EID %s, as another one", i, page[0].EID)
			}
			eids = append(eids, page[0].EID)
			if d, err := w.Device(page[0].EID); err != nil || d.Profiles[0].ICCID != devices[i].ICCID || d.Account != account {
				t.Fatalf("device %d is %+v: %v", i, d, err)
			}
		}
		return eids
	}
	cfg := newConfig()
	cfg.Accounts[0].Fleets = []config.Fleet{{Count: 3, Card: euicc.Card{}}}
	generated := add(start(t, cfg), 4)
	cfg.Accounts[0].Cards = append(cfg.Accounts[0].Cards, euicc.Card{EID: generated[1]}, euicc.Card{EID: generated[2]})
	for _, eid := range add(start(t, cfg), 4) {
		if eid == generated[1] || eid == generated[2] {
			t.Errorf("the EID %s is of a named device", eid)
		}
	}

	cfg = newConfig()
	cfg.Accounts = append(cfg.Accounts, config.Account{Name: "b"})
	w := start(t, cfg)
	_, err := w.AddPreactive("", []euicc.IDs{{IMEI: "1", ICCID: "2"}})
	expectKind(t, err, sim.AccountAmbiguous)
	if _, err := w.AddPreactive("b", []euicc.IDs{{IMEI: "1", ICCID: "2"}}); err != nil {
		t.Error(err)
	}
	if page, _ := w.lines(sim.LineFilter{Account: "b"}, 0, 9); len(page) != 1 {
		t.Errorf("account b has the lines %+v", page)
	}
}

func (w *world) history(f sim.HistoryFilter) []sim.Record {
	w.Helper()
	page, _, err := w.History(&f, 100)
	if err != nil {
		w.Fatal(err)
	}
	return page
}

func TestHistoryIsWhatHappened(t *testing.T) {
	w := start(t, newConfig())
	session, err := w.Login(username, password)
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Submit(sim.Request{Account: account, Op: euicc.OpDeviceSuspend, Devices: sim.ListOf(byEID(1)), Session: session})
	if err != nil {
		t.Fatal(err)
	}
	w.Replied(r)
	w.pass(time.Minute)
	w.request(euicc.OpDeviceSuspend, byEID(1), byEID(77))
	w.pass(time.Minute)
	got := w.history(sim.HistoryFilter{Devices: []euicc.IDs{{ICCID: lead(1)}}})
	if len(got) != 2 || got[0].By != username || got[0].Failed || got[1].By != "" || !got[1].Failed || got[1].At.Sub(got[0].At) != time.Minute {
		t.Errorf("%+v", got)
	}
	if got := w.history(sim.HistoryFilter{From: got[1].At}); len(got) != 1 {
		t.Errorf("%d records of the second minute", len(got))
	}
	if got := w.history(sim.HistoryFilter{Devices: []euicc.IDs{byEID(2)}}); len(got) != 0 {
		t.Errorf("records of a device that nothing happened to: %+v", got)
	}
	_, _, err = w.History(&sim.HistoryFilter{Devices: []euicc.IDs{byEID(77)}}, 1)
	expectKind(t, err, sim.DeviceUnknown)
}

// A query is answered with how things are when its callback is decided, and stays like that.
func TestQueryTellsOfItsInstant(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpServicePlan, time.Minute)
	w := start(t, cfg)
	w.answer = func(a posted) sim.Answer {
		if a.CallbackCount == 1 {
			return err500
		}
		return ok200
	}
	r, err := w.Submit(sim.Request{Account: account, Query: &sim.Query{Lines: &sim.LineFilter{Devices: []euicc.IDs{{ICCID: lead(1)}}}}})
	if err != nil {
		t.Fatal(err)
	}
	w.Replied(r)
	if w.status(r).Progress != sim.Undecided {
		t.Fatal("the query is done at once")
	}
	w.request(euicc.OpDeviceSuspend, byEID(1))
	w.pass(time.Minute)
	w.request(euicc.OpDeviceResume, byEID(1))
	w.idle()
	states := map[int]euicc.State{}
	for _, a := range w.take() {
		if a.Findings != nil {
			states[a.CallbackCount] = a.Findings.Lines[0].Profile.State()
		}
	}
	if len(states) != 2 || states[1] != euicc.StateSuspended || states[2] != euicc.StateSuspended {
		t.Errorf("the attempts told of %v", states)
	}
	if w.status(r).Progress != sim.Succeeded {
		t.Error("the query is not done")
	}
	_, err = w.Submit(sim.Request{Account: "b", Query: &sim.Query{Lines: &sim.LineFilter{}}})
	expectKind(t, err, sim.AccountUnknown)
}

func TestQueryWaitsForItsReply(t *testing.T) {
	w, clock := realWorld(t, 1)
	r, err := w.Submit(sim.Request{Account: account, Query: &sim.Query{Lines: &sim.LineFilter{}}})
	if err != nil {
		t.Fatal(err)
	}
	clock.pass(100 * minute)
	drive(w)
	if n := len(w.take()); n != 0 {
		t.Fatalf("%d callbacks before the reply", n)
	}
	w.Replied(r)
	drive(w)
	if n := len(w.take()); n != 1 {
		t.Fatalf("%d callbacks after it", n)
	}
}
