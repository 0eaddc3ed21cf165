package control

import (
	"strings"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

const (
	eid3     = "89001012012341234012345678901418"
	newOne   = `{"eid":"` + eid3 + `","profiles":[{"iccid":"89148000000000000035","network":"us","service":"active","status":"ENABLE"}]}`
	put      = `{"iccid":"89148000000000000035","network":"us","service":"active","status":"ENABLE"}`
	newOther = `{"account":"` + account + `","eid":"89001012012341234012345678901515","profiles":[]}`
)

func TestSetDevices(t *testing.T) {
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		part                     string
	}{
		{"one", "POST", "/devices", newOne, 201, `"eid":"` + eid3 + `"`},
		{"a list", "POST", "/devices", `[` + newOne + `,` + newOther + `]`, 201, `"eid":"89001012012341234012345678901515"`},
		{"twice in a list", "POST", "/devices", `[` + newOne + `,` + newOne + `]`, 400, `/1/eid: EID ` + eid3 + ` is there already, at /0/eid`},
		{"there already", "POST", "/devices", strings.Replace(newOne, eid3, eid1, 1), 400, `/eid: EID ` + eid1 + ` is there already, of the device ` + eid1},
		{"ICCID of another", "POST", "/devices", strings.Replace(newOne, "89148000000000000035", lead2, 1), 400, `/profiles/0/iccid: ICCID ` + lead2},
		{"MDN of another", "POST", "/devices", strings.Replace(newOne, `"service"`, `"mdn":"5415550101","service"`, 1), 400,
			`{"error":"/profiles/0/mdn: MDN 5415550101 is there already, of the device ` + eid1 + `"}`},
		{"unknown account", "POST", "/devices", strings.Replace(newOther, account, "x", 1), 400, `/account: no account \"x\" in this sandbox`},
		{"contradiction", "POST", "/devices", strings.Replace(newOne, `"active"`, `"deactive"`, 1), 400, `/profiles/0/status: an enabled profile is active`},
		{"unknown key", "POST", "/devices", `{"eidd":"1"}`, 400, `{"error":"/eidd: unknown key \"eidd\"; did you mean \"eid\"?"}`},
		{"two mistakes", "POST", "/devices", `[` + newOther + `,{"eid":"1","profiles":[{"iccid":"89148000000000000035","network":"us","service":"active","status":"enable"}]}]`, 400,
			`{"error":"/1/eid: an EID of 32 digits belongs here, not \"1\" with 1; /1/profiles/0/status: unknown word \"enable\"; did you mean \"ENABLE\"?"}`},
		{"a list of one", "POST", "/devices", ` [` + strings.Replace(newOne, `"active"`, `"deactive"`, 1) + `]`, 400, `{"error":"/0/profiles/0/status: an enabled profile is active, this is deactive"}`},
		{"two contradictions", "POST", "/devices", `[` + newOne + `,` + strings.Replace(newOther, account, "x", 1) + `,` + strings.Replace(newOther, "[]", `[],"fallback":"89148000000000000035"`, 1) + `]`, 400,
			`{"error":"/1/account: no account \"x\" in this sandbox; /2/fallback: the fallback profile 89148000000000000035 is not on the card"}`},
		{"a key twice", "POST", "/devices", `{"eid":"` + eid3 + `","eid":"` + eid3 + `"}`, 400, `{"error":"/eid: this key is here already"}`},
		{"no JSON", "POST", "/devices", `{`, 400, `{"error":"the body is not JSON: unexpected end of JSON input, at byte 1","hint":"a device as in a scenario, in JSON"}`},
		{"no JSON at all", "PUT", "/devices/" + eid1, ``, 400, `{"error":"the body is not JSON: unexpected end of JSON input, at byte 0","hint":"a device as in a scenario, in JSON"}`},
		{"replace", "PUT", "/devices/" + eid2, `{"profiles":[]}`, 200, `"profiles":[]`},
		{"create", "PUT", "/devices/" + eid3, newOne, 201, `"eid":"` + eid3 + `"`},
		{"another EID", "PUT", "/devices/" + eid2, newOne, 400, `{"error":"/eid: the eid is ` + eid3 + `, and the path has ` + eid2 + `"}`},
		{"replace by what cannot be", "PUT", "/devices/" + eid2, `{"memory":1,"profiles":[` + put + `,` + put + `]}`, 400, `{"error":"/profiles/1/iccid: ICCID 89148000000000000035 is on this card twice; ` +
			`/profiles/1/role: a card has one LEAD profile; 89148000000000000035 is it already; ` +
			`/profiles/1/status: one profile of a card can be enabled; 89148000000000000035 is it already; /memory: 2 profiles are on a card that can hold 1"}`},
		{"patch", "PATCH", "/devices/" + eid1, `{"profiles":[{"iccid":"` + global1 + `","suspended":"none"}]}`, 200, `"suspended":"none","mdn":"5415550101"`},
		{"patch to what cannot be", "PATCH", "/devices/" + eid1, `{"profiles":[{"iccid":"` + global1 + `","suspended":"none","status":"ENABLE"}]}`, 400,
			`{"error":"/profiles/0/status: one profile of a card can be enabled; ` + lead1 + ` is it already"}`},
		{"patch that another profile forbids", "PATCH", "/devices/" + eid1, `{"fallback":"` + lead2 + `","profiles":[{"iccid":"` + lead1 + `","role":"LOCAL","status":"DISABLE"},{"iccid":"` + global1 + `","role":"LEAD","suspended":"device"}]}`, 400,
			`{"error":"/profiles/1/role: the LEAD profile is a us one, this is global; /fallback: the fallback profile ` + lead2 + ` is not on the card"}`},
		{"patch with a key twice", "PATCH", "/devices/" + eid1, `{"profiles":[{"iccid":"` + lead1 + `","iccid":"` + lead1 + `"}]}`, 400, `{"error":"/profiles/0/iccid: this key is here already"}`},
		{"patch with mistakes", "PATCH", "/devices/" + eid1, `{"imei":5,"profiles":[{"iccid":"` + global1 + `","statu":"ENABLE","coverage":1}]}`, 400,
			`{"error":"/imei: an IMEI of 15 digits belongs here, not 5 with 1; /profiles/0/statu: unknown key \"statu\"; did you mean \"status\"?; /profiles/0/coverage: true or false belongs here, not 1"}`},
		{"patch of no profile", "PATCH", "/devices/" + eid1, `{"profiles":[{"iccid":"` + lead2 + `"}]}`, 400, `the device has no profile`},
		{"remove", "DELETE", "/devices/" + eid1, ``, 200, `{"deleted":"` + eid1 + `"}`},
		{"remove nothing", "DELETE", "/devices/" + eid3, ``, 404, `no device with EID`},
	} {
		f := newFixture(t)
		before := f.ask("GET", base+"/devices", "").Body.String()
		w := f.ask(c.method, base+c.path, c.body)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.part) {
			t.Errorf("%s: %d %s, want %d with %s", c.name, w.Code, w.Body, c.status, c.part)
		}
		if after := f.ask("GET", base+"/devices", "").Body.String(); w.Code >= 400 && after != before {
			t.Errorf("%s: refused, and yet there are\n%s instead of\n%s", c.name, after, before)
		}
	}
}

// A profile that a patch makes wrong without naming it has no place in the patch.
func TestPatchThatMakesAnotherProfileWrong(t *testing.T) {
	f := newFixture(t)
	device := base + "/devices/" + eid1
	swapped := `{"profiles":[{"iccid":"` + lead1 + `","status":"DISABLE"},{"iccid":"` + global1 + `","suspended":"none","status":"ENABLE"}]}`
	if w := f.ask("PATCH", device, swapped); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	f.want("PATCH", device, `{"profiles":[{"iccid":"`+lead1+`","status":"ENABLE"}]}`, 400,
		`{"error":"profile `+global1+`, status: one profile of a card can be enabled; `+lead1+` is it already"}`)
}

// What is owed to a device when it is removed, replaced or changed comes to an end.
func TestSetDeviceWithOperationsOwed(t *testing.T) {
	off := false
	for _, c := range []struct {
		name, method, body string
		want               string // what becomes of the download that waits for the device
	}{
		{"removed", "DELETE", ``, "operation.refused download: device not found"},
		{"without the profile", "PUT", `{"profiles":[]}`, "operation.refused download: identifiers do not match"},
		{"reachable again", "PATCH", `{"powered":true,"profiles":[{"iccid":"` + global1 + `","suspended":"none","status":"NOT_DOWNLOADED"}]}`, "operation.succeeded download"},
	} {
		f := newFixture(t)
		f.ask("PATCH", base+"/devices/"+eid1, `{"profiles":[{"iccid":"`+global1+`","suspended":"none","status":"NOT_DOWNLOADED"}]}`)
		if _, err := f.box.SetDevice(eid1, &off, nil); err != nil {
			t.Fatal(err)
		}
		f.submit(euicc.OpDownload, euicc.IDs{EID: eid1, ICCID: global1})
		f.ask("POST", base+"/clock/advance", `{"by":"31s"}`)
		if w := f.ask(c.method, base+"/devices/"+eid1, c.body); w.Code != 200 {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
		if w := f.ask("POST", base+"/clock/advance", `{"until":"idle"}`); !strings.Contains(w.Body.String(), `"pending":0`) {
			t.Errorf("%s: %s", c.name, w.Body)
		}
		var last string
		for _, e := range f.box.Events(0, 1000) {
			switch e.Kind {
			case sim.OperationRefused, sim.OperationSucceeded, sim.OperationWarned:
				last = e.Kind.String() + " " + e.Detail
			}
		}
		if last != c.want {
			t.Errorf("%s: it ends with %q, want %q", c.name, last, c.want)
		}
	}
}

// A device of a fleet is set and removed like one that the scenario names.
func TestSetDevicesOfAFleet(t *testing.T) {
	f := newFixture(t)
	f.ask("POST", "/tsim/v1/sandboxes", `{"name":"many","scenario":"fleet"}`)
	box, err := f.registry.Sandbox("many")
	if err != nil {
		t.Fatal(err)
	}
	d := box.Devices("", 1)[0]
	at := "/tsim/v1/sandboxes/many/devices"
	if w := f.ask("POST", at, strings.Replace(newOne, eid3, d.EID, 1)); w.Code != 400 {
		t.Errorf("the EID of a fleet is taken, and yet: %d %s", w.Code, w.Body)
	}
	if w := f.ask("PUT", at+"/"+d.EID, `{"profiles":[]}`); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.ask("DELETE", at+"/"+d.EID, ``); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := f.ask("POST", at, strings.Replace(newOne, eid3, d.EID, 1)); w.Code != 201 {
		t.Errorf("the EID is free, and yet: %d %s", w.Code, w.Body)
	}
	if w := f.ask("GET", at+"/"+d.EID, ``); !strings.Contains(w.Body.String(), "89148000000000000035") {
		t.Errorf("it is %s", w.Body)
	}
}
