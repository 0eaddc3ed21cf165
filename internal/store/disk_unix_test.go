//go:build unix

package store

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPermissions(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	l, _, _ := reopen(t, dir, Always)
	appendAll(t, l, "secret")
	snapshot(t, l, "secret")
	for _, name := range append(names(t, dir), ".") {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want := os.FileMode(0o600)
		if info.IsDir() {
			want = 0o700
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %v, not %v", name, got, want)
		}
	}
}
