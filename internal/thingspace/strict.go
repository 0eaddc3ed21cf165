package thingspace

import (
	"fmt"
	"slices"
	"strings"

	"tsim/internal/euicc"
	"tsim/internal/schema"
)

// strictViolations finds the first identifier of an action's body whose kind is none of those that the page calls
// the only ones, or whose check digits are not right. What the schema refuses may be there, too.
func (e *endpoint) strictViolations(doc any) (first []schema.Violation) {
	e.eachDevice(doc, func(pointer string, ids []any) {
		for i := 0; i < len(ids) && first == nil; i++ {
			if v, wrong := e.strictViolation(fmt.Sprintf("%s/%d", pointer, i), ids[i]); wrong {
				first = []schema.Violation{v}
			}
		}
	})
	return first
}

// strictViolation is what is wrong with one identifier; what is not even a string is the schema's to tell.
func (e *endpoint) strictViolation(pointer string, identifier any) (v schema.Violation, wrong bool) {
	fields, _ := identifier.(map[string]any)
	word, named := fields["kind"].(string)
	id, given := fields["id"].(string)
	kind, ours := euicc.ParseKind(word)
	if named && len(e.kinds) > 0 && !(ours && slices.Contains(e.kinds, kind)) {
		return schema.Wrong(pointer+"/kind", word, oneOfKinds(e.kinds), "INPUT_INVALID.Device.Kind.Invalid"), true
	}
	check, has := checkDigits[kind]
	if !given || !ours || !has || check.valid(id) {
		return v, false
	}
	return schema.Wrong(pointer+"/id", id, check.expected, "INPUT_INVALID.Device.Identifier.Invalid"), true
}

// checkDigits are the kinds of identifiers that have some.
var checkDigits = map[euicc.Kind]struct {
	valid    func(string) bool
	expected string
}{
	euicc.KindEID:   {euicc.ValidEID, "an EID whose last two digits make it 1 modulo 97"},
	euicc.KindICCID: {euicc.ValidLuhn, "an ICCID whose last digit is its Luhn check digit"},
	euicc.KindIMEI:  {euicc.ValidLuhn, "an IMEI whose last digit is its Luhn check digit"},
}

// oneOfKinds lists kinds of which one is right.
func oneOfKinds(kinds []euicc.Kind) string {
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = k.String()
	}
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
