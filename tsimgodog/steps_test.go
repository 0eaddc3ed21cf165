package tsimgodog_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "tsim/tsimgodog"
)

var update = flag.Bool("update", false, "rewrite docs/steps.md; read the diff")

// TestExamples: the example of each step passes, and has the step in it.
func TestExamples(t *testing.T) {
	for i, s := range Vocabulary() {
		t.Run(s.Title, func(t *testing.T) {
			pattern := regexp.MustCompile(s.Pattern)
			uses := 0
			for line := range strings.Lines(s.Example) {
				_, text, _ := strings.Cut(strings.TrimSpace(line), " ")
				for k, other := range Vocabulary() {
					switch {
					case !regexp.MustCompile(other.Pattern).MatchString(text):
					case k == i:
						uses++
					case pattern.MatchString(text):
						t.Errorf("%q is this step, and also %s", text, other.Pattern)
					}
				}
			}
			if uses == 0 {
				t.Errorf("%s is not in its example", s.Pattern)
			}
			feature := "Feature: " + s.Family + "\n  Scenario: " + s.Family + "\n    " + strings.ReplaceAll(s.Example, "\n", "\n    ") + "\n"
			if code, said := run(map[string]string{"example.feature": feature}, 1, nil); code != 0 {
				t.Errorf("the example fails:\n%s", said)
			}
		})
	}
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
[ ] can be left out. Given, When, Then and And are alike to tsim: use what reads best.

In every text, table and path, {van-7.eid} stands for the EID of the device "van-7"; so do .imei and, of its profiles,
.Global.iccid and .Global.mdn. {sandbox.account} is the account, and .url, .appKey, .appSecret, .username, .password, .name
and .seed are of the sandbox, too; {request.id} is the latest requestId, and {unknown.iccid} and {unknown.eid} are of no
device. <job> is what an earlier step has kept as "job".

Steps with [within 2 seconds, ] only look, and can be asked again until they hold, for so long on the clock on the wall: for
what an application does on its own.
`
