package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const actions = "/api/m2m/v1/devices/profile/actions/"

// side is a server under load: tsim or its ceiling. Both get the very same calls from the same client.
type side struct {
	p         *process
	header    http.Header
	transport *http.Transport
	good      func(status int, body []byte) error
	seen      sync.Map // the requestIds so far: each answer has a new one
}

// side is what a server's answers have to be like.
func (l *lab) side(p *process, header http.Header, good func(int, []byte) error) *side {
	return &side{
		p: p, header: header, good: good,
		transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
	}
}

// accepted: a 200 with a requestId, as tsim and its ceiling answer.
func accepted(status int, body []byte) error {
	if id := requestID(body); status != http.StatusOK || len(id) != 36 {
		return fmt.Errorf("not accepted: %d %.200s", status, body)
	}
	return nil
}

func requestID(body []byte) string {
	id, ok := bytes.CutPrefix(body, []byte(`{"requestId":"`))
	if !ok || len(id) < 36 {
		return ""
	}
	return string(id[:36])
}

// refused: a 400 with a pointer to what is wrong.
func refused(pointer string) func(int, []byte) error {
	return func(status int, body []byte) error {
		var told struct{ ErrorMessage string }
		if err := json.Unmarshal(body, &told); err != nil || status != http.StatusBadRequest ||
			!bytes.Contains([]byte(told.ErrorMessage), []byte(pointer)) {
			return fmt.Errorf("not refused because of %s: %d %.200s", pointer, status, body)
		}
		return nil
	}
}

// call makes one call and checks its answer.
func (s *side) call(ctx context.Context, path string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.p.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header = s.header
	resp, err := s.transport.RoundTrip(req)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		return err
	}
	if err := s.good(resp.StatusCode, text); err != nil {
		return err
	}
	if id := requestID(text); id != "" {
		if _, twice := s.seen.LoadOrStore(id, true); twice {
			return fmt.Errorf("the requestId %s was given twice", id)
		}
	}
	return nil
}

// calls names the n-th call of a load.
type calls func(n int) (path string, body []byte)

// closed keeps its connections busy for some time: each sends its next call when it has its answer. The
// first call is number from; it says how many calls there were, and how many a second.
func (s *side) closed(ctx context.Context, d time.Duration, from int, next calls) (n int, rate float64, err error) {
	var count atomic.Int64
	errs := make([]error, connections)
	began := time.Now()
	var workers sync.WaitGroup
	for w := range connections {
		workers.Go(func() {
			for time.Since(began) < d && errs[w] == nil {
				path, body := next(from + int(count.Add(1)) - 1)
				errs[w] = s.call(ctx, path, body)
			}
		})
	}
	workers.Wait()
	took := time.Since(began)
	n = int(count.Load())
	return n, float64(n) / took.Seconds(), errors.Join(errs...)
}

// paced sends a call every gap, whether or not earlier ones are answered, and says how long each
// took in milliseconds.
func (s *side) paced(ctx context.Context, gap, d time.Duration, from int, next calls) ([]float64, error) {
	n := int(d / gap)
	took, errs := make([]float64, n), make([]error, n)
	began := time.Now()
	var calls sync.WaitGroup
	for i := range n {
		time.Sleep(time.Until(began.Add(time.Duration(i) * gap)))
		calls.Go(func() {
			path, body := next(from + i)
			sent := time.Now()
			errs[i] = s.call(ctx, path, body)
			took[i] = milliseconds(time.Since(sent))
		})
	}
	calls.Wait()
	return took, errors.Join(errs...)
}

// timed is how many milliseconds one call takes.
func (s *side) timed(ctx context.Context, path string, body []byte) float64 {
	began := time.Now()
	check(s.call(ctx, path, body))
	return milliseconds(time.Since(began))
}
