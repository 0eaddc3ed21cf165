package thingspace_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// discard is a ResponseWriter that keeps nothing.
type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

// benchmarkCall measures one call, from the parsed HTTP request to the written reply. Time stands
// still, so nothing of what was accepted is carried out.
func benchmarkCall(b *testing.B, body []byte) {
	s, handler, header := thingspace.Serve(b, config.Account{Name: "0000123456-00001"})
	reader := bytes.NewReader(body)
	r := httptest.NewRequest(http.MethodPost, suspend, reader)
	r.Header, r.ContentLength = header, int64(len(body))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		reader.Reset(body)
		r.Body = io.NopCloser(reader)
		handler.ServeHTTP(discard{http.Header{}}, r)
		if n++; n%100_000 == 0 {
			s.Reset(sim.ResetOptions{Tokens: true})
		}
	}
}

func BenchmarkCall(b *testing.B) { benchmarkCall(b, []byte(suspendBody(1))) }
func BenchmarkRefusal(b *testing.B) {
	benchmarkCall(b, []byte(`{"accountName":"0000123456-00001","devices":[{"deviceIds":[{"kind":"iccid","id":"1"}]}]}`))
}
func BenchmarkBulk(b *testing.B) { benchmarkCall(b, []byte(suspendBody(sim.MaxDevices))) }

// BenchmarkBulkRefusal has its mistake in one device.
func BenchmarkBulkRefusal(b *testing.B) {
	for _, at := range []struct {
		name   string
		device int
	}{{"first", 1}, {"middle", sim.MaxDevices / 2}, {"last", sim.MaxDevices}} {
		b.Run(at.name, func(b *testing.B) {
			body := suspendBody(sim.MaxDevices)
			i := 0
			for range at.device {
				i += strings.Index(body[i:], `"id":"`) + 6
			}
			benchmarkCall(b, []byte(body[:i]+"x"+body[i:]))
		})
	}
}
