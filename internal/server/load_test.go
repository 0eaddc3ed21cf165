package server

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tsim/tsimclient"
)

var loadFor = flag.Duration("load", time.Second, "how long TestTimeUnderLoad puts load on a server")

// TestTimeUnderLoad: 50 clients submit and log in, and 8 controllers reset, remove and put devices, change the
// clock and let time pass. Whatever they do, an advance ends after a bounded number of the others' calls, and in
// the end nothing is left to come.
func TestTimeUnderLoad(t *testing.T) { underLoad(t, Serve(t, Options{}), nil) }

// underLoad puts load on a server; another one does more, if it is not nil, again and again.
func underLoad(t *testing.T, s *Server, more func(*testing.T)) {
	t.Helper()
	l := &load{t: t, url: s.URL(), control: &tsimclient.Client{BaseURL: s.URL()}}
	listener := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer listener.Close()
	l.listener = listener.URL
	info, err := l.control.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l.credential = info.Credentials[0]
	ctx, stop := context.WithTimeout(t.Context(), *loadFor)
	defer stop()
	var all sync.WaitGroup
	for n := range 50 {
		all.Go(func() { l.submit(ctx, rand.New(rand.NewSource(int64(n)))) })
	}
	for n := range 8 {
		all.Go(func() { l.steer(ctx, rand.New(rand.NewSource(int64(100+n)))) })
	}
	for more != nil && ctx.Err() == nil {
		more(t)
	}
	all.Wait()
	done, err := l.control.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle})
	if err != nil || !done.Idle || done.Pending != 0 {
		t.Errorf("in the end: %+v, %v", done, err)
	}
	t.Logf("%d calls, %d advances, the longest one took as long as %d calls", l.calls.Load(), l.advances.Load(), l.longest.Load())
	if l.calls.Load() == 0 || l.advances.Load() == 0 {
		t.Error("there was no load")
	}
	const bound = 5000
	if n := l.longest.Load(); n > bound {
		t.Errorf("an advance took as long as %d calls of the others, want at most %d", n, bound)
	}
}

type load struct {
	t                        *testing.T
	url, listener            string
	credential               tsimclient.Credential
	control                  *tsimclient.Client
	calls, advances, longest atomic.Int64
}

// submit is a client: it suspends and resumes, and logs in again when it has to.
func (l *load) submit(ctx context.Context, r *rand.Rand) {
	var c *client
	for ctx.Err() == nil {
		if c == nil {
			var err error
			if c, err = login(l.url, l.credential); err != nil {
				c = nil
				continue // a reset came between bearer and session
			}
			if _, _, err := c.call("POST", "/api/m2m/v1/callbacks/"+defaultAccount, map[string]string{"name": "DeviceProfileService", "url": l.listener}); err != nil {
				l.t.Error(err)
			}
		}
		action := []string{"device_suspend", "device_resume"}[r.Intn(2)]
		status, text, err := c.call("POST", "/api/m2m/v1/devices/profile/actions/"+action, map[string]any{
			"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": defaultEID}}}},
		})
		l.calls.Add(1)
		switch {
		case err != nil || status != 200 && status != 400 && status != 401:
			l.t.Errorf("%s: %d %s %v", action, status, text, err)
			return
		case status != 200:
			c = nil
		}
	}
}

// steer is a controller: what cannot be done just now is refused, and nothing else is.
func (l *load) steer(ctx context.Context, r *rand.Rand) {
	for ctx.Err() == nil {
		var err error
		switch r.Intn(6) {
		case 0:
			_, err = l.control.Reset(l.t.Context())
		case 1:
			_, err = l.control.DeleteDevice(l.t.Context(), defaultEID)
		case 2:
			_, err = l.control.PutDevice(l.t.Context(), defaultEID, json.RawMessage(`{"profiles":[
				{"iccid":"89148000000000000019","network":"us","service":"active","status":"ENABLE"}]}`))
		default:
			before := l.calls.Load()
			if _, err = l.control.Advance(l.t.Context(), tsimclient.Advance{By: fmt.Sprint(1+r.Intn(100), "s")}); err == nil {
				l.advances.Add(1)
			}
			for took := l.calls.Load() - before; ; {
				if longest := l.longest.Load(); took <= longest || l.longest.CompareAndSwap(longest, took) {
					break
				}
			}
		}
		var told *tsimclient.Error
		if err != nil && (!errors.As(err, &told) || told.Status != http.StatusConflict && told.Status != http.StatusNotFound) {
			l.t.Error(err)
			return
		}
	}
}
