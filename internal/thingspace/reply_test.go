package thingspace_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tsim/internal/sim"
)

// watchful is a client's connection that looks, whenever something is written to it, whether the request
// is carried out already. It may break.
type watchful struct {
	httptest.ResponseRecorder
	g      *golden
	looks  int
	broken bool
}

func (w *watchful) look() {
	w.looks++
	if report := w.g.runDue(); report.Ran != 0 || report.Pending != 1 || len(w.g.received) != 0 {
		w.g.t.Errorf("look %d: %+v, and %d callbacks, before the reply is written", w.looks, report, len(w.g.received))
	}
}

// runDue does what is due, and ends where it would have to wait.
func (g *golden) runDue() sim.Advanced {
	over, cancel := context.WithCancel(context.Background())
	cancel()
	report, _ := g.sim.Advance(over, sim.Goal{})
	return report
}

func (w *watchful) WriteHeader(status int) {
	w.look()
	w.ResponseRecorder.WriteHeader(status)
}

func (w *watchful) Write(b []byte) (int, error) {
	w.look()
	if w.broken {
		panic(http.ErrAbortHandler)
	}
	return w.ResponseRecorder.Write(b)
}

func (w *watchful) Flush() {
	w.look()
	w.ResponseRecorder.Flush()
}

// What was accepted is carried out only when the reply is written and flushed, or can never be.
func TestNothingHappensBeforeTheReplyIsWritten(t *testing.T) {
	for call, body := range map[string]string{
		suspend:                            suspendBody(1),
		"/api/m2m/v2/devices/actions/list": `{"accountName":"0000123456-00001"}`,
	} {
		for _, broken := range []bool{false, true} {
			g := sandbox(t)
			r := httptest.NewRequest(http.MethodPost, call, strings.NewReader(body))
			r.Header = g.header.Clone()
			w := &watchful{ResponseRecorder: *httptest.NewRecorder(), g: g, broken: broken}
			func() {
				defer func() {
					if broken != (recover() != nil) {
						t.Errorf("%s: the connection breaks: %t", call, broken)
					}
				}()
				g.handler.ServeHTTP(w, r)
			}()
			if !broken && w.looks != 3 || w.Code != http.StatusOK {
				t.Errorf("%s: %d looks at the reply %d", call, w.looks, w.Code)
			}
			if report := g.runDue(); report.Ran != 2 || report.Pending != 0 { // the request, and its callback
				t.Errorf("%s, after the reply: %+v", call, report)
			}
		}
	}
}
