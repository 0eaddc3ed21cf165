package scenario

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/spell"
)

// anyText is text that may be empty.
var anyText = value[string]{form{kind: "string"}, func(r *reader, n *node, to *string) {
	if !n.scalar() {
		r.expected(n, "text")
		return
	}
	fitting(r, n, to, mostText)
}, func(s, _ *string) *node { return letters(*s) }}

// letters is a text as it stands, and digit a number by its letters.
func letters(s string) *node { return &node{kind: text, text: s} }
func digit(s string) *node   { return &node{kind: number, text: s} }

// mostText is how many characters a text has at the most: some stand in many messages.
const mostText = 1000

// fitting takes a text if it is not too long.
func fitting(r *reader, n *node, to *string, most int) {
	if count := utf8.RuneCountInString(n.text); count > most {
		r.wrong(n, "a text of at most %d characters belongs here, not one of %d", most, count)
		return
	}
	*to = n.text
}

// someText is text that is not blank.
var someText = matching(`\S`, "some text")

// someURL is a URL, of which config says how long it is at the most.
var someURL = matchingUpTo(math.MaxInt, `\S`, "some text")

// matching is text that fits a pattern; what says so in words.
func matching(pattern, what string) value[string] { return matchingUpTo(mostText, pattern, what) }

func matchingUpTo(most int, pattern, what string) value[string] {
	fits := regexp.MustCompile(pattern)
	return value[string]{form{kind: "string", pattern: pattern}, func(r *reader, n *node, to *string) {
		if !n.scalar() || !fits.MatchString(n.text) {
			r.expected(n, what)
			return
		}
		fitting(r, n, to, most)
	}, anyText.write}
}

// digits is an identifier of so many digits.
func digits(what, lengths string) value[string] {
	pattern := "^[0-9]{" + lengths + "}$"
	fits := regexp.MustCompile(pattern)
	what += " of " + strings.ReplaceAll(lengths, ",", " or ") + " digits"
	return value[string]{form{kind: "string", pattern: pattern}, func(r *reader, n *node, to *string) {
		switch {
		case n.scalar() && fits.MatchString(n.text):
			*to = n.text
		case n.scalar() && strings.Trim(n.text, "0123456789") == "":
			r.wrong(n, "%s belongs here, not %s with %d", what, n, len(n.text))
		default:
			r.expected(n, what)
		}
	}, anyText.write}
}

// someDigits is an identifier of so many digits, or one of which a * leaves out any.
func someDigits(what, lengths string) value[string] {
	what += " of " + strings.ReplaceAll(lengths, ",", " or ") + " digits, or a part of one with * for the rest,"
	return matching(`^([0-9]{`+lengths+`}|[0-9]*\*[0-9*]*)$`, what)
}

// word is one of some words, taken as it is.
func word(words ...string) value[string] {
	return choice(words, func(word string) (string, bool) { return word, slices.Contains(words, word) })
}

// choice is one of some words.
func choice[T comparable](words []string, parse func(string) (T, bool)) value[T] {
	all := strings.Join(words, ", ")
	return value[T]{form{kind: "string", words: words}, func(r *reader, n *node, to *T) {
		if !n.scalar() {
			r.expected(n, "one of "+all)
			return
		}
		v, ok := parse(n.text)
		if !ok {
			r.wrong(n, "unknown word %q%s", bound.Short(n.text), cmp.Or(spell.DidYouMean(n.text, words), "; it is one of "+all))
			return
		}
		*to = v
	}, func(v, _ *T) *node {
		for _, word := range words {
			if is, ok := parse(word); ok && is == *v {
				return letters(word)
			}
		}
		return nil
	}}
}

var yesNo = value[bool]{form{kind: "boolean"}, func(r *reader, n *node, to *bool) {
	v, err := strconv.ParseBool(n.text)
	if n.kind != boolean || err != nil {
		r.expected(n, "true or false")
		return
	}
	*to = v
}, func(v, _ *bool) *node { return &node{kind: boolean, text: strconv.FormatBool(*v)} }}

// not is a value that is kept the other way round.
func not(v value[bool]) value[bool] {
	return value[bool]{v.form, func(r *reader, n *node, to *bool) {
		yes := !*to
		v.read(r, n, &yes)
		*to = !yes
	}, func(no, _ *bool) *node {
		yes := !*no
		return v.write(&yes, nil)
	}}
}

// given is a value that may be left out, which nil says.
func given[T any](v value[T]) value[*T] {
	return value[*T]{v.form, func(r *reader, n *node, to **T) {
		*to = new(T)
		v.read(r, n, *to)
	}, func(to, _ **T) *node {
		if *to == nil {
			return nil
		}
		return v.write(*to, new(T))
	}}
}

var memory = value[uint8]{form{kind: "integer"}, func(r *reader, n *node, to *uint8) {
	v, err := strconv.ParseUint(n.text, 10, 8)
	if n.kind != number || err != nil || v < 1 {
		r.expected(n, "a whole number from 1 to 255")
		return
	}
	*to = uint8(v)
}, whole[uint8]}

// whole is a whole number.
func whole[T uint8 | uint64 | int](v, _ *T) *node { return digit(fmt.Sprint(*v)) }

// policy is the rules of a profile, by their words.
var policy = func() value[euicc.Policy] {
	rules := upTo(len(euicc.PolicyWords), choice(euicc.PolicyWords, func(word string) (euicc.Policy, bool) {
		i := slices.Index(euicc.PolicyWords, word)
		return 1 << max(i, 0), i >= 0
	}))
	return value[euicc.Policy]{rules.form, func(r *reader, n *node, to *euicc.Policy) {
		var all []euicc.Policy
		rules.read(r, n, &all)
		for _, rule := range all {
			*to |= rule
		}
	}, func(p, _ *euicc.Policy) *node {
		var all []euicc.Policy
		for i := range euicc.PolicyWords {
			if rule := euicc.Policy(1) << i; *p&rule != 0 {
				all = append(all, rule)
			}
		}
		return rules.write(&all, nil)
	}}
}()

// natural is a number that cannot be negative.
var natural = value[uint64]{form{kind: "integer"}, func(r *reader, n *node, to *uint64) {
	v, err := strconv.ParseUint(n.text, 10, 64)
	if n.kind != number || err != nil {
		r.expected(n, "a whole number from 0")
		return
	}
	*to = v
}, whole[uint64]}

var count = value[int]{form{kind: "integer"}, func(r *reader, n *node, to *int) {
	v, err := strconv.ParseInt(n.text, 10, 32)
	if n.kind != number || err != nil {
		r.expected(n, "a whole number")
		return
	}
	*to = int(v)
}, whole[int]}

// fromOne is a number of something that is there.
var fromOne = value[int]{form{kind: "integer"}, func(r *reader, n *node, to *int) {
	v, err := strconv.ParseInt(n.text, 10, 32)
	if n.kind != number || err != nil || v < 1 {
		r.expected(n, "a whole number from 1")
		return
	}
	*to = int(v)
}, whole[int]}

// config.MaxSpeed is eleven days in a second.

var speed = aboveZero(config.MaxSpeed)

// aboveZero is a number above 0, up to a greatest one.
func aboveZero(most float64) value[float64] {
	return value[float64]{form{kind: "number"}, func(r *reader, n *node, to *float64) {
		v, err := strconv.ParseFloat(n.text, 64)
		if n.kind != number || err != nil || !(v > 0 && v <= most) {
			r.expected(n, fmt.Sprintf("a number above 0 and at most %.0f", most))
			return
		}
		*to = v
	}, func(v, _ *float64) *node { return digit(strconv.FormatFloat(*v, 'f', -1, 64)) }}
}

const durationPattern = `^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$`

var durationFits = regexp.MustCompile(durationPattern)

// duration is a time span with its units.
var duration = value[time.Duration]{form{kind: "string", pattern: durationPattern}, func(r *reader, n *node, to *time.Duration) {
	v, err := time.ParseDuration(n.text)
	if n.kind != text || err != nil || !durationFits.MatchString(n.text) {
		r.expected(n, "a duration such as 5s or 2m30s")
		return
	}
	*to = v
}, func(d, _ *time.Duration) *node { return letters(Duration(*d)) }}

// Duration is a duration as scenarios write it: in ASCII, and without what is 0 at its end.
func Duration(d time.Duration) string {
	text := strings.Replace(d.String(), "µ", "u", 1)
	for _, none := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, none) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// instant is a moment; "now" is that of loading.
var instant = value[time.Time]{form{kind: "string"}, func(r *reader, n *node, to *time.Time) {
	if n.kind == text && n.text == "now" {
		*to = r.now
		return
	}
	readTime(r, n, to, "now or a time such as 2030-01-01T00:00:00Z")
}, func(t, _ *time.Time) *node { return letters(t.UTC().Format(time.RFC3339Nano)) }}

// readTime takes a time of RFC 3339; what says what belongs there.
func readTime(r *reader, n *node, to *time.Time, what string) {
	v, err := time.Parse(time.RFC3339, n.text)
	if n.kind != text || err != nil {
		r.expected(n, what)
		return
	}
	// Simulated time counts nanoseconds in 64 bits.
	if year := v.UTC().Year(); year < 1970 || year > 2199 {
		r.expected(n, "a time from 1970 to 2199")
		return
	}
	*to = v
}
