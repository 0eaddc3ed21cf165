package sim_test

import (
	"fmt"
	"math/rand"
	"reflect"
	"slices"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// TestListsFollowChanges: devices come and go, by calls and by control, and the lists tell of just those that
// are there, each line under a number of its own, on pages of any size.
func TestListsFollowChanges(t *testing.T) {
	cfg := fleetOf(20, 1)
	cfg.Accounts[0].Cards = []euicc.Card{card(1), card(2), card(3)}
	w := start(t, cfg)
	r := rand.New(rand.NewSource(3))
	owner := map[int]string{} // of each number that there ever was
	for n := range 60 {
		change(t, w, r, 100+n)
		all, more := w.lines(sim.LineFilter{}, 0, 1000)
		if more {
			t.Fatal("there is more than there can be")
		}
		there := map[string]int{}
		for i, l := range all {
			there[l.EID]++
			if i > 0 && l.DeviceID <= all[i-1].DeviceID {
				t.Fatalf("line %d comes after %d", l.DeviceID, all[i-1].DeviceID)
			}
			if was, ok := owner[l.DeviceID]; ok && was != l.EID {
				t.Fatalf("number %d is of %s, and was of %s", l.DeviceID, l.EID, was)
			}
			owner[l.DeviceID] = l.EID
		}
		devices := w.Devices("", 1000)
		if !slices.IsSortedFunc(devices, func(a, b config.Device) int { return compare(a.EID, b.EID) }) || len(devices) != len(there) {
			t.Fatalf("%d devices, and lines of %d", len(devices), len(there))
		}
		for _, d := range devices {
			if there[d.EID] != max(len(d.Profiles), 1) {
				t.Fatalf("%d lines of %s, which has %d profiles", there[d.EID], d.EID, len(d.Profiles))
			}
		}
		for limit := 1; limit <= len(all); limit++ {
			if got := pages(w, limit); !reflect.DeepEqual(got, all) {
				t.Fatalf("pages of %d: %d lines, want %d", limit, len(got), len(all))
			}
		}
	}
}

func compare(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// pages is all lines, so many at a time.
func pages(w *world, limit int) (all []sim.Line) {
	for after := 0; ; after = all[len(all)-1].DeviceID {
		page, more := w.lines(sim.LineFilter{}, after, limit)
		if all = append(all, page...); !more {
			return all
		}
	}
}

// change adds a device in one of three ways, changes one, or removes one.
func change(t *testing.T, w *world, r *rand.Rand, n int) {
	t.Helper()
	devices := w.Devices("", 1000)
	one := devices[r.Intn(len(devices))]
	var err error
	switch r.Intn(5) {
	case 0:
		_, err = w.AddDevices([]config.Device{{Card: card(n)}, {Card: card(n + 1000)}})
	case 1:
		_, err = w.AddPreactive("a", []euicc.IDs{{EID: eid(n + 2000), IMEI: fmt.Sprintf("3500000%08d", n)}, {EID: eid(50), IMEI: one.IMEI}})
	case 2:
		_, _, err = w.PutDevice(config.Device{Card: card(n)})
	case 3:
		_, _, err = w.PutDevice(config.Device{Card: euicc.Card{EID: one.EID, IMEI: one.IMEI, Profiles: one.Profiles[:len(one.Profiles)/2]}})
	default:
		err = w.RemoveDevice(one.EID)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestPutAtOnce: of two that put a device for the first time, one makes it, and both succeed.
func TestPutAtOnce(t *testing.T) {
	w := start(t, newConfig())
	for n := 100; n < 200; n++ {
		type result struct {
			created bool
			err     error
		}
		results := make(chan result)
		for range 2 {
			go func() {
				_, created, err := w.PutDevice(config.Device{Card: card(n)})
				results <- result{created, err}
			}()
		}
		a, b := <-results, <-results
		if a.err != nil || b.err != nil || a.created == b.created {
			t.Fatalf("%+v and %+v", a, b)
		}
	}
}

// TestFoundByMDN: a profile is found by the number that it has now, whoever gave it.
func TestFoundByMDN(t *testing.T) {
	cfg := fleetOf(300, 1)
	cfg.Accounts[0].Name = account
	cfg.Accounts[0].Cards = []euicc.Card{card(1), card(2)}
	cfg.Accounts[0].Cards[0].Profiles[0].MDN = "2015550007" // which the fleet leaves out
	w := start(t, cfg)
	expect := func(mdn, iccid string) {
		t.Helper()
		lines, _ := w.lines(sim.LineFilter{Devices: []euicc.IDs{{MDN: mdn}}}, 0, 10)
		if iccid == "" && len(lines) == 0 {
			return
		}
		if len(lines) != 1 || lines[0].Profile.ICCID != iccid {
			t.Fatalf("MDN %s finds %+v, want %q", mdn, lines, iccid)
		}
	}
	for _, d := range w.Devices("", 1000) {
		for _, p := range d.Profiles {
			if p.MDN != "" {
				expect(p.MDN, p.ICCID)
			}
		}
	}
	all := w.Devices("", 1000)
	fleet := all[slices.IndexFunc(all, func(d config.Device) bool { return d.Profiles[1].MDN != "" })] // the cards have none there
	local := fleet.Profiles[1]
	r := w.request(euicc.OpDeactivate, euicc.IDs{MDN: local.MDN})
	w.idle()
	if c := w.Callbacks(sim.CallbackFilter{Request: r.ID}, 0, 1)[0]; c.Outcome.Fault != euicc.OK || c.Outcome.Profile.ICCID != local.ICCID {
		t.Fatalf("deactivated by its MDN: %+v", c.Outcome)
	}
	expect(local.MDN, "")
	w.requestIdle(euicc.OpActivate, euicc.IDs{ICCID: local.ICCID})
	now := w.profile(local.ICCID).MDN
	if now == local.MDN || now == "" {
		t.Fatalf("the number is %q, and was %s", now, local.MDN)
	}
	expect(now, local.ICCID)
	added, err := w.AddDevices([]config.Device{{Card: euicc.Card{EID: eid(7), Profiles: []euicc.Profile{
		{ICCID: "89445000000000077777", Network: euicc.Global, Role: euicc.Local, Service: euicc.Active, Status: euicc.StatusDisable},
	}}}})
	if err != nil {
		t.Fatal(err)
	}
	if mdn := added[0].Profiles[0].MDN; len(mdn) != 10 || mdn == now {
		t.Fatalf("an added profile has the number %q", mdn)
	} else {
		expect(mdn, "89445000000000077777")
	}
	if _, err := w.ChangeDevice(eid(7), "", func(c *euicc.Card) error { c.Profiles[0].MDN = "9085550100"; return nil }); err != nil {
		t.Fatal(err)
	}
	expect("9085550100", "89445000000000077777")
	expect(added[0].Profiles[0].MDN, "")
	if err := w.RemoveDevice(eid(7)); err != nil {
		t.Fatal(err)
	}
	if err := w.RemoveDevice(fleet.EID); err != nil {
		t.Fatal(err)
	}
	expect("9085550100", "")
	expect(now, "")
	expect("2015550007", cfg.Accounts[0].Cards[0].Profiles[0].ICCID)
	expect("0005550000", "")
	expect("2005550000", "")
}

// TestLinesOfManyDevices: a list goes on after the devices that it looks at without a break, whether or not it
// names them.
func TestLinesOfManyDevices(t *testing.T) {
	const many = 10_001
	w := start(t, fleetOf(many, 1))
	var all []euicc.IDs
	for _, d := range w.Devices("", many) {
		all = append(all, euicc.IDs{EID: d.EID})
	}
	last := all[many-1].EID
	if _, err := w.ChangeDevice(last, "", func(c *euicc.Card) error { c.Profiles[1].Service = euicc.Deactive; return nil }); err != nil {
		t.Fatal(err)
	}
	state := euicc.StateDeactive
	for _, named := range [][]euicc.IDs{nil, all} {
		lines, more := w.lines(sim.LineFilter{Devices: named, State: &state}, 0, 1)
		if more || len(lines) != 1 || lines[0].EID != last {
			t.Errorf("of %d named devices: %+v, more %v", len(named), lines, more)
		}
	}
}
