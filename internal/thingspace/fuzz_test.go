package thingspace

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xeipuuv/gojsonschema"

	"tsim/internal/bound"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// bodies are seeds of FuzzBody: what SDKs send, what pages show, and what nobody should send.
var bodies = []string{
	// What SDKs send: kinds in any case, lists for primaryPlaceOfUse, an empty address, fields of their own.
	`{"devices":[{"deviceIds":[{"kind":"EID","id":"89001012012341234012345678901224"},{"kind":"ICCID","id":"89445000000000000019"}]}],"accountName":"0000123456-00001","smsrOid":"1.3.6.1"}`,
	`{"devices":[{"deviceIds":[{"kind":"imei","id":"490154203237518"}]}],"accountName":"0000123456-00001","primaryPlaceOfUse":[{"customerName":[{"firstName":"Ann","lastName":"Lee"}]},{"address":{}}]}`,
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":"8914800000000000001"},{"kind":"msisdn","id":"15415550100"},{"kind":"mdn","id":"5415550100"}]}],"accountName":"a","mdnZipCode":"98801","smrsOid":"1"}`,
	`{"devices":[{"ids":[{"kind":"iccid","id":"89445000000000000019"}]}],"accountName":"a","etfWaiver":true,"reasonCode":"FF"}`,
	`{"devices":[[{"kind":"iccid","id":"89445000000000000019"}]],"accountName":"a"}`,
	`{"devices":[{"kind":"iccid","id":"89445000000000000019"}],"accountName":"a"}`,
	`{"devices":[[{"kind":"iccid","id":"89445000000000000019"},{"kind":"eid","id":"89001012012341234012345678901224"}]],"accountName":"a"}`,
	`{"devices":[{"kind":"iccid","id":"89445000000000000019","deviceIds":[]},{"kind":"eid","id":"89001012012341234012345678901224"}],"accountName":"a"}`,
	// What the pages show, their trailing comma included.
	`{"devices":[{"deviceIds":[{"kind":"eid","id":"32-digit EID"},{"kind":"iccid","id":"20-digit ICCID"}]}],"accountName":"0000123456-00001","servicePlan":"The plan",}`,
	// What the quick matcher is sure of, white space and all fields included, and what it must not be.
	"{ \"accountName\" :\t\"a\",\r\n\"servicePlan\":\"p\", \"carrierName\":\"c\", \"checkFallbackProfile\": true ,\"devices\":[ {\"deviceIds\":[ {\"id\":\"89445000000000000019\",\"kind\":\"iccid\"} , {\"kind\":\"eid\",\"id\":\"89001012012341234012345678901224\"}]}]} ",
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":"89445000000000000019"},]},],"accountName":"a"}`,
	`{"devices":[{"deviceIds":[{"kind":"eid","id":"89001012012341234012345678901224"},{"kind":"msisdn","id":"15415550100"},{"kind":"mdn","id":"5415550100"},{"kind":"iccid","id":"89445000000000000019"}]}],"accountName":"a"}{}`,
	// Keys twice, and in another case.
	`{"devices":[],"devices":[{"deviceIds":[{"kind":"iccid","id":"1","id":"89445000000000000019"}]}],"accountName":"a","accountName":null}`,
	`{"Devices":[{"DeviceIds":[{"Kind":"iccid","Id":"89445000000000000019"}]}],"accountname":"a","ACCOUNTNAME":"b"}`,
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":"89445000000000000019"},{"kind":"Iccid","id":"89445000000000000027"}]}],"accountName":"a"}`,
	// Nothing, and null in every place.
	``, ` `, `null`, `{}`, `[]`, `""`, `0`, "\xef\xbb\xbf{}",
	`{"devices":null,"accountName":null,"servicePlan":null,"primaryPlaceOfUse":null}`,
	`{"devices":[null,{"deviceIds":null},{"deviceIds":[null,{"kind":null,"id":null}]}],"accountName":"a"}`,
	// Numbers that no machine has room for, where strings or anything may stand.
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":89445000000000000019}]}],"accountName":1e999999,"servicePlan":-0,"x":123456789012345678901234567890.5e-400}`,
	// Text that is no text, or hardly.
	"{\"devices\":[{\"deviceIds\":[{\"kind\":\"iccid\xff\",\"id\":\"\xc3\x28\"}]}],\"accountName\":\"\\ud800\"}",
	`{"devices":[{"deviceIds":[{"kind":"iccid\n","id":"89445000000000000019\n"},{"kind":"\u0130ccid","id":"٨٩٤٤٥٠٠٠٠٠٠٠٠٠٠٠٠٠٠"}]}],"accountName":"\u0000<'\\>"}`,
	`{"devices":[{"deviceIds":[{"kind":"mdn","id":"1115550100"},{"kind":"msisdn","id":"25415550100"},{"kind":"esn","id":""}]}],"accountName":"a"}`,
	// Depths.
	strings.Repeat("[", 300) + strings.Repeat("]", 300),
	strings.Repeat("[", 20_000),
	`{"devices":` + strings.Repeat(`[{"deviceIds":`, 50) + `[]` + strings.Repeat(`}]`, 50) + `,"accountName":"a"}`,
	`{"devices":[{"deviceIds":[{"kind":"iccid","id":"89445000000000000019"}]}],"accountName":"a","primaryPlaceOfUse":{"customerName":` +
		strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,"address":` + strings.Repeat("[", 100) + `{"zip":1}` + strings.Repeat("]", 100) + `}}`,
}

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

// FuzzBody: the schema of an action, the decoder and the quick matcher agree about every body. What is
// accepted decodes into as many devices as the list has, with the identifiers that the action needs;
// what is refused is refused with its place, and each time with the same words; and what the matcher
// is sure of is accepted, and means the same.
func FuzzBody(f *testing.F) {
	for _, body := range append(goldenBodies(f), bodies...) {
		f.Add([]byte(body))
	}
	twins := map[string]*schema{} // each schema compiled again
	var rows []*endpoint          // one for each schema
	for i := range actions {
		for _, s := range []*schema{actions[i].schema, actions[i].legacy} {
			if s != nil && twins[s.file] == nil {
				twins[s.file] = of(s.name())
				row := actions[i]
				row.schema = s
				rows = append(rows, &row)
			}
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, refused := parse(body)
		if refused != nil {
			for _, row := range rows {
				_, where, sure := row.schema.quickly(string(body))
				if sure {
					t.Errorf("%s: the matcher is sure of what is refused: %v", row.schema.file, refused)
				}
				if _, e := bound.JSON(body, bodyLimits); e != nil {
					continue // takeAction asks first
				}
				if err := row.schema.checkDevice(body, where); err != nil {
					t.Errorf("%s: one device alone is refused with %q, the whole body with %q", row.schema.file, err, refused)
				}
			}
			if _, again := parse(body); again == nil || again.Error() != refused.Error() {
				t.Errorf("first %v, then %v", refused, again)
			}
			if refused.Kind != sim.BodyBlank && !atLine.MatchString(refused.Error()) && !strings.HasSuffix(refused.Error(), "is out of every range") {
				t.Errorf("a refusal without its place: %v", refused)
			}
			return
		}
		if !json.Valid(body) {
			t.Error("what is not JSON was parsed")
		}
		for _, row := range rows {
			s, twin := row.schema, twins[row.schema.file]
			said := refusalOf(s, body, doc)
			for _, again := range []string{refusalOf(s, body, doc), refusalOf(twin, body, doc)} {
				if again != said {
					t.Errorf("%s: first %q, then %q", s.file, said, again)
				}
			}
			_ = row.strictly(doc) // whatever it says, it returns
			if v := verdict(t, twin, doc); v != "" && (v == "valid") != (said == "") {
				t.Errorf("%s: the library says %s, check says %q", s.file, v, said)
			}
			quick, where, sure := s.quickly(string(body))
			if err := s.checkDevice(body, where); !sure && err != nil && err.Error() != said {
				t.Errorf("%s: one device alone is refused with %q, the whole body with %q", s.file, err, said)
			}
			switch {
			case said == "":
				accepted(t, row, doc)
				if slow := row.ask(doc); sure && !sameAsk(quick, slow) {
					t.Errorf("%s: the matcher reads\n%+v %+v, the decoder\n%+v %+v", s.file, quick, listed(quick.devices), slow, listed(slow.devices))
				}
			case sure:
				t.Errorf("%s: the matcher is sure of what is refused: %s", s.file, said)
			case !atPointer.MatchString(said):
				t.Errorf("%s: a refusal without its place: %s", s.file, said)
			}
		}
	})
}

// sameAsk says whether two readings of a body agree.
func sameAsk(a, b ask) bool {
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

// refusalOf is what check says, "" when it accepts.
func refusalOf(s *schema, body []byte, doc any) string {
	if err := s.check(body, doc); err != nil {
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
		t.Fatalf("%s: nobody has said which identifiers %q asks for; needs should", s.file, devicesRule(s))
	}
	want := len(doc.(map[string]any)["devices"].([]any))
	if row.anyForm && oneDevice(doc) {
		want = 1
	}
	all := listed(row.devices(doc))
	if len(all) != want {
		t.Errorf("%s: %d devices of %d", s.file, len(all), want)
	}
	for i, ids := range all {
		if !need(ids) {
			t.Errorf("%s: device %d is accepted without the identifiers it needs: %+v", s.file, i, ids)
		}
		if !eidDigits.MatchString(ids.EID) || !iccidDigits.MatchString(ids.ICCID) ||
			!imeiDigits.MatchString(ids.IMEI) || !mdnDigits.MatchString(ids.MDN) {
			t.Errorf("%s: device %d is accepted with an identifier that cannot be: %+v", s.file, i, ids)
		}
	}
	if text(doc, "accountName") == "" {
		t.Errorf("%s: accepted without an account", s.file)
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

// verdict is what the schema library itself says: "valid", "invalid", or "" when it only finds a list
// too long, which is not the schema's business.
func verdict(t *testing.T, s *schema, doc any) string {
	t.Helper()
	result, err := s.judge.Validate(gojsonschema.NewRawLoader(doc))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range result.Errors() {
		if e.Type() == "array_max_items" {
			return ""
		}
	}
	if result.Valid() {
		return "valid"
	}
	return "invalid"
}

// devicesRule is the name of the shared definition that a schema uses for devices.
func devicesRule(s *schema) string {
	properties := s.doc["properties"].(map[string]any)
	ref, _ := properties["devices"].(map[string]any)["$ref"].(string)
	return ref[strings.LastIndexByte(ref, '/')+1:]
}

// goldenBodies are the bodies of all calls of the golden cases.
func goldenBodies(f *testing.F) []string {
	files, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(files) == 0 {
		f.Fatalf("no golden cases (%v)", err)
	}
	var all []string
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, section := range archive.Files {
			if _, body, ok := strings.Cut(string(section.Data), "\n\n"); ok && section.Name == "call" && body != "" {
				all = append(all, body)
			}
		}
	}
	return all
}
