package tsimtest_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is a module of somebody else's, that requires tsim and what tsim requires, as "go mod tidy" would write it.
// With those in its go.mod, Go asks for no go.mod file that "go test ./..." of tsim has not read before.
func module(t testing.TB, files map[string]string) (dir string) {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	required, ok := strings.CutPrefix(read(t, root, "go.mod"), "module tsim\n")
	if !ok {
		t.Fatal("go.mod does not begin with the name of the module")
	}
	files["go.mod"] = fmt.Sprintf("module mine\n%s\nrequire tsim v0.0.0\n\nreplace tsim => %q\n", required, root)
	files["go.sum"] = read(t, root, "go.sum")
	depend(t, root)
	dir = t.TempDir()
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// depend makes the result of the test depend on all of tsim. Otherwise go test takes one that it remembers, as long as its
// own binary is the same, which has nothing in it that only the other module calls.
func depend(t testing.TB, root string) {
	t.Helper()
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && name != root && strings.HasPrefix(entry.Name(), "."):
			return fs.SkipDir
		case entry.Type().IsRegular() && slices.Contains([]string{".go", ".json", ".yaml"}, filepath.Ext(name)):
			_, err = os.Stat(name) // which go test notes
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// environment is that of somebody else's module: what is not there is not fetched.
func environment() []string {
	return append(os.Environ(), "GOPROXY=off", "GOFLAGS=", "GOWORK=off", "TSIM_SEED=")
}

func read(t testing.TB, dir, file string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, file))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
