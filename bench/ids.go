package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
)

// device is as much of a device as is needed here.
type device struct {
	EID      string `json:"eid"`
	Profiles []struct {
		ICCID   string `json:"iccid"`
		Network string `json:"network"`
	} `json:"profiles"`
}

// eids lists the EIDs of n devices.
func (b *box) eids(n int) ([]string, error) {
	var all []string
	for after := ""; len(all) < n; {
		page, err := b.devices(after, 5000)
		if err != nil || len(page) == 0 {
			return nil, errors.Join(err, fmt.Errorf("%d devices, not %d", len(all), n))
		}
		for _, d := range page {
			all = append(all, d.EID)
		}
		after = all[len(all)-1]
	}
	return all[:n], nil
}

func (b *box) devices(after string, limit int) ([]device, error) {
	var list struct {
		Devices []device `json:"devices"`
	}
	err := b.ask(http.MethodGet, fmt.Sprintf("%s/devices?limit=%d&after=%s", sandbox, limit, url.QueryEscape(after)), nil, &list)
	return list.Devices, err
}

// iccids is the ICCIDs of the Global profiles of n devices. Fleets count their ICCIDs upwards, and to
// list a million devices would take longer than all that is measured: so the first page is listed, and
// the rest is counted on, after the page itself has shown that this is right.
func (b *box) iccids(n int) ([]string, error) {
	page, err := b.devices("", min(n, 1000))
	if err != nil {
		return nil, err
	}
	known := make([]string, len(page))
	for i, d := range page {
		for _, p := range d.Profiles {
			if p.Network == "global" {
				known[i] = p.ICCID
			}
		}
	}
	if len(known) == n {
		return known, nil
	}
	const prefix = 10 // digits that all of them share; the last one is the check digit
	first, err1 := strconv.Atoi(known[0][prefix:19])
	second, err2 := strconv.Atoi(known[1][prefix:19])
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	all := make([]string, n)
	for i := range all {
		all[i] = withCheck(fmt.Sprintf("%s%09d", known[0][:prefix], first+i*(second-first)))
		if i < len(known) && all[i] != known[i] {
			return nil, fmt.Errorf("device %d has the ICCID %s, not %s: fleets are numbered in another way", i, known[i], all[i])
		}
	}
	return all, nil
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

// callOf is the body of a call on devices, each with one identifier.
func callOf(account, kind string, ids []string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, `{"accountName":%q,"devices":[`, account)
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"deviceIds":[{"kind":%q,"id":%q}]}`, kind, id)
	}
	b.WriteString("]}")
	return b.Bytes()
}

// callsOf is a body for each device.
func callsOf(account string, iccids []string) [][]byte {
	all := make([][]byte, len(iccids))
	for i := range iccids {
		all[i] = callOf(account, "iccid", iccids[i:i+1])
	}
	return all
}
