package tsimclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tsim/tsimclient"
)

// streaming is a client of a server that answers with these, one after the other: the text of a stream, or "503 {…}". A
// stream that ends with "…" does not end.
func streaming(t *testing.T, answers ...string) (*tsimclient.Client, *[]string) {
	t.Helper()
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, strings.TrimSpace(r.URL.RawQuery+" "+r.Header.Get("Accept")+" "+r.Header.Get("Last-Event-ID")))
		if len(asked) > len(answers) {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"error":"no more"}`)
			return
		}
		answer, status := answers[len(asked)-1], 0
		if n, _ := fmt.Sscanf(answer, "%d ", &status); n == 1 {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, answer[4:])
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		text, hangs := strings.CutSuffix(answer, "…")
		_, _ = io.WriteString(w, text)
		_ = http.NewResponseController(w).Flush()
		if hangs {
			<-r.Context().Done()
		}
	}))
	t.Cleanup(srv.Close)
	return &tsimclient.Client{BaseURL: srv.URL, HTTPClient: srv.Client()}, &asked
}

// all is what a client is told that follows.
func all(t *testing.T, c *tsimclient.Client, after string) string {
	t.Helper()
	var told []string
	for e, err := range c.FollowEvents(t.Context(), tsimclient.EventFilter{Device: "d&e"}, after) {
		if err != nil {
			told = append(told, err.Error())
		} else {
			told = append(told, fmt.Sprintf("%d-%d", e.Epoch, e.Seq))
		}
	}
	return strings.Join(told, "; ")
}

// A client goes on with the id of the last whole message, whatever comes between.
func TestFollowGoesOn(t *testing.T) {
	back := tsimclient.SetSilence(100 * time.Millisecond)
	defer back()
	c, asked := streaming(
		t,
		"retry: 1000\nid: 1-3\n\n",
		"id: 1-4\nevent: attempt.sent\ndata: {\"epoch\":1,\"seq\":4}\n\n:\nid: 1-9\n\nid: 1-10\nevent: attempt.sent\ndata: {\"epoch\":1,\"seq\":10}\n",
		"503 {\"error\":\"not now\"}",
		"…",
		"id: 1-10\ndata:{\"epoch\":1,\ndata:\"seq\":10}\n\nnew: field\n\n…",
		"id: 2-6\nevent: resync\ndata: {\"epoch\":2,\"oldest\":7,\"why\":\"a reset\"}\n\n",
	)
	const want = "1-4; 1-10; events were missed: a reset; it goes on with event 7 of epoch 2; no more"
	if got := all(t, c, tsimclient.Latest); got != want {
		t.Errorf("it is told\n%s, want\n%s", got, want)
	}
	const first = "after=latest&device=d%26e text/event-stream"
	if got, want := strings.Join(*asked, "\n"), strings.Join([]string{first, first + " 1-3", first + " 1-9", first + " 1-9", first + " 1-9", first + " 1-10", first + " 2-6"}, "\n"); got != want {
		t.Errorf("it asks\n%s\nwant\n%s", got, want)
	}
}

// What ends it: a refusal, a server that was never there, and what is no stream.
func TestFollowEnds(t *testing.T) {
	for answer, want := range map[string]string{
		"503 {\"error\":\"not now\"}": "not now",
		"401 {\"error\":\"who?\"}":    "who?",
		"200 {}":                      "the answer is not a stream of events (is it a tsim of this version that listens at BASE?)",
		"id: 1-1\nevent: end\ndata: {\"why\":\"it was removed\"}\n\n": "it was removed",
		"id: 1-1\nevent: x\ndata: <html>\n\n":                         "the stream is not one of tsim: invalid character '<' looking for beginning of value",
	} {
		c, asked := streaming(t, answer)
		got := all(t, c, "")
		if want = strings.ReplaceAll(want, "BASE", c.BaseURL); got != want || len(*asked) != 1 {
			t.Errorf("%s: it is told %s, and asks %d times, want %s", answer, got, len(*asked), want)
		}
	}
	c := tsimclient.Client{BaseURL: "http://127.0.0.1:1"}
	if got := all(t, &c, ""); !strings.HasSuffix(got, "(is tsim running at http://127.0.0.1:1?)") {
		t.Errorf("it is told %s", got)
	}
}

// Whoever follows may stop at any time, and take as long as they like.
func TestFollowAsLongAsYouLike(t *testing.T) {
	back := tsimclient.SetSilence(150 * time.Millisecond)
	defer back()
	event := "id: 1-1\ndata: {\"seq\":1}\n\nid: 1-2\ndata: {\"detail\":\"" + strings.Repeat("more than is read beforehand ", 3_000) + "\",\"seq\":2}\n\n…"
	c, asked := streaming(t, event)
	for e, err := range c.FollowEvents(t.Context(), tsimclient.EventFilter{}, "") {
		if err != nil {
			t.Fatal(err)
		}
		if len(*asked) > 1 || e.Seq == 2 {
			break
		}
		<-time.After(400 * time.Millisecond)
	}
	if len(*asked) != 1 {
		t.Errorf("it asks %d times", len(*asked))
	}
	c, _ = streaming(t, event)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range c.FollowEvents(ctx, tsimclient.EventFilter{}, "") {
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("it ends with %v", last)
	}
}
