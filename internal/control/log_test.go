package control

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

// varying are the parts of a line of the log that the wall clock has a say in.
var varying = regexp.MustCompile(`(?m)^time=\S+ | took=\S+$`)

// At level debug, the log has a line for each call of control, and no token, wherever somebody sends one.
func TestCallsAreLogged(t *testing.T) {
	f := guarded(t)
	call := func(method, target, token string) {
		r := newRequest(t.Context(), method, target, "")
		r.Header.Set("Authorization", "Bearer "+token)
		f.handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	call("GET", base+"/clock", "letmein")
	call("GET", base+"/devices", "letmein") // a list says no status
	call("POST", base+"/holds", "letmein")
	call("DELETE", base+"/clock?token=letmein", "letmein")
	call("GET", base+"/clock?token=letmein", "letmeout")
	call("GET", "/tsim/v1/health", "letmein")
	call("GET", "/tsim/"+strings.Repeat("x", 1000), "letmein")
	got := varying.ReplaceAllString(f.logged.String(), "")
	const line = "level=DEBUG msg=control "
	if want := line + "method=GET path=" + base + "/clock status=200\n" +
		line + "method=GET path=" + base + "/devices status=200\n" +
		line + "method=POST path=" + base + "/holds status=201\n" +
		line + "method=DELETE path=" + base + "/clock status=405\n" +
		line + "method=GET path=" + base + "/clock status=401\n" +
		line + "method=GET path=/tsim/v1/health status=200\n" +
		line + "method=GET path=/tsim/" + strings.Repeat("x", 194) + "… status=404\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// A reply that is cut is logged, too.
func TestCutRepliesAreLogged(t *testing.T) {
	f := newFixture(t)
	for range 10 {
		f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	}
	f.ask("POST", base+"/clock/advance", `{"until":"idle"}`)
	f.level = slog.LevelDebug
	f.serve(func(_ *sim.Sim, facts *sim.Facts, _, _ int, _ *rule.Callback) []byte {
		if facts.ID == 20 {
			return []byte("{not JSON")
		}
		return []byte("{}")
	})
	func() {
		defer func() {
			if err := recover(); err != http.ErrAbortHandler {
				t.Errorf("the call ended with %v", err)
			}
		}()
		f.ask("GET", base+"/callbacks", "")
	}()
	if got := f.logged.String(); !strings.Contains(got, "level=DEBUG msg=control method=GET path="+base+"/callbacks status=200 took=") {
		t.Errorf("the log is\n%s", got)
	}
}

// deadlines is a reply of which one can see that its deadlines were set.
type deadlines struct {
	*httptest.ResponseRecorder
	read, write int
}

func (d *deadlines) SetReadDeadline(time.Time) error {
	d.read++
	return nil
}

func (d *deadlines) SetWriteDeadline(time.Time) error {
	d.write++
	return nil
}

// A call that is logged may take as long as any other.
func TestLoggedCallsMayTakeLong(t *testing.T) {
	f := guarded(t)
	w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	f.handler.ServeHTTP(w, newRequest(t.Context(), "GET", "/tsim/v1/health", ""))
	if w.read == 0 || w.write == 0 || f.logged.Len() == 0 {
		t.Errorf("the deadline for reading was set %d times, that for writing %d times, and the log is %q", w.read, w.write, &f.logged)
	}
}
