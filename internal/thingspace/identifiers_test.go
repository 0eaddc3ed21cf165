package thingspace

import (
	"fmt"
	"strings"
	"testing"

	"tsim/internal/euicc"
)

// taker is a place that takes an identifier.
type taker struct {
	schema  *schema
	pointer string
	body    string // with %s for the identifier
	op      bool   // of an action, beside identifiers that are all that any action needs
	part    bool   // it takes a part of an identifier
}

var testIDs = euicc.IDs{EID: "89001012012341234012345678901224", ICCID: "89445000000000000019", IMEI: "490154203237518"}

const enough = goodEID + `,` + goodICCID + `,{"kind":"imei","id":"490154203237518"}`

// takers are all places that take an identifier.
func takers() []taker {
	all := []taker{
		{of("deactivate"), "/devices/0/ids/0", `{"devices":[{"ids":[%s,` + enough + `]}],"accountName":"a"}`, true, false},
		{of("setfallbackattribute"), "/devices/0/0", `{"devices":[[%s,` + enough + `]],"accountName":"a"}`, true, false},
		{of("setfallbackattribute"), "/devices/0", `{"devices":[%s,` + enough + `],"accountName":"a"}`, true, false},
		{of("add"), "/devicesToAdd/0/deviceIds/0", `{"state":"preactive","devicesToAdd":[{"deviceIds":[%s,` + enough + `]}],"accountName":"a"}`, false, false},
		{of("list"), "/deviceId", `{"deviceId":%s}`, false, false},
		{of("list"), "/filter/deviceIdentifierFilters/0", `{"filter":{"deviceIdentifierFilters":[%s]}}`, false, true},
		{of("list_v2"), "/deviceFilter/0", `{"accountName":"a","deviceFilter":[%s,` + enough + `]}`, false, false},
		{of("list_v2"), "/deviceFilter", `{"accountName":"a","deviceFilter":%s}`, false, false},
		{of("history"), "/deviceId", `{"deviceId":%s,"earliest":"2030-01-01T00:00:00Z","latest":"2030-01-02T00:00:00Z"}`, false, false},
		{of("history_v2"), "/deviceFilter/0", `{"accountName":"a","deviceFilter":[%s,` + enough + `]}`, false, false},
		{of("history_v2"), "/deviceFilter", `{"accountName":"a","deviceFilter":%s}`, false, false},
	}
	for _, op := range euicc.Ops() {
		all = append(all, taker{of(op.String()), "/devices/0/deviceIds/0", bodyOf(op, "%s,"+enough), true, false})
	}
	return all
}

// bodyOf is a body of an action on the device with these identifiers.
func bodyOf(op euicc.Op, ids string) string {
	plan := ""
	if op == euicc.OpServicePlan {
		plan = `,"servicePlan":"p"`
	}
	return `{"devices":[{"deviceIds":[` + ids + `]}],"accountName":"a"` + plan + `}`
}

// with is the body with an identifier.
func (p *taker) with(kind, id string) string {
	return fmt.Sprintf(p.body, fmt.Sprintf(`{"kind":%s,"id":%s}`, kind, id))
}

// expect holds the judge, and the quick way if there is one, to an answer about a body: "" for accepted.
func (p *taker) expect(t *testing.T, body, want string) {
	t.Helper()
	if got := refused(p.schema, body); got != want {
		t.Errorf("%s: %s\ngot  %s\nwant %s", p.schema.file, body, got, want)
	}
	if _, _, sure := p.schema.quickly(body); sure != (want == "" && p.schema.quick.root != nil) {
		t.Errorf("%s: %s\nthe quick way is sure: %v", p.schema.file, body, sure)
	}
}

// known are the kinds of identifiers, each with one.
var known = []struct{ kind, id string }{
	{"eid", testIDs.EID}, {"iccid", testIDs.ICCID}, {"imei", testIDs.IMEI}, {"mdn", "5415550100"}, {"msisdn", "15415550100"},
	{"meid", "A1000049D1b2C3"}, {"imsi", "311480000000001"}, {"esn", "82a1b2C3"},
}

// TestKinds: every place takes ThingSpace's kinds, in any case, and no other.
func TestKinds(t *testing.T) {
	for _, p := range takers() {
		for _, k := range known {
			for _, kind := range []string{k.kind, strings.ToUpper(k.kind), strings.ToUpper(k.kind[:1]) + k.kind[1:]} {
				p.expect(t, p.with(`"`+kind+`"`, `"`+k.id+`"`), "")
			}
		}
		for _, kind := range []string{`"icid"`, `""`, `"iccid "`, `"eidd"`, `"meidx"`, `"device"`, `5`, `null`, `true`} {
			for _, id := range []string{`"89445000000000000019"`, `"1"`} {
				p.expect(t, p.with(kind, id), fmt.Sprintf("UnifiedWebService.INPUT_INVALID.Device.Kind.Invalid: %s/kind: found %s, "+
					"expected eid, iccid, imei, mdn, msisdn, meid, imsi or esn", p.pointer, kind))
			}
		}
		for kind, found := range map[string]string{`[]`: "an empty list", `{"eid":1}`: "an object"} {
			p.expect(t, p.with(kind, `"1"`), fmt.Sprintf("UnifiedWebService.INPUT_INVALID.Device.Kind.Invalid: %s/kind: found %s, "+
				"expected eid, iccid, imei, mdn, msisdn, meid, imsi or esn", p.pointer, found))
		}
	}
}

// TestKindsOfNoDevice: what no device of a sandbox has says nothing about one.
func TestKindsOfNoDevice(t *testing.T) {
	for i := range actions {
		row := &actions[i]
		for _, k := range known {
			body := bodyOf(row.op, fmt.Sprintf(`%s,{"kind":%q,"id":%q}`, enough, k.kind, k.id))
			want := testIDs
			if k.kind == "mdn" || k.kind == "msisdn" {
				want.MDN = "5415550100"
			}
			doc, err := parse([]byte(body))
			if err != nil {
				t.Fatal(err)
			}
			asked := []ask{row.ask(doc)}
			if quick, _, sure := row.schema.quickly(body); sure {
				asked = append(asked, quick)
			}
			for _, a := range asked {
				if got := a.devices.At(0); got != want {
					t.Errorf("%s with %s: %+v", row.op, k.kind, got)
				}
			}
		}
		for _, k := range known[5:] {
			body := bodyOf(row.op, fmt.Sprintf(`{"kind":%q,"id":%q}`, k.kind, k.id))
			want := "UnifiedWebService.INPUT_INVALID.DeviceNotProvided: /devices/0/deviceIds: found a list of " + k.kind + ", expected identifiers with "
			if got := refused(row.schema, body); !strings.HasPrefix(got, want) {
				t.Errorf("%s with %s alone: %s", row.op, k.kind, got)
			}
		}
	}
}
