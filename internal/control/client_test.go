package control

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func TestClient(t *testing.T) {
	f := newFixture(t)
	_, c := f.server()
	ctx := t.Context()
	if h, err := c.Health(ctx); err != nil || h != (tsimclient.Health{Status: "ok", Version: "1.2.3"}) {
		t.Errorf("health: %+v, %v", h, err)
	}
	mode, speed := tsimclient.ClockReal, 3.0
	if v, err := c.SetClock(ctx, tsimclient.ClockSettings{Mode: &mode, Speed: &speed}); err != nil || v.Mode != "real" || v.Speed != 3 {
		t.Errorf("set clock: %+v, %v", v, err)
	}
	off := false
	if d, err := c.PatchDevice(ctx, eid1, tsimclient.DevicePatch{Connected: &off}); err != nil || !d.Powered || d.Connected {
		t.Errorf("patch device: %+v, %v", d, err)
	}
	if d, err := c.Device(ctx, eid1); err != nil || d.Connected || len(d.Profiles) != 2 {
		t.Errorf("device: %+v, %v", d, err)
	}
	if v, err := c.Reset(ctx, tsimclient.KeepListeners); err != nil || v.Clock.Mode != "manual" || v.Counts.Events != 1 {
		t.Errorf("reset: %+v, %v", v, err)
	}
	request := f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	noon := start().Time().Add(12 * time.Hour)
	if a, err := c.Advance(ctx, tsimclient.Advance{To: noon.Format(time.RFC3339)}); err != nil || !a.Now.Equal(noon) || a.Delivered != 3 || !a.Idle {
		t.Errorf("advance: %+v, %v", a, err)
	}
	if v, err := c.Clock(ctx); err != nil || !v.Now.Equal(noon) || !v.NextDue.IsZero() {
		t.Errorf("clock: %+v, %v", v, err)
	}
	if v, err := c.Info(ctx); err != nil || v.Seed != 7 || v.Counts.Callbacks != 0 {
		t.Errorf("info: %+v, %v", v, err)
	}
	page, err := c.Callbacks(ctx, tsimclient.CallbackFilter{State: "delivered", Request: request}, tsimclient.Page{After: "1", Limit: 1})
	if err != nil || len(page.Callbacks) != 1 || page.Callbacks[0].ID != 2 || page.Next != "2" {
		t.Errorf("callbacks: %+v, %v", page, err)
	}
	one, err := c.Callback(ctx, 2)
	if err != nil || !reflect.DeepEqual(one, page.Callbacks[0]) || string(one.Body) != `{"sandbox":"default","callback":2,"attempt":1,"of":4}` {
		t.Errorf("callback: %+v, %v", one, err)
	}
	if page, err := c.Devices(ctx, tsimclient.DeviceFilter{}, tsimclient.Page{}); err != nil || len(page.Devices) != 2 || page.Next != "" {
		t.Errorf("devices: %+v, %v", page, err)
	}
	if page, err := c.Events(ctx, tsimclient.EventFilter{}, tsimclient.Page{After: "2"}); err != nil || len(page.Events) == 0 || page.Events[0].Seq != 3 {
		t.Errorf("events: %+v, %v", page, err)
	}
}

func TestClientAsksForAllPages(t *testing.T) {
	f := newFixture(t)
	_, c := f.server()
	yes := true
	for range maxLimit + 10 { // more than a page
		if _, err := f.box.SetDevice(eid1, &yes, nil); err != nil {
			t.Fatal(err)
		}
	}
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	if _, err := c.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
		t.Fatal(err)
	}
	events, err := c.AllEvents(t.Context(), tsimclient.EventFilter{}, 100_000)
	if err != nil || len(events) != f.box.Info().Events {
		t.Errorf("%d events, %v", len(events), err)
	}
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			t.Fatalf("event %d has seq %d", i, e.Seq)
		}
	}
	for most, want := range map[int]int{1: 0, 2: 2, 3: 2} {
		devices, err := c.AllDevices(t.Context(), tsimclient.DeviceFilter{}, most)
		if len(devices) != want || (err != nil) != (want == 0) {
			t.Errorf("at most %d: %d devices, %v", most, len(devices), err)
		}
	}
	for most, want := range map[int]int{0: 0, 2: 0, 3: 3, 4: 3} {
		callbacks, err := c.AllCallbacks(t.Context(), tsimclient.CallbackFilter{Request: request1}, most)
		if len(callbacks) != want || (err != nil) != (want == 0) {
			t.Errorf("at most %d: %d callbacks, %v", most, len(callbacks), err)
		}
	}
	if _, err := c.AllEvents(t.Context(), tsimclient.EventFilter{}, maxLimit); err == nil || err.Error() != "there are more than 5000 events (ask for pages instead)" {
		t.Errorf("too many events: %v", err)
	}
}

func TestClientErrors(t *testing.T) {
	f := newFixture(t)
	srv, c := f.server()
	var e *tsimclient.Error
	_, err := c.Advance(t.Context(), tsimclient.Advance{By: "soon"})
	if !errors.As(err, &e) || e.Status != 400 || e.Message != `by "soon" is not a duration` || e.Hint == "" {
		t.Errorf("bad request: %#v", err)
	}
	elsewhere := *c
	elsewhere.Sandbox = "a/b c"
	if _, err = elsewhere.Clock(t.Context()); !errors.As(err, &e) || e.Status != 404 || e.Message != `no sandbox "a/b c"` {
		t.Errorf("no such sandbox: %#v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = c.Clock(ctx); !errors.As(err, &e) || e.Status != 0 || e.Hint != "" || !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %#v", err)
	}
	c.BaseURL = "://"
	if _, err = c.Clock(t.Context()); !errors.As(err, &e) || e.Status != 0 {
		t.Errorf("no URL: %#v", err)
	}
	c.BaseURL = srv.URL
	srv.Close()
	if _, err = c.Clock(t.Context()); !errors.As(err, &e) || e.Status != 0 || e.Hint != "is tsim running at "+c.BaseURL+"?" {
		t.Errorf("nobody there: %#v", err)
	}
}

// A caller that hangs up stops the advance on the server.
func TestHangingUpStopsTheAdvance(t *testing.T) {
	f := newFixture(t)
	sent, ended := make(chan sim.AttemptID, 1), make(chan struct{})
	f.send = func(a sim.AttemptID) { sent <- a }
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	inner := f.handler
	f.handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner.ServeHTTP(w, r)
		close(ended)
	})
	_, c := f.server()
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := c.Advance(ctx, tsimclient.Advance{By: "1h"})
		failed <- err
	}()
	<-sent
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the caller: %v", err)
	}
	<-ended
}
