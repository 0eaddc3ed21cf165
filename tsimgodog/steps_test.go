package tsimgodog_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tsim/tsimbox"
	. "tsim/tsimgodog"
)

var update = flag.Bool("update", false, "rewrite docs/steps.md; read the diff")

// TestExamples: the example of each step passes, wherever its sandbox is, and has the step in it; no text of it is two steps.
func TestExamples(t *testing.T) {
	server, err := tsimbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close(context.Background()) }()
	all := Vocabulary()
	patterns := make([]*regexp.Regexp, len(all))
	for i, s := range all {
		patterns[i] = regexp.MustCompile(s.Pattern)
	}
	for i, s := range all {
		t.Run(s.Title, func(t *testing.T) {
			uses := false
			for line := range strings.Lines(s.Example) {
				_, text, _ := strings.Cut(strings.TrimSpace(line), " ")
				var is []string
				for k := range all {
					if patterns[k].MatchString(text) {
						uses = uses || k == i
						is = append(is, all[k].Title)
					}
				}
				if len(is) > 1 {
					t.Errorf("%q is %q", text, is)
				}
			}
			if !uses {
				t.Errorf("%s is not in its example", s.Pattern)
			}
			for where, o := range map[string][]Option{"in this process": nil, "on a server": {Server(server.URL)}} {
				if code, said := run(example(s.Example), 1, nil, o...); code != 0 {
					t.Errorf("the example fails %s:\n%s", where, said)
				}
			}
		})
	}
}

// example is a feature of one scenario.
func example(steps string) map[string]string {
	return map[string]string{"example.feature": "Feature: Examples\n  Scenario: One\n    " + strings.ReplaceAll(steps, "\n", "\n    ") + "\n"}
}

// holdsOtherwise are expectations of the examples that hold with another number or text, too, as they should.
var holdsOtherwise = []string{
	`Then I did not ask for profile_suspend of `,
	`And my application did not ask for profile_suspend`,
}

// TestExamplesToldOtherwise: with another value in any place of its last expectation, each example fails. So what a step looks at
// is looked at.
func TestExamplesToldOtherwise(t *testing.T) {
	told := 0
	for _, s := range Vocabulary() {
		for _, wrong := range otherwise(s.Example) {
			told++
			code, said := run(example(wrong), 1, nil)
			if code == 0 && !slices.ContainsFunc(holdsOtherwise, func(h string) bool { return strings.Contains(wrong, h) }) {
				t.Errorf("%s: this holds, too\n%s\n%s", s.Title, wrong, said)
			}
		}
	}
	if want := len(Vocabulary()); told < want {
		t.Errorf("%d expectations were told otherwise, fewer than the %d steps", told, want)
	}
}

var values = regexp.MustCompile(`"[^"]*"|\d+|\b(?:once|twice|no times|held|delivered|archived|unheard|off|lost its network)\b`)

// otherwise are the steps of an example with a value of the last expectation changed, in its table or else in its text.
func otherwise(steps string) (all []string) {
	lines := strings.Split(steps, "\n")
	n := len(lines) - 1
	for n > 0 && !regexp.MustCompile(`^(Then|And) `).MatchString(lines[n]) {
		n--
	}
	if !slices.ContainsFunc(lines[:n+1], func(l string) bool { return strings.HasPrefix(l, "Then ") }) {
		return nil
	}
	change := func(at int, line string) {
		changed := slices.Clone(lines)
		changed[at] = line
		all = append(all, strings.Replace(strings.Join(changed, "\n"), "within 2 seconds", "within 20 milliseconds", 1))
	}
	if n == len(lines)-1 {
		for _, at := range values.FindAllStringIndex(lines[n], -1) {
			text := lines[n][at[0]:at[1]]
			if text == `"van-7"` || strings.HasSuffix(lines[n][:at[0]], "told of ") {
				continue
			}
			other := "scheduled"
			switch {
			case text[0] == '"':
				other = `"other"`
			case text[0] >= '0' && text[0] <= '9':
				other = "77"
			case text == "once", text == "twice", text == "no times":
				other = "77 times"
			case text == "off", text == "lost its network":
				other = map[string]string{"off": "on", "lost its network": "a network"}[text]
			}
			change(n, lines[n][:at[0]]+other+lines[n][at[1]:])
		}
		return all
	}
	for i := n + 1; i < len(lines); i++ {
		cells := strings.Split(lines[i], "|")
		first := strings.Contains(lines[i], "| /") && i+1 == len(lines)
		if len(cells) < 3 || i == n+1 && !first {
			continue
		}
		for k := 1; k < len(cells)-1; k++ {
			if text := strings.TrimSpace(cells[k]); text != "" && !strings.HasPrefix(text, "/") {
				other := slices.Clone(cells)
				other[k] = " 77 "
				change(i, strings.Join(other, "|"))
			}
		}
	}
	return all
}

// TestDocument keeps docs/steps.md as the vocabulary is.
func TestDocument(t *testing.T) {
	want := page()
	file := filepath.Join("..", "docs", "steps.md")
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	is, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(is) != want {
		t.Fatalf("docs/steps.md is stale; run go test ./tsimgodog -update")
	}
}

func page() string {
	var b strings.Builder
	b.WriteString(introduction)
	abouts := Families()
	family := ""
	for _, s := range Vocabulary() {
		if s.Family != family {
			family = s.Family
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", family, abouts[family])
		}
		fmt.Fprintf(&b, "\n### %s\n\n%s\n\n```gherkin\n%s\n```\n", s.Title, s.Doc, s.Example)
	}
	return b.String()
}

const introduction = `# Steps for behaviour suites

<!-- Written by go test ./tsimgodog -update. The plain test fails when this page is stale, or an example on it does. -->

What [tsimgodog](../tsimgodog) adds to a suite of godog. In the headings, "…" is any text, N a number, and what stands in
[ ] can be left out. US is the name of a profile, such as US or Global; OPERATION is one as in the path of its call, such as
profile_suspend; and VERB is one of activate, activate_enable, download, download_enable, download_disable, enable, disable,
delete, deactivate, suspend and resume. Given, When, Then and And are alike to tsim: use what reads best.

In every text, table and path, {van-7.eid} stands for the EID of the device "van-7"; so do .imei and, of its profiles,
.Global.iccid and .Global.mdn. {sandbox.account} is the account, and .url, .appKey, .appSecret, .username, .password, .name
and .seed are of the sandbox, too; {request.id} is the latest requestId, and {unknown.iccid} and {unknown.eid} are of no
device. <job> is what an earlier step has kept as "job".

Steps with [within 2 seconds, ] only look, and can be asked again until they hold, for so long on the clock on the wall: for
what an application does on its own.
`
