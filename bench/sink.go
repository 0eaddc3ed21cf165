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
	done   chan struct{}

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
func (l *lab) listen(pause time.Duration) (*sink, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sink{url: "http://" + listener.Addr().String() + "/callbacks", done: make(chan struct{}), pause: pause}
	s.expect(0)
	s.server = &http.Server{Handler: http.HandlerFunc(s.take), ReadHeaderTimeout: patience}
	go func() { _ = s.server.Serve(listener) }()
	l.mu.Lock()
	l.sinks = append(l.sinks, s)
	l.mu.Unlock()
	return s, nil
}

func (s *sink) close() {
	close(s.done)
	_ = s.server.Close()
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
		timer := time.NewTimer(s.pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-going:
		case <-s.done:
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
	if len(got) != want {
		return fmt.Errorf("there were %d callbacks, not %d", len(got), want)
	}
	seen := make(map[string]bool, want)
	for i := range got {
		var c callback
		if err := json.Unmarshal(got[i].body, &c); err != nil {
			return fmt.Errorf("a callback is not JSON: %w", err)
		}
		if c.Status != "SUCCESS" || c.CallbackCount != 1 {
			return fmt.Errorf("a callback has the status %q at attempt %d: %.300s", c.Status, c.CallbackCount, got[i].body)
		}
		about := fmt.Sprint(c.RequestID, c.DeviceIDs, c.DeviceResponse.DeviceProfileResponse.ProfileStatus != "")
		if seen[about] {
			return fmt.Errorf("a callback came twice: %.300s", got[i].body)
		}
		seen[about] = true
	}
	return nil
}

// onceEach checks that the posts of a bare client came once each.
func onceEach(got []arrival, want int) error {
	seen := make(map[string]bool, want)
	for i := range got {
		seen[got[i].query] = true
	}
	if len(got) != want || len(seen) != want {
		return fmt.Errorf("there were %d posts of the bare client, %d of them different, not %d", len(got), len(seen), want)
	}
	return nil
}
