package spell

import (
	"strings"
	"testing"
)

func TestNearest(t *testing.T) {
	known := []string{"eid", "iccid", "seed", "latency", "service"}
	tests := map[string]string{
		"": "", "EID": "eid", "eidd": "eid", "edi": "eid", "xyz": "", "icid": "iccid", "latnecy": "latency", "sevrices": "service",
		strings.Repeat("eid", 1e6): "",
	}
	for word, want := range tests {
		if got := Nearest(word, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", word, got, want)
		}
	}
}
