package tsimtest

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Callback is one message that a Listener heard.
type Callback struct {
	RequestID          string
	Status             string // SUCCESS, Failed or warning
	Fault              string // the faultstring of one that failed
	State              string // of the profile or the device
	ProfileStatus      string
	ProfileRole        string
	EID, ICCID         string
	IMEI, MDN          string
	Count              int // which attempt it is
	Username, Password string
	Body               []byte // all of it, as it came
}

// read reads a body. The casing of the keys differs from endpoint to endpoint; here it is one.
func read(body []byte) (Callback, error) {
	var wire struct {
		RequestID          string
		Username, Password string
		DeviceIDs          []struct{ Kind, ID string }
		DeviceResponse     struct {
			DeviceProfileResponse struct{ State, ProfileStatus, ProfileRole string }
		}
		FaultResponse struct{ FaultString string }
		Status        string
		CallbackCount int
	}
	err := json.Unmarshal(body, &wire)
	p := &wire.DeviceResponse.DeviceProfileResponse
	c := Callback{
		RequestID: wire.RequestID, Status: wire.Status, Fault: wire.FaultResponse.FaultString,
		State: p.State, ProfileStatus: p.ProfileStatus, ProfileRole: p.ProfileRole,
		Count: wire.CallbackCount, Username: wire.Username, Password: wire.Password, Body: body,
	}
	for _, id := range wire.DeviceIDs {
		switch strings.ToLower(id.Kind) {
		case "eid":
			c.EID = id.ID
		case "iccid":
			c.ICCID = id.ID
		case "imei":
			c.IMEI = id.ID
		case "mdn":
			c.MDN = id.ID
		case "msisdn":
			c.MDN = strings.TrimPrefix(id.ID, "1")
		}
	}
	return c, err
}

// Listener hears callbacks, keeps them, and answers.
type Listener struct {
	URL string

	box     *Sandbox
	mu      sync.Mutex
	answers []int
	heard   []Callback
}

// Listen starts a listener and registers it for the callbacks of the account. It answers with the
// given statuses, one after the other, and goes on with the last one; with none it answers 200.
func (s *Sandbox) Listen(answers ...int) *Listener {
	s.t.Helper()
	if len(answers) == 0 {
		answers = []int{http.StatusOK}
	}
	at, err := net.Listen("tcp", "127.0.0.1:0")
	s.must(err)
	l := &Listener{URL: "http://" + at.Addr().String(), box: s, answers: answers}
	server := &http.Server{Handler: l, ReadHeaderTimeout: 10 * time.Second}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = server.Serve(at)
	}()
	s.t.Cleanup(func() {
		_ = server.Close()
		<-ended
	})
	status, reply := s.Call(http.MethodPost, "/api/m2m/v1/callbacks/"+s.Account, map[string]string{
		"name": "DeviceProfileService", "url": l.URL,
	})
	if status != http.StatusOK {
		s.fail("", "the registration of the listener was answered with %d %s", status, reply)
	}
	return l
}

// ServeHTTP hears one callback.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	c, err := read(body)
	if err != nil {
		l.box.t.Errorf("a callback came that cannot be read: %v in %s", err, body)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard = append(l.heard, c)
	status := l.answers[0]
	if len(l.answers) > 1 {
		l.answers = l.answers[1:]
	}
	w.WriteHeader(status)
}

// Heard are the callbacks that came so far, of one request or with "" of all of them.
func (l *Listener) Heard(request string) []Callback {
	l.mu.Lock()
	defer l.mu.Unlock()
	var of []Callback
	for _, c := range l.heard {
		if request == "" || c.RequestID == request {
			of = append(of, c)
		}
	}
	return of
}

// Want holds the callbacks that came of a request, in their order, to a status each, or in the case of
// one that failed to its faultstring. It returns them. With another clock than a manual one, it waits
// until nothing of the request is still to come.
func (l *Listener) Want(request string, want ...string) []Callback {
	l.box.t.Helper()
	clock, err := l.box.Control.Clock(l.box.t.Context())
	l.box.must(err)
	if clock.Mode != "manual" {
		l.box.Wait(For{Request: request}, 10*time.Second)
	}
	heard := l.Heard(request)
	got := make([]string, len(heard))
	for i, c := range heard {
		got[i] = c.Status
		if c.Fault != "" && (i >= len(want) || want[i] != c.Status) {
			got[i] = c.Fault
		}
	}
	if !slices.Equal(got, want) {
		l.box.fail(request, "the callbacks of the request say %q, want %q", got, want)
	}
	return heard
}
