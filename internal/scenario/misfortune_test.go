package scenario

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/rule"
	"tsim/scenarios"
)

func setFile(t testing.TB, name string) []byte {
	t.Helper()
	src, err := scenarios.Files.ReadFile(misfortunes + name + extension)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// TestSets: each set can be loaded, is called like its file, and goes with all others.
func TestSets(t *testing.T) {
	var all config.Config
	if err := With(&all, Sets()); err != nil {
		t.Fatal(err)
	}
	for _, name := range Sets() {
		if !strings.HasPrefix(string(setFile(t, name)), "# yaml-language-server: $schema=../../schemas/misfortune.json\n\nname: ") {
			t.Errorf("%s: it begins with where its schema is, and with its name", name)
		}
		s, err := LoadSet(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Name != name || len(s.Rules) == 0 {
			t.Errorf("%s is %+v", name, s)
		}
		for i := range s.Rules {
			if u := &s.Rules[i]; u.Set != name || u.When.Account != "" {
				t.Errorf("%s: %+v", name, u)
			}
		}
	}
	if _, err := Builtin(misfortunes + "duplicates"); err == nil {
		t.Error("a set is a scenario, too")
	}
	want := "no set of rules \"duplicate\"; there are " + strings.Join(Sets(), ", ") + "; did you mean \"duplicates\"?"
	if _, err := LoadSet("duplicate"); err == nil || err.Error() != want {
		t.Errorf("%v\nwant %s", err, want)
	}
}

// TestSetsInPairs: any two of them stand beside each other, in either order, in a scenario and in front of one.
func TestSetsInPairs(t *testing.T) {
	for _, first := range Sets() {
		for _, second := range Sets() {
			if first == second {
				continue
			}
			behind := load(t, head+"with: ["+first+", "+second+"]\n")
			var before config.Config
			if err := With(&before, []string{first, second}); err != nil {
				t.Error(err)
			}
			if got, want := names(before.Rules), names(behind.Rules); !slices.Equal(got, want) || len(got) < 2 {
				t.Errorf("%s and %s: %v in front, %v behind", first, second, got, want)
			}
		}
	}
}

// TestDocSets: the reference lists the sets, as they speak of themselves.
func TestDocSets(t *testing.T) {
	var got, want []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| (telling|outcome) \\| (.*) \\|$").FindAllStringSubmatch(readDoc(t), -1) {
		got = append(got, strings.Join(row[1:], ", "))
	}
	for _, name := range Sets() {
		s, err := LoadSet(name)
		if err != nil {
			t.Fatal(err)
		}
		changes := map[bool]string{false: "telling", true: "outcome"}[s.Outcome]
		want = append(want, name+", "+changes+", "+s.About)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the reference has\n%s\nthere are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func names(rules []rule.Rule) (all []string) {
	for i := range rules {
		all = append(all, rules[i].Set+":"+rules[i].Name)
	}
	return all
}

// TestWith: sets stand behind the rules of a scenario that names them, and before them when they are put there.
func TestWith(t *testing.T) {
	const mine = "rules: [{name: mine, callback: {drop: true}}]\n"
	for _, src := range []string{mine + "with: [half-the-bulk-fails, duplicates]\n", "with: [half-the-bulk-fails, duplicates]\n" + mine} {
		if got, want := names(load(t, head+src).Rules), []string{":mine", "half-the-bulk-fails:half-the-bulk-fails", "duplicates:duplicates"}; !slices.Equal(got, want) {
			t.Errorf("%s: %v", src, got)
		}
	}
	if got := load(t, head+"with: []\n").Rules; len(got) > 0 {
		t.Errorf("with nothing: %v", names(got))
	}
	cfg := load(t, head+mine)
	if err := With(&cfg, []string{"half-the-bulk-fails", "duplicates"}); err != nil {
		t.Fatal(err)
	}
	want := []string{"half-the-bulk-fails:half-the-bulk-fails", "duplicates:duplicates", ":mine"}
	if got := names(cfg.Rules); !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	full := load(t, head+"rules: ["+manyRules+"]\n")
	taken := load(t, head+"rules: [{name: duplicates, callback: {drop: true}}]\n")
	for _, tt := range []struct {
		cfg  *config.Config
		with []string
		want string
	}{
		{&cfg, []string{"duplicates"}, "the set duplicates is there already"},
		{&config.Config{}, []string{"duplicates", "duplicates"}, "the set duplicates is there already"},
		{&config.Config{}, []string{"duplicates", "half"}, "no set of rules \"half\"; there are " + strings.Join(Sets(), ", ")},
		{&taken, []string{"half-the-bulk-fails", "duplicates"}, `the set duplicates has a rule "duplicates", and one is called like that already`},
		{&full, []string{"duplicates"}, "a sandbox has at most 1000 rules, and with duplicates it has 1001"},
	} {
		before := names(tt.cfg.Rules)
		if err := With(tt.cfg, tt.with); err == nil || err.Error() != tt.want {
			t.Errorf("%v: %v\nwant %s", tt.with, err, tt.want)
		}
		if after := names(tt.cfg.Rules); !slices.Equal(after, before) {
			t.Errorf("%v: of %v became %v", tt.with, before, after)
		}
	}
}

const setHead = "name: s\nabout: a\nfor: b\ngood: c\nchanges: telling\n"

// badSets are files of sets with what is wrong with them, word for word.
var badSets = []struct{ name, src, want string }{
	{"a scenario", head, `x.yaml:1:1: about is missing; a set of rules has one
x.yaml:1:1: for is missing; a set of rules has one
x.yaml:1:1: good is missing; a set of rules has one
x.yaml:1:1: changes is missing; a set of rules has one
x.yaml:1:1: rules is missing; a set of rules has one
x.yaml:2:1: unknown key "credentials"; a set of rules has name, about, for, good, changes, rules`},
	{"words", "name: a/b\nabout: ''\nfor: |\n  two\n  lines\ngood: []\nchanges: all\nrules: []\n", `x.yaml:1:7: name: a name of letters, digits and . _ - belongs here, not "a/b"
x.yaml:2:8: about: text of one line belongs here, not ""
x.yaml:3:6: for: text of one line belongs here, not "two\nlines\n"
x.yaml:6:7: good: text of one line belongs here, not a list
x.yaml:7:10: changes: unknown word "all"; it is one of telling, outcome`},
	{"rules", setHead + "rules: [{name: t, callback: {drop: true}}, {name: sx.y, callback: {drop: true}}, {name: s, callback: {}}, {name: s., callback: {hold: true}}, {name: s., callback: {hold: true}}, x]\n",
		`x.yaml:6:16: name: a rule of this set is s, or begins with s., so that it is in no other set
x.yaml:6:51: name: a rule of this set is s, or begins with s., so that it is in no other set
x.yaml:6:102: nothing happens here; say what the rule does
x.yaml:6:150: name: rule "s." is there already
x.yaml:6:179: rules[5]: a rule belongs here, not "x"`},
}

func TestBadSets(t *testing.T) {
	for _, tt := range badSets {
		if _, err := readSet("x.yaml", []byte(tt.src)); err == nil || err.Error() != tt.want {
			t.Errorf("%s: got\n%v\nwant\n%s", tt.name, err, tt.want)
		}
	}
}
