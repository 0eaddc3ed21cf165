package rule

import (
	"fmt"
	"strings"
	"testing"
)

func TestPieces(t *testing.T) {
	for _, test := range []struct {
		body string
		pace int
		want string
	}{
		{"", 0, ""},
		{"", 10, ""},
		{"abc", 0, "abc 0s"},
		{"abc", 1, "a 1s, b 1s, c 0s"},
		{"abcde", 25, "ab 80ms, cd 80ms, e 0s"},
		{"abcd", 20, "ab 100ms, cd 0s"},
		{"abcd", maxPace, "abcd 0s"},
	} {
		var got []string
		for piece, pause := range Pieces([]byte(test.body), test.pace) {
			got = append(got, fmt.Sprintf("%s %s", piece, pause))
		}
		if got := strings.Join(got, ", "); got != test.want {
			t.Errorf("%q at %d: %s, want %s", test.body, test.pace, got, test.want)
		}
	}
	for range Pieces([]byte("abc"), 1) {
		break // which is no reason to panic
	}
}
