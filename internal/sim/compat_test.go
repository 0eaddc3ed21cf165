package sim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

func set(t testing.TB, s config.Switch, word string) (c config.Compat) {
	t.Helper()
	if !c.Set(s, word) {
		t.Fatalf("%s cannot be %q", s, word)
	}
	return c
}

// TestPorts: callbacks go to the ports that "Register a callback URL" lists, when that is asked for.
func TestPorts(t *testing.T) {
	listed := map[string]bool{"": true, ":80": true, ":443": true}
	for _, r := range [][2]int{{9001, 9006}, {50551, 50559}, {28200, 28220}} {
		for p := r[0]; p <= r[1]; p++ {
			listed[fmt.Sprintf(":%d", p)] = true
		}
	}
	ports := []string{
		"", ":", ":80", ":443", ":0", ":79", ":81", ":442", ":444", ":8080", ":9000", ":9001", ":9003", ":9006", ":9007",
		":50550", ":50551", ":50559", ":50560", ":28199", ":28200", ":28211", ":28220", ":28221", ":65536",
	}
	cfg := newConfig()
	cfg.Listeners = nil
	for _, word := range []string{"any", "verizon"} {
		cfg.Compat = set(t, config.Ports, word)
		w := start(t, cfg)
		for _, port := range ports {
			l := config.Listener{Account: account, Service: config.ProfileService, URL: "http://listener" + port + "/hook"}
			err := w.Register(l)
			if fine := word == "any" || listed[port] || port == ":"; fine != (err == nil) {
				t.Errorf("%s: port %q: %v", word, port, err)
			} else if !fine {
				expectKind(t, err, sim.SchemaViolated)
			}
			in := cfg
			in.Listeners = []config.Listener{l}
			if found := in.Problems(); (err == nil) != (len(found) == 0) || err != nil && found[0].Pointer != "/listeners/0/url" {
				t.Errorf("%s: port %q in the configuration: %+v", word, port, found)
			}
		}
	}
}

// TestDeleteRequires: what the documents ask of a profile that is to be deleted.
func TestDeleteRequires(t *testing.T) {
	type told map[string]string
	for _, test := range []struct {
		name    string
		prepare []euicc.Op
		want    told
	}{
		{"disabled", nil, told{"disabled": "ACTIVE", "deactivated": "still active", "nothing": "ACTIVE"}},
		{"enabled", []euicc.Op{euicc.OpEnable}, told{"disabled": "still enabled", "deactivated": "still enabled", "nothing": "ACTIVE"}},
		{"deactivated", []euicc.Op{euicc.OpDeactivate}, told{"disabled": "DEACTIVE", "deactivated": "DEACTIVE", "nothing": "DEACTIVE"}},
	} {
		if len(test.want) != len(config.DeleteRequires.Words()) {
			t.Fatalf("the words are %q", config.DeleteRequires.Words())
		}
		for word, want := range test.want {
			cfg := newConfig()
			cfg.Compat = set(t, config.DeleteRequires, word)
			w := start(t, cfg)
			w.requestIdle(euicc.OpDownload, byLocal(1))
			for _, op := range test.prepare {
				w.expectDone(w.requestIdle(op, byLocal(1)))
			}
			w.expectTold(w.requestIdle(euicc.OpDelete, byLocal(1)), "LOCAL "+want+", delivered")
			gone := want == strings.ToUpper(want)
			if p := w.profile(local(1)); (p.Status == euicc.StatusDelete) != gone {
				t.Errorf("%s, delete requires %s: the profile is %s", test.name, word, p.Status)
			}
			if !w.profile(lead(1)).Status.Enabled() && (gone || test.name != "enabled") {
				t.Errorf("%s, delete requires %s: the LEAD is not in use", test.name, word)
			}
		}
	}
}

func (w *world) expectDone(r sim.Request) {
	w.Helper()
	for _, c := range w.callbacks(r) {
		if c.Outcome.Fault != euicc.OK {
			w.Fatalf("%s: %q", r.Op, w.told(r))
		}
	}
}

// TestStrictIdentifiers: check digits are looked at when that is asked for.
func TestStrictIdentifiers(t *testing.T) {
	cfg := newConfig()
	cfg.Compat = set(t, config.Identifiers, "strict")
	cfg.Accounts[0].Cards = cfg.Accounts[0].Cards[:1]
	c := &cfg.Accounts[0].Cards[0]
	c.Profiles[0].ICCID, c.Profiles[1].ICCID = "89148000000000000018", "89445000000000000018"
	var pointers []string
	for _, p := range cfg.Problems() {
		pointers = append(pointers, p.Pointer)
	}
	const at = "/accounts/0/devices/0/"
	if want := []string{at + "eid", at + "imei", at + "profiles/0/iccid", at + "profiles/1/iccid"}; !slices.Equal(pointers, want) {
		t.Fatalf("problems at %q", pointers)
	}
	c.EID, c.IMEI = "89001012012341234012345678901224", ""
	c.Profiles[0].ICCID, c.Profiles[1].ICCID = "89148000000000000019", "89445000000000000019"
	if found := cfg.Problems(); len(found) > 0 {
		t.Fatalf("problems %+v", found)
	}
}

// TestCheckFallback: a deactivation may ask for another profile to fall back to.
func TestCheckFallback(t *testing.T) {
	for _, test := range []struct {
		check, roams bool
		iccid, told  string
	}{
		{false, true, local(1), "LOCAL DEACTIVE"},
		{true, true, local(1), "LOCAL DEACTIVE"},
		{true, true, lead(1), "LEAD no fallback profile"}, // it is the one to fall back to
		{true, false, lead(1), "LEAD no fallback profile"},
		{false, false, lead(1), "LEAD DEACTIVE"},
	} {
		cfg := newConfig()
		if test.roams {
			cfg.Accounts[0].Cards[0] = roaming(1)
		}
		w := start(t, cfg)
		r, err := w.Submit(sim.Request{
			Account: account, Op: euicc.OpDeactivate, CheckFallback: test.check, Devices: sim.ListOf(euicc.IDs{ICCID: test.iccid}),
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Replied(r)
		w.idle()
		w.expectTold(r, test.told+", delivered")
		if p := w.profile(test.iccid); (p.Service == euicc.Deactive) != strings.HasSuffix(test.told, "DEACTIVE") {
			t.Errorf("%+v: %+v", test, p)
		}
	}
}
