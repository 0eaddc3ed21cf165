package fidelity

import (
	"bufio"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tsim/internal/config"
)

const root = "../.."

// TestTable checks docs/fidelity.md against the code, the golden cases and the features.
func TestTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/fidelity.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, complaint := range complaints(string(text), gather(t)) {
		t.Errorf("docs/fidelity.md: %s", complaint)
	}
}

// TestSecurity: each promise of docs/security.md names tests that there are.
func TestSecurity(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/security.md"))
	if err != nil {
		t.Fatal(err)
	}
	have, promises := gather(t), 0
	for line := range strings.Lines(string(text)) {
		cells := split(line)
		if !strings.HasPrefix(line, "| ") || slices.Equal(cells, []string{"promise", "held by"}) {
			continue
		}
		promises++
		if len(cells) != 2 || cells[0] == "" || cells[1] == "" {
			t.Errorf("%q is not a promise and what holds it", line)
			continue
		}
		for _, wrong := range pinComplaints(cells[1], have, map[string]bool{}) {
			t.Errorf("%s: %s", cells[0], wrong)
		}
	}
	if promises < 5 {
		t.Errorf("there are %d promises", promises)
	}
}

// gather collects what there is to name. A kind of which nothing is found is a mistake here.
func gather(t *testing.T) evidence {
	t.Helper()
	have := evidence{
		tests: tests(t), golden: map[string]bool{}, scenarios: scenarios(t), switches: map[string][]string{},
	}
	for _, file := range glob(t, "internal/thingspace/testdata/golden/*.txtar") {
		have.golden[strings.TrimSuffix(filepath.Base(file), ".txtar")] = true
	}
	for _, s := range config.Switches() {
		have.switches[s.String()] = s.Words()
	}
	if len(have.tests) == 0 || len(have.scenarios) == 0 || len(have.switches) == 0 {
		t.Fatalf("found %d tests, %d scenarios, %d switches", len(have.tests), len(have.scenarios), len(have.switches))
	}
	return have
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: nothing (%v)", pattern, err)
	}
	return files
}

// tests are the tests of the module, by the name of their folder and their own: sim.TestBearer.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		switch base := path.Base(name); {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (base == "testdata" || base[0] == '.' || base[0] == '_'):
			return fs.SkipDir
		case strings.HasSuffix(name, "_test.go"):
			src, err := fs.ReadFile(os.DirFS(root), name)
			if err != nil {
				return err
			}
			addTests(t, all, name, src)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var testName = regexp.MustCompile(`^(Test|Fuzz|Example)[A-Z_]`)

// addTests notes the tests of one file, and as the subtests of each those that the file may run: a
// string of the file, with _ for space, as go test prints it.
func addTests(t *testing.T, all map[string]bool, name string, src []byte) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	runs := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if s, err := strconv.Unquote(lit.Value); err == nil && s != "" {
				runs[strings.ReplaceAll(s, " ", "_")] = true
			}
		}
		return true
	})
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || !testName.MatchString(f.Name.Name) {
			continue
		}
		full := path.Base(path.Dir(name)) + "." + f.Name.Name
		all[full] = true
		for sub := range runs {
			all[full+"/"+sub] = true
		}
	}
}

// scenarios are those of the features, as enable.feature: And back.
func scenarios(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, name := range glob(t, "features/*.feature") {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			line := strings.TrimSpace(lines.Text())
			for _, keyword := range []string{"Scenario: ", "Scenario Outline: ", "Example: "} {
				if title, ok := strings.CutPrefix(line, keyword); ok {
					all[filepath.Base(name)+": "+title] = true
				}
			}
		}
	}
	return all
}
