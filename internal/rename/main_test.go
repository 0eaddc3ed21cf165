package main

import (
	"bytes"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const home = "example.com/you/tsim"

// TestRename gives a copy of this checkout another path, and builds it.
func TestRename(t *testing.T) {
	const root = "../.."
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	old := string(aModule.FindSubmatch(mod)[1])
	dir := t.TempDir()
	files, _, err := list(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		to := filepath.Join(dir, strings.TrimPrefix(name, filepath.FromSlash(root)))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := rename(dir, home); err != nil || n < 100 {
		t.Fatalf("%d files were renamed: %v", n, err)
	}
	imports, tsim := 0, regexp.MustCompile(`^`+regexp.QuoteMeta(old)+`(/|$)`)
	files, _, err = list(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if filepath.Ext(name) != ".go" {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range tree.Imports {
			path := strings.Trim(spec.Path.Value, "\"`")
			if tsim.MatchString(path) {
				t.Errorf("%s still imports %s", name, path)
			}
			if strings.HasPrefix(path, home+"/") {
				imports++
			}
		}
	}
	if imports < 100 {
		t.Errorf("there are only %d imports of %s", imports, home)
	}
	for _, args := range [][]string{{"build", "./..."}, {"vet", "./cmd/..."}, {"test", "-run=Floor|Plan|ForeignModule", "./internal/deps", "./tsimtest"}} {
		cmd := exec.Command("go", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GOPROXY=off", "GOWORK=off")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	if out, err := exec.Command("gofmt", "-l", dir).Output(); err != nil || len(out) > 0 {
		t.Errorf("gofmt: %v\n%s", err, out)
	}
}

func TestReplacer(t *testing.T) {
	rooms := []string{"cmd", "internal", "tsimtest"}
	there := replacer("tsim", home, rooms)
	back := replacer(home, "example.org/t", rooms)
	for text, want := range map[string]string{
		"module tsim\n\ngo 1.26.0\n":                              "module NEW\n\ngo 1.26.0\n",
		`import "tsim/internal/sim"`:                              `import "NEW/internal/sim"`,
		"`tsim/tsimtest` starts a tsim":                           "`NEW/tsimtest` starts a tsim",
		"go mod edit -require=tsim@v0.0.0 -replace=tsim=../tsim":  "go mod edit -require=NEW@v0.0.0 -replace=NEW=../tsim",
		`"require tsim v0.0.0\nreplace tsim => ../tsim"`:          `"require NEW v0.0.0\nreplace NEW => ../tsim"`,
		`"module tsim\n"`:                                         `"module NEW\n"`,
		"      local-prefixes: [tsim]\n":                          "      local-prefixes: [NEW]\n",
		`p.url + "/tsim/v1/internal"`:                             `p.url + "/tsim/v1/internal"`,
		"cd ../tsim/cmd; ./tsim serve; go build -o tsim\n":        "cd ../tsim/cmd; ./tsim serve; go build -o tsim\n",
		"the module tsim\ntsim internal atsim/cmd tsim/internals": "the module tsim\ntsim internal atsim/cmd tsim/internals",
	} {
		once := there([]byte(text))
		if got, want := string(once), strings.ReplaceAll(want, "NEW", home); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
		if got, want := string(back(once)), strings.ReplaceAll(want, "NEW", "example.org/t"); got != want {
			t.Errorf("then it became %q, want %q", got, want)
		}
	}
}

// TestRefusals change nothing.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	name, mod := filepath.Join(dir, "go.mod"), []byte("module tsim\n")
	if err := os.WriteFile(name, mod, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", "tsim", "you/tsim", "https://example.com/tsim", "example.com", "example.com/", "example.com/a b", "example.com/../x", "example.com/$1"} {
		if n, err := rename(dir, path); err == nil || n != 0 || !strings.Contains(err.Error(), home) {
			t.Errorf("%q: %d files, %v", path, n, err)
		}
	}
	if _, err := rename(t.TempDir(), home); err == nil || !strings.Contains(err.Error(), "root of a checkout") {
		t.Errorf("a folder without go.mod: %v", err)
	}
	if now, err := os.ReadFile(name); err != nil || !bytes.Equal(now, mod) {
		t.Errorf("go.mod is now %q, %v", now, err)
	}
}
