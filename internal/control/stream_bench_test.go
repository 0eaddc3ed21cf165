package control

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// BenchmarkStreams is how fast a sandbox carries out a call for one device, of six events, beside so many streams that are
// read as fast as they come.
func BenchmarkStreams(b *testing.B) {
	for _, readers := range []int{0, 1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			f := newFixture(b)
			srv, _ := f.server()
			var bytes atomic.Int64
			var reading, opened sync.WaitGroup
			for range readers {
				opened.Add(1)
				reading.Go(func() {
					r, _ := http.NewRequestWithContext(b.Context(), "GET", srv.URL+base+"/events", nil)
					r.Header.Set("Accept", serverSent)
					res, err := srv.Client().Do(r)
					opened.Done()
					if err != nil {
						b.Error(err)
						return
					}
					defer res.Body.Close()
					n, _ := io.Copy(io.Discard, res.Body)
					bytes.Add(n)
				})
			}
			opened.Wait()
			op := euicc.OpProfileResume
			b.ReportAllocs()
			for b.Loop() {
				f.submit(op, euicc.IDs{ICCID: global1})
				if _, err := f.box.Advance(b.Context(), sim.Goal{Idle: true}); err != nil {
					b.Fatal(err)
				}
				op = euicc.OpProfileSuspend + euicc.OpProfileResume - op
			}
			_, last := f.box.Span()
			b.ReportMetric(float64(last.Seq)/b.Elapsed().Seconds(), "events/s")
			f.box.Close() // which ends the streams
			reading.Wait()
			b.ReportMetric(float64(bytes.Load())/b.Elapsed().Seconds()/1e6/max(float64(readers), 1), "MB/s/reader")
		})
	}
}
