package euicc_test

import (
	"testing"

	. "tsim/internal/euicc"
)

// FuzzScript reads an operation and its surroundings from each byte and runs them on one card.
func FuzzScript(f *testing.F) {
	// The golden story: activate, download, enable, profile_suspend, device_suspend, device_resume twice.
	f.Add([]byte{0, 8 + 1, 8 + 2, 8 + 3, 4, 5, 5})
	f.Add([]byte{1, 2, 3, 4, 5})
	f.Add([]byte{0, 6, 8 + 1, 6, 0x20 + 8 + 1, 0x40 + 8 + 2, 0x80 + 8 + 2})
	f.Add([]byte{8, 16, 16 + 1, 8 + 1, 16 + 2, 8 + 2, 2, 4, 16 + 3, 7, 8 + 2, 5})
	// Enabling the LEAD while the LOCAL is suspended on its own; downloading while all are suspended.
	f.Add([]byte{0, 8 + 1, 8 + 2, 8 + 3, 2})
	f.Add([]byte{0, 4, 8 + 1, 5, 8 + 1})
	f.Fuzz(func(t *testing.T, script []byte) {
		c := usual()
		c.Profiles = append(c.Profiles, Profile{ICCID: otherID, Network: Global, Role: Local})
		c.Sort()
		for _, b := range script[:min(len(script), 200)] {
			switch op := b & 7; op {
			case 6:
				c.Powered = !c.Powered
			case 7:
				c.Connected = !c.Connected
			default:
				o := Order{Op: Op(op), ICCID: c.Profiles[int(b>>3&3)%len(c.Profiles)].ICCID, Busy: b&0x20 != 0, MDN: freeMDN}
				if b&0xc0 != 0 {
					o.Plan = Plan{"plan", Network(b >> 6)}
				}
				step(t, &c, o)
			}
		}
	})
}
