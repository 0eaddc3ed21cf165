package rule

import (
	"strings"
	"testing"
	"time"
)

// TestDoes: what a rule does is told in a few words, however long the texts in it are.
func TestDoes(t *testing.T) {
	const s = time.Second
	yes, no := true, false
	for want, r := range map[string]Rule{
		"delay 1s, status 503, retry after 2s, 9 bytes a second, cut midway": of(When{}, Reply{Delay: s, Status: 503, RetryAfter: 2 * s, Pace: 9, Cut: Midway}),
		"bearer expires":                 of(When{}, Reply{Expire: ExpireBearer}),
		"session expires, delay 1s":      of(When{}, Reply{Expire: ExpireSession, Delay: s}),
		"accept only, delay 3s after it": of(When{}, Reply{Accept: true, After: 3 * s}),
		"cut before":                     of(When{}, Reply{Cut: CutBefore}),
		"cut after":                      of(When{}, Reply{Cut: CutAfter}),
		`warning first, delay 1s, fault "M", applied`:  of(When{}, Outcome{Warn: true, Delay: s, Fault: &Fault{Code: "C", Message: "M"}, Applied: &yes}),
		"out of reach until it expires":                of(When{}, Outcome{Expire: true}),
		"not applied, silent":                          of(When{}, Outcome{Applied: &no, Silent: true}),
		"drop":                                         of(When{}, Callback{Drop: true}),
		"hold, truncate to 0 bytes":                    of(When{}, Callback{Hold: true, Truncates: true}),
		"early, 5 bytes a second":                      of(When{}, Callback{Early: true, Pace: 5}),
		"swap, delay 10s":                              of(When{}, Callback{Swap: true, Delay: 10 * s}),
		"duplicate 2, merge {}, cut midway":            of(When{}, Callback{Duplicate: 2, Merge: "{}", Cut: true}),
		`merge {"a":"` + strings.Repeat("ü", 37) + "…": of(When{}, Callback{Merge: `{"a":"` + strings.Repeat("ü", 50) + `"}`}),
	} {
		if got := r.Does(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestWords: what a word means is called by that word, and no other text is one.
func TestWords(t *testing.T) {
	for _, w := range PerWords() {
		if v, ok := ParsePer(w); !ok || v.String() != w {
			t.Errorf("per %s: %v, %t", w, v, ok)
		}
	}
	for _, w := range CutWords() {
		if v, ok := ParseCut(w); !ok || v.String() != w || v == CutNot {
			t.Errorf("cut %s: %v, %t", w, v, ok)
		}
	}
	for _, w := range ExpireWords() {
		if v, ok := ParseExpire(w); !ok || v.String() != w || v == ExpireNothing {
			t.Errorf("expire %s: %v, %t", w, v, ok)
		}
	}
	_, per := ParsePer("x")
	_, cut := ParseCut("")
	_, expire := ParseExpire("")
	if per || cut || expire {
		t.Error(per, cut, expire)
	}
	for want, r := range map[Place]Rule{AtReply: of(When{}, Reply{}), AtOutcome: of(When{}, Outcome{}), AtCallback: of(When{}, Callback{})} {
		if got := r.Place(); got != want {
			t.Errorf("the place of a rule with %s is %s", want, got)
		}
	}
}
