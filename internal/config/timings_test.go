package config

import (
	"testing"

	"tsim/internal/euicc"
)

func TestEveryOperationHasItsTimes(t *testing.T) {
	for _, op := range euicc.Ops() {
		if realistic[op] == (Latency{}) {
			t.Errorf("%s takes no time in the real world", op)
		}
	}
}
