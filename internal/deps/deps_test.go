package deps

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
)

// parse reads a file for the plan; a nil src means the file of that name.
func parse(t testing.TB, filename string, src any) file {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), filename, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file{path.Base(filename), tree}
}

// packages reads every Go file of the module, whatever system it is for.
func packages(t testing.TB) []pkg {
	t.Helper()
	const root = "../.."
	found := map[string][]file{}
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, entry fs.DirEntry, err error) error {
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != "." && (base == "testdata" || base[0] == '.' || base[0] == '_'):
			return fs.SkipDir
		case !entry.IsDir() && path.Ext(name) == ".go":
			dir := path.Dir(name)
			found[dir] = append(found[dir], parse(t, root+"/"+name, nil))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var pkgs []pkg
	for dir, files := range found {
		pkgs = append(pkgs, pkg{dir, files})
	}
	slices.SortFunc(pkgs, func(a, b pkg) int { return strings.Compare(a.path, b.path) })
	return pkgs
}

func TestFloorPlan(t *testing.T) {
	for _, complaint := range complaints(plan, keepers, packages(t)) {
		t.Error(complaint)
	}
}

// sideways is who may ask somebody on its own floor.
var sideways = map[string][]string{
	"internal/control": {"internal/scenario"}, "tsimtest": {"tsimbox"}, "tsimgodog": {"tsimbox"}, "internal/bdd": {"tsimbox", "tsimgodog"},
}

// TestPlanPointsDown: nobody in the plan may ask a floor above.
func TestPlanPointsDown(t *testing.T) {
	for where, r := range plan {
		for _, below := range r.may {
			if below == everything {
				continue
			}
			other, ok := plan[below]
			if !ok {
				t.Errorf("%s may import %s, which is not in the plan", where, below)
			}
			if other.floor != beside && other.floor >= r.floor && !slices.Contains(sideways[where], below) {
				t.Errorf("%s may import %s, which is not below it", where, below)
			}
		}
	}
}
