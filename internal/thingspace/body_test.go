package thingspace

import (
	"testing"

	"tsim/internal/euicc"
)

// TestWhatFollowsABody is white space as JSON knows it, and nothing else.
func TestWhatFollowsABody(t *testing.T) {
	for _, tail := range []string{"\v", "\f", "\u00a0", "\u0085", "\u2028", "\u3000", "\x00", "\ufeff", "}", "{}", "\xa0"} {
		if doc, err := parse([]byte(`{"a":1}` + tail)); err == nil {
			t.Errorf("accepted with %q behind it: %v", tail, doc)
		}
	}
	if _, err := parse([]byte("{\"a\":1} \t\r\n")); err != nil {
		t.Error(err)
	}
}

// TestActionOutlivesItsBody: bodies are read into buffers that are used again.
func TestActionOutlivesItsBody(t *testing.T) {
	ids := euicc.IDs{EID: "89001012012341234012345678901224", ICCID: "89148000000000000001"}
	all := 0
	for i := range endpoints {
		e := &endpoints[i]
		if e.callback == nil || e.schema == nil {
			continue
		}
		body := []byte(`{"accountName":"account","servicePlan":"plan","carrierName":"carrier","devices":[{"deviceIds":[` +
			`{"kind":"eid","id":"` + ids.EID + `"},{"kind":"iccid","id":"` + ids.ICCID + `"}]}]}`)
		a, _, sure := e.schema.readAction(body)
		if !sure {
			continue
		}
		clear(body)
		if all++; a.account != "account" || a.plan != "" && a.plan != "plan" || a.carrier != "" && a.carrier != "carrier" || a.devices.At(0) != ids {
			t.Errorf("%s: %+v of %+v", e.schema.name, a, a.devices.At(0))
		}
	}
	if all == 0 {
		t.Error("the fast path is never sure")
	}
}
