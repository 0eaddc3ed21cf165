package thingspace_test

import (
	"strings"
	"testing"
)

// What is not JSON names no devices, however much it looks like it.
func TestDevicesOfWhatIsNotJSON(t *testing.T) {
	r := newRecorded(t)
	in := r.in()
	for _, n := range []int{60, 5000, 10_001} {
		body := strings.ReplaceAll(suspendBody(n), "0000123456-00001", "A-1")
		for _, c := range []struct {
			body    string
			devices int
		}{
			{body + "}", 0}, {strings.TrimSuffix(body, "}"), 0}, {strings.Replace(body, `"8`, `"x`, 1), n},
		} {
			if status, text := r.send("POST", suspend, c.body, in...); status != 400 {
				t.Errorf("%d devices: %d %s", n, status, text)
			}
			if got := r.latest(r.box.Calls).Devices; got != c.devices {
				t.Errorf("%d devices: %d are on record, want %d", n, got, c.devices)
			}
		}
	}
}
