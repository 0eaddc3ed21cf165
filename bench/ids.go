package main

import (
	"bytes"
	"fmt"
	"strconv"

	"tsim/tsimclient"
)

// eids lists the EIDs of all devices, of which there are n.
func (b *box) eids(n int) []string {
	all := make([]string, n)
	for i, d := range must(b.control.AllDevices(b.l.ctx, tsimclient.DeviceFilter{}, n)) {
		all[i] = d.EID
	}
	return all
}

// iccids is the ICCIDs of the Global profiles of n devices. Fleets count their ICCIDs upwards, and to
// list a million devices would take longer than all that is measured: so the first page is listed, and
// the rest is counted on, after the page itself has shown that this is right.
func (b *box) iccids(n int) []string {
	var known []string
	for _, d := range must(b.control.Devices(b.l.ctx, tsimclient.DeviceFilter{}, tsimclient.Page{Limit: min(n, 1000)})).Devices {
		for _, p := range d.Profiles {
			if p.Network == tsimclient.NetworkGlobal {
				known = append(known, p.ICCID)
			}
		}
	}
	if len(known) == n {
		return known
	}
	const prefix = 10 // digits that all of them share; the last one is the check digit
	first := must(strconv.Atoi(known[0][prefix:19]))
	step := must(strconv.Atoi(known[1][prefix:19])) - first
	all := make([]string, n)
	for i := range all {
		all[i] = withCheck(fmt.Sprintf("%s%09d", known[0][:prefix], first+i*step))
		if i < len(known) && all[i] != known[i] {
			check(fmt.Errorf("device %d has the ICCID %s, not %s: fleets are numbered in another way", i, known[i], all[i]))
		}
	}
	return all
}

// withCheck is digits with Luhn's check digit.
func withCheck(digits string) string {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return digits + strconv.Itoa((10-sum%10)%10)
}

// callOf is the body of a call on devices of an account, each with one identifier.
func callOf(account int, kind string, ids []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"accountName":%q,"devices":[`, accountName(account))
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"deviceIds":[{"kind":%q,"id":%q}]}`, kind, id)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// callsOf are bodies of calls on all of the first account's devices, so many each.
func callsOf(iccids []string, each int) [][]byte {
	var all [][]byte
	for from := 0; from < len(iccids); from += each {
		all = append(all, callOf(0, "iccid", iccids[from:min(from+each, len(iccids))]))
	}
	return all
}
