// Package heavy has texts that are cheap to send and dear to read, and measures what reading them costs: for
// tests.
package heavy

import (
	"fmt"
	"runtime"
	"strings"
)

// Shape is a kind of text that can be made as long as one likes.
type Shape struct {
	Name string
	Text func(size int) string // about so many bytes
}

// JSON are values of JSON, and what begins like one.
var JSON = []Shape{
	{"nested lists", func(n int) string { return strings.Repeat("[", n/2) + strings.Repeat("]", n/2) }},
	{"nested objects", func(n int) string { return strings.Repeat(`{"a":`, n/6) + "1" + strings.Repeat("}", n/6) }},
	{"lists as deep as can be", func(n int) string { return list(n, strings.Repeat("[", 90)+strings.Repeat("]", 90)) }},
	{"unclosed lists", func(n int) string { return strings.Repeat("[", n) }},
	{"unclosed objects", func(n int) string { return strings.Repeat(`{"a":`, n/5) }},
	{"many numbers", func(n int) string { return list(n, "1") }},
	{"many lists", func(n int) string { return list(n, "[]") }},
	{"many objects", func(n int) string { return list(n, "{}") }},
	{"many objects with a key", func(n int) string { return list(n, `{"a":0}`) }},
	{"many texts", func(n int) string { return list(n, `""`) }},
	{"many lists of nothing", func(n int) string { return list(n, "[null,null,null,null]") }},
	{"many identifiers", func(n int) string { return list(n, `{"kind":"eid","id":"1"}`) }},
	{"many devices", func(n int) string { return list(n, `{"deviceIds":[{"kind":"eid","id":"1"}]}`) }},
	{"a device of many identifiers", func(n int) string {
		return `[{"deviceIds":` + list(n, `{"kind":"iccid","id":"89148000000000000019"}`) + `}]`
	}},
	{"a long list unclosed", func(n int) string { return "[" + strings.Repeat("1,", n/2) }},
	{"many keys", keys},
	{"one key many times", func(n int) string { return "{" + strings.Repeat(`"a":1,`, n/6) + `"b":1}` }},
	{"a long key", func(n int) string { return `{"` + strings.Repeat("K", n) + `":1}` }},
	{"a long text", func(n int) string { return `"` + strings.Repeat("x", n) + `"` }},
	{"an escaped text", func(n int) string { return `"` + strings.Repeat(`\u0041`, n/6) + `"` }},
	{"a text of control characters", func(n int) string { return `"` + strings.Repeat(`\u0001`, n/6) + `"` }},
	{"an unclosed text", func(n int) string { return `"` + strings.Repeat("x", n) }},
	{"a long number", func(n int) string { return strings.Repeat("1", n) }},
	{"a long fraction", func(n int) string { return "0." + strings.Repeat("1", n) }},
	{"spaces", func(n int) string { return strings.Repeat(" ", n) }},
	{"commas", func(n int) string { return "[" + strings.Repeat(",", n) }},
}

// list is a list of one item, again and again.
func list(size int, item string) string {
	return "[" + strings.Repeat(item+",", size/(len(item)+1)) + item + "]"
}

func keys(size int) string {
	var b strings.Builder
	b.WriteString("{")
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `"%x":1,`, i)
	}
	return b.String() + `"":1}`
}

// Allocated is how many bytes a function allocates. Nothing else may run at the time.
func Allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Small and Large are sizes at which costs are compared.
const (
	Small = 4 << 10
	Large = 32 << 10
)

// Judge says what is wrong with the bytes that two texts cost, of about the sizes Small and Large: each may cost
// so many for each of its own, and once for what does not grow. The larger may cost eight
// times as much, with room for buffers that grow by doubling. "" when nothing is wrong.
func Judge(small, large, each, once uint64) string {
	for _, c := range []struct{ size, cost uint64 }{{Small, small}, {Large, large}} {
		if most := c.size*each + once; c.cost > most {
			return fmt.Sprintf("%d bytes cost %d bytes, more than %d", c.size, c.cost, most)
		}
	}
	if large > 2*Large/Small*small+once {
		return fmt.Sprintf("%d bytes cost %d, and %d bytes %d: that is no straight line", Small, small, Large, large)
	}
	return ""
}

// YAML are files of YAML, beside those that are JSON as well.
var YAML = []Shape{
	{"deep lists by dashes", func(n int) string { return strings.Repeat("- ", n/2) }},
	{"deep tagged lists", func(n int) string { return strings.Repeat("[!a ", n/8) + strings.Repeat("]", n/8) }},
	{"lists as deep as can be with tags", func(n int) string {
		return list(n, strings.Repeat("[!a [],", 90)+strings.Repeat("]", 90))
	}},
	{"deep maps by lines", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			b.WriteString(strings.Repeat(" ", i) + "a:\n")
		}
		return b.String()
	}},
	{"questions", func(n int) string { return strings.Repeat("? ", n/2) }},
	{"empty items", func(n int) string { return strings.Repeat("-\n", n/2) }},
	{"pairs", func(n int) string { return list(n, "a: ") }},
	{"comments", func(n int) string { return strings.Repeat("#\n", n/2) + "a: 1\n" }},
	{"comments of items", func(n int) string { return strings.Repeat("- a #x\n", n/7) }},
	{"tags", func(n int) string { return list(n, "!a 1") }},
	{"a long tag", func(n int) string { return "!" + strings.Repeat("a", n) + " x" }},
	{"a long anchor", func(n int) string { return "&" + strings.Repeat("a", n) + " *" + strings.Repeat("a", n-1) }},
	{"a long unknown anchor", func(n int) string { return "a: *" + strings.Repeat("a", n) }},
	{"directives", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "%%TAG !%x! a\n", i)
		}
		return b.String() + "---\na"
	}},
	{"anchors", func(n int) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, "&%x 1,", i)
		}
		return "[" + b.String() + "]"
	}},
	{"aliases", func(n int) string { return "accounts: [&a {name: b}," + strings.Repeat("*a,", n/3) + "]" }},
	{"aliases of a list", func(n int) string {
		return "about: &a " + list(n/2, "1") + "\naccounts: " + list(n/2, "*a") + "\n"
	}},
	{"documents", func(n int) string { return strings.Repeat("---\n", n/4) }},
	{"merges", func(n int) string { return "{" + strings.Repeat("<<: 1,", n/6) + "}" }},
	{"a block", func(n int) string { return "a: |\n" + strings.Repeat("  x\n", n/4) }},
}
