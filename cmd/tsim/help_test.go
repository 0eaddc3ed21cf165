package main

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/scenario"
)

// Each command teaches: a text, and examples whose words the program understands.
func TestHelpTeaches(t *testing.T) {
	examples := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		if cmd.Name() == "completion" { // cobra's own
			return
		}
		if cmd.Long == "" || cmd.Example == "" {
			t.Errorf("%s has no text or no example", cmd.CommandPath())
		}
		for _, words := range regexp.MustCompile(`(?m)(?:^  |\| |\$\()tsim ([^|>")\n]*)`).FindAllStringSubmatch(cmd.Example, -1) {
			examples++
			understood(t, strings.Fields(words[1]))
		}
		for line := range strings.SplitSeq(cmd.Long+"\n"+cmd.Example, "\n") {
			if len([]rune(line)) > 100 {
				t.Errorf("%s: a line of %d characters: %s", cmd.CommandPath(), len([]rune(line)), line)
			}
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRoot())
	if examples < 15 {
		t.Errorf("only %d examples were found", examples)
	}
}

// Each command says what it takes to those who give it something else.
func TestEveryCommandSaysWhatItTakes(t *testing.T) {
	each(newRoot(), func(cmd *cobra.Command) {
		if cmd.Name() == "bdd" { // any number of paths, and none
			return
		}
		given := []string{"one", "two", "three"}
		if strings.HasSuffix(cmd.Use, "…") { // it takes them all
			given = nil
		}
		err := cmd.ValidateArgs(given)
		want := strings.TrimPrefix(cmd.CommandPath(), "tsim ") + " takes "
		if cmd.HasSubCommands() {
			want = `unknown command "one" for "` + cmd.CommandPath() + `"`
		}
		if _, usage := errors.AsType[usageError](err); !usage || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s says %v, want %s…", cmd.CommandPath(), err, want)
		} else if cmd.Example != "" && !cmd.HasSubCommands() && !strings.Contains(err.Error(), ", for example: "+cmd.CommandPath()) {
			t.Errorf("%s gives no example: %v", cmd.CommandPath(), err)
		}
	})
}

// understood checks the words of a command without running it.
func understood(t testing.TB, words []string) {
	t.Helper()
	cmd, rest, err := newRoot().Find(words)
	if err == nil {
		err = cmd.ParseFlags(rest)
	}
	if err == nil {
		err = cmd.ValidateArgs(cmd.Flags().Args())
	}
	if err != nil && !errors.Is(err, pflag.ErrHelp) {
		t.Errorf("tsim %s: %v", strings.Join(words, " "), err)
	}
}

// The page of a terminal is that of a file, with decorations, none of which is in what is pasted.
func TestPage(t *testing.T) {
	cfg, err := scenario.Open("default", nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var plain, fancy bytes.Buffer
	p := page{URL: "http://127.0.0.1:8080", Control: "http://127.0.0.1:8081", Config: &cfg}
	if err := printWalk(&plain, p); err != nil {
		t.Fatal(err)
	}
	p.on = true
	if err := printWalk(&fancy, p); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain.String(), "\x1b") {
		t.Errorf("decorations in a file:\n%s", plain.String())
	}
	_, pasted, _ := strings.Cut(fancy.String(), "paste this:")
	if !strings.Contains(fancy.String(), "\x1b") || strings.Contains(pasted, "\x1b") {
		t.Errorf("decorations in the wrong place:\n%s", fancy.String())
	}
	if got := regexp.MustCompile("\x1b\\[\\d*m").ReplaceAllString(fancy.String(), ""); got != plain.String() {
		t.Errorf("without decorations:\n%s\nwant:\n%s", got, plain.String())
	}
	if !strings.Contains(plain.String(), p.Control+"/tsim/v1 ") {
		t.Errorf("no control surface in\n%s", plain.String())
	}
	if (styleOf(io.Discard, func(string) (string, bool) { return "xterm", true }) != style{}) {
		t.Error("something that is no file counts as a terminal")
	}
}

// Who has asked for misfortune is told so at the start.
func TestPageTellsOfMisfortunes(t *testing.T) {
	const own = "name: mine\ncredentials: [{appKey: k, appSecret: s, username: u, password: p}]\n"
	for rules, want := range map[string]string{
		"":                              "",
		"with: [half-the-bulk-fails]\n": "  with       duplicates, half-the-bulk-fails\n",
		"rules: [{name: a, callback: {drop: true}}]\n":                                "  with       duplicates, 1 rule of the scenario\n",
		"rules: [{name: 1, about: one, when: {eid: '*1'}, callback: {hold: true}}]\n": "             the rule 1 never strikes: duplicates comes first, and takes all that it would match\n",
		"rules: [{name: a, reply: {pace: 9}}, {name: b, reply: {pace: 9}}]\n":         "  with       duplicates, 2 rules of the scenario\n",
	} {
		cfg, err := scenario.Load("mine.yaml", []byte(own+rules), time.Now())
		if err == nil && rules != "" {
			err = scenario.With(&cfg, []string{"duplicates"})
		}
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := printWalk(&out, page{URL: "http://127.0.0.1:8080", Config: &cfg}); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); want == "" && strings.Contains(got, "  with ") || !strings.Contains(got, want) || strings.Contains(got, "misbehave") {
			t.Errorf("with %q it says\n%s", rules, got)
		}
	}
}
