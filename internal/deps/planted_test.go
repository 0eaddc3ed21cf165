package deps

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// TestPlanted plants a violation of each rule in a house that is otherwise in order.
func TestPlanted(t *testing.T) {
	house := func(plant map[string]string) []pkg {
		files := map[string]string{}
		for where := range plan {
			files[where+"/code.go"] = "package x"
		}
		maps.Copy(files, plant)
		byDir := map[string][]file{}
		for name, src := range files {
			if src == "" {
				continue
			}
			dir := name[:strings.LastIndexByte(name, '/')]
			byDir[dir] = append(byDir[dir], parse(t, name, src))
		}
		var pkgs []pkg
		for dir, all := range byDir {
			pkgs = append(pkgs, pkg{dir, all})
		}
		return pkgs
	}
	const (
		yaml   = `package x; import _ "gopkg.in/yaml.v3"`
		mux    = `package x; import _ "github.com/gorilla/mux"`
		schema = `package x; import _ "github.com/xeipuuv/gojsonschema"`
		godog  = `package x; import _ "github.com/cucumber/godog"`
		rand   = `package x; import _ "math/rand/v2"`
		tests  = `package x; import _ "testing"`
		http   = `package x; import _ "net/http"`
		json   = `package x; import _ "encoding/json"`
		tag    = "package x; type t struct { A int `json:\"a\"` }"
	)
	for _, test := range []struct {
		name  string
		plant map[string]string
		want  []string
	}{
		{"in order", map[string]string{
			"internal/scenario/yaml.go":  yaml,
			"internal/thingspace/mux.go": mux,
			"internal/schema/library.go": schema,
			"features/features_test.go":  godog,
			"internal/sim/chance.go":     rand,
			"internal/sim/lock.go":       `package x; import _ "sync"; func f() { go f() }`,
			"internal/euicc/x_test.go":   `package x; import (_ "testing"; _ "net/http"; _ "tsim/internal/sim"; _ "sync"; _ "math/rand"; _ "gopkg.in/yaml.v3"; "time"); var n = time.Now`,
			"internal/control/wire.go":   tag,
			"internal/control/http.go":   http,
			"internal/deliver/json.go":   json,
			"internal/deliver/time.go":   `package x; import "time"; var n = time.Now()`,
			"internal/sim/span.go":       `package x; import "time"; const d = time.Hour; var n = time.Unix(0, 0); type s struct{ A int "yaml:\"a\"" }`,
			"internal/control/down.go":   `package x; import _ "tsim/internal/scenario"`,
			"cmd/tsim/all.go":            `package x; import (_ "tsim/internal/server"; _ "tsim/schemas"; _ "github.com/spf13/cobra")`,
		}, nil},
		{"an import upwards", map[string]string{"internal/sim/up.go": `package x; import _ "tsim/internal/thingspace"`},
			[]string{"internal/sim/up.go: may not import tsim/internal/thingspace"}},
		{"an import sideways", map[string]string{"internal/deliver/side.go": `package x; import _ "tsim/internal/control"`},
			[]string{"internal/deliver/side.go: may not import tsim/internal/control"}},
		{"tsim on the ground floor", map[string]string{"internal/euicc/x.go": `package x; import _ "tsim/internal/scheduler"`},
			[]string{"internal/euicc/x.go: may not import tsim/internal/scheduler"}},
		{"tsim in the cellar", map[string]string{"tsimclient/x.go": `package x; import _ "tsim/internal/sim"`},
			[]string{"tsimclient/x.go: may not import tsim/internal/sim"}},
		{"the upper ground below", map[string]string{"internal/bound/x.go": `package x; import _ "tsim/internal/schema"`},
			[]string{"internal/bound/x.go: may not import tsim/internal/schema"}},
		{"a package without a floor", map[string]string{"internal/new/x.go": http},
			[]string{"internal/new: not in the plan; say on which floor it lives"}},
		{"a floor without its package", map[string]string{"schemas/code.go": ""},
			[]string{"schemas: in the plan, but there is no such package"}},
		{"net/http below", map[string]string{"internal/sim/x.go": http, "internal/tlsca/x.go": http},
			[]string{"internal/sim/x.go: net/http lives", "internal/tlsca/x.go: net/http lives"}},
		{"httptest below", map[string]string{"internal/sim/x.go": `package x; import _ "net/http/httptest"`},
			[]string{"internal/sim/x.go: net/http/httptest lives"}},
		{"encoding/json below", map[string]string{"internal/euicc/x.go": json, "internal/tlsca/x.go": json},
			[]string{"internal/euicc/x.go: encoding/json lives", "internal/tlsca/x.go: encoding/json lives"}},
		{"JSON tags below", map[string]string{"internal/sim/x.go": tag, "internal/tlsca/x.go": tag},
			[]string{"internal/sim/x.go: a JSON tag", "internal/tlsca/x.go: a JSON tag"}},
		{"yaml elsewhere", map[string]string{"internal/control/x.go": yaml},
			[]string{"internal/control/x.go: gopkg.in/yaml.v3 is kept in internal/scenario"}},
		{"yaml in two files", map[string]string{"internal/scenario/a.go": yaml, "internal/scenario/b.go": yaml},
			[]string{"internal/scenario: gopkg.in/yaml.v3 is used in 2 files, not 1"}},
		{"mux elsewhere", map[string]string{"internal/server/x.go": mux},
			[]string{"internal/server/x.go: github.com/gorilla/mux is kept in internal/thingspace"}},
		{"mux in two files", map[string]string{"internal/thingspace/a.go": mux, "internal/thingspace/b.go": mux},
			[]string{"internal/thingspace: github.com/gorilla/mux is used in 2 files, not 1"}},
		{"gojsonschema elsewhere", map[string]string{"schemas/x.go": schema},
			[]string{"schemas/x.go: github.com/xeipuuv/gojsonschema is kept in internal/schema"}},
		{"gojsonschema in two files", map[string]string{"internal/schema/a.go": schema, "internal/schema/b.go": schema},
			[]string{"internal/schema: github.com/xeipuuv/gojsonschema is used in 2 files, not 1"}},
		{"godog elsewhere", map[string]string{"features/x.go": godog, "tsimbox/x.go": godog},
			[]string{"features/x.go: github.com/cucumber/godog is kept in tsimgodog", "tsimbox/x.go: github.com/cucumber/godog is kept in tsimgodog"}},
		{"tsim's tests where godog is", map[string]string{"tsimgodog/x.go": `package x; import _ "testing"`, "tsimgodog/y.go": `package x; import _ "tsim/tsimtest"`},
			[]string{"tsimgodog/x.go: testing is kept in tsimtest", "tsimgodog/y.go: may not import tsim/tsimtest"}},
		{"chance elsewhere", map[string]string{"internal/euicc/x.go": `package x; import _ "math/rand"`, "internal/control/x.go": rand},
			[]string{"internal/control/x.go: math/rand is kept in internal/sim", "internal/euicc/x.go: math/rand is kept in internal/sim"}},
		{"secrets below", map[string]string{"internal/sim/x.go": `package x; import _ "crypto/rand"`, "internal/euicc/x.go": `package x; import _ "crypto/rand"`},
			[]string{"internal/euicc/x.go: crypto/rand lives", "internal/sim/x.go: crypto/rand lives"}},
		{"chance in two files", map[string]string{"internal/sim/a.go": rand, "internal/sim/b.go": rand},
			[]string{"internal/sim: math/rand is used in 2 files, not 1"}},
		{"cobra elsewhere", map[string]string{"internal/server/x.go": `package x; import _ "github.com/spf13/cobra"`},
			[]string{"internal/server/x.go: github.com/spf13/cobra is kept in cmd/tsim"}},
		{"a module nobody keeps", map[string]string{"internal/server/x.go": `package x; import _ "example.com/left/pad"`},
			[]string{"internal/server/x.go: imports example.com/left/pad; say who keeps it"}},
		{"the wall clock", map[string]string{
			"internal/scheduler/x.go": `package x; import "time"; func f() { time.Sleep(1) }`,
			"internal/sim/x.go":       `package x; import wall "time"; var now = wall.Now`,
		}, []string{"internal/scheduler/x.go: time.Sleep", "internal/sim/x.go: time.Now"}},
		{"timers", map[string]string{"internal/sim/x.go": `package x; import "time"; var a, b, c, d = time.After, time.NewTimer, time.Tick, time.Since`},
			[]string{"internal/sim/x.go: time.After", "internal/sim/x.go: time.NewTimer", "internal/sim/x.go: time.Since", "internal/sim/x.go: time.Tick"}},
		{"a goroutine on the ground floor", map[string]string{"internal/euicc/x.go": `package x; func f() { go f() }`},
			[]string{"internal/euicc/x.go: starts a goroutine"}},
		{"a lock on the ground floor", map[string]string{
			"internal/euicc/x.go": `package x; import _ "sync"`, "internal/scheduler/x.go": `package x; import _ "sync/atomic"`,
		}, []string{"internal/euicc/x.go: imports sync;", "internal/scheduler/x.go: imports sync/atomic;"}},
		{"a goroutine and a lock on the upper ground", map[string]string{"internal/schema/x.go": `package x; import _ "sync"; func f() { go f() }`},
			[]string{"internal/schema/x.go: imports sync;", "internal/schema/x.go: starts a goroutine"}},
		{"testing in the binary", map[string]string{"internal/control/x.go": tests, "tsimbox/x.go": tests},
			[]string{"internal/control/x.go: testing is kept in tsimtest", "tsimbox/x.go: testing is kept in tsimtest"}},
	} {
		got := complaints(plan, keepers, house(test.plant))
		if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
			t.Errorf("%s:\nfound %q\nwant  %q", test.name, got, test.want)
		}
	}
}
