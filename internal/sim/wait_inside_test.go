package sim

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// TestWhatAWaitOwes: its warning and its end while the device is away, one execution when it is back, and
// nothing afterwards.
func TestWhatAWaitOwes(t *testing.T) {
	cfg := config.Defaults()
	cfg.Clock = config.Manual
	cfg.Credentials = []config.Credential{{AppKey: "key", AppSecret: "secret", Username: "user", Password: "password"}}
	cfg.Accounts = []config.Account{{Name: "a", Cards: []euicc.Card{{EID: "1", Profiles: []euicc.Profile{
		{ICCID: "11", Network: euicc.US, Service: euicc.Active, Status: euicc.StatusEnable},
		{ICCID: "12", Network: euicc.Global, Role: euicc.Local},
	}}}}}
	s, err := New(cfg, Env{})
	if err != nil {
		t.Fatal(err)
	}
	expect := func(want ...string) {
		t.Helper()
		var got []string
		for _, item := range s.jobs.Pending() {
			got = append(got, fmt.Sprintf("%d at %s", item.Job.kind, item.Due.Sub(scheduler.At(cfg.Start))))
		}
		if !slices.Equal(got, want) || s.jobs.Len(scheduler.Owed) != len(want) {
			t.Fatalf("owed: %q, want %q", got, want)
		}
	}
	job := func(kind jobKind, at time.Duration) string { return fmt.Sprintf("%d at %s", kind, at) }
	pass := func(d time.Duration) {
		t.Helper()
		if _, err := s.Advance(context.Background(), Goal{By: d}); err != nil {
			t.Fatal(err)
		}
	}
	on, off := true, false
	r, err := s.Submit(Request{Account: "a", Op: euicc.OpDownload, Devices: ListOf(euicc.IDs{EID: "1", ICCID: "12"})})
	if err != nil {
		t.Fatal(err)
	}
	s.Replied(r)
	expect(job(execution, 0))
	pass(10 * time.Second)
	expect(job(warning, 45*time.Second), job(expiry, 3*time.Minute))
	s.SetDevice("1", &on, &on)
	expect(job(execution, 10*time.Second))
	s.SetDevice("1", &on, &on)
	s.SetDevice("1", &off, nil)
	pass(time.Minute)
	expect(job(expiry, 3*time.Minute))
	s.SetDevice("1", &on, nil)
	expect(job(execution, 70*time.Second))
	pass(0)
	expect()
	if d := s.deviceByEID("1"); d.waiting != nil || d.smsr != 0 || s.request(r.Number).smsr != nil {
		t.Fatalf("%d operations are owed, %+v waits", d.smsr, d.waiting)
	}
}
