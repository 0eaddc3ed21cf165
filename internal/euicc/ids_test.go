package euicc_test

import (
	"maps"
	"strings"
	"testing"

	. "tsim/internal/euicc"
)

func TestKinds(t *testing.T) {
	ids := IDs{}
	given := map[Kind]string{KindEID: "1", KindICCID: "2", KindIMEI: "3", KindMDN: "4155550100"}
	for _, k := range []Kind{KindEID, KindICCID, KindIMEI, KindMDN, KindMSISDN} {
		for _, word := range []string{k.String(), strings.ToUpper(k.String())} {
			if is, ok := ParseKind(word); !ok || is != k {
				t.Errorf("%q is %v, %v", word, is, ok)
			}
		}
		if got := ids.Get(k); k != KindMSISDN && got != "" {
			t.Errorf("%s is %q before it is set", k, got)
		}
		if k != KindMSISDN {
			ids.Set(k, given[k])
		}
	}
	if got := maps.Collect(ids.All()); !maps.Equal(got, given) {
		t.Errorf("all of them are %v", got)
	}
	if got := ids.Get(KindMSISDN); got != "14155550100" {
		t.Errorf("the MSISDN is %q", got)
	}
	for _, word := range []string{"", "meid", "imsi", "esn", "mdn ", "\u0131ccid"} {
		if k, ok := ParseKind(word); ok {
			t.Errorf("%q is %v", word, k)
		}
	}
}

// An MSISDN and an MDN are one identifier; two that differ are a conflict.
func TestConflict(t *testing.T) {
	ids := IDs{MDN: "4155550100"}
	if ids.Set(KindMSISDN, "14155550100"); ids.Conflict || ids.MDN != "4155550100" {
		t.Errorf("%+v", ids)
	}
	if ids.Set(KindMSISDN, "14155550101"); !ids.Conflict {
		t.Errorf("%+v", ids)
	}
}
