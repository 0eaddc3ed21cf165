package features

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"tsim/internal/scenario"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// callback is what an application looks at in a callback.
type callback struct {
	Password          *string
	RequestID, Status string
}

// Who calls, and where.
const (
	account = "0000123456-00001"
	actions = "/api/m2m/v1/devices/profile/actions/"
)

// id is one identifier of a device, and ids are all that are given.
func id(kind, value string) map[string]string    { return map[string]string{"kind": kind, "id": value} }
func ids(kind, value string) []map[string]string { return []map[string]string{id(kind, value)} }

// fleet is what a good application works on: two devices with both their profiles, and a listener that has a password.
const fleet = `name: telling
accounts:
  - name: "0000123456-00001"
    devices:
      - eid: "89001012012341234012345678901224"
        profiles:
          - {iccid: "89148000000000000019", network: us, service: active, status: ENABLE, mdn: "5415550100"}
          - {iccid: "89445000000000000019", network: global, service: active, status: DISABLE, mdn: "5415550101"}
      - eid: "89001012012341234012345678901321"
        profiles:
          - {iccid: "89148000000000000027", network: us, service: active, status: ENABLE, mdn: "5415550102"}
          - {iccid: "89445000000000000027", network: global, service: active, status: DISABLE, mdn: "5415550103"}
credentials:
  - {appKey: key, appSecret: secret, username: user, password: pass}
listeners:
  - {account: "0000123456-00001", service: DeviceProfileService, url: %q, username: tsim, password: mine}
`

// work is what it asks for, in turn.
var work = []struct {
	action string
	ids    []map[string]string
}{
	{"profile_suspend", ids("iccid", "89445000000000000019")},
	{"profile_resume", ids("iccid", "89445000000000000019")},
	{"enable", append(ids("iccid", "89445000000000000027"), id("eid", "89001012012341234012345678901321"))},
	{"device_suspend", ids("eid", "89001012012341234012345678901321")},
	{"device_resume", ids("eid", "89001012012341234012345678901321")},
	{"profile_suspend", ids("iccid", "89445000000000000019")},
}

// end is where an application has come to, without when.
type end struct {
	Concluded []string // by the application, of each thing that it asked for
	Devices   []tsimclient.Device
	Histories []string
	Requests  []tsimclient.Request
}

// TestTelling: of what changes only the telling, a good application ends where it would have ended without it; of any two
// such misfortunes together, too.
func TestTelling(t *testing.T) {
	want := endWith(t)
	if c := strings.Join(want.Concluded, ", "); c != strings.Repeat("SUCCESS, ", len(work)-1)+"SUCCESS" {
		t.Fatalf("without any misfortune: %s", c)
	}
	var tellings []string
	for _, name := range scenario.Sets() {
		set, err := scenario.LoadSet(name)
		if err != nil {
			t.Fatal(err)
		}
		if !set.Outcome {
			tellings = append(tellings, name)
		}
	}
	for _, first := range tellings {
		for _, second := range tellings {
			misfortunes := []string{first, second}
			if first == second {
				misfortunes = misfortunes[:1]
			} else if slices.Contains(misfortunes, "slow-replies") {
				continue // which takes seconds of the wall clock, and is like lost-replies for those who do not wait
			} else if slices.Contains(misfortunes, "lost-replies") && slices.Contains(misfortunes, "lost-callbacks") {
				continue // nobody is told anything then
			}
			t.Run(strings.Join(misfortunes, " and "), func(t *testing.T) {
				t.Parallel()
				if got := endWith(t, misfortunes...); !reflect.DeepEqual(got, want) {
					t.Errorf("it ends with\n%+v\nwant\n%+v", got, want)
				}
			})
		}
	}
}

// endWith lets a good application do its work among misfortunes.
func endWith(t *testing.T, misfortunes ...string) end {
	t.Helper()
	a := &application{t: t, told: map[string][]callback{}}
	listener := httptest.NewServer(http.HandlerFunc(a.hear))
	t.Cleanup(listener.Close)
	var err error
	if a.box, err = tsimbox.Start(t.Context(), tsimbox.Scenario(fmt.Sprintf(fleet, listener.URL)), tsimbox.With(misfortunes...)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.box.Close(context.Background()) })
	var e end
	for _, w := range work {
		e.Concluded = append(e.Concluded, a.doWork(w.action, w.ids))
	}
	if e.Devices, err = a.box.Control.AllDevices(t.Context(), tsimclient.DeviceFilter{}, 10); err != nil {
		t.Fatal(err)
	}
	for _, d := range e.Devices {
		for _, p := range d.Profiles {
			body := map[string]any{"deviceId": id("iccid", p.ICCID), "earliest": "2030-01-01T00:00:00Z", "latest": "2031-01-01T00:00:00Z"}
			e.Histories = append(e.Histories, withoutTimes.ReplaceAllString(string(a.ask("POST", "/api/m2m/v1/devices/history/actions/list", body)), ""))
		}
	}
	list, err := a.box.Control.Requests(t.Context(), tsimclient.RequestFilter{}, tsimclient.Page{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range list.Requests {
		e.Requests = append(e.Requests, tsimclient.Request{Operation: r.Operation, Devices: r.Devices, Left: r.Left, Open: r.Open})
	}
	rules, err := a.box.Rules(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if hit := func(r tsimclient.RuleReport) bool { return r.Hits > r.Skipped }; len(rules) > 0 && !slices.ContainsFunc(rules, hit) {
		t.Errorf("%v did nothing", misfortunes)
	}
	return e
}

var withoutTimes = regexp.MustCompile(`"[^"]*(20\d\d-[^"]*)"`)

// application is one that does what the misfortunes say that a good client does.
type application struct {
	t               *testing.T
	box             *tsimbox.Sandbox
	bearer, session string
	mu              sync.Mutex
	told            map[string][]callback // by requestId
	requests        []string              // the requestIds, in the order in which they were heard of
}

// hear is its listener: it says 200 only to what it has read, and what has the password.
func (a *application) hear(rw http.ResponseWriter, r *http.Request) {
	var c callback
	body, err := io.ReadAll(r.Body)
	switch {
	case err != nil || json.Unmarshal(body, &c) != nil:
		rw.WriteHeader(http.StatusBadRequest)
		return
	case c.Password == nil || *c.Password != "mine":
		rw.WriteHeader(http.StatusUnauthorized)
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.told[c.RequestID] == nil {
		a.requests = append(a.requests, c.RequestID)
	}
	a.told[c.RequestID] = append(a.told[c.RequestID], c)
}

// errNoReply is the error of a call whose connection has ended.
var errNoReply = errors.New("no reply")

// once makes a call.
func (a *application) once(method, path string, body any) (int, []byte, error) {
	a.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		a.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.box.URL+path, bytes.NewReader(text))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+a.bearer)
	r.Header.Set("VZ-M2M-Token", a.session)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, nil, errNoReply
	}
	defer res.Body.Close()
	if text, err = io.ReadAll(res.Body); err != nil {
		return 0, nil, errNoReply
	}
	return res.StatusCode, text, nil
}

// tries is how often it makes a call before it gives up.
const tries = 6

// call makes a call until it is answered, and gets new tokens where the old ones are over. An error is errNoReply. The times
// that Retry-After says are not waited for: what a misfortune refuses, it refuses by count.
func (a *application) call(method, path string, body any) ([]byte, error) {
	a.t.Helper()
	for range tries {
		status, reply, err := a.once(method, path, body)
		switch {
		case err != nil || status == http.StatusOK:
			return reply, err
		case status == http.StatusUnauthorized:
			a.logIn(true)
		case status == http.StatusBadRequest && bytes.Contains(reply, []byte("SessionToken")):
			a.logIn(false)
		case status != http.StatusTooManyRequests && status < 500:
			a.t.Fatalf("%s %s: %d %s", method, path, status, reply)
		}
	}
	a.t.Fatalf("%s %s: no answer after %d calls", method, path, tries)
	return nil, nil
}

// ask makes a call that may be made twice.
func (a *application) ask(method, path string, body any) []byte {
	a.t.Helper()
	for range tries {
		if reply, err := a.call(method, path, body); err == nil {
			return reply
		}
	}
	a.t.Fatalf("%s %s: every connection ends", method, path)
	return nil
}

func (a *application) logIn(bearer bool) {
	a.t.Helper()
	if bearer {
		res, err := http.PostForm(strings.Replace(a.box.URL, "://", "://key:secret@", 1)+"/api/ts/v1/oauth2/token", map[string][]string{"grant_type": {"client_credentials"}})
		if err != nil {
			a.t.Fatal(err)
		}
		defer res.Body.Close()
		var reply struct {
			AccessToken string `json:"access_token"`
		}
		if err := json.NewDecoder(res.Body).Decode(&reply); err != nil {
			a.t.Fatal(err)
		}
		a.bearer = reply.AccessToken
	}
	var reply struct{ SessionToken string }
	if err := json.Unmarshal(a.ask("POST", "/api/m2m/v1/session/login", map[string]string{"username": "user", "password": "pass"}), &reply); err != nil {
		a.t.Fatal(err)
	}
	a.session = reply.SessionToken
}

// doWork asks for an action on a device, and says what came of it.
func (a *application) doWork(action string, device []map[string]string) string {
	a.t.Helper()
	body := map[string]any{"accountName": account, "devices": []any{map[string]any{"deviceIds": device}}}
	var accepted struct{ RequestID string }
	for range tries {
		a.mu.Lock()
		known := len(a.requests)
		a.mu.Unlock()
		reply, err := a.call("POST", actions+action, body)
		a.settle()
		if err == nil {
			if err := json.Unmarshal(reply, &accepted); err != nil {
				a.t.Fatal(err)
			}
			break
		}
		// It was carried out if there is a callback with a requestId that is new.
		a.mu.Lock()
		if len(a.requests) > known {
			accepted.RequestID = a.requests[known]
		}
		a.mu.Unlock()
		if accepted.RequestID != "" {
			break
		}
	}
	a.mu.Lock()
	told := a.told[accepted.RequestID]
	a.mu.Unlock()
	for _, c := range told {
		if c.Status == "Failed" {
			return "Failed"
		}
	}
	if slices.ContainsFunc(told, func(c callback) bool { return c.Status == "SUCCESS" }) {
		return "SUCCESS"
	}
	var status struct{ Status string }
	if err := json.Unmarshal(a.ask("GET", "/api/m2m/v1/accounts/"+account+"/requests/"+accepted.RequestID+"/status", nil), &status); err != nil {
		a.t.Fatal(err)
	}
	return strings.ToUpper(status.Status)
}

func (a *application) settle() {
	a.t.Helper()
	if _, err := a.box.Settle(a.t.Context()); err != nil {
		a.t.Fatal(err)
	}
}
