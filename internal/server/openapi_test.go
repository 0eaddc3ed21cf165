package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"tsim/internal/server"
	"tsim/internal/thingspace"
)

// A running tsim describes itself as the command does.
func TestOpenAPIIsServed(t *testing.T) {
	s := server.Serve(t, server.Options{Version: "1.2.3"})
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
