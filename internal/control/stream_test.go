package control

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// reader reads a stream as it comes.
type reader struct {
	t     testing.TB
	lines *bufio.Scanner
	close func()
}

// follow opens a stream; header is the Last-Event-ID.
func (f *fixture) follow(url, query, id string) *reader {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), time.Minute) // a stream that says nothing must not keep the test for ever
	f.t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, "GET", url+base+"/events"+query, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	r.Header.Set("Accept", serverSent)
	if id != "" {
		r.Header.Set("Last-Event-ID", id)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() { _ = res.Body.Close() })
	want := http.Header{"Content-Type": {"text/event-stream"}, "Cache-Control": {"no-store"}, "X-Accel-Buffering": {"no"}}
	for name := range want {
		if got := res.Header.Get(name); res.StatusCode != 200 || got != want.Get(name) {
			f.t.Fatalf("%d, %s is %q", res.StatusCode, name, got)
		}
	}
	return &reader{f.t, bufio.NewScanner(res.Body), cancel}
}

// want compares the messages that come next, each with a ; between its lines.
func (r *reader) want(messages ...string) {
	r.t.Helper()
	for _, want := range messages {
		var lines []string
		for r.lines.Scan() && r.lines.Text() != "" {
			lines = append(lines, r.lines.Text())
		}
		if got := strings.Join(lines, ";"); got != want {
			r.t.Fatalf("it says\n%s, want\n%s", got, want)
		}
	}
}

// ended waits for the end of a stream.
func (r *reader) ended() {
	r.t.Helper()
	for r.lines.Scan() {
		r.t.Errorf("it goes on with %s", r.lines.Text())
	}
}

const opening = "retry: 1000;id: "

// item is an event as the list has it.
func (f *fixture) item(seq uint64) string {
	f.t.Helper()
	list := f.ask("GET", fmt.Sprintf("%s/events?limit=1&after=%d", base, seq-1), "").Body.String()
	_, rest, _ := strings.Cut(list, `"events":[`)
	item, _, _ := strings.Cut(rest, "]")
	return item
}

// The stream is the list, and goes on.
func TestStream(t *testing.T) {
	f := newFixture(t)
	srv, _ := f.server()
	request := f.submit(euicc.OpProfileResume, euicc.IDs{ICCID: global1})
	all := f.follow(srv.URL, "", "")
	all.want(opening+"1-0", "id: 1-1;event: request.accepted;data: "+f.item(1))
	after, latest, resumed := f.follow(srv.URL, "?after=1", ""), f.follow(srv.URL, "?after=latest", ""), f.follow(srv.URL, "?after=0", "1-1")
	filtered := f.follow(srv.URL, "?kind=attempt.sent&request="+request+"&device="+global1, "")
	for _, r := range []*reader{after, latest, resumed} {
		r.want(opening + "1-1")
	}
	if _, err := f.box.Advance(t.Context(), sim.Goal{Idle: true}); err != nil {
		t.Fatal(err)
	}
	for _, r := range []*reader{all, after, latest, resumed} {
		r.want("id: 1-2;event: operation.succeeded;data: "+f.item(2), "id: 1-3;event: attempt.sent;data: "+f.item(3))
	}
	filtered.want(opening+"1-0", "id: 1-3;event: attempt.sent;data: "+f.item(3))
	if used := f.budgets.Use()[sim.BudgetStreams].Used; used != 5 {
		t.Errorf("%d streams are counted, want 5", used)
	}
	f.box.Close()
	filtered.want(`event: end;data: {"why":"the sandbox \"default\" was removed"}`)
	filtered.ended()
}

// What cannot be is refused, as JSON.
func TestStreamsThatCannotBe(t *testing.T) {
	f := newFixture(t)
	f.budgets.Limit(sim.BudgetStreams, 0)
	for _, c := range []struct {
		path, id string
		status   int
		says     string
	}{
		{base + "/events?limit=5", "", 400, "a stream of events has no limit"},
		{base + "/events?after=last", "", 400, `after \"last\" is not a number`},
		{base + "/events?kind=attempt.snet", "", 400, "did you mean attempt.sent?"},
		{base + "/events?form=x", "", 400, `unknown query parameter`},
		{base + "/events", "7", 400, `Last-Event-ID \"7\" is not the id of an event, like 1-42`},
		{base + "/events", "1-x", 400, "leave it out to begin with the oldest event"},
		{base + "/events", "-1", 400, "is not the id of an event"},
		{base + "/events", "1-99999999999999999999", 400, "is not the id of an event"},
		{sandboxes + "/none/events", "", 404, `no sandbox \"none\"`},
		{base + "/events", "1-0", 503, "0 of its 0 are in use in all sandboxes; close those that nobody reads, or start tsim with --budget streams="},
	} {
		r := newRequest(t.Context(), "GET", c.path, "")
		r.Header.Set("Accept", serverSent)
		if c.id != "" {
			r.Header.Set("Last-Event-ID", c.id)
		}
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, r)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.says) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%+v: %d %s", c, w.Code, w.Body)
		}
	}
}

// Who may not use control, may not follow its events.
func TestStreamsAreGuarded(t *testing.T) {
	f := newFixture(t)
	f.token = "letmein"
	f.serve(nil)
	if w := f.ask("GET", base+"/events", ""); w.Code != 401 {
		t.Errorf("without the token: %d", w.Code)
	}
}

// Whatever a stream cannot have, it says so, and goes on with what there is.
func TestStreamsResync(t *testing.T) {
	f := newFixture(t)
	srv, _ := f.server()
	f.submit(euicc.OpProfileResume, euicc.IDs{ICCID: global1})
	resync := func(epoch, oldest int, why string) string {
		return fmt.Sprintf(`id: %d-%d;event: resync;data: {"epoch":%d,"oldest":%d,"why":"%s"}`, epoch, oldest-1, epoch, oldest, why)
	}
	r := f.follow(srv.URL, "", "")
	r.want(opening+"1-0", "id: 1-1;event: request.accepted;data: "+f.item(1))
	if _, _, err := f.box.Save("here"); err != nil {
		t.Fatal(err)
	}
	if err := f.box.Rewind("here"); err != nil {
		t.Fatal(err)
	}
	const anew = "the sandbox is in epoch %d, and no more in epoch %d: it was reset, taken back, or made anew"
	r.want(resync(2, 1, fmt.Sprintf(anew, 2, 1)), "id: 2-1;event: request.accepted;data: "+f.item(1), "id: 2-2;event: sandbox.rewound;data: "+f.item(2))
	f.box.Reset(sim.ResetOptions{})
	r.want(resync(3, 1, fmt.Sprintf(anew, 3, 2)), "id: 3-1;event: sandbox.reset;data: "+f.item(1))
	f.follow(srv.URL, "", "3-2").want(opening+"3-2", resync(3, 1, "there is no event 2 yet, so this is another sandbox than the one that had it"), "id: 3-1;event: sandbox.reset;data: "+f.item(1))
	f.flood(100_000)
	f.follow(srv.URL, "", "3-0").want(opening+"3-0", resync(3, 2, "the events 1 to 1 are forgotten"), "id: 3-2;event: clock.changed;data: "+f.item(2))
	f.follow(srv.URL, "", "").want(opening+"3-1", "id: 3-2;event: clock.changed;data: "+f.item(2))
}

// flood makes so many events.
func (f *fixture) flood(events int) {
	f.t.Helper()
	for n := range events {
		if _, err := f.box.SetClock([]config.Mode{config.Auto, config.Manual}[n%2], 1); err != nil {
			f.t.Fatal(err)
		}
	}
}

// A stream in which nothing happens, or nothing that its filter chooses, is not silent; and who comes back to it is not told
// again of what was passed over.
func TestHeartBeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		quiet, _ := f.record(t, "")
		filtered, end := f.record(t, "?kind=attempt.failed")
		defer end()
		time.Sleep(3*heartBeat + time.Second)
		synctest.Wait()
		const beat = ":\nid: 1-0\n\n"
		if want := "retry: 1000\nid: 1-0\n\n" + beat + beat + beat; quiet.Body.String() != want {
			t.Errorf("it says\n%s, want\n%s", quiet.Body, want)
		}
		for range 3 * heartBeat / (10 * time.Millisecond) { // so many that there is never nothing to read
			time.Sleep(10 * time.Millisecond)
			f.flood(1)
		}
		synctest.Wait()
		var n, at int
		_, rest, _ := strings.Cut(filtered.Body.String(), beat+beat+beat)
		for line := range strings.SplitSeq(rest, "\n") {
			if m, _ := fmt.Sscanf(line, "id: 1-%d", &at); m == 1 {
				n++
			}
		}
		if n < 2 || at < 2500 {
			t.Errorf("while much happens, it says\n%s", rest)
		}
	})
}

// The time that a client has for each piece is none that it may be silent for, over any version of HTTP.
func TestQuietStreams(t *testing.T) {
	f := newFixture(t)
	f.patience, f.beat = 50*time.Millisecond, 200*time.Millisecond
	f.serve(nil)
	for _, version := range []int{1, 2} {
		srv := httptest.NewUnstartedServer(f.handler)
		srv.EnableHTTP2 = version == 2
		srv.StartTLS()
		defer srv.Close()
		r := newRequest(t.Context(), "GET", srv.URL+base+"/events", "")
		r.RequestURI = ""
		r.Header.Set("Accept", serverSent)
		res, err := srv.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.ProtoMajor != version {
			t.Errorf("it is HTTP/%d, not %d", res.ProtoMajor, version)
		}
		(&reader{t: t, lines: bufio.NewScanner(res.Body)}).want(opening+"1-0", ":;id: 1-0", ":;id: 1-0", ":;id: 1-0")
	}
}

// countingWriter is a client that counts what it is sent.
type countingWriter struct {
	*httptest.ResponseRecorder
	flushes int
	last    time.Time
}

func (w *countingWriter) FlushError() error {
	w.flushes++
	w.last = time.Now()
	return nil
}

func (w *countingWriter) SetWriteDeadline(time.Time) error { return nil }

// record follows events where time is no wall clock's, until end.
func (f *fixture) record(t *testing.T, query string) (w *countingWriter, end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	w = &countingWriter{ResponseRecorder: httptest.NewRecorder()}
	r := newRequest(ctx, "GET", base+"/events"+query, "")
	r.Header.Set("Accept", serverSent)
	go f.handler.ServeHTTP(w, r)
	synctest.Wait()
	return w, cancel
}

// Events that come one after the other are told together; one that comes alone is told at once.
func TestStreamsGatherEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFixture(t)
		w, end := f.record(t, "")
		defer end()
		time.Sleep(time.Second)
		synctest.Wait()
		w.flushes = 0
		happened := time.Now()
		f.flood(1)
		synctest.Wait()
		if w.flushes != 1 || w.last != happened {
			t.Errorf("one event alone: %d times, after %s", w.flushes, w.last.Sub(happened))
		}
		for range 1000 {
			time.Sleep(time.Millisecond)
			f.flood(1)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if told := strings.Count(w.Body.String(), "\ndata: "); told != 1001 || w.flushes > 1+1000/20+1 {
			t.Errorf("%d events are told in %d pieces", told, w.flushes)
		}
	})
}

// All streams together work for a quarter of the time, if there is so much to do; one that does little need not wait.
func TestShare(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newShare()
		work := func(took time.Duration, times int) {
			for range times {
				if err := s.use(t.Context(), func([]sim.EventReport) { time.Sleep(took) }); err != nil {
					t.Error(err)
				}
			}
		}
		time.Sleep(time.Hour) // of which little is saved
		begun := time.Now()
		if work(time.Millisecond, 10); time.Since(begun) != 10*time.Millisecond {
			t.Errorf("a little work takes %s", time.Since(begun))
		}
		for range 10 {
			go work(time.Millisecond, 100)
		}
		time.Sleep(time.Millisecond)
		synctest.Wait()
		begun = time.Now()
		work(time.Millisecond, 1) // after those before it
		time.Sleep(time.Hour)
		synctest.Wait()
		if whole := s.paid.Sub(begun); whole < 4*1000*time.Millisecond-2*shareSaved || whole > 4*1010*time.Millisecond {
			t.Errorf("1 s of work is done in %s", whole)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s.free <- struct{}{}
		if err := s.use(ctx, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("who gives up is told %v", err)
		}
	})
}

// A client that reads nothing keeps neither the sandbox nor memory, and is cut off in the end.
func TestStreamThatNobodyReads(t *testing.T) {
	f := newFixture(t)
	f.patience = 250 * time.Millisecond
	f.serve(nil)
	ended := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.handler.ServeHTTP(w, r)
		close(ended)
	}))
	defer srv.Close()
	c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(srv.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET "+base+"/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	for open := true; open; { // much more than fits into the buffers of a connection
		f.flood(10_000)
		select {
		case <-ended:
			open = false
		default:
		}
	}
	if used := f.budgets.Use()[sim.BudgetStreams].Used; used != 0 {
		t.Errorf("%d streams are counted when it is cut off", used)
	}
}

// A client that goes away is not counted any more.
func TestStreamsThatAreGivenUp(t *testing.T) {
	f := newFixture(t)
	var handled [20]chan struct{}
	n := make(chan int, len(handled))
	for i := range handled {
		handled[i] = make(chan struct{})
		n <- i
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(handled[<-n])
		f.handler.ServeHTTP(w, r)
	}))
	defer srv.Close()
	var readers []*reader
	for range handled {
		r := f.follow(srv.URL, "", "")
		r.want(opening + "1-0")
		readers = append(readers, r)
	}
	if used := f.budgets.Use()[sim.BudgetStreams].Used; used != len(handled) {
		t.Errorf("%d streams are counted, want %d", used, len(handled))
	}
	for _, r := range readers {
		r.close()
	}
	for i := range handled {
		<-handled[i]
	}
	if used := f.budgets.Use()[sim.BudgetStreams].Used; used != 0 {
		t.Errorf("%d streams are counted when all are given up", used)
	}
}

// The client of a server gets what a stream says, and what it cannot have.
func TestClientFollows(t *testing.T) {
	f := newFixture(t)
	_, c := f.server()
	f.flood(3)
	var kinds []string
	for e, err := range c.FollowEvents(t.Context(), tsimclient.EventFilter{Kind: tsimclient.EventClockChanged}, "1") {
		var resync *tsimclient.Resync
		switch {
		case errors.As(err, &resync):
			kinds = append(kinds, fmt.Sprint("resync ", resync.Epoch, resync.Oldest))
			f.flood(1)
			continue
		case err != nil:
			var end *tsimclient.Error
			if !errors.As(err, &end) || end.Status != 404 || end.Message != `the sandbox "default" was removed` {
				t.Errorf("it ends with %#v", err)
			}
			kinds = append(kinds, "end")
			continue
		}
		text, _ := encode(e)
		if want := f.item(e.Seq); json.Valid(text) && strings.TrimSpace(string(text)) != want {
			t.Errorf("event %s, want %s", text, want)
		}
		switch kinds = append(kinds, fmt.Sprint(e.Epoch, e.Seq)); e.Epoch*10 + e.Seq {
		case 13:
			f.box.Reset(sim.ResetOptions{})
		case 22:
			f.box.Close()
		}
	}
	if got := strings.Join(kinds, ", "); got != "1 2, 1 3, resync 2 1, 2 2, end" {
		t.Errorf("it follows %s", got)
	}
}
