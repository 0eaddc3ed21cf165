package tsimtest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// public are the packages that somebody else's module may import.
var public = []string{"tsim/tsimclient", "tsim/tsimbox", "tsim/tsimtest", "tsim/tsimgodog"}

// Somebody else's module can call whatever is public: testdata/foreign does, it passes its tests, it leaves nothing out,
// and no signature speaks of what only tsim itself can import.
func TestForeignModuleCallsAllThatIsPublic(t *testing.T) {
	files := map[string]string{}
	sources, err := filepath.Glob("testdata/foreign/*_test.go")
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources (%v)", err)
	}
	for _, source := range sources {
		files[path.Base(source)] = read(t, ".", source)
	}
	dir := module(t, files)
	if out, err := goIn(t, dir, "test", "."); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	exports, err := goIn(t, dir, append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, public...)...)
	if err != nil {
		t.Fatalf("%v\n%s", err, exports)
	}
	fset := token.NewFileSet()
	imports := importer.ForCompiler(fset, "gc", compiled(exports))
	called := calls(t, fset, imports, sources)
	for _, name := range public {
		pkg, err := imports.Import(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range functions(pkg) {
			if !called[f.FullName()] {
				t.Errorf("testdata/foreign does not call %s", f.FullName())
			}
		}
		for where, hidden := range mentions(pkg) {
			t.Errorf("%s speaks of %s, which no other module can import", where, hidden)
		}
	}
}

func goIn(t *testing.T, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = dir, environment()
	return cmd.CombinedOutput()
}

// compiled finds what go list says has been compiled of a package.
func compiled(list []byte) importer.Lookup {
	file := map[string]string{}
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		name, at, _ := strings.Cut(lines.Text(), " ")
		file[name] = at
	}
	return func(name string) (io.ReadCloser, error) {
		if file[name] == "" {
			return nil, fmt.Errorf("%s is not among what was compiled", name)
		}
		return os.Open(file[name])
	}
}

// calls are the functions and methods that the sources call, by their full names.
func calls(t *testing.T, fset *token.FileSet, imports types.Importer, sources []string) map[string]bool {
	t.Helper()
	var trees []*ast.File
	for _, source := range sources {
		tree, err := parser.ParseFile(fset, source, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		trees = append(trees, tree)
	}
	info := types.Info{Uses: map[*ast.Ident]types.Object{}}
	if _, err := (&types.Config{Importer: imports}).Check("mine", fset, trees, &info); err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, tree := range trees {
		ast.Inspect(tree, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if what, ok := call.Fun.(*ast.SelectorExpr); ok {
					if f, ok := info.Uses[what.Sel].(*types.Func); ok {
						called[f.FullName()] = true
					}
				}
			}
			return true
		})
	}
	return called
}

// functions are the exported functions of a package, and the exported methods of its exported types.
func functions(pkg *types.Package) (all []*types.Func) {
	for _, name := range pkg.Scope().Names() {
		switch o := pkg.Scope().Lookup(name).(type) {
		case *types.Func:
			if o.Exported() {
				all = append(all, o)
			}
		case *types.TypeName:
			named, ok := o.Type().(*types.Named)
			if !ok || !o.Exported() {
				continue // an alias is looked at where its type is
			}
			for m := range named.Methods() {
				if m.Exported() {
					all = append(all, m)
				}
			}
		}
	}
	return all
}

// mentions are the types of tsim's internal packages that the exported names of a package speak of, and where.
func mentions(pkg *types.Package) map[string]string {
	found := map[string]string{}
	for _, name := range pkg.Scope().Names() {
		if o := pkg.Scope().Lookup(name); o.Exported() {
			hidden(o.Type(), pkg.Path()+"."+name, map[types.Type]bool{}, found)
		}
	}
	return found
}

// hidden looks for internal types in all of a type that another module can see.
func hidden(t types.Type, where string, seen map[types.Type]bool, found map[string]string) {
	if seen[t] {
		return
	}
	seen[t] = true
	look := func(t types.Type, part string) { hidden(t, where+part, seen, found) }
	looked := func(o *types.TypeName) bool { // at its name, which says enough
		if o.Pkg() != nil && strings.HasPrefix(o.Pkg().Path(), "tsim/internal/") {
			found[where] = o.Type().String()
		}
		return o.Pkg() == nil || !slices.Contains(public, o.Pkg().Path())
	}
	switch t := t.(type) {
	case *types.Alias:
		if !looked(t.Obj()) {
			look(types.Unalias(t), "")
		}
	case *types.Named:
		if looked(t.Obj()) {
			return
		}
		for m := range t.Methods() {
			if m.Exported() {
				look(m.Type(), "."+m.Name())
			}
		}
		look(t.Underlying(), "")
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() || f.Embedded() {
				look(f.Type(), "."+f.Name())
			}
		}
	case *types.Signature:
		look(t.Params(), "")
		look(t.Results(), "")
	case *types.Tuple:
		for v := range t.Variables() {
			look(v.Type(), "")
		}
	case *types.Interface:
		for m := range t.Methods() {
			look(m.Type(), "."+m.Name())
		}
	case *types.Map:
		look(t.Key(), "")
		look(t.Elem(), "")
	case interface{ Elem() types.Type }: // a pointer, slice, array or channel
		look(t.Elem(), "")
	}
}
