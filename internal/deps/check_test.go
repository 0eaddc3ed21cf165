package deps

import (
	"fmt"
	"go/ast"
	"path"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// module is the path of the module, whatever it is called.
var module = strings.TrimSuffix(reflect.TypeFor[pkg]().PkgPath(), "/internal/deps")

// pkg is a package of the module as far as the plan is concerned.
type pkg struct {
	path  string // below the module
	files []file
}

// file is one of its files, tests included.
type file struct {
	name string
	ast  *ast.File
}

func (f file) test() bool { return strings.HasSuffix(f.name, "_test.go") }

func (f file) imports() []string {
	var all []string
	for _, spec := range f.ast.Imports {
		all = append(all, importPath(spec))
	}
	return all
}

func importPath(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value)
	return p
}

// under says whether p is the import path root or below it.
func under(p, root string) bool { return p == root || strings.HasPrefix(p, root+"/") }

// complaints lists what in the packages is against the plan.
func complaints(plan map[string]room, keepers []keeper, pkgs []pkg) []string {
	var all []string
	seen := map[string]bool{}
	for _, p := range pkgs {
		seen[p.path] = true
		r, ok := plan[p.path]
		if !ok {
			all = append(all, fmt.Sprintf("%s: not in the plan; say on which floor it lives", p.path))
			continue
		}
		for _, f := range p.files {
			if f.test() {
				continue
			}
			for _, what := range slices.Concat(r.imports(f), r.uses(f), foreign(keepers, f)) {
				all = append(all, p.path+"/"+f.name+": "+what)
			}
		}
	}
	for where := range plan {
		if !seen[where] {
			all = append(all, where+": in the plan, but there is no such package")
		}
	}
	for _, k := range keepers {
		all = append(all, k.check(pkgs)...)
	}
	slices.Sort(all)
	return all
}

// imports is what of a file's imports a room does not allow.
func (r room) imports(f file) []string {
	var all []string
	for _, p := range f.imports() {
		switch {
		case under(p, module):
			below := strings.TrimPrefix(strings.TrimPrefix(p, module), "/")
			if !slices.Contains(r.may, below) && !slices.Contains(r.may, everything) {
				all = append(all, "may not import "+p)
			}
		case (under(p, "net/http") || under(p, "encoding/json")) && !r.wire:
			all = append(all, p+" lives on floor 2 and above, and not here")
		case under(p, "crypto/rand") && r.floor <= first:
			all = append(all, p+" lives on floor 2 and above: what is drawn below can be drawn again")
		case under(p, "sync") && r.floor <= upper:
			all = append(all, "imports "+p+"; the ground floor has one goroutine, its caller's")
		}
	}
	return all
}

// clocks is what of package time looks at the wall clock, or waits for it.
var clocks = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"}

// uses is what of a file's code a room does not allow.
func (r room) uses(f file) []string {
	var all []string
	clock := name(f, "time")
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			if r.floor <= upper {
				all = append(all, "starts a goroutine on the ground floor")
			}
		case *ast.SelectorExpr:
			x, ok := n.X.(*ast.Ident)
			if ok && r.floor <= first && clock != "" && x.Name == clock && slices.Contains(clocks, n.Sel.Name) {
				all = append(all, "time."+n.Sel.Name+": the wall clock is read on floor 2 and above")
			}
		case *ast.Field:
			if n.Tag != nil && !r.wire && strings.Contains(n.Tag.Value, "json:") {
				all = append(all, "a JSON tag, "+n.Tag.Value+"; they live on floor 2 and above, and not here")
			}
		}
		return true
	})
	return all
}

// name is what a file calls a package that it imports, or "".
func name(f file, importing string) string {
	for _, spec := range f.ast.Imports {
		if importPath(spec) != importing {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importing)
	}
	return ""
}

// foreign is what a file imports from outside that nobody keeps.
func foreign(keepers []keeper, f file) []string {
	var all []string
	for _, p := range f.imports() {
		root, _, _ := strings.Cut(p, "/")
		kept := slices.ContainsFunc(keepers, func(k keeper) bool { return under(p, k.what) })
		if strings.Contains(root, ".") && !under(p, module) && !kept {
			all = append(all, "imports "+p+"; say who keeps it")
		}
	}
	return all
}

// check is who else uses what the keeper keeps, and whether it does so in too many files.
func (k keeper) check(pkgs []pkg) []string {
	var all []string
	files := 0
	for _, p := range pkgs {
		for _, f := range p.files {
			if f.test() || !slices.ContainsFunc(f.imports(), func(i string) bool { return under(i, k.what) }) {
				continue
			}
			where := p.path + "/" + f.name
			switch {
			case !slices.Contains(strings.Fields(k.who), p.path):
				all = append(all, where+": "+k.what+" is kept in "+k.who)
			default:
				files++
			}
		}
	}
	if k.files > 0 && files > k.files {
		all = append(all, fmt.Sprintf("%s: %s is used in %d files, not %d", k.who, k.what, files, k.files))
	}
	return all
}
