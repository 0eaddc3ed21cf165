package sim_test

import (
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// TestFourAttempts, five minutes apart, and then the archive ("About callback services").
func TestFourAttempts(t *testing.T) {
	for _, failure := range []sim.Answer{
		err500, {Result: sim.Replied, Status: 302}, {Result: sim.Replied, Status: 199}, {Result: sim.Replied, Status: 404},
		{Result: sim.Timeout}, {Result: sim.Refused}, {Result: sim.Reset}, {Result: sim.TLS}, {Result: sim.Other},
	} {
		w := start(t, newConfig())
		w.answer = func(posted) sim.Answer { return failure }
		r := w.request(euicc.OpProfileSuspend, byLocal(1))
		report := w.idle()
		w.expectTold(r, "LOCAL not active, archived")
		if at := attempts(w, w.callbacks(r)[0]); !slices.Equal(at, []time.Duration{0, 5 * minute, 10 * minute, 15 * minute}) {
			t.Fatalf("sent at %s", at)
		}
		if report.Failed != 4 || report.Delivered != 0 || report.Now.Sub(report.From) != 15*minute {
			t.Fatalf("report %+v", report)
		}
		for i, a := range w.take() {
			if a.CallbackCount != i+1 || a.URL != hook {
				t.Fatalf("attempt %+v", a)
			}
		}
		if how := w.Delivery(); how.Attempts != 4 || how.Timeout != 10*time.Second {
			t.Fatalf("deliveries are %+v", how)
		}
	}
}

// TestAnyTwoHundredIsEnough: the first acknowledgement ends it.
func TestAnyTwoHundredIsEnough(t *testing.T) {
	for n := 1; n <= 4; n++ {
		w := start(t, newConfig())
		w.answer = func(a posted) sim.Answer {
			if a.CallbackCount < n {
				return err500
			}
			return sim.Answer{Result: sim.Replied, Status: 200 + n}
		}
		r := w.request(euicc.OpProfileSuspend, byLocal(1))
		w.idle()
		if c := w.callbacks(r)[0]; c.State != sim.Delivered || len(c.Attempts) != n {
			t.Fatalf("acknowledged at attempt %d: %s after %d", n, c.State, len(c.Attempts))
		}
	}
}

func TestDeliveryIsConfigured(t *testing.T) {
	cfg := newConfig()
	cfg.Delivery = config.Delivery{Attempts: 2, Interval: time.Hour, Timeout: time.Second}
	w := start(t, cfg)
	w.answer = func(posted) sim.Answer { return err500 }
	r := w.request(euicc.OpProfileSuspend, byLocal(1))
	w.idle()
	if at := attempts(w, w.callbacks(r)[0]); !slices.Equal(at, []time.Duration{0, time.Hour}) {
		t.Fatalf("sent at %s", at)
	}
}

// TestCallbacksOfOneCardLeaveInOrder, the device's last, each when the one before it was answered.
func TestCallbacksOfOneCardLeaveInOrder(t *testing.T) {
	w := start(t, newConfig())
	w.requestIdle(euicc.OpDownload, byLocal(1), byLocal(2))
	w.take()
	w.silent = true
	w.SetClock(config.Auto, 1)
	w.request(euicc.OpDeviceSuspend, byEID(1), byEID(2))
	for _, name := range []string{"LEAD", "LOCAL", "device"} {
		drive(w)
		sent := w.take()
		if len(sent) != 2 || who(sent[0].Facts) != name || who(sent[1].Facts) != name || sent[0].Card.EID == sent[1].Card.EID {
			t.Fatalf("sent together: %+v, want the %s of each card", sent, name)
		}
		w.Answered(sent[1].id, ok200)
		drive(w)
		if early := w.take(); len(early) > 0 {
			t.Fatalf("auto time went on with an attempt in flight: %+v", early)
		}
		w.Answered(sent[0].id, err500)
	}
	checkHistory(t, w)
}

// TestOrderOnRetries: also on later attempts nothing overtakes, even when the one in between is
// delivered already.
func TestOrderOnRetries(t *testing.T) {
	for name, fails := range map[string]func(a posted) bool{
		"all":             func(a posted) bool { return true },
		"all but LOCAL":   func(a posted) bool { return who(a.Facts) != "LOCAL" },
		"LEAD":            func(a posted) bool { return who(a.Facts) == "LEAD" },
		"all but twice":   func(a posted) bool { return a.CallbackCount < 3 },
		"LEAD and LOCAL":  func(a posted) bool { return who(a.Facts) != "device" },
		"LOCAL twice":     func(a posted) bool { return who(a.Facts) == "LOCAL" && a.CallbackCount < 3 },
		"the first three": func(a posted) bool { return a.ID <= 5 },
	} {
		w := start(t, newConfig())
		w.requestIdle(euicc.OpDownload, byLocal(1))
		w.answer = func(a posted) sim.Answer {
			if fails(a) {
				return err500
			}
			return ok200
		}
		r := w.request(euicc.OpDeviceSuspend, byEID(1), byEID(1))
		w.idle()
		if len(w.told(r)) != 6 {
			t.Fatalf("%s: told %q", name, w.told(r))
		}
		checkHistory(t, w)
	}
}

// TestListenerReplaced: the URL is looked up at each attempt, the credentials are those of the facts.
func TestListenerReplaced(t *testing.T) {
	w := start(t, newConfig())
	w.answer = func(posted) sim.Answer { return err500 }
	r := w.request(euicc.OpProfileSuspend, byLocal(1))
	w.advance(sim.Goal{By: minute})
	const other = "https://127.0.0.1:9443/other"
	if err := w.Register(config.Listener{Account: account, Service: config.ProfileService, URL: other, Username: "new user", Password: "new password"}); err != nil {
		t.Fatal(err)
	}
	w.idle()
	sent := w.take()
	if len(sent) != 4 || sent[0].URL != hook || sent[1].URL != other || w.callbacks(r)[0].SentTo.URL != other {
		t.Fatalf("sent %+v", sent)
	}
	for _, a := range sent {
		if a.Listener.Username != "hook user" || a.Listener.Password != "hook password" {
			t.Fatalf("attempt %d has %q, %q", a.CallbackCount, a.Listener.Username, a.Listener.Password)
		}
	}
	r = w.requestIdle(euicc.OpProfileSuspend, byLocal(1))
	if c := w.callbacks(r)[0]; c.Listener.Username != "new user" {
		t.Fatalf("the next callback has %q", c.Listener.Username)
	}
}

// TestListenerGone: callbacks that were not acknowledged become unheard at their next attempt.
func TestListenerGone(t *testing.T) {
	w := start(t, newConfig())
	w.answer = func(posted) sim.Answer { return err500 }
	r := w.request(euicc.OpDeviceSuspend, byEID(1))
	w.advance(sim.Goal{})
	if err := w.Deregister(account, config.ProfileService); err != nil {
		t.Fatal(err)
	}
	w.expectTold(r, "LEAD SUSPENDED, retrying", "device SUSPENDED, retrying")
	w.idle()
	w.expectTold(r, "LEAD SUSPENDED, unheard", "device SUSPENDED, unheard")
	if n := len(w.take()); n != 2 {
		t.Fatalf("%d attempts", n)
	}
	err := w.Deregister(account, config.ProfileService)
	expectKind(t, err, sim.ListenerUnknown)
}

func TestNoListener(t *testing.T) {
	cfg := newConfig()
	cfg.Listeners[0].Service = "CarrierService" // of no interest to profiles
	w := start(t, cfg)
	r := w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	w.expectTold(r, "LEAD SUSPENDED, unheard", "device SUSPENDED, unheard")
	if len(w.take()) > 0 || w.callbacks(r)[0].Listener.Username != "" {
		t.Fatal("something was sent to nobody")
	}
}

func TestListeners(t *testing.T) {
	w := start(t, newConfig())
	add := func(l config.Listener) error { return w.Register(l) }
	for _, l := range []config.Listener{
		{Account: account, Service: "CarrierService", URL: "http://a/1", Username: "", Password: ""},
		{Account: account, Service: "AlertService", URL: "http://a/2", Username: "", Password: ""},
		{Account: account, Service: "CarrierService", URL: "https://b", Username: "", Password: ""},
	} {
		if err := add(l); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.Listeners(account)
	if err != nil || len(all) != 3 || all[0].Service != "AlertService" || all[1].URL != "https://b" || all[2].Service != config.ProfileService {
		t.Fatalf("listeners %+v, %v", all, err)
	}
	long := string(make([]byte, 41))
	expectKind(t, add(config.Listener{Account: "nobody", Service: "AlertService", URL: "http://a", Username: "", Password: ""}), sim.AccountUnknown)
	expectKind(t, add(config.Listener{Account: "", Service: "AlertService", URL: "http://a", Username: "", Password: ""}), sim.AccountMissing)
	expectKind(t, add(config.Listener{Account: account, Service: "alertservice", URL: "http://a", Username: "", Password: ""}), sim.ServiceUnknown)
	for _, url := range []string{"", "a", "ftp://a", "http://", "http:///x", "://", "HTTP//a", "http://a:b c/"} {
		expectKind(t, add(config.Listener{Account: account, Service: "AlertService", URL: url, Username: "", Password: ""}), sim.SchemaViolated)
	}
	expectKind(t, add(config.Listener{Account: account, Service: "AlertService", URL: "http://a", Username: long, Password: ""}), sim.SchemaViolated)
	expectKind(t, add(config.Listener{Account: account, Service: "AlertService", URL: "http://a", Username: "", Password: config.Secret(long)}), sim.SchemaViolated)
	_, err = w.Listeners("nobody")
	expectKind(t, err, sim.AccountUnknown)
	expectKind(t, w.Deregister("nobody", "AlertService"), sim.AccountUnknown)
	expectKind(t, w.Deregister(account, "nothing"), sim.ListenerUnknown)
}
