package config

import (
	"testing"

	"tsim/internal/euicc"
)

func TestEveryOperationHasItsTimes(t *testing.T) {
	for _, op := range euicc.Ops() {
		if timings[op].realistic == (Latency{}) {
			t.Errorf("%s takes no time in the real world", op)
		}
		if (timings[op].validity > 0) != op.SMSR() {
			t.Errorf("%s: the SM-SR has a validity period for what it does, and for nothing else", op)
		}
	}
}
