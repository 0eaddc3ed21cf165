package sim_test

import (
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

func TestRequestGivesCallbacks(t *testing.T) {
	w := start(t, newConfig())
	r := w.request(euicc.OpDeviceSuspend, byEID(1), byEID(2))
	if len(w.told(r)) > 0 {
		t.Fatal("manual time ran what was due now")
	}
	report := w.advance(sim.Goal{})
	w.expectTold(r, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered", "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered")
	if report.Ran < 6 || report.Delivered != 4 || report.Failed != 0 || report.Pending != 0 || !report.Idle || report.Now != report.From {
		t.Fatalf("report %+v", report)
	}
	for i, c := range w.callbacks(r) {
		if c.Request.ID != r.ID || c.Card.EID != eid(1+i/2) || c.Card.IMEI == "" || c.SentTo.URL != hook || len(c.Attempts) != 1 || c.Attempts[0].Answer != ok200 {
			t.Fatalf("callback %+v", c)
		}
		if c.Listener.Username != "hook user" || c.Listener.Password != "hook password" {
			t.Fatalf("callback with %q, %q", c.Listener.Username, c.Listener.Password)
		}
	}
	if info := w.Info(); info.Requests != 0 || info.Callbacks != 0 || info.Devices != 3 {
		t.Fatalf("info %+v", info)
	}
}

// TestReplyGoesFirst: nothing of a request runs before its reply is written, in any mode.
func TestReplyGoesFirst(t *testing.T) {
	for _, mode := range []config.Mode{config.Real, config.Auto} {
		cfg := newConfig()
		cfg.Clock = mode
		w := start(t, cfg)
		r := w.submit(euicc.OpDeviceSuspend, "", byEID(1))
		for range 3 {
			if wait := w.Drive(); wait != config.Forever {
				t.Fatalf("%s: the driver is to wait %s for a reply", mode, wait)
			}
		}
		if len(w.events()) != 1 || len(w.take()) > 0 {
			t.Fatalf("%s: ran before the reply:\n%s", mode, dump(w))
		}
		w.Replied(r)
		w.Replied(r) // once is enough, twice does no harm
		drive(w)
		w.expectTold(r, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered")
	}
}

// TestAdvanceWaitsForReply of a request that came in while time was at rest.
func TestAdvanceWaitsForReply(t *testing.T) {
	w := start(t, newConfig())
	r := w.submit(euicc.OpDeviceSuspend, "", byEID(1))
	ended := make(chan sim.Advanced)
	go func() { ended <- w.advance(sim.Goal{By: minute}) }()
	w.Replied(r)
	if report := <-ended; report.Delivered != 2 {
		t.Fatalf("report %+v", report)
	}
	for _, c := range w.callbacks(r) {
		if at := attempts(w, c); !slices.Equal(at, []time.Duration{0}) {
			t.Fatalf("sent at %s", at)
		}
	}
}

// TestAdvancePassesReplies that hold up nothing that is due: with many clients there is always one that is
// being answered. It stops where one does.
func TestAdvancePassesReplies(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, 10*minute)
	w := start(t, cfg)
	other := w.request(euicc.OpProfileSuspend, byLocal(2))
	r := w.submit(euicc.OpDownload, "", byLocal(1))
	w.advance(sim.Goal{By: 10*minute - 1})
	w.expectTold(other, "LOCAL not active, delivered")
	ended := make(chan sim.Advanced)
	go func() { ended <- w.advance(sim.Goal{By: minute}) }()
	if told := w.told(r); len(told) > 0 {
		t.Fatalf("told %q before the reply", told)
	}
	w.Replied(r)
	<-ended
	w.expectTold(r, done)
}

func TestSubmitRefuses(t *testing.T) {
	w := start(t, newConfig())
	_, err := w.Submit(sim.Request{Account: "0000000000-00001"})
	expectKind(t, err, sim.AccountUnknown)
	_, err = w.Submit(sim.Request{})
	expectKind(t, err, sim.AccountMissing)
	_, err = w.Submit(sim.Request{Account: account, Devices: sim.ListOf(make([]euicc.IDs, sim.MaxDevices+1)...)})
	expectKind(t, err, sim.TooManyDevices)
	if len(w.events()) > 0 {
		t.Fatalf("a refused request left traces:\n%s", dump(w))
	}
	w.request(euicc.OpActivate, make([]euicc.IDs, sim.MaxDevices)...)
	if report := w.idle(); report.Delivered != sim.MaxDevices {
		t.Fatalf("report %+v", report)
	}
}

// TestEmptyRequest is finished when it begins.
func TestEmptyRequest(t *testing.T) {
	w := start(t, newConfig())
	w.request(euicc.OpActivate)
	if info := w.Info(); info.Requests != 0 || !w.idle().Idle {
		t.Fatalf("info %+v", info)
	}
}

// TestOneDeviceIsNobodyElsesBusiness: an entry that fails leaves the others alone.
func TestOneDeviceIsNobodyElsesBusiness(t *testing.T) {
	cfg := newConfig()
	cfg.Accounts = append(cfg.Accounts, config.Account{Name: "0000123456-00002", Cards: []euicc.Card{card(9)}})
	w := start(t, cfg)
	r := w.request(euicc.OpDownload,
		euicc.IDs{EID: eid(8), ICCID: local(8)},                 // unknown
		byLocal(9),                                              // of another account
		euicc.IDs{EID: eid(1), ICCID: local(2)},                 // of another card
		euicc.IDs{EID: eid(1), ICCID: local(1), IMEI: "1"},      // another device
		euicc.IDs{EID: eid(1), ICCID: local(1), Conflict: true}, // twice
		euicc.IDs{}, // nothing known
		byLocal(3),
	)
	w.idle()
	const unknown, other, mismatch = "LEAD device not found, delivered", "LEAD of another account, delivered", "LEAD identifiers do not match, delivered"
	w.expectTold(r, unknown, other, mismatch, mismatch, mismatch, unknown, "LOCAL ACTIVE, delivered")
	first := w.callbacks(r)[0]
	if first.Card.EID != eid(8) || first.Outcome.Profile.ICCID != local(8) {
		t.Fatalf("the fault tells of %+v, not of what was asked", first.Facts)
	}
	if d, err := w.Device(eid(2)); err != nil || d.Profile(local(2)).Status != euicc.StatusNotDownloaded {
		t.Fatalf("%+v, %v", d, err)
	}
	w.expectTold(w.requestIdle(euicc.OpDeviceSuspend, byEID(8)), "device device not found, delivered")
}

func (w *world) requestIdle(op euicc.Op, devices ...euicc.IDs) sim.Request {
	w.Helper()
	r := w.request(op, devices...)
	w.idle()
	return r
}

// TestDeviceTwiceInOneRequest: the second entry meets the first one's result.
func TestDeviceTwiceInOneRequest(t *testing.T) {
	w := start(t, newConfig())
	r := w.requestIdle(euicc.OpDeviceSuspend, byEID(1), byEID(1))
	w.expectTold(r, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered",
		"LEAD already suspended, delivered", "device already suspended, delivered")
	checkHistory(t, w)
}

// TestBusy: the SM-SR does one thing per card at a time, and refuses a second that comes meanwhile.
func TestBusy(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, 3*minute)
	fixed(&cfg, euicc.OpEnable, minute)
	w := start(t, cfg)
	download := w.request(euicc.OpDownload, byLocal(1))
	w.advance(sim.Goal{By: 2 * minute})
	enable := w.request(euicc.OpEnable, byLocal(1)) // would have something to enable when its turn comes
	other := w.request(euicc.OpDownload, byLocal(2))
	suspend := w.request(euicc.OpDeviceSuspend, byEID(1)) // no business of the SM-SR
	w.idle()
	w.expectTold(download, "LOCAL ACTIVE, delivered")
	w.expectTold(enable, "LOCAL update in progress, delivered")
	w.expectTold(other, "LOCAL ACTIVE, delivered")
	w.expectTold(suspend, "LEAD SUSPENDED, delivered", "LOCAL SUSPENDED, delivered", "device SUSPENDED, delivered")
	w.requestIdle(euicc.OpDeviceResume, byEID(1))
	w.expectTold(w.requestIdle(euicc.OpEnable, byLocal(1)), "LOCAL ACTIVE, delivered")
	twice := w.requestIdle(euicc.OpEnable, euicc.IDs{EID: eid(1), ICCID: lead(1)}, byLocal(1))
	w.expectTold(twice, "LEAD ACTIVE, delivered", "LOCAL update in progress, delivered")
	wrong := w.requestIdle(euicc.OpEnable, euicc.IDs{EID: eid(1), ICCID: local(2)}, byLocal(1))
	w.expectTold(wrong, "LEAD identifiers do not match, delivered", "LOCAL ACTIVE, delivered")
}

// TestOneCardAtATime: what was accepted later is done later, however quick it is.
func TestOneCardAtATime(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, 10*minute)
	w := start(t, cfg)
	slow := w.request(euicc.OpDownload, byLocal(1))
	quick := w.request(euicc.OpDeviceSuspend, byEID(1), byEID(2))
	w.advance(sim.Goal{By: 9 * minute})
	if len(w.told(slow)) > 0 {
		t.Fatalf("told %q too early", w.told(slow))
	}
	w.expectTold(quick, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered") // of card 2
	w.idle()
	w.expectTold(slow, "LOCAL ACTIVE, delivered")
	w.expectTold(quick, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered",
		"LEAD SUSPENDED, delivered", "LOCAL SUSPENDED, delivered", "device SUSPENDED, delivered")
	if w.since() != 10*minute {
		t.Fatalf("it took %s", w.since())
	}
}

// TestUnreachable: the device "must be powered on and connected" ("Download a profile") when the
// operation is carried out, not when it is accepted.
func TestUnreachable(t *testing.T) {
	cfg := newConfig()
	fixed(&cfg, euicc.OpDownload, minute)
	w := start(t, cfg)
	w.power(1, false)
	back := w.request(euicc.OpDownload, byLocal(1))
	gone := w.request(euicc.OpDownload, byLocal(2))
	w.power(1, true)
	off := false
	if d, err := w.SetDevice(eid(2), nil, &off); err != nil || d.Connected || !d.Powered {
		t.Fatalf("%+v, %v", d, err)
	}
	w.idle()
	w.expectTold(back, "LOCAL ACTIVE, delivered")
	w.expectTold(gone, "LOCAL PRE_ACTIVE (waits), delivered", "LOCAL expired, delivered")
	_, err := w.SetDevice(eid(77), nil, nil)
	expectKind(t, err, sim.NotFound)
	_, err = w.Device(eid(77))
	expectKind(t, err, sim.NotFound)
}

// TestFactsStay: a callback tells how it was when it was decided.
func TestFactsStay(t *testing.T) {
	w := start(t, newConfig())
	w.answer = func(posted) sim.Answer { return err500 }
	r := w.request(euicc.OpDeviceSuspend, byEID(1))
	w.advance(sim.Goal{})
	w.answer = nil
	w.request(euicc.OpDeviceResume, byEID(1))
	w.idle()
	w.expectTold(r, "LEAD SUSPENDED, delivered", "device SUSPENDED, delivered")
	if w.profile(lead(1)).Suspended != euicc.NotSuspended {
		t.Fatal("the card was not resumed")
	}
}

func TestDevicesInPages(t *testing.T) {
	w := start(t, newConfig())
	var seen []string
	after := ""
	for range 5 {
		page := w.Devices(after, 2)
		for _, d := range page {
			if d.Account != account {
				t.Fatalf("device of %q", d.Account)
			}
			seen = append(seen, d.EID)
			after = d.EID
		}
	}
	if want := []string{eid(1), eid(2), eid(3)}; !slices.Equal(seen, want) {
		t.Fatalf("pages list %q", seen)
	}
	const most = int(^uint(0) >> 1)
	if n := len(w.Devices(eid(1), most)); n != 2 {
		t.Fatalf("%d devices after the first", n)
	}
	d, _ := w.Device(eid(1))
	d.Profiles[0].Service = euicc.Deactive
	if w.profile(lead(1)).Service != euicc.Active {
		t.Fatal("a view shares the card's profiles")
	}
}

// drive does what a driver does until there is nothing to do at once.
func drive(w *world) {
	for range 100_000 {
		if w.Drive() > 0 {
			select {
			case <-w.Wake():
			default:
				return
			}
		}
	}
}
