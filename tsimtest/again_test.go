package tsimtest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"testing"

	"tsim/tsimtest"
)

// failing is a test of somebody else's with a part that fails.
const failing = `package deep
import (
	"testing"
	"tsim/tsimtest"
)
func TestMine(t *testing.T) {
	for _, part := range []string{"it", "it's", "it's [a] (b|c)/d $", "it's [a] (b|c)/d $"} {
		t.Run(part, func(t *testing.T) {
			box := tsimtest.Start(t, tsimtest.Seed(7))
			if t.Name() == "TestMine/it's_[a]_(b|c)/d_$#01" {
				box.Listen().Want("", "SUCCESS")
			}
		})
	}
}
func TestMineToo(*testing.T) {}
`

// The line that a failure prints runs that test again, and no other, when it is pasted at the module's root: with the seed
// that somebody gave it from outside, because all other seeds are said by the test itself.
func TestTheLineToRunItAgain(t *testing.T) {
	dir := module(t, map[string]string{"deep/mine_test.go": failing})
	test := func(env []string, name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = dir, append(environment(), env...)
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%s %q does not fail:\n%s", name, args, out)
		}
		return string(out)
	}
	lineOf := func(said string) string {
		line := regexp.MustCompile(`(?m)^\s+run it again: (.*)$`).FindStringSubmatch(said)
		if line == nil {
			t.Fatalf("the test says no line:\n%s", said)
		}
		return line[1]
	}
	const want = `go test -count=1 -run '^TestMine$/^it'\''s_\[a\]_\(b\|c\)$/^d_\$#01$' mine/deep`
	if line := lineOf(test(nil, "go", "test", "./...")); line != want {
		t.Errorf("the test says\n%s\nwant\n%s", line, want)
	}
	line := lineOf(test([]string{"TSIM_SEED=9"}, "go", "test", "./..."))
	if line != "TSIM_SEED=9 "+want {
		t.Errorf("the test with another seed says\n%s\nwant\n%s", line, want)
	}
	again := test(nil, "sh", "-c", line+" -v")
	ran := regexp.MustCompile(`(?m)^=== RUN .*$`).FindAllString(again, -1)
	if !slices.Equal(ran, []string{"=== RUN   TestMine", "=== RUN   TestMine/it's_[a]_(b|c)/d_$#01"}) || lineOf(again) != line {
		t.Errorf("the line runs %q:\n%s", ran, again)
	}
}

// Connect says what it wants: a sandbox that ends some day, should nobody end it.
func TestConnectInVain(t *testing.T) {
	t.Setenv("TSIM_SEED", "")
	var asked []string
	full := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.Method+" "+r.URL.Path+" "+string(bytes.TrimSpace(body)))
		w.WriteHeader(http.StatusConflict)
		_, _ = w.Write([]byte(`{"error":"full"}`))
	}))
	defer full.Close()
	const line = "go test -count=1 -run '^TestOfSomebody$' tsim/tsimtest"
	for _, c := range []struct {
		options []tsimtest.Option
		asked   string
	}{
		{nil, `{"scenario":"default","clock":"manual","ttl":"1h"}`},
		{[]tsimtest.Option{tsimtest.Seed(0)}, `{"scenario":"default","seed":0,"clock":"manual","ttl":"1h"}`},
	} {
		asked = nil
		f := &fatal{TB: t}
		func() {
			defer func() { _ = recover() }()
			tsimtest.Connect(f, full.URL, c.options...)
		}()
		if want := []string{"POST /tsim/v1/sandboxes " + c.asked}; !slices.Equal(asked, want) {
			t.Errorf("it asked %q, want %q", asked, want)
		}
		if want := "full\nrun it again: " + line; f.said != want {
			t.Errorf("it said\n%s\nwant %s", f.said, want)
		}
	}
}
