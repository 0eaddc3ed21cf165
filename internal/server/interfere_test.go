package server

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

// A reply that a rule keeps back is not cut off by the time-outs of the server, which are shorter here, whatever the size of
// its call; nor is one that is written slowly.
func TestLateRepliesOutlastTheTimeOuts(t *testing.T) {
	const late = 120 * time.Millisecond // more than the 50 of brief
	large := strings.Replace(oneProfile, "{", "{"+strings.Repeat(" ", smallBody), 1)
	for name, p := range map[string]rule.Reply{
		"before":          {Delay: late},
		"after":           {After: late},
		"slow":            {Pace: 300},
		"instead":         {Status: 503, Delay: late, Body: `{"try":"again"}`},
		"instead, slowly": {Status: 503, Delay: late, Body: `"` + strings.Repeat("x", 500) + `"`, Pace: 2000},
	} {
		for size, body := range map[string]string{"small": oneProfile, "large": large} {
			t.Run(name+", "+size, func(t *testing.T) {
				t.Parallel()
				r := serveRules(t, brief(), "", nil, replyRule(p))
				start := time.Now()
				reply, err := http.ReadResponse(bufio.NewReader(r.send(body)), nil)
				if err != nil {
					t.Fatal(err)
				}
				defer reply.Body.Close()
				text, err := io.ReadAll(reply.Body)
				if want := max(p.Status, 200); err != nil || reply.StatusCode != want || p.Body != "" && string(text) != p.Body || !strings.HasSuffix(string(text), "}") && p.Body == "" {
					t.Errorf("%d %s, %v", reply.StatusCode, text, err)
				}
				if p.Pace == 0 && time.Since(start) < late {
					t.Errorf("it took only %s", time.Since(start))
				}
				if c := r.lastCall(); c.Status != max(p.Status, 200) {
					t.Errorf("on record is status %d", c.Status)
				}
			})
		}
	}
}

// While the reply to a request is kept back, its jobs wait and are not owed; other calls are answered, and their jobs run.
func TestOnlyTheRequestOfALateReplyWaits(t *testing.T) {
	// Each as long as the test does not put an end to it, by a client that goes away.
	for name, late := range map[string]struct {
		reply  rule.Reply
		status int // on record
	}{
		"after": {rule.Reply{After: time.Hour}, 0},
		"slow":  {rule.Reply{Pace: 1}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			heard := make(chan string, 10)
			l := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				heard <- string(body)
			}))
			defer l.Close()
			r := serveRules(t, defaultLimits, l.URL, nil, replyRule(late.reply))
			client := r.send(oneProfile)
			r.struck()
			applied := sim.RequestAccepted
			first, err := r.box.Await(t.Context(), sim.Condition{Event: &sim.EventFilter{Kind: &applied}})
			if err != nil {
				t.Fatal(err)
			}
			status, text, err := r.do(r.request(resumePath, oneProfile))
			if err != nil || status != 200 {
				t.Fatal(status, text, err)
			}
			if report := r.idle(); report.Delivered != 1 || !report.Idle {
				t.Errorf("%+v", report)
			}
			if body := <-heard; strings.Contains(body, first.RequestID) || len(heard) > 0 {
				t.Errorf("heard %s, and %d more", body, len(heard))
			}
			_ = client.Close()
			if c := r.lastCall(); c.Status != late.status || c.RequestID != first.RequestID || c.Rule != "it" {
				t.Errorf("on record is status %d, request %s", c.Status, c.RequestID)
			}
			r.replied(first.RequestID)
			if body := <-heard; !strings.Contains(body, first.RequestID) {
				t.Errorf("heard %s, want one of the late request", body)
			}
		})
	}
}

// What a rule keeps back ends with the client, a reset, the removal of the sandbox, and the server: the connection ends, and
// nothing is left behind, or the server could not be closed.
func TestWhatARuleKeepsBackEnds(t *testing.T) {
	kept := map[string]rule.Rule{
		"delay":        replyRule(rule.Reply{Delay: time.Hour}),
		"delay after":  replyRule(rule.Reply{After: time.Hour}),
		"pace":         replyRule(rule.Reply{Pace: 1}),
		"pace and cut": replyRule(rule.Reply{Pace: 1, Cut: rule.Midway}),
		"delay of a stub": {Name: "it", When: rule.When{Path: suspendPath}, Reply: &rule.Reply{
			Status: 502, Delay: time.Hour,
		}},
		"early":          callbackRule(rule.When{}, rule.Callback{Early: true}),
		"slow callbacks": callbackRule(rule.When{}, rule.Callback{Early: true, Pace: 1}),
	}
	ends := map[string]func(*ruled, net.Conn){
		"client":  func(_ *ruled, c net.Conn) { _ = c.Close() },
		"reset":   func(r *ruled, _ net.Conn) { r.box.Reset(sim.ResetOptions{}) },
		"removal": func(r *ruled, _ net.Conn) { r.shut(r.box) },
		"server": func(r *ruled, _ net.Conn) {
			now, cancel := context.WithCancel(context.Background())
			cancel()
			_ = r.Server.Close(now) // whose error says that there was something to be cut off
		},
	}
	for what, one := range kept {
		for by, end := range ends {
			t.Run(what+", "+by, func(t *testing.T) {
				t.Parallel()
				released, release := context.WithCancel(context.Background())
				hangs := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-released.Done() }))
				t.Cleanup(hangs.Close)
				r := serveRules(t, defaultLimits, hangs.URL, func(cfg *config.Config) { cfg.Delivery.Timeout = time.Minute }, one)
				t.Cleanup(release) // before the server is closed, which waits for a listener that hangs
				c := r.send(oneProfile)
				r.struck()
				if p := one.Reply; p != nil && p.Pace > 0 { // it is kept back once it has begun
					if _, err := io.ReadFull(c, make([]byte, 20)); err != nil {
						t.Fatal(err)
					}
				}
				end(r, c)
				_, _ = io.Copy(io.Discard, c) // ends with the connection
				if one.Reply != nil && by == "client" {
					want := 0
					if one.Reply.Pace > 0 {
						want = 200
					}
					if call := r.lastCall(); call.Status != want {
						t.Errorf("on record is status %d", call.Status)
					}
				}
				if by == "client" { // what is written slowly to the listener goes on
					t.Cleanup(func() { _ = r.close(t.Context(), r.box) })
				}
				if by == "reset" {
					if n := len(r.box.Calls(0, 10)); one.Reply != nil && n > 0 {
						t.Errorf("%d calls are on record after the reset", n)
					}
					if report := r.idle(); report.Ran != 0 {
						t.Errorf("after the reset: %+v", report)
					}
				}
			})
		}
	}
}

// Where the connection ends.
func TestRepliesAreCut(t *testing.T) {
	for cut, want := range map[rule.Cut][2]string{
		rule.CutBefore: {},
		rule.CutAfter:  {},
		rule.Midway:    {"HTTP/1.1 200 OK\nContent-Length: 52\nContent-Type: application/json\nConnection: close", `{"requestId":"`},
	} {
		for pace := 0; pace <= 100_000 && (pace == 0 || cut == rule.Midway); pace += 100_000 {
			r := serveRules(t, defaultLimits, "", nil, replyRule(rule.Reply{Cut: cut, Pace: pace}))
			head, body := read(t, r.send(oneProfile))
			if head != want[0] || !strings.HasPrefix(body, want[1]) || want[1] != "" && len(body) != 52/2 {
				t.Errorf("cut %s: %q %q", cut, head, body)
			}
			call := r.lastCall()
			if sent := cut == rule.Midway; sent != (call.Status == 200) || sent != (call.Reply.Size == 52) || (cut == rule.CutBefore) != (call.RequestID == "") {
				t.Errorf("cut %s: on record is status %d, request %s, %d bytes", cut, call.Status, call.RequestID, call.Reply.Size)
			}
			if line := fmt.Sprintf("status=%d", call.Status); !strings.Contains(r.log.String(), line) || !strings.Contains(r.log.String(), " rule=it\n") {
				t.Errorf("cut %s: in the log is %s", cut, r.log)
			}
			accepted := 1
			if cut == rule.CutBefore {
				accepted = 0
			}
			if info := r.box.Info(); info.Requests != accepted {
				t.Errorf("cut %s: %d requests", cut, info.Requests)
			}
		}
	}
}

// A callback comes before the reply to its call: answered, or when the listener has had its time. With a latency it comes
// after the reply, and it is said why.
func TestEarlyCallbacks(t *testing.T) {
	for _, c := range []struct {
		name    string
		hangs   bool
		latency time.Duration
		state   sim.CallbackState
		skipped int
	}{
		{"answered", false, 0, sim.Delivered, 0},
		{"timed out", true, 0, sim.Retrying, 0},
		{"not due", false, time.Second, sim.Scheduled, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			release := make(chan struct{})
			heard := make(chan string, 10)
			l := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				heard <- string(body)
				if c.hangs {
					<-release
				}
			}))
			defer l.Close()
			defer close(release)
			r := serveRules(t, defaultLimits, l.URL, func(cfg *config.Config) {
				cfg.Delivery.Timeout = time.Minute
				if c.hangs {
					cfg.Delivery.Timeout = 10 * time.Millisecond
				}
				cfg.Latency[euicc.OpProfileSuspend] = config.Fixed(c.latency)
			}, callbackRule(rule.When{}, rule.Callback{Early: true}))
			status, text, err := r.do(r.request(suspendPath, oneProfile))
			if err != nil || status != 200 {
				t.Fatal(status, text, err)
			}
			list := r.box.Callbacks(sim.CallbackFilter{}, 0, 10)
			if c.skipped == 0 {
				if len(heard) != 1 {
					t.Fatalf("%d callbacks came before the reply", len(heard))
				}
				if body := <-heard; !strings.Contains(text, list[0].Request.ID) || !strings.Contains(body, list[0].Request.ID) {
					t.Errorf("with the reply %s came %s", text, body)
				}
				if len(list) != 1 || list[0].State != c.state || len(list[0].Attempts) != 1 {
					t.Errorf("%+v", list)
				}
				return
			}
			if len(heard) > 0 || len(list) > 0 {
				t.Errorf("%d callbacks came before anything is due", len(heard))
			}
			if report := r.idle(); report.Delivered != 1 {
				t.Errorf("%+v", report)
			}
			if rules := r.box.Rules(); rules[0].Skipped != c.skipped {
				t.Errorf("%+v", rules)
			}
		})
	}
}

// What rules do to the bodies of callbacks, at a listener: at the first attempt, and at the next one.
func TestCallbacksOnTheWire(t *testing.T) {
	merge := rule.Callback{Merge: `{"status": "Odd", "deviceResponse": null, "more": 1.50}`}
	for _, c := range []struct {
		name  string
		what  rule.Callback
		begin string // of the body
		end   string
		size  int // of the body, if it is not all that is announced
		fails bool
	}{
		{"merge", merge, `{"requestId":`, `,"status":"Odd","callbackCount":%d,"maxCallbackThreshold":4,"more":1.50}`, 0, false},
		{"merge and pace", rule.Callback{Merge: merge.Merge, Pace: 5000}, `{"requestId":`, `,"status":"Odd","callbackCount":%d,"maxCallbackThreshold":4,"more":1.50}`, 0, false},
		{"merge and truncate", rule.Callback{Merge: `{"requestId":"x"}`, Truncate: 16, Truncates: true}, `{"requestId":"x"`, "", 0, false},
		{"nothing left", rule.Callback{Truncates: true}, "", "", 0, false},
		{"cut", rule.Callback{Merge: `{"deviceIds":null,"requestId":"x","deviceResponse":null,"status":null}`, Cut: true}, `{"requestId":"x","callbackCoun`, "", 30, true},
		{"pace and cut", rule.Callback{Merge: `{"deviceIds":null,"requestId":"x","deviceResponse":null,"status":null}`, Cut: true, Pace: 1000}, `{"requestId":"x","callbackCoun`, "", 30, true},
	} {
		for attempt := range 3 {
			t.Run(fmt.Sprintf("%s, attempt %d", c.name, attempt), func(t *testing.T) {
				t.Parallel()
				type post struct {
					body      string
					announced int64
					err       error
				}
				posts := make(chan post, 10)
				var came atomic.Int32
				l := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, err := io.ReadAll(r.Body)
					posts <- post{string(body), r.ContentLength, err}
					if came.Add(1) == 1 && attempt == 2 {
						w.WriteHeader(http.StatusServiceUnavailable)
					}
				}))
				defer l.Close()
				r := serveRules(t, defaultLimits, l.URL, nil, callbackRule(rule.When{Attempt: attempt}, c.what))
				if status, text, err := r.do(r.request(suspendPath, oneProfile)); err != nil || status != 200 {
					t.Fatal(status, text, err)
				}
				if _, err := r.box.Advance(t.Context(), sim.Goal{By: 0}); err != nil {
					t.Fatal(err)
				}
				ruled := <-posts
				if attempt == 2 {
					if ruled.err != nil || !strings.Contains(ruled.body, `"SUCCESS","callbackCount":1,`) {
						t.Errorf("the first attempt: %+v", ruled)
					}
					if _, err := r.box.Advance(t.Context(), sim.Goal{By: r.box.Delivery().Interval}); err != nil {
						t.Fatal(err)
					}
					ruled = <-posts
				}
				end := c.end
				if end != "" {
					end = fmt.Sprintf(end, max(attempt, 1))
				}
				if !strings.HasPrefix(ruled.body, c.begin) || !strings.HasSuffix(ruled.body, end) || (ruled.err != nil) != c.fails {
					t.Errorf("got %+v", ruled)
				}
				if c.fails && (!errors.Is(ruled.err, io.ErrUnexpectedEOF) || len(ruled.body) != int(ruled.announced)/2 || len(ruled.body) != c.size) {
					t.Errorf("it is not cut in the middle: %+v, %d bytes", ruled, len(ruled.body))
				}
				list := r.box.Callbacks(sim.CallbackFilter{}, 0, 10)
				answer := list[0].Attempts[max(attempt, 1)-1].Answer
				if c.fails && (answer.Result != sim.Reset || !strings.Contains(answer.Err, "a rule")) || !c.fails && answer.Status != 200 {
					t.Errorf("what came of it is %+v", answer)
				}
				if c.fails && attempt == 1 { // the next one is as usual
					if _, err := r.box.Advance(t.Context(), sim.Goal{By: r.box.Delivery().Interval}); err != nil {
						t.Fatal(err)
					}
					if next := <-posts; next.err != nil || !strings.Contains(next.body, `"SUCCESS","callbackCount":2,`) {
						t.Errorf("the next attempt: %+v", next)
					}
				}
			})
		}
	}
}
