package thingspace

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// taker is a place that takes an identifier.
type taker struct {
	schema  *bodySchema
	pointer string
	body    string // with %s for the identifier
	part    bool   // it takes a part of an identifier
}

var testIDs = euicc.IDs{EID: "89001012012341234012345678901224", ICCID: "89445000000000000019", IMEI: "490154203237518"}

const enough = goodEID + `,` + goodICCID + `,{"kind":"imei","id":"490154203237518"}`

// takers are all places that take an identifier.
func takers() []taker {
	all := []taker{
		{schemaOf("deactivate"), "/devices/0/ids/0", `{"devices":[{"ids":[%s,` + enough + `]}],"accountName":"a"}`, false},
		{schemaOf("setfallbackattribute"), "/devices/0/0", `{"devices":[[%s,` + enough + `]],"accountName":"a"}`, false},
		{schemaOf("setfallbackattribute"), "/devices/0", `{"devices":[%s,` + enough + `],"accountName":"a"}`, false},
		{schemaOf("setfallbackattribute_legacy"), "/devices/0/deviceIds/0", `{"devices":[{"deviceIds":[%s,` + enough + `]}],"accountName":"a"}`, false},
		{schemaOf("add"), "/devicesToAdd/0/deviceIds/0", `{"state":"preactive","devicesToAdd":[{"deviceIds":[%s,` + enough + `]}],"accountName":"a"}`, false},
		{schemaOf("list"), "/deviceId", `{"deviceId":%s}`, false},
		{schemaOf("list"), "/filter/deviceIdentifierFilters/0", `{"filter":{"deviceIdentifierFilters":[%s]}}`, true},
		{schemaOf("list_v2"), "/deviceFilter/0", `{"accountName":"a","deviceFilter":[%s,` + enough + `]}`, false},
		{schemaOf("list_v2"), "/deviceFilter", `{"accountName":"a","deviceFilter":%s}`, false},
		{schemaOf("history"), "/deviceId", `{"deviceId":%s,"earliest":"2030-01-01T00:00:00Z","latest":"2030-01-02T00:00:00Z"}`, false},
		{schemaOf("history_v2"), "/deviceFilter/0", `{"accountName":"a","deviceFilter":[%s,` + enough + `]}`, false},
		{schemaOf("history_v2"), "/deviceFilter", `{"accountName":"a","deviceFilter":%s}`, false},
	}
	for _, op := range euicc.Ops() {
		if actionOf[op] == nil {
			continue // another test says so
		}
		all = append(all, taker{schemaOf(op.String()), "/devices/0/deviceIds/0", bodyOf(op, "%s,"+enough), false})
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

// expect holds the validator, and the fast path if there is one, to an answer about a body: "" for accepted.
func (p *taker) expect(t *testing.T, body, want string) {
	t.Helper()
	if got := refused(p.schema, body); got != want {
		t.Errorf("%s: %s\ngot  %s\nwant %s", p.schema.name, body, got, want)
	}
	if _, _, sure := p.schema.readAction([]byte(body)); sure != (want == "" && !slow[p.schema.name]) {
		t.Errorf("%s: %s\nthe fast path is sure: %v", p.schema.name, body, sure)
	}
}

// slow are the schemas that the fast path does not understand, or that have no devices.
var slow = map[string]bool{
	"deactivate": true, "setfallbackattribute": true, "setfallbackattribute_legacy": true,
	"add": true, "list": true, "list_v2": true, "history": true, "history_v2": true,
}

// refused is what is said of a body by its schema, "" when it is accepted.
func refused(s *bodySchema, body string) string {
	doc, err := parse([]byte(body))
	if err != nil {
		return err.Error()
	}
	return refusalOf(&endpoint{schema: s}, []byte(body), doc)
}

const (
	goodEID   = `{"kind":"eid","id":"89001012012341234012345678901224"}`
	goodICCID = `{"kind":"iccid","id":"89445000000000000019"}`
)

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
		for _, kind := range []string{`"icid"`, `""`, `"iccid "`, `"eidd"`, `"meidx"`, `"device"`, `5`, `null`, `true`, `[]`, `{"eid":1}`} {
			found := strings.NewReplacer(`[]`, "an empty list", `{"eid":1}`, "an object").Replace(kind)
			want := "UnifiedWebService.INPUT_INVALID.Device.Kind.Invalid: " + p.pointer + "/kind: found " + found +
				", expected eid, iccid, imei, mdn, msisdn, meid, imsi or esn"
			// Nothing is asked of an identifier of no kind.
			p.expect(t, fmt.Sprintf(p.body, `{"id":"1","kind":`+kind+`}`), want)
			p.expect(t, p.with(kind, `"89445000000000000019"`), want)
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
			asked := []actionBody{row.actionIn(doc)}
			if fast, _, sure := row.schema.readAction([]byte(body)); sure {
				asked = append(asked, fast)
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

// TestFilterOfAKind: a part of an identifier that no device has is asked for in vain.
func TestFilterOfAKind(t *testing.T) {
	for _, k := range known {
		doc, err := parse([]byte(`{"filter":{"deviceIdentifierFilters":[{"kind":"` + k.kind + `","contains":"1"}]},"currentState":"active"}`))
		if err != nil {
			t.Fatal(err)
		}
		_, ours := euicc.ParseKind(k.kind)
		if f := lineFilter(doc); f.Nothing == ours {
			t.Errorf("%s: asks for nothing: %v", k.kind, f.Nothing)
		}
	}
}

// TestFormsOfIdentifiers: at both ends of every length, and of every alphabet.
func TestFormsOfIdentifiers(t *testing.T) {
	digits := func(n int) string { return strings.Repeat("9876543210", 4)[:n] }
	forms := []struct {
		kind, expected string
		right, wrong   []string
	}{
		{
			"eid", "an EID of 32 digits",
			[]string{digits(32)},
			[]string{"", digits(31), digits(33), "A" + digits(31), digits(31) + "A"},
		},
		{
			"iccid", "an ICCID of 19 or 20 digits",
			[]string{digits(19), digits(20)},
			[]string{"", digits(18), digits(21), "A" + digits(19), digits(19) + "F"},
		},
		{
			"imei", "an IMEI of 15 digits",
			[]string{digits(15)},
			[]string{"", digits(14), digits(16), "A" + digits(14), digits(14) + "A"},
		},
		{
			"mdn", "an MDN of 10 digits",
			[]string{"2000000000", "9999999999"},
			[]string{"", "200000000", "20000000000", "1000000000", "0000000000", "A000000000", "200000000A", "+200000000"},
		},
		{
			"msisdn", "an MSISDN: 1 and the 10 digits of an MDN",
			[]string{"12000000000", "19999999999"},
			[]string{"", "1200000000", "120000000000", "22000000000", "02000000000", "11000000000", "10000000000", "+1200000000", "2000000000"},
		},
		{
			"meid", "an MEID of 14 hexadecimal digits",
			[]string{digits(14), "ABCDEFabcdef09", "09ABCDEFabcdef"},
			[]string{"", digits(13), digits(15), "G1000049D1B2C3", "A1000049D1B2Cg", "A1000049D1B2C-"},
		},
		{
			"imsi", "an IMSI of 14 or 15 digits",
			[]string{digits(14), digits(15)},
			[]string{"", digits(13), digits(16), "A" + digits(13), digits(14) + "A"},
		},
		{
			"esn", "an ESN of 8 hexadecimal or 11 decimal digits",
			[]string{digits(8), "ABCDEFab", "09cdef09", digits(11)},
			[]string{"", digits(7), digits(9), digits(10), digits(12), "8000000G", "g0000000", "ABCDEFabcde", digits(10) + "A"},
		},
	}
	for _, p := range takers() {
		if p.part {
			continue
		}
		for _, f := range forms {
			for _, id := range f.right {
				p.expect(t, p.with(`"`+f.kind+`"`, `"`+id+`"`), "")
			}
			for _, id := range f.wrong {
				p.expect(t, p.with(`"`+f.kind+`"`, `"`+id+`"`), fmt.Sprintf(
					"UnifiedWebService.INPUT_INVALID.Device.Identifier.Invalid: %s/id: found %q, expected %s", p.pointer, id, f.expected))
			}
			p.expect(t, p.with(`"`+f.kind+`"`, `7`), fmt.Sprintf(
				"UnifiedWebService.INPUT_INVALID.Device.Identifier.Invalid: %s/id: found 7, expected a string of digits", p.pointer))
		}
	}
}

// TestNeededKinds: of the kinds that devices have, each action asks for its own, and takes any more.
func TestNeededKinds(t *testing.T) {
	const (
		line  = "identifiers with an iccid or mdn, or an eid or imei for the LEAD profile"
		both  = "identifiers with an eid and an iccid"
		iccid = "identifiers with an iccid"
		eid   = "identifiers with an eid"
	)
	needs := map[euicc.Op]struct {
		expected string
		each     []string // one of these kinds, and one of those
	}{
		euicc.OpActivate:            {line, []string{"eid iccid imei mdn msisdn"}},
		euicc.OpActivateEnable:      {line, []string{"eid iccid imei mdn msisdn"}},
		euicc.OpDeactivate:          {line, []string{"eid iccid imei mdn msisdn"}},
		euicc.OpDownload:            {both, []string{"eid", "iccid"}},
		euicc.OpDownloadEnable:      {both, []string{"eid", "iccid"}},
		euicc.OpDownloadDisable:     {both, []string{"eid", "iccid"}},
		euicc.OpEnable:              {both, []string{"eid", "iccid"}},
		euicc.OpDisable:             {both, []string{"eid", "iccid"}},
		euicc.OpDelete:              {both, []string{"eid", "iccid"}},
		euicc.OpServicePlan:         {both, []string{"eid", "iccid"}},
		euicc.OpSetFallback:         {both, []string{"eid", "iccid"}},
		euicc.OpRenewActivationCode: {"identifiers with an iccid, and an eid or imei", []string{"iccid", "eid imei"}},
		euicc.OpProfileSuspend:      {iccid, []string{"iccid"}},
		euicc.OpProfileResume:       {iccid, []string{"iccid"}},
		euicc.OpDeviceSuspend:       {eid, []string{"eid"}},
		euicc.OpDeviceResume:        {eid, []string{"eid"}},
	}
	hold := func(row *endpoint, s *bodySchema, expected string, each ...string) {
		for subset := 1; subset < 1<<5; subset++ {
			var kinds, ids []string
			for i, k := range known[:5] {
				if subset&(1<<i) != 0 {
					kinds = append(kinds, k.kind)
					ids = append(ids, fmt.Sprintf(`{"kind":%q,"id":%q}`, k.kind, k.id))
				}
			}
			want := ""
			for _, group := range each {
				if !slices.ContainsFunc(strings.Fields(group), func(kind string) bool { return slices.Contains(kinds, kind) }) {
					want = "UnifiedWebService.INPUT_INVALID.DeviceNotProvided: /devices/0/deviceIds: found a list of " +
						strings.Join(kinds, ", ") + ", expected " + expected
				}
			}
			p := taker{schema: s}
			p.expect(t, bodyOf(row.op, strings.Join(ids, ",")), want)
		}
	}
	for i := range actions {
		row := &actions[i]
		need, ok := needs[row.op]
		if !ok {
			t.Fatalf("nobody has said which kinds %s needs", row.op)
		}
		hold(row, row.schema, need.expected, need.each...)
		if row.op == euicc.OpSetFallback {
			legacy := config.Compat{}
			legacy.Set(config.SetFallback, "legacy")
			hold(row, row.schemaIn(legacy), "identifiers with an eid, iccid or imei", "eid iccid imei")
		}
		if row.schemaIn(config.Compat{}) != row.schema {
			t.Errorf("%s has another schema by default", row.op)
		}
	}
}

// TestOnlyKinds: what a page calls the only kinds, no other one is taken beside, when one is strict.
func TestOnlyKinds(t *testing.T) {
	all := map[euicc.Op]string{
		euicc.OpProfileSuspend: "iccid", euicc.OpProfileResume: "iccid", euicc.OpDeviceSuspend: "eid", euicc.OpDeviceResume: "eid",
		euicc.OpDownload: "eid, iccid or imei", euicc.OpEnable: "eid, iccid or imei",
	}
	for i := range actions {
		row := &actions[i]
		for _, k := range known {
			ids := fmt.Sprintf(`%s,%s,{"kind":%q,"id":%q}`, goodEID, goodICCID, strings.ToUpper(k.kind), k.id)
			switch only := all[row.op]; only {
			case "eid":
				ids = strings.Replace(ids, goodICCID+",", "", 1)
			case "iccid":
				ids = strings.Replace(ids, goodEID+",", "", 1)
			}
			body := bodyOf(row.op, ids)
			doc, refusal := parse([]byte(body))
			if refusal != nil {
				t.Fatal(refusal)
			}
			digits, strict := config.Compat{}, config.Compat{}
			strict.Set(config.Identifiers, "strict")
			if err := row.check([]byte(body), doc, digits); err != nil {
				t.Errorf("%s with %s: %v", row.op, k.kind, err)
			}
			want := ""
			if only := all[row.op]; only != "" && !strings.Contains(only, k.kind) {
				want = fmt.Sprintf("UnifiedWebService.INPUT_INVALID.Device.Kind.Invalid: /devices/0/deviceIds/%d/kind: found %q, expected %s",
					strings.Count(ids, "kind")-1, strings.ToUpper(k.kind), only)
			}
			if got := fmt.Sprint(row.check([]byte(body), doc, strict)); got != cmp.Or(want, "<nil>") {
				t.Errorf("strict %s with %s: %s\nwant %s", row.op, k.kind, got, want)
			}
		}
	}
}
