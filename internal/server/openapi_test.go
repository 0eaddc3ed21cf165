package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"tsim/internal/scenario"
	"tsim/internal/server"
	"tsim/internal/thingspace"
)

// A running tsim describes itself as the command does.
func TestOpenAPIIsServed(t *testing.T) {
	cfg, err := scenario.Open("default", nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := server.Start(server.Options{Addr: "127.0.0.1:0", Config: cfg, Version: "1.2.3", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close(context.Background())
	res, err := http.Get(s.URL() + "/tsim/v1/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	if err := json.Compact(&a, got); err != nil {
		t.Fatal(err)
	}
	if err := json.Compact(&b, thingspace.OpenAPI("1.2.3")); err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != http.StatusOK || !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Errorf("%d, %d bytes, want those %d of the command", res.StatusCode, a.Len(), b.Len())
	}
}
