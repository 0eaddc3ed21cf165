package tsimtest_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"regexp"
	"slices"
	"strings"
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

// The line that a failure prints runs that test again, and no other, when it is pasted at the module's root.
func TestTheLineToRunItAgain(t *testing.T) {
	dir := module(t, map[string]string{"deep/mine_test.go": failing})
	test := func(name string, args ...string) string {
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Dir, cmd.Env = dir, environment()
		out, err := cmd.CombinedOutput()
		if err == nil {
			t.Errorf("%s %q does not fail:\n%s", name, args, out)
		}
		return string(out)
	}
	first := test("go", "test", "./...")
	line := regexp.MustCompile(`(?m)^\s+run it again: (.*)$`).FindStringSubmatch(first)
	const want = `TSIM_SEED=7 go test -count=1 -run '^TestMine$/^it'\''s_\[a\]_\(b\|c\)$/^d_\$#01$' mine/deep`
	if line == nil || line[1] != want {
		t.Fatalf("the test says\n%s\nwithout\n%s", first, want)
	}
	again := test("sh", "-c", line[1]+" -v")
	ran := regexp.MustCompile(`(?m)^=== RUN .*$`).FindAllString(again, -1)
	if !slices.Equal(ran, []string{"=== RUN   TestMine", "=== RUN   TestMine/it's_[a]_(b|c)/d_$#01"}) || !strings.Contains(again, line[1]) {
		t.Errorf("the line runs %q:\n%s", ran, again)
	}
}

// Connect says what it wants: a sandbox that ends some day, should nobody end it. When it does not get it, there is no
// seed to speak of, unless somebody chose one.
func TestConnectInVain(t *testing.T) {
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
		options     []tsimtest.Option
		asked, said string
	}{
		{nil, `{"scenario":"default","clock":"manual","ttl":"1h"}`, line},
		{[]tsimtest.Option{tsimtest.Seed(0)}, `{"scenario":"default","seed":0,"clock":"manual","ttl":"1h"}`, "TSIM_SEED=0 " + line},
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
		if _, said, _ := strings.Cut(f.said, "\nrun it again: "); said != c.said {
			t.Errorf("it said\n%s\nwant %s", f.said, c.said)
		}
	}
}
