package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// sink is a listener that keeps what arrives. It looks at nothing while it is measured; what has
// arrived is checked afterwards.
type sink struct {
	server *http.Server
	url    string

	mu    sync.Mutex
	got   []arrival
	want  int
	full  chan struct{}
	pause time.Duration
	going chan struct{} // closed: no more pauses
}

type arrival struct {
	at    time.Time
	query string
	body  []byte
}

// listen starts a listener that pauses before each answer.
func (l *lab) listen(pause time.Duration) *sink {
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
	s := &sink{url: "http://" + listener.Addr().String() + "/callbacks", pause: pause}
	s.expect(0)
	s.server = &http.Server{Handler: http.HandlerFunc(s.take), ReadHeaderTimeout: patience}
	go func() { _ = s.server.Serve(listener) }()
	l.stops = append(l.stops, func() { _ = s.server.Close() })
	return s
}

func (s *sink) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.got = append(s.got, arrival{time.Now(), r.URL.RawQuery, body})
	if len(s.got) == s.want {
		close(s.full)
	}
	going := s.going
	s.mu.Unlock()
	if s.pause > 0 {
		select {
		case <-time.After(s.pause):
		case <-going:
		case <-r.Context().Done(): // its client has gone, or the listener
		}
	}
	w.WriteHeader(http.StatusOK)
}

// expect forgets what has arrived; the channel is closed when n more have.
func (s *sink) expect(n int) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got, s.want, s.full, s.going = make([]arrival, 0, n), n, make(chan struct{}), make(chan struct{})
	return s.full
}

// hurry ends the pauses, until something new is expected.
func (s *sink) hurry() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.going)
}

// arrived is what has arrived so far.
func (s *sink) arrived() []arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.got)
}

// last is when the latest one arrived.
func last(got []arrival) time.Time {
	var latest time.Time
	for i := range got {
		if got[i].at.After(latest) {
			latest = got[i].at
		}
	}
	return latest
}

// callback is as much of a callback as says which one it is and whether it is as expected.
type callback struct {
	RequestID string `json:"requestId"`
	DeviceIDs []struct {
		ID   string `json:"id"`
		Kind string `json:"kind"`
	} `json:"deviceIds"`
	DeviceResponse struct {
		DeviceProfileResponse struct {
			ProfileStatus string `json:"profileStatus"` // only of a profile, not of a device
		} `json:"deviceProfileResponse"`
	} `json:"deviceResponse"`
	Status        string `json:"status"`
	CallbackCount int    `json:"callbackCount"`
}

// once checks that exactly so many callbacks came, each of them a success, at its first attempt, and
// no two about the same thing.
func once(got []arrival, want int) error {
	return unique(got, want, func(a *arrival) (string, error) {
		var c callback
		if err := json.Unmarshal(a.body, &c); err != nil {
			return "", fmt.Errorf("a callback is not JSON: %w", err)
		}
		if c.Status != "SUCCESS" || c.CallbackCount != 1 {
			return "", fmt.Errorf("a callback has the status %q at attempt %d: %.300s", c.Status, c.CallbackCount, a.body)
		}
		return fmt.Sprint(c.RequestID, c.DeviceIDs, c.DeviceResponse.DeviceProfileResponse.ProfileStatus != ""), nil
	})
}

// onceEach checks that the posts of a bare client came once each.
func onceEach(got []arrival, want int) error {
	return unique(got, want, func(a *arrival) (string, error) { return a.query, nil })
}

// unique checks that so many have arrived, each of which is about something else.
func unique(got []arrival, want int, about func(*arrival) (string, error)) error {
	if len(got) != want {
		return fmt.Errorf("there were %d callbacks, not %d", len(got), want)
	}
	seen := make(map[string]bool, want)
	for i := range got {
		what, err := about(&got[i])
		if err != nil {
			return err
		}
		if seen[what] {
			return fmt.Errorf("a callback came twice: %s %.300s", got[i].query, got[i].body)
		}
		seen[what] = true
	}
	return nil
}
