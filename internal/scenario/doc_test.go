package scenario

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// blocks are the fenced blocks of a Markdown file: language and text.
var blocks = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// TestDoc loads the examples of the reference for people: they load, or they say what the next block
// says that they say.
func TestDoc(t *testing.T) {
	src := readDoc(t)
	all := blocks.FindAllStringSubmatch(src, -1)
	loaded, failed := 0, 0
	for i, b := range all {
		name, rest, _ := strings.Cut(b[2], "\n")
		name, ok := strings.CutPrefix(name, "name: ")
		if b[1] != "yaml" || !ok || rest == "" {
			continue
		}
		_, err := Load(name+extension, []byte(b[2]), now)
		if i+1 < len(all) && all[i+1][1] == "text" {
			if failed++; err == nil || err.Error()+"\n" != all[i+1][2] {
				t.Errorf("%s: got\n%v\nwant\n%s", name, err, all[i+1][2])
			}
		} else if loaded++; err != nil {
			t.Error(err)
		}
	}
	if loaded < 2 || failed < 2 {
		t.Errorf("found %d good and %d bad examples", loaded, failed)
	}
}

// TestDocKeys: each key and each word has its place in the reference.
func TestDocKeys(t *testing.T) {
	src := readDoc(t)
	var walk func(at string, f form)
	walk = func(at string, f form) {
		for _, w := range f.words {
			// The callback services are ThingSpace's, and one of them matters here.
			if !strings.Contains(src, "`"+w+"`") && at != ".listeners.service" {
				t.Errorf("%s: the word %s is not in the reference", at, w)
			}
		}
		for _, e := range f.either {
			walk(at, e)
		}
		for _, k := range f.keys {
			if !strings.Contains(src, "`"+k.name+"`") && !strings.Contains(src, "{"+k.name) {
				t.Errorf("%s.%s: not in the reference", at, k.name)
			}
			walk(at+"."+k.name, k.form)
		}
		if f.item != nil {
			walk(at, *f.item)
		}
	}
	walk("", scenario.value().form)
}

// builtinRow is a row of the table of built-in scenarios, whose last cell may link to a feature.
var builtinRow = regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\| [^|]+ \\| (?:\\[[a-z_]+\\]\\(../(features/[a-z_]+\\.feature)\\) )?\\|$")

// TestDocBuiltins: the reference names the built-in scenarios, and the features that tell their stories begin with them.
func TestDocBuiltins(t *testing.T) {
	_, table, _ := strings.Cut(readDoc(t), "\n## Built-in ones\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var names []string
	for _, row := range builtinRow.FindAllStringSubmatch(table, -1) {
		name, feature := row[1], row[2]
		names = append(names, name)
		if feature == "" {
			continue
		}
		story, err := os.ReadFile("../../" + feature)
		if err != nil || !strings.Contains(string(story), "Given the built-in scenario \""+name+"\"\n") {
			t.Errorf("%s: its story is not in %s (%v)", name, feature, err)
		}
	}
	if want := Names(); !slices.Equal(names, want) {
		t.Errorf("the reference has %q, built in are %q", names, want)
	}
}

func readDoc(t testing.TB) string {
	t.Helper()
	src, err := os.ReadFile("../../docs/scenario.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(src)
}
