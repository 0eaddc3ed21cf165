package tsimbox_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// A session dies after 20 minutes, a bearer after an hour; the test goes on, in every dialect of refusals.
func TestTokensThatAreOverAreReplaced(t *testing.T) {
	text, err := scenario.Builtin(sim.Default)
	if err != nil {
		t.Fatal(err)
	}
	for _, dialect := range config.Errors.Words() {
		t.Run(dialect, func(t *testing.T) {
			w := start(t, tsimbox.Scenario(string(text)+"\ncompat: {errors: "+dialect+"}\n"))
			heard := w.listen()
			for _, c := range []struct {
				pass   time.Duration
				action tsimclient.Operation
			}{{time.Second, "profile_suspend"}, {21 * time.Minute, "profile_resume"}, {61 * time.Minute, "profile_suspend"}} {
				w.advance(c.pass)
				request := w.do(c.action, tsimbox.IDs{ICCID: global})
				w.settle()
				w.want(heard, request, "SUCCESS")
			}
		})
	}
}

// What a test does itself to log in or out is left to it, and disturbs nothing else.
func TestLoginsOfTheTestAreItsOwn(t *testing.T) {
	w := start(t)
	const login, logout = "/api/m2m/v1/session/login", "/api/m2m/v1//session/logout"
	call := func(want int, method, path string, body any) {
		t.Helper()
		if status, reply := w.call(method, path, body); status != want {
			t.Errorf("%s %s: %d %s, want %d", method, path, status, reply, want)
		}
	}
	user := map[string]string{"username": w.box.Username, "password": w.box.Password}
	call(200, "POST", login, user)
	call(200, "POST", logout, nil)
	call(400, "POST", logout, nil)
	call(200, "GET", "/api/m2m/v1/plans/"+w.box.Account, nil)
	call(200, "POST", logout, nil)
	w.advance(61 * time.Minute)
	call(401, "POST", login, user)
	call(401, "POST", logout, nil)
	call(200, "GET", "/api/m2m/v1/plans/"+w.box.Account, nil)
}

// A call is repeated once, and only when it was refused for its session or its bearer.
func TestRepeatedOnce(t *testing.T) {
	refusal := func(code, message string) string {
		return fmt.Sprintf(`{"errorCode":%q,"errorMessage":%q}`, code, message)
	}
	const service = "UnifiedWebService."
	for _, c := range []struct {
		path   string
		status int
		reply  string
		calls  int
	}{
		{"/call", 401, "", 2},
		{"/call", 400, refusal(service+"REQUEST_FAILED.SessionToken.Expired", "The session has expired."), 2},
		{"/call", 400, refusal("400", service+"REQUEST_FAILED.SessionToken.Expired: log in again"), 2},
		{"/call", 400, refusal("400", service+"INPUT_INVALID.SessionToken.Invalid: no such session"), 2},
		{"/call", 400, refusal("400", service+"REQUEST_FAILED.SessionToken.Format: send the header VZ-M2M-Token"), 2},
		{"/call", 400, refusal("400", service+"REQUEST_FAILED.AccountNotFound: no account SessionToken.Expired"), 1},
		{"/call", 400, refusal("400", `/accountName: "`+service+`REQUEST_FAILED.SessionToken.Expired" is no account`), 1},
		{"/call", 403, refusal("403", service+"REQUEST_FAILED.SessionToken.Expired: log in again"), 1},
		{"/call", 400, "nothing that can be read", 1},
		{"/api/m2m/v1/session/logout", 401, "", 1},
		{"/api/ts/v1/oauth2/revoke", 401, "", 1},
		{"/api/ts/v1/", 401, "", 1},
	} {
		var asked []string
		deaf := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, r.URL.Path)
			switch r.URL.Path {
			case "/api/ts/v1/oauth2/token":
				_, _ = fmt.Fprintf(w, `{"access_token":"b%d"}`, len(asked))
			case "/api/m2m/v1/session/login":
				_, _ = fmt.Fprintf(w, `{"sessionToken":"s%d"}`, len(asked))
			default:
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.reply))
			}
		}))
		w := start(t)
		w.box.URL = deaf.URL
		if status, reply := w.call("POST", c.path, nil); status != c.status || string(reply) != c.reply {
			t.Errorf("%s: the answer is %d %s, want %d %s", c.path, status, reply, c.status, c.reply)
		}
		once := " /api/ts/v1/oauth2/token /api/m2m/v1/session/login " + c.path
		if got := " " + strings.Join(asked, " "); got != strings.Repeat(once, c.calls) {
			t.Errorf("%s, %d %s: the calls were%s", c.path, c.status, c.reply, got)
		}
		deaf.Close()
	}
}
