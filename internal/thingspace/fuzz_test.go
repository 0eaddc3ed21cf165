package thingspace

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/heavy"
	"tsim/internal/sim"
)

// needs says which identifiers an accepted device has, by what its schema says of devices.
var needs = map[string]func(euicc.IDs) bool{
	"devicesForActivation":   anything,
	"devicesToDeactivate":    anything,
	"devicesByEidAndIccid":   both,
	"devicesInAnyFormLegacy": anything,
	"devicesInAnyForm":       both,
	"devicesByIccidAndMore":  func(ids euicc.IDs) bool { return ids.ICCID != "" && (ids.EID != "" || ids.IMEI != "") },
	"devicesByIccid":         func(ids euicc.IDs) bool { return ids.ICCID != "" },
	"devicesByEid":           func(ids euicc.IDs) bool { return ids.EID != "" },
}

func anything(ids euicc.IDs) bool { return ids != euicc.IDs{} }
func both(ids euicc.IDs) bool     { return ids.EID != "" && ids.ICCID != "" }

var (
	eidDigits   = regexp.MustCompile(`^([0-9]{32})?$`)
	iccidDigits = regexp.MustCompile(`^([0-9]{19,20})?$`)
	imeiDigits  = regexp.MustCompile(`^([0-9]{15})?$`)
	mdnDigits   = regexp.MustCompile(`^([2-9][0-9]{9})?$`)

	// A refusal says where: by line and column what is not JSON, by pointer what is.
	atLine    = regexp.MustCompile(`^(not JSON: )?line [0-9]+, column [0-9]+: .`)
	atPointer = regexp.MustCompile(`(?s)^(UnifiedWebService\.[A-Za-z_.]+: )?(the body|(/[A-Za-z0-9]+)+): found .+, expected .+$`)
)

// FuzzAction: what is accepted of an action decodes into as many devices as the list has, with the identifiers
// that the action needs, and it means the same whether the fast path has read it or the decoder. What is refused is
// refused with its place.
func FuzzAction(f *testing.F) {
	golden, err := heavy.GoldenBodies()
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range append(golden, heavy.Bodies...) {
		f.Add([]byte(body))
	}
	var rows []*endpoint // one for each schema
	seen := map[string]bool{}
	for i := range actions {
		for _, s := range []*bodySchema{actions[i].schema, actions[i].legacy} {
			if s != nil && !seen[s.name] {
				seen[s.name] = true
				row := actions[i]
				row.schema, row.legacy = s, nil
				rows = append(rows, &row)
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, refused := parse(body)
		if refused != nil {
			if refused.Kind != sim.BodyBlank && !atLine.MatchString(refused.Error()) && !strings.HasSuffix(refused.Error(), "is out of every range") {
				t.Errorf("a refusal without its place: %v", refused)
			}
			return
		}
		for _, row := range rows {
			_ = row.strictViolations(doc) // whatever it says, it returns
			said := refusalOf(row, body, doc)
			fast, _, sure := row.schema.readAction(body)
			switch {
			case said == "":
				accepted(t, row, doc)
				if slow := row.actionIn(doc); sure && !sameAction(fast, slow) {
					t.Errorf("%s: the fast path reads\n%+v %+v, the decoder\n%+v %+v", row.schema.name, fast, listed(fast.devices), slow, listed(slow.devices))
				}
			case sure:
				t.Errorf("%s: the fast path is sure of what is refused: %s", row.schema.name, said)
			case !atPointer.MatchString(said):
				t.Errorf("%s: a refusal without its place: %s", row.schema.name, said)
			}
		}
	})
}

// sameAction says whether two readings of a body agree.
func sameAction(a, b actionBody) bool {
	same := slices.Equal(listed(a.devices), listed(b.devices))
	a.devices, b.devices = nil, nil
	return same && a == b
}

func listed(l *sim.IDList) (all []euicc.IDs) {
	for i := range l.Len() {
		all = append(all, l.At(i))
	}
	return all
}

// refusalOf is what the row's schema says of a body, "" when it accepts.
func refusalOf(row *endpoint, body []byte, doc any) string {
	if err := row.check(body, doc, config.Compat{}); err != nil {
		return err.Error()
	}
	return ""
}

// accepted looks at what becomes of a body that the schema accepts.
func accepted(t *testing.T, row *endpoint, doc any) {
	t.Helper()
	s := row.schema
	need := needs[devicesRule(s)]
	if need == nil {
		t.Fatalf("%s: nobody has said which identifiers %q asks for; needs should", s.name, devicesRule(s))
	}
	want := len(doc.(map[string]any)["devices"].([]any))
	if row.anyForm && oneDevice(doc) {
		want = 1
	}
	all := listed(row.devices(doc))
	if len(all) != want {
		t.Errorf("%s: %d devices of %d", s.name, len(all), want)
	}
	for i, ids := range all {
		if !need(ids) {
			t.Errorf("%s: device %d is accepted without the identifiers it needs: %+v", s.name, i, ids)
		}
		if !eidDigits.MatchString(ids.EID) || !iccidDigits.MatchString(ids.ICCID) ||
			!imeiDigits.MatchString(ids.IMEI) || !mdnDigits.MatchString(ids.MDN) {
			t.Errorf("%s: device %d is accepted with an identifier that cannot be: %+v", s.name, i, ids)
		}
	}
	if text(doc, "accountName") == "" {
		t.Errorf("%s: accepted without an account", s.name)
	}
}

// oneDevice says whether the list of devices is the identifiers of one: what one SDK sends.
func oneDevice(doc any) bool {
	for _, d := range doc.(map[string]any)["devices"].([]any) {
		if text(d, "kind") == "" {
			return false
		}
	}
	return true
}

// devicesRule is the name of the shared definition that a schema uses for devices.
func devicesRule(s *bodySchema) string {
	properties := s.compiled().Properties()
	ref, _ := properties["devices"].(map[string]any)["$ref"].(string)
	return ref[strings.LastIndexByte(ref, '/')+1:]
}
