package schema

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/xeipuuv/gojsonschema"

	"tsim/internal/bound"
	"tsim/internal/heavy"
)

// A refusal says where: by line and column what is not JSON, by pointer what is.
var (
	atLine    = regexp.MustCompile(`^(not JSON: )?line [0-9]+, column [0-9]+: .`)
	atPointer = regexp.MustCompile(`(?s)^[A-Za-z_.]* (the body|(/[A-Za-z0-9]+)+): found .+, expected .+$`)
)

// FuzzBody: the validator and the fast path agree about every body. What is refused is refused with its place,
// and each time with the same words; what the fast path is sure of is accepted, and it reads what the decoder
// reads; and what is said of one item alone is what is said of the whole.
func FuzzBody(f *testing.F) {
	golden, err := heavy.GoldenBodies()
	if err != nil {
		f.Fatal(err)
	}
	for _, body := range append(golden, heavy.Bodies...) {
		f.Add([]byte(body))
	}
	all, twins := schemasOfActions(f), schemasOfActions(f) // each schema compiled twice
	f.Fuzz(func(t *testing.T, body []byte) {
		doc, notJSON := Parse(body, testLimits)
		if notJSON != nil {
			for name, s := range all {
				fast := readFast(s, string(body))
				if fast.sure {
					t.Errorf("%s: the fast path is sure of what is refused: %v", name, notJSON)
				}
				if _, e := bound.JSON(body, testLimits); e != nil {
					continue // CheckItem takes none that exceeds the limits
				}
				if said := say(s.CheckItem(body, fast.stop)); said != "" {
					t.Errorf("%s: one item alone is refused with %q, the whole body with %q", name, said, notJSON)
				}
			}
			if _, again := Parse(body, testLimits); again == nil || again.Error() != notJSON.Error() {
				t.Errorf("first %v, then %v", notJSON, again)
			}
			if !atLine.MatchString(notJSON.Error()) && !strings.HasSuffix(notJSON.Error(), "is out of every range") {
				t.Errorf("a refusal without its place: %v", notJSON)
			}
			return
		}
		if !json.Valid(body) {
			t.Error("what is not JSON was parsed")
		}
		for name, s := range all {
			twin := twins[name]
			said := refusalOf(s, body, doc)
			for _, again := range []string{refusalOf(s, body, doc), refusalOf(twin, body, doc)} {
				if again != said {
					t.Errorf("%s: first %q, then %q", name, said, again)
				}
			}
			fast := readFast(s, string(body))
			if s.tooWide(doc) == nil { // which is told before all else, and is not the library's to find
				if v := verdict(t, twin, doc); v != "" && (v == "valid") != (said == "") {
					t.Errorf("%s: the library says %s, Check says %q", name, v, said)
				}
				if alone := say(s.CheckItem(body, fast.stop)); !fast.sure && alone != "" && alone != said {
					t.Errorf("%s: one item alone is refused with %q, the whole body with %q", name, alone, said)
				}
			}
			switch {
			case said == "" && fast.sure:
				fast.holdTo(t, name, doc)
			case said == "":
			case fast.sure:
				t.Errorf("%s: the fast path is sure of what is refused: %s", name, said)
			case !atPointer.MatchString(said):
				t.Errorf("%s: a refusal without its place: %s", name, said)
			}
		}
	})
}

// holdTo compares what the fast path has read with the document.
func (r *reading) holdTo(t *testing.T, name string, doc any) {
	t.Helper()
	fields := doc.(map[string]any)
	for field, value := range fields {
		want := value
		switch value {
		case true:
			want = "true"
		case false:
			want = "false"
		}
		if s, is := want.(string); is && r.texts.Get(field) != s {
			t.Errorf("%s: %s is %q, the fast path reads %q", name, field, s, r.texts.Get(field))
		}
	}
	if got := r.texts.Get("nobody knows"); got != "" {
		t.Errorf("%s: the fast path reads %q where nothing is", name, got)
	}
	var want [][][2]string
	for _, item := range fields["devices"].([]any) {
		var pairs [][2]string
		for _, id := range item.(map[string]any)["deviceIds"].([]any) {
			pairs = append(pairs, [2]string{text(id, "kind"), text(id, "id")})
		}
		want = append(want, pairs)
	}
	if !reflect.DeepEqual(r.items, want) {
		t.Errorf("%s: the fast path reads\n%q, the decoder\n%q", name, r.items, want)
	}
}

// verdict is what the library itself says: "valid", "invalid", or "" when it only finds a list too long, which is
// the caller's to count.
func verdict(t *testing.T, s *Schema, doc any) string {
	t.Helper()
	result, err := s.validator.schema.Validate(gojsonschema.NewRawLoader(doc))
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
