package sim_test

import (
	"context"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// BenchmarkNobodyListens carries out a bulk of 10,000 for one device each, and makes its callbacks,
// which nobody hears: two jobs a device.
func BenchmarkNobodyListens(b *testing.B) {
	s := newFleet(b, fleetOf(sim.MaxDevices, 1))
	var devices []euicc.IDs
	for _, d := range s.Devices("", sim.MaxDevices) {
		devices = append(devices, euicc.IDs{ICCID: d.Profiles[1].ICCID})
	}
	op := euicc.OpProfileSuspend
	b.ReportAllocs()
	for b.Loop() {
		r, err := s.Submit(sim.Request{Account: "a", Op: op, Devices: sim.ListOf(devices...)})
		if err != nil {
			b.Fatal(err)
		}
		s.Replied(r)
		if _, err := s.Advance(context.Background(), sim.Goal{Idle: true}); err != nil {
			b.Fatal(err)
		}
		op = euicc.OpProfileSuspend + euicc.OpProfileResume - op
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/2/sim.MaxDevices, "ns/job")
}
