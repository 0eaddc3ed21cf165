// Package spell finds the known word that a misspelt one was most probably meant to be: for errors that
// say what would be right.
package spell

import (
	"fmt"
	"strings"
)

// DidYouMean ends a message about an unknown word with the known one that is nearest; it is "" when none
// is near.
func DidYouMean(word string, known []string) string {
	if near := Nearest(word, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}

// Nearest is the known word that a misspelt one was most probably meant to be, or "".
func Nearest(word string, known []string) string {
	best, least := "", 4
	for _, k := range known {
		// Letters of another case may have fewer bytes, but never less than a third.
		if len(word) > 3*len(k)+9 {
			continue
		}
		if strings.EqualFold(word, k) {
			return k
		}
		// One slip in three letters is a misspelling; more of them is another word.
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d < least && d <= max(len(k), 3)/3 {
			best, least = k, d
		}
	}
	return best
}

// distance counts the slips between two words: a letter too many, too few, wrong, or two swapped.
func distance(a, b string) int {
	if abs := len(a) - len(b); abs > 3 || abs < -3 {
		return len(a) + len(b) // far enough, and long words cost nothing
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			wrong := 1
			if a[i-1] == b[j-1] {
				wrong = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+wrong)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
