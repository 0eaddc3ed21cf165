package control

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"
)

func TestRecordings(t *testing.T) {
	f := newFixture(t)
	began := time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
	for _, c := range []struct {
		method, recording string
		list              []Recording
		status            int
		contentType, want string
	}{
		{"GET", "", nil, 200, "application/json", `{"recordings":[]}` + "\n"},
		{"GET", "", []Recording{{"bug.jsonl", began, 3, 2, 1000, nil}, {"[::1]:1", began, 0, 0, 0, errors.New("the disk is full")}}, 200, "application/json",
			`{"recordings":[{"to":"bug.jsonl","began":"2026-11-22T01:02:03Z","inputs":3,"events":2,"bytes":1000},` +
				`{"to":"[::1]:1","began":"2026-11-22T01:02:03Z","inputs":0,"events":0,"bytes":0,"error":"the disk is full"}]}` + "\n"},
		{"POST", "a\nb\n", nil, 200, "application/x-ndjson", "a\nb\n"},
		{"POST", "", nil, 409, "application/json", `{"error":"no more of them"}` + "\n"},
	} {
		f.recording, f.recordings = c.recording, c.list
		w := httptest.NewRecorder()
		f.handler.ServeHTTP(w, httptest.NewRequest(c.method, "http://localhost/tsim/v1/sandboxes/default/recordings", nil))
		if w.Code != c.status || w.Header().Get("Content-Type") != c.contentType || w.Body.String() != c.want {
			t.Errorf("%s: %d %s %s, want %d %s %s", c.method, w.Code, w.Header().Get("Content-Type"), w.Body, c.status, c.contentType, c.want)
		}
	}
}
