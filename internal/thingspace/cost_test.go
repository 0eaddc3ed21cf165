// The race detector makes pools forget, so that all costs more.

//go:build !race

package thingspace

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/heavy"
)

// costly is a server to which dear bodies are sent.
type costly struct {
	handler http.Handler
	header  http.Header
}

func newCostly(t testing.TB) *costly {
	t.Helper()
	_, handler, header := Serve(t, config.Account{Name: "a"})
	return &costly{handler, header}
}

// cost is how many bytes a call allocates.
func (c *costly) cost(t testing.TB, e *endpoint, body string) uint64 {
	t.Helper()
	path := strings.NewReplacer("{account}", "a", "{request}", "r", "{service}", "s").Replace(e.path)
	r := httptest.NewRequest(e.method, path, strings.NewReader(body))
	r.Header = c.header.Clone()
	if e.auth == basic {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.SetBasicAuth("key", "secret")
	}
	w := httptest.NewRecorder()
	n := heavy.Allocated(func() { c.handler.ServeHTTP(w, r) })
	if size := w.Body.Len(); size > 8<<10 {
		t.Errorf("%s %s: the answer to %.30q… has %d bytes", e.method, path, body, size)
	}
	return n
}

// What a body costs, whatever is in it, is at most so many times its bytes.
const perByte = 100

// hold holds a call with texts of two sizes to what a body may cost.
func (c *costly) hold(t *testing.T, e *endpoint, name string, text func(int) string) {
	t.Helper()
	small, large := c.cost(t, e, text(heavy.Small)), c.cost(t, e, text(heavy.Large))
	if wrong := heavy.Judge(small, large, perByte, 1<<20); wrong != "" {
		t.Errorf("%s %s, %s: %s", e.method, e.path, name, wrong)
	}
}

// Every call, with every heavy text as its body.
func TestCostOfBodies(t *testing.T) {
	for i := range endpoints {
		c := newCostly(t) // logout ends a session
		for _, s := range heavy.JSON {
			c.hold(t, &endpoints[i], s.Name, s.Text)
		}
	}
}

// Every field of every schema, and one that none knows, with every heavy text as its value. The escape in
// another field leaves the body to the validator.
func TestCostOfFields(t *testing.T) {
	seen := map[string]bool{}
	for i := range endpoints {
		e := &endpoints[i]
		if e.schema == nil {
			continue
		}
		c := newCostly(t) // a new password ends a session
		fields := e.schema.compiled().Properties()
		for _, field := range append(slices.Sorted(maps.Keys(fields)), "unknown") {
			rule := fmt.Sprint(field, fields[field], e.callback != nil)
			if seen[rule] {
				continue // that of another call
			}
			seen[rule] = true
			for _, s := range heavy.JSON {
				c.hold(t, e, field+" of "+s.Name, func(size int) string {
					return `{"x":"\u0041","accountName":"a","` + field + `":` + s.Text(size) + `}`
				})
			}
		}
	}
}

// What is refused for its size alone costs little more than to read it.
func TestCostOfSizes(t *testing.T) {
	c := newCostly(t)
	for i := range endpoints {
		e := &endpoints[i]
		if e.schema == nil || e.schema.compiled().LongList() == "" {
			continue
		}
		for _, item := range []string{"{}", "[]", "0", `""`, `{"deviceIds":[]}`, `{"kind":"eid","id":"1"}`} {
			body := `{"accountName":"\u0061","` + e.schema.compiled().LongList() + `":[` + strings.Repeat(item+",", 20_000) + item + `]}`
			if n, most := c.cost(t, e, body), uint64(2*len(body)+64<<10); n > most {
				t.Errorf("%s %s, %s: %d bytes for a body of %d", e.method, e.path, item, n, len(body))
			}
		}
	}
}

// A form has a few fields.
func TestCostOfForms(t *testing.T) {
	c := newCostly(t)
	for i := range endpoints {
		if e := &endpoints[i]; e.auth == basic {
			for _, field := range []string{"&", "a&", "a=b&", "%41=%42&", "+=+&", "%zz&"} {
				c.hold(t, e, "fields "+field, func(size int) string { return strings.Repeat(field, size/len(field)) })
			}
			c.hold(t, e, "many names", func(size int) string {
				var b strings.Builder
				for i := 0; b.Len() < size; i++ {
					fmt.Fprintf(&b, "&%x", i)
				}
				return b.String()
			})
			c.hold(t, e, "a long grant_type", func(size int) string { return "grant_type=" + strings.Repeat("%01", size/3) })
		}
	}
}
