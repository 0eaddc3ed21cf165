package sim

import (
	"strings"

	"tsim/internal/euicc"
)

// Fleet is many devices that are alike: their identifiers and numbers are generated.
type Fleet struct {
	Count int
	Card  euicc.Card // what each of them is like; it has no identifiers
}

// How large fleets can be.
const (
	MaxFleet      = 1_000_000
	fleetProfiles = 8 // of one device
)

// numbering gives the n-th generated device its identifiers. They are counted upwards from a place
// that the seed decides, so that a device can be found by its identifiers without an index: a
// million devices would pay for that with more memory than they take themselves.
type numbering struct {
	eid, imei, iccid uint64 // what the first device has in the digits that count
}

// The digits around those that count. Issuer and account range are made up.
const (
	eidPrefix    = "890010120123412345" // 89, country 001, issuer 012, platform and OS; 12 digits follow, and 2 check digits
	imeiPrefix   = "35"                 // a reporting body; 12 digits follow, and a check digit
	usPrefix     = "8914800000"         // 89, country 1, Verizon 480; 9 digits follow, and a check digit
	globalPrefix = "8944500000"         // 89, country 44; likewise
)

func newNumbering(seed uint64) numbering {
	// Room for a hundred fleets of the largest size before a counter runs over.
	r := draws(seed, "fleet")
	return numbering{eid: r.Uint64() % 9e11, imei: r.Uint64() % 9e11, iccid: r.Uint64() % 1e8}
}

// name gives a card the identifiers of the n-th device, whose digits go into text.
func (n numbering) name(c *euicc.Card, device uint64, text *strings.Builder) {
	b := make([]byte, 0, 32+15+20*fleetProfiles)
	b = append(b, eidPrefix...)
	b = appendDigits(b, n.eid+device, 12)
	check := euicc.EIDCheck(b)
	b = append(b, check[:]...)
	eidEnd := len(b)
	b = append(b, imeiPrefix...)
	b = appendDigits(b, n.imei+device, 12)
	b = append(b, euicc.LuhnCheck(b[eidEnd:]))
	imeiEnd := len(b)
	for i := range c.Profiles {
		start := len(b)
		b = append(b, iccidPrefix(c.Profiles[i].Network)...)
		b = appendDigits(b, n.iccid+device*fleetProfiles+uint64(i), 9)
		b = append(b, euicc.LuhnCheck(b[start:]))
	}
	text.Write(b)
	ids := text.String()[text.Len()-len(b):]
	c.EID, c.IMEI = ids[:eidEnd], ids[eidEnd:imeiEnd]
	for i := range c.Profiles {
		c.Profiles[i].ICCID = ids[imeiEnd+20*i : imeiEnd+20*(i+1)]
	}
}

// freeICCID is the next generated US ICCID that no profile has; it stays free until byICCID has it.
func (x *index) freeICCID() string {
	for ; ; x.iccidsUsed++ {
		one := euicc.Card{Profiles: []euicc.Profile{{Network: euicc.US}}}
		x.numbering.name(&one, uint64(len(x.fleet)+x.iccidsUsed), &strings.Builder{})
		if iccid := one.Profiles[0].ICCID; x.byICCID[iccid] == nil {
			return iccid
		}
	}
}

func iccidPrefix(n euicc.Network) string {
	if n == euicc.US {
		return usPrefix
	}
	return globalPrefix
}

func appendDigits(b []byte, n uint64, width int) []byte {
	for range width {
		b = append(b, '0')
	}
	for i := len(b) - 1; n > 0 && i >= len(b)-width; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return b
}

// device says which generated device an identifier would belong to. It is a guess: whoever asks
// compares the whole identifier.
func (n numbering) device(id, prefix string, first uint64, width int, each uint64) (uint64, bool) {
	if len(id) < len(prefix)+width || id[:len(prefix)] != prefix {
		return 0, false
	}
	count := uint64(0)
	for _, d := range []byte(id[len(prefix) : len(prefix)+width]) {
		count = count*10 + uint64(d-'0')
	}
	if count < first {
		return 0, false
	}
	return (count - first) / each, true
}

func (n numbering) byEID(id string) (uint64, bool) { return n.device(id, eidPrefix, n.eid, 12, 1) }

func (n numbering) byIMEI(id string) (uint64, bool) { return n.device(id, imeiPrefix, n.imei, 12, 1) }

func (n numbering) byICCID(id string) (uint64, bool) {
	if device, ok := n.device(id, usPrefix, n.iccid, 9, fleetProfiles); ok {
		return device, true
	}
	return n.device(id, globalPrefix, n.iccid, 9, fleetProfiles)
}
