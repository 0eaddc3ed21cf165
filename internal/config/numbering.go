package config

import (
	"strconv"
	"strings"

	"tsim/internal/euicc"
)

// Numbering gives the n-th generated device its identifiers, n from 0. They are counted upwards, so that a
// device can be found by its identifiers without an index: a million devices would pay for that with
// more memory than they take themselves. Its fields are what the first device has in the digits that
// count, below MaxFirst of each, which leaves room for a hundred fleets of the largest size.
type Numbering struct{ EID, IMEI, ICCID uint64 }

// How high the first device may be numbered.
const (
	MaxFirstEID   = 9e11
	MaxFirstIMEI  = 9e11
	MaxFirstICCID = 1e8
)

// The digits around those that count. Issuer and account range are made up.
const (
	eidPrefix    = "890010120123412345" // 89, country 001, issuer 012, platform and OS; 12 digits follow, and 2 check digits
	imeiPrefix   = "35"                 // a reporting body; 12 digits follow, and a check digit
	usPrefix     = "8914800000"         // 89, country 1, Verizon 480; 9 digits follow, and a check digit
	globalPrefix = "8944500000"         // 89, country 44; likewise
)

// Name gives a card the identifiers of the n-th device, whose digits go into text.
func (n Numbering) Name(c *euicc.Card, device uint64, text *strings.Builder) {
	b := make([]byte, 0, 32+15+20*MaxFleetProfiles)
	b = append(b, eidPrefix...)
	b = appendDigits(b, n.EID+device, 12)
	check := euicc.EIDCheck(b)
	b = append(b, check[:]...)
	eidEnd := len(b)
	b = append(b, imeiPrefix...)
	b = appendDigits(b, n.IMEI+device, 12)
	b = append(b, euicc.LuhnCheck(b[eidEnd:]))
	imeiEnd := len(b)
	for i := range c.Profiles {
		start := len(b)
		b = append(b, iccidPrefix(c.Profiles[i].Network)...)
		b = appendDigits(b, n.ICCID+device*MaxFleetProfiles+uint64(i), 9)
		b = append(b, euicc.LuhnCheck(b[start:]))
	}
	text.Write(b)
	ids := text.String()[text.Len()-len(b):]
	c.EID, c.IMEI = ids[:eidEnd], ids[eidEnd:imeiEnd]
	for i := range c.Profiles {
		c.Profiles[i].ICCID = ids[imeiEnd+20*i : imeiEnd+20*(i+1)]
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

// index says which generated device an identifier would belong to. It is a guess: whoever asks
// compares the whole identifier.
func (n Numbering) index(id, prefix string, first uint64, width int, each uint64) (uint64, bool) {
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

// IndexOfEID is the n of the generated device that an EID may belong to.
func (n Numbering) IndexOfEID(id string) (uint64, bool) { return n.index(id, eidPrefix, n.EID, 12, 1) }

// IndexOfIMEI is the n of the generated device that an IMEI may belong to.
func (n Numbering) IndexOfIMEI(id string) (uint64, bool) {
	return n.index(id, imeiPrefix, n.IMEI, 12, 1)
}

// IndexOfICCID is the n of the generated device that an ICCID may belong to.
func (n Numbering) IndexOfICCID(id string) (uint64, bool) {
	if i, ok := n.index(id, usPrefix, n.ICCID, 9, MaxFleetProfiles); ok {
		return i, true
	}
	return n.index(id, globalPrefix, n.ICCID, 9, MaxFleetProfiles)
}

// exchange is the middle of every generated number: 555 is what the numbering plan keeps for fiction.
const exchange = "555"

// MDN is the n-th number NPA 555 xxxx. Area codes begin at 201 and leave out the service
// codes, which end in 11.
func MDN(n int) string {
	npa := 201 + n/10_000
	npa += (npa - 201 + 89) / 99 // 211, 311 …: one in a hundred is skipped
	b := appendDigits(make([]byte, 0, 10), uint64(npa), 3)
	b = append(b, exchange...)
	return string(appendDigits(b, uint64(n%10_000), 4))
}

// IndexOfMDN is the n of the number MDN(n), for a number that it may have made.
func IndexOfMDN(mdn string) (n int, ok bool) {
	if len(mdn) != 10 || mdn[3:6] != exchange {
		return 0, false
	}
	npa, err1 := strconv.Atoi(mdn[:3])
	line, err2 := strconv.Atoi(mdn[6:])
	npa -= 201
	return (npa-(npa+90)/100)*10_000 + line, npa >= 0 && err1 == nil && err2 == nil
}
