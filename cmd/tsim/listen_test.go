package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

const suspendable = "89445000000000000019"

// listening is a sandbox with a running tsim listen, which has said that it listens.
func listening(t *testing.T, flags ...string) (*tsimbox.Sandbox, *program) {
	t.Helper()
	box, err := tsimbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	p := start(t, []string{"TSIM_CONTROL_URL=" + box.URL}, append([]string{"listen", "-o", "text"}, flags...)...)
	p.read(`^Listening for callbacks on `)
	return box, p
}

// suspended suspends a profile, and lets all come of it.
func suspended(t *testing.T, box *tsimbox.Sandbox) {
	t.Helper()
	_, err := box.Do(t.Context(), tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: suspendable})
	if err == nil {
		_, err = box.Control.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// states are those of the callbacks of a sandbox.
func states(t *testing.T, box *tsimbox.Sandbox) (all []tsimclient.CallbackState) {
	t.Helper()
	list, err := box.Control.AllCallbacks(t.Context(), tsimclient.CallbackFilter{}, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		all = append(all, c.State)
	}
	return all
}

// listeners are the URLs that are registered.
func listeners(t *testing.T, box *tsimbox.Sandbox) string {
	t.Helper()
	_, text, err := box.Call(t.Context(), "GET", "/api/m2m/v1/callbacks/"+box.Account, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// listen is registered while it runs, prints what comes on a line, and is gone when it ends.
func TestListenRegistersItself(t *testing.T) {
	for _, where := range []string{"--addr=127.0.0.1:0", "--addr=0.0.0.0:0", "--mailbox"} {
		box, p := listening(t, where)
		if got := listeners(t, box); !strings.Contains(got, "http://127.0.0.1:") && !strings.Contains(got, `"mailbox:"`) {
			t.Errorf("%s: registered is %s", where, got)
		}
		suspended(t, box)
		p.read(`^\d\d:\d\d:\d\d SUCCESS 89445000000000000019 SUSPENDED request [0-9a-f-]+$`)
		// What came by mailbox is answered a moment later.
		if _, err := box.Wait(t.Context(), tsimclient.For{Kind: tsimclient.EventAttemptAcknowledged}, 10*time.Second); err != nil {
			t.Errorf("%s: %v", where, err)
		}
		p.stop(os.Interrupt)
		if got := listeners(t, box); got != "[]\n" && got != "[]" {
			t.Errorf("%s: after its end, registered is %s", where, got)
		}
	}
}

// Who registers while listen runs stays.
func TestListenLeavesOthers(t *testing.T) {
	box, p := listening(t, "--addr=127.0.0.1:0")
	if err := box.Register(t.Context(), tsimbox.Registration{URL: "http://127.0.0.1:9/theirs"}); err != nil {
		t.Fatal(err)
	}
	p.stop(os.Interrupt)
	if got := listeners(t, box); !strings.Contains(got, "/theirs") {
		t.Errorf("registered is %s", got)
	}
	env := []string{"TSIM_CONTROL_URL=" + box.URL}
	again := start(t, env, "listen", "-o", "text", "--mailbox")
	again.read(`^It takes the place of http://127\.0\.0\.1:9/theirs\.$`)
	again.stop(os.Interrupt)
}

// A status that refuses is answered, and after so many callbacks listen ends by itself.
func TestListenAnswers(t *testing.T) {
	box, p := listening(t, "--addr=127.0.0.1:0", "--status=503", "--once=2", "--delay=1ms", "-v")
	suspended(t, box)
	body, _ := p.read(`^}$`)
	if !strings.Contains(body, "SUSPENDED") || !strings.Contains(body, " answered 503\n{\n") {
		t.Errorf("it printed\n%s", body)
	}
	p.read(` attempt 2 answered 503$`)
	_, _ = io.Copy(io.Discard, p.cmd.Stdout.(io.Reader))
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v\n%s", err, p.logs)
	}
}

// Whatever comes after the last one that was waited for is refused, so that it comes again to somebody else.
func TestListenHearsNoMore(t *testing.T) {
	ended := 0
	e := &ear{flags: &listenFlags{status: 200, once: 1}, end: func() { ended++ }, paper: &paper{out: io.Discard}}
	for _, want := range []int{200, 503} {
		w := httptest.NewRecorder()
		if e.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader("{}"))); w.Code != want || ended != 1 {
			t.Errorf("it is answered with %d, and %d times at an end; want %d", w.Code, ended, want)
		}
	}
}

// What is passed on is answered as whoever got it answers.
func TestListenForwards(t *testing.T) {
	got := make(chan string, 1)
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.Header.Get("Content-Type") + " " + r.URL.Path + " " + string(body)
		w.WriteHeader(202)
	}))
	defer application.Close()
	for _, where := range []string{"--addr=127.0.0.1:0", "--mailbox"} {
		box, p := listening(t, where, "--forward-to", application.URL+"/hook")
		suspended(t, box)
		if text := <-got; !strings.HasPrefix(text, "application/json /hook {") || !strings.Contains(text, suspendable) {
			t.Errorf("%s: the application got %s", where, text)
		}
		if _, err := box.Wait(t.Context(), tsimclient.For{Kind: tsimclient.EventAttemptAcknowledged}, 10*time.Second); err != nil {
			t.Errorf("%s: %v, %v", where, err, states(t, box))
		}
		p.stop(os.Interrupt)
	}
}

// Where nobody is to pass it on to, tsim is told so, and tries again.
func TestListenForwardsToNobody(t *testing.T) {
	box, p := listening(t, "--addr=127.0.0.1:0", "--forward-to", "http://127.0.0.1:1/")
	suspended(t, box)
	p.read(`SUSPENDED .* http://127\.0\.0\.1:1/ does not answer: connection refused answered 502$`)
	p.stop(os.Interrupt)
	if got := states(t, box); len(got) != 1 || got[0] != tsimclient.StateArchived {
		t.Errorf("the callbacks are %q", got)
	}
}

// Programs get a line of JSON for each callback, and nothing else.
func TestListenForPrograms(t *testing.T) {
	var out strings.Builder
	p := &paper{out: &out, errs: io.Discard, json: true}
	p.note("Listening")
	p.print(&heard{Service: "S", Status: 200, body: []byte(`{ "a": 1 }`)})
	p.print(&heard{Service: "S", Status: 502, Error: "no", body: []byte("<html>")})
	lines := strings.Split(out.String(), "\n")
	var first, second heard
	if len(lines) != 3 || json.Unmarshal([]byte(lines[0]), &first) != nil || json.Unmarshal([]byte(lines[1]), &second) != nil ||
		string(first.Body) != `{"a":1}` || string(second.Body) != `"\u003chtml\u003e"` || second.Error != "no" {
		t.Errorf("it printed %s", &out)
	}
}

// A bulk does not drown a terminal: of each second come some lines, and a sum.
func TestListenSumsUp(t *testing.T) {
	var out strings.Builder
	p := &paper{out: &out, rest: map[string]int{}}
	at := time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)
	for i := range 500 {
		body := `{"requestId":"r","status":"SUCCESS","deviceIds":[{"kind":"iccid","id":"1"}]}`
		if i%5 == 4 {
			body = `{"requestId":"r","status":"Failed","faultResponse":{"faultstring":"Device\u001b[2J not found"}}`
		}
		p.print(&heard{At: at, Status: 200, body: []byte(body)})
	}
	p.print(&heard{At: at.Add(time.Second), Status: 200, Service: "S", body: []byte("junk")})
	p.flush()
	text := out.String()
	if lines := strings.Split(strings.TrimSpace(text), "\n"); len(lines) != linesASecond+2 || strings.TrimSpace(lines[linesASecond]) != "and 480 more: 96 Failed, 384 SUCCESS" ||
		lines[linesASecond+1] != "12:00:01 4 bytes of S" || strings.Contains(text, "\x1b") {
		t.Errorf("it printed\n%s", text)
	}
}

// Colours are for terminals.
func TestListenColours(t *testing.T) {
	c := &heard{Status: 500, body: []byte(`{"requestId":"r","status":"SUCCESS","deviceIds":[{"kind":"iccid","id":"1"}]}`)}
	p := &paper{style: style{on: true}}
	if got := p.line(c); !strings.Contains(got, "\x1b[32mSUCCESS\x1b[0m 1 ") || !strings.HasSuffix(got, " \x1b[31manswered 500\x1b[0m\n") {
		t.Errorf("on a terminal: %q", got)
	}
}

// The URL that is registered is one that the server reaches, if there is one.
func TestReachedAt(t *testing.T) {
	for _, c := range []struct {
		at, server, want string
		ok               bool
	}{
		{"127.0.0.1", "http://localhost:8080", "http://127.0.0.1:9001/", true},
		{"0.0.0.0", "http://127.0.0.1:8080", "http://127.0.0.1:9001/", true},
		{"::", "http://[::1]:8080", "http://127.0.0.1:9001/", true},
		{"192.0.2.1", "http://127.0.0.1:8080", "http://192.0.2.1:9001/", true},
		{"127.0.0.1", "http://tsim.test:8080", "", false},
	} {
		if got, ok := reachedAt(&net.TCPAddr{IP: net.ParseIP(c.at), Port: 9001}, c.server); got != c.want || ok != c.ok {
			t.Errorf("%s of %s: %q, %t", c.at, c.server, got, ok)
		}
	}
}
