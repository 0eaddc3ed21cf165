package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// listener takes the callbacks of all sandboxes, and remembers each. Some it refuses at first, some it answers slowly.
type listener struct {
	url    string
	seed   uint64
	server *http.Server
	socket net.Listener

	mu       sync.Mutex
	idle     sync.Cond // busy is 0
	busy     int
	life     int
	heard    map[string]*heard // by what a callback says, but for how often it was sent
	twice    map[string]bool   // requestIds of which callbacks may come again, for their sandbox was forked or taken back
	posts    int
	acks     int
	again    int // posts of what was acknowledged already, which tsim could not know
	problems []error
}

// heard is what came of a callback.
type heard struct {
	count    int // that it said last
	acked    bool
	recorded bool // control says that it is delivered, and that has been kept
}

type lifeKey struct{}

func listen(seed uint64) (*listener, error) {
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	l := &listener{url: "http://" + socket.Addr().String() + "/", seed: seed, socket: socket, heard: map[string]*heard{}, twice: map[string]bool{}}
	l.idle.L = &l.mu
	l.server = &http.Server{Handler: l, ReadHeaderTimeout: patience, ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
		l.mu.Lock()
		defer l.mu.Unlock()
		return context.WithValue(ctx, lifeKey{}, l.life)
	}}
	go func() { _ = l.server.Serve(socket) }()
	return l, nil
}

func (l *listener) close() { _ = l.server.Close() }

// drain waits until all that a dead process has sent is dealt with. What comes afterwards is of the next life.
func (l *listener) drain() {
	// Connections are accepted in the order in which they were made, so none of the dead one is left behind this one.
	if req, err := http.NewRequest(http.MethodGet, l.url, nil); err == nil {
		transport := &http.Transport{DisableKeepAlives: true}
		if resp, err := transport.RoundTrip(req); err == nil {
			_ = resp.Body.Close()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.busy > 0 {
		l.idle.Wait()
	}
	l.life++
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		return
	}
	l.mu.Lock()
	l.busy++
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.busy--; l.busy == 0 {
			l.idle.Broadcast()
		}
	}()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it was cut off when tsim was killed
	}
	status, pause := l.hear(body, r.Context().Value(lifeKey{}).(int))
	time.Sleep(pause)
	w.WriteHeader(status)
}

// hear remembers a callback, and says how to answer it.
func (l *listener) hear(body []byte, life int) (status int, pause time.Duration) {
	key, request, count, err := identify(body)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.posts++
	if err != nil {
		l.problems = append(l.problems, fmt.Errorf("a callback that cannot be read: %w: %s", err, body))
		return http.StatusOK, 0
	}
	h := l.heard[key]
	if h == nil {
		h = &heard{}
		l.heard[key] = h
	}
	// Where all profiles of a device fail, the callback of the device says the same as that of its LEAD: which is which cannot be told.
	twins := strings.Contains(key, `"faultResponse"`) || l.twice[request]
	switch {
	case life != l.life || twins: // it was sent before tsim was killed
	case h.recorded:
		l.problems = append(l.problems, fmt.Errorf("it was acknowledged, that was recorded, and it came again: %s", body))
	case count <= h.count:
		l.problems = append(l.problems, fmt.Errorf("attempt %d came after attempt %d: %s", count, h.count, body))
	}
	if h.acked && !twins {
		l.again++
	}
	h.count = count
	sum := fnv.New64a()
	fmt.Fprintf(sum, "%d %d %s", l.seed, count, key)
	switch luck := sum.Sum64() % 100; {
	case luck < 20:
		return http.StatusInternalServerError, 0
	case luck < 30:
		pause = 20 * time.Millisecond
	}
	h.acked = true
	l.acks++
	return http.StatusOK, pause
}

// identify is what a callback says, but for how often it was sent, of which request it is, and how often it was sent.
func identify(body []byte) (key, request string, count int, err error) {
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		return "", "", 0, err
	}
	n, ok := fields["callbackCount"].(float64)
	if !ok {
		return "", "", 0, errors.New("it has no callbackCount")
	}
	request, _ = fields["requestId"].(string)
	delete(fields, "callbackCount")
	rest, err := json.Marshal(fields) // whose keys are in order
	return string(rest), request, int(n), err
}

// mayRepeat says that callbacks of requests may come again: each of a fork and of its origin, or before and after a rewind.
func (l *listener) mayRepeat(requests []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, id := range requests {
		l.twice[id] = true
	}
}

// recorded says that control has told of the delivery of a callback, and that this has been kept.
func (l *listener) recorded(key string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.heard[key]
	if h == nil || !h.acked {
		return fmt.Errorf("control says that a callback was delivered, which the listener has not acknowledged: %s", key)
	}
	h.recorded = true
	return nil
}

// wrong is what should not have come.
func (l *listener) wrong() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.problems...)
}

func (l *listener) figures() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprintf("got %d posts of %d callbacks, acknowledged %d; %d came again because tsim was killed before it had recorded the acknowledgement",
		l.posts, len(l.heard), l.acks, l.again)
}
