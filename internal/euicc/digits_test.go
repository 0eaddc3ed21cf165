package euicc

import "testing"

// The vectors are public ones: pySim's tests, the example IMEI of 3GPP's annex, Verizon's prefix.
func TestCheckDigits(t *testing.T) {
	for _, eid := range []string{
		"89049032123451234512345678901235", "89086030202200000022000023022943", "89044045116727494800000004479366",
		"89001012012341234012345678901224",
	} {
		if !ValidEID(eid) {
			t.Errorf("EID %s is valid", eid)
		}
		if check := EIDCheck([]byte(eid[:30])); string(check[:]) != eid[30:] {
			t.Errorf("the check digits of %s are computed as %s", eid, check)
		}
		if ValidEID(eid[:31] + string('0'+(eid[31]-'0'+1)%10)) {
			t.Errorf("another last digit makes %s invalid", eid)
		}
	}
	if ValidEID("8900101201234123401234567890122") {
		t.Error("31 digits are no EID")
	}
	for _, id := range []string{
		"89148000000000000019", "89148000000000000027", "89148000000000000035", "89445000000000000019",
		"350000000000014", "350000000000022", "350000000000030", "490154203237518",
	} {
		if !ValidLuhn(id) {
			t.Errorf("%s is valid", id)
		}
		if ValidLuhn(id[:len(id)-1] + string('0'+(id[len(id)-1]-'0'+1)%10)) {
			t.Errorf("another last digit makes %s invalid", id)
		}
	}
	if ValidLuhn("0") || ValidLuhn("") {
		t.Error("a check digit checks something")
	}
}
