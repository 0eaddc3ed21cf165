package server

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tsim/internal/store"
	"tsim/tsimclient"
)

// fleet is a sandbox "one" of so many devices, with a client that is logged in.
func fleet(t testing.TB, s *Server, devices int) (*client, *tsimclient.Client) {
	t.Helper()
	text, err := json.Marshal(fmt.Sprintf(`name: a-fleet
about: a fleet
credentials: [{appKey: k, appSecret: s, username: u, password: p}]
clock: manual
accounts:
  - name: %s
    fleets:
      - count: %d
        profiles:
          - {network: us, service: active, status: ENABLE}
          - {network: global, service: active, status: DISABLE}
`, defaultAccount, devices))
	if err != nil {
		t.Fatal(err)
	}
	admin := &tsimclient.Client{BaseURL: s.URL(), Sandbox: "one"}
	box, err := admin.CreateSandbox(t.Context(), tsimclient.SandboxSpec{Name: "one", ScenarioSpec: tsimclient.ScenarioSpec{Scenario: text}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := login(s.URL(), box.Credentials[0])
	if err != nil {
		t.Fatal(err)
	}
	return c, admin
}

// requestSuspend asks for the suspension of a device, and returns the requestId.
func (c *client) requestSuspend(t testing.TB, eid string) string {
	t.Helper()
	status, text, err := c.call("POST", "/api/m2m/v1/devices/profile/actions/device_suspend", map[string]any{
		"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": eid}}}},
	})
	var reply struct{ RequestID string }
	if err != nil || status != 200 || json.Unmarshal([]byte(text), &reply) != nil {
		t.Fatalf("%d %s %v", status, text, err)
	}
	return reply.RequestID
}

// TestForksThroughControl: forks of the present, of a snapshot and of a document go on by themselves, under credentials of their
// own; what the original says of its tokens they do not know.
func TestForksThroughControl(t *testing.T) {
	s := Serve(t, Options{})
	c, admin := fleet(t, s, 3)
	ctx := t.Context()
	devices, err := admin.Devices(ctx, tsimclient.DeviceFilter{}, tsimclient.Page{})
	if err != nil {
		t.Fatal(err)
	}
	eid := devices.Devices[0].EID
	first := c.requestSuspend(t, eid)
	if _, err := admin.SaveSnapshot(ctx, "asked"); err != nil {
		t.Fatal(err)
	}
	var document bytes.Buffer
	if err := admin.WriteState(ctx, "asked", &document); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{first: true}
	ids := func(c *client) {
		t.Helper()
		if id := c.requestSuspend(t, eid); seen[id] {
			t.Errorf("requestId %s comes again", id)
		} else {
			seen[id] = true
		}
	}
	ids(c)
	keys := map[string]bool{c.bearer: true}
	for _, make := range []func() (tsimclient.Sandbox, error){
		func() (tsimclient.Sandbox, error) { return admin.Fork(ctx, "", tsimclient.ForkSpec{Name: "two"}) },
		func() (tsimclient.Sandbox, error) { return admin.Fork(ctx, "asked", tsimclient.ForkSpec{}) },
		func() (tsimclient.Sandbox, error) {
			return admin.ForkDocument(ctx, bytes.NewReader(document.Bytes()), tsimclient.ForkSpec{Name: "three", TTL: "1h"})
		},
	} {
		box, err := make()
		if err != nil {
			t.Fatal(err)
		}
		if box.Counts.Requests == 0 || keys[box.Credentials[0].AppKey] || box.Credentials[0].AppSecret == "" {
			t.Errorf("%+v", box)
		}
		keys[box.Credentials[0].AppKey] = true
		forked, err := login(s.URL(), box.Credentials[0])
		if err != nil {
			t.Fatal(err)
		}
		ids(forked)
		its := &tsimclient.Client{BaseURL: s.URL(), Sandbox: box.Name}
		if done, err := its.Advance(ctx, tsimclient.Advance{Until: tsimclient.Idle}); err != nil || !done.Idle {
			t.Errorf("%+v, %v", done, err)
		}
		if is, err := its.Snapshots(ctx, tsimclient.Page{}); err != nil || len(is.Snapshots) != 0 {
			t.Errorf("%+v, %v", is, err)
		}
	}
	for range 2 {
		if _, err := admin.Rewind(ctx, "asked"); err != nil {
			t.Fatal(err)
		}
		ids(c) // who is logged in stays so
	}
	// A fork of a name that is free again begins epochs that nobody of that name had.
	two := &tsimclient.Client{BaseURL: s.URL(), Sandbox: "two"}
	if _, err := two.DeleteSandbox(ctx); err != nil {
		t.Fatal(err)
	}
	box, err := admin.Fork(ctx, "asked", tsimclient.ForkSpec{Name: "two"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := login(s.URL(), box.Credentials[0])
	if err != nil {
		t.Fatal(err)
	}
	ids(again)
	if _, err := admin.Fork(ctx, "", tsimclient.ForkSpec{Name: "two"}); err == nil || !strings.Contains(err.Error(), `there is a sandbox "two" already`) {
		t.Errorf("%v", err)
	}
}

// TestForksAreKept: what was forked, saved and gone back to is there after a restart.
func TestForksAreKept(t *testing.T) {
	dir := t.TempDir()
	start := func() *Server {
		s, err := Start(Options{Addr: "127.0.0.1:0", Config: byDefault(t), Log: slog.New(slog.DiscardHandler), State: StateOptions{Dir: dir, Sync: store.Off}})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ctx := context.Background()
	s := start()
	c, admin := fleet(t, s, 2)
	devices, err := admin.Devices(ctx, tsimclient.DeviceFilter{}, tsimclient.Page{})
	if err != nil {
		t.Fatal(err)
	}
	c.requestSuspend(t, devices.Devices[0].EID)
	if _, err := admin.SaveSnapshot(ctx, "asked"); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Fork(ctx, "asked", tsimclient.ForkSpec{Name: "two"}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Rewind(ctx, "asked"); err != nil {
		t.Fatal(err)
	}
	look := func(s *Server) (all string) {
		for _, name := range []string{"one", "two"} {
			its := &tsimclient.Client{BaseURL: s.URL(), Sandbox: name}
			info, err := its.Info(ctx)
			snapshots, err2 := its.Snapshots(ctx, tsimclient.Page{})
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			all += fmt.Sprintf("%+v %+v\n", info, snapshots)
		}
		return all
	}
	before := look(s)
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	s = start()
	if after := look(s); after != before {
		t.Errorf("it was\n%s\nand is\n%s", before, after)
	}
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkForkThroughControl is a fork of the present, from the call to the answer; without the removal that follows it.
func BenchmarkForkThroughControl(b *testing.B) {
	for _, devices := range []int{10, 100_000} {
		for _, kept := range []bool{false, true} {
			b.Run(fmt.Sprintf("%d/kept=%v", devices, kept), func(b *testing.B) {
				var o Options
				if kept {
					o.State = StateOptions{Dir: b.TempDir(), Sync: store.Off}
				}
				s := Serve(b, o)
				_, admin := fleet(b, s, devices)
				var took, saved, held time.Duration
				n := 0
				for b.Loop() {
					began := time.Now()
					box, err := admin.Fork(b.Context(), "", tsimclient.ForkSpec{})
					if err != nil {
						b.Fatal(err)
					}
					took += time.Since(began)
					began = time.Now()
					is, err := admin.SaveSnapshot(b.Context(), box.Name)
					if err != nil {
						b.Fatal(err)
					}
					saved, held = saved+time.Since(began), held+time.Duration(is.HeldMS*1e6)
					n++
					if _, err := admin.DeleteSnapshot(b.Context(), box.Name); err != nil {
						b.Fatal(err)
					}
					if _, err := (&tsimclient.Client{BaseURL: s.URL(), Sandbox: box.Name}).DeleteSandbox(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(took.Microseconds())/float64(n)/1000, "ms/fork")
				b.ReportMetric(float64(saved.Microseconds())/float64(n)/1000, "ms/save")
				b.ReportMetric(float64(held.Microseconds())/float64(n)/1000, "ms-held/save")
			})
		}
	}
}

// BenchmarkStateDocument writes a sandbox of 100,000 devices as a document, and makes a fork of that.
func BenchmarkStateDocument(b *testing.B) {
	s := Serve(b, Options{})
	_, admin := fleet(b, s, 100_000)
	var wrote, forked time.Duration
	n, size := 0, 0
	for b.Loop() {
		var document bytes.Buffer
		began := time.Now()
		if err := admin.WriteState(b.Context(), "", &document); err != nil {
			b.Fatal(err)
		}
		wrote, size = wrote+time.Since(began), document.Len()
		began = time.Now()
		box, err := admin.ForkDocument(b.Context(), &document, tsimclient.ForkSpec{})
		if err != nil {
			b.Fatal(err)
		}
		forked += time.Since(began)
		n++
		if _, err := (&tsimclient.Client{BaseURL: s.URL(), Sandbox: box.Name}).DeleteSandbox(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(wrote.Milliseconds())/float64(n), "ms/write")
	b.ReportMetric(float64(forked.Milliseconds())/float64(n), "ms/fork")
	b.ReportMetric(float64(size)/(1<<20), "MiB")
}
