// The race detector makes pools forget, so that all costs more.

//go:build !race

package scenario

import (
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/heavy"
)

// spots are where a heavy text stands in a scenario.
var spots = []struct{ name, before, after string }{
	{"the whole", "", ""},
	{"a name", `{"name":`, `}`},
	{"accounts", `{"accounts":`, `}`},
	{"devices", `{"accounts":[{"name":"a","devices":`, `}]}`},
	{"profiles", `{"accounts":[{"name":"a","devices":[{"profiles":`, `}]}]}`},
	{"policies", `{"accounts":[{"name":"a","devices":[{"profiles":[{"pol1":`, `}]}]}]}`},
	{"latency", `{"latency":`, `}`},
	{"compat", `{"compat":`, `}`},
	{"rules", `{"rules":`, `}`},
	{"operations", `{"rules":[{"when":{"operation":`, `}}]}`},
	{"a pattern", `{"rules":[{"when":{"eid":`, `}}]}`},
	{"a body", `{"rules":[{"reply":{"status":200,"body":`, `}}]}`},
	{"a merge", `{"rules":[{"callback":{"merge":{"a":`, `}}}]}`},
	{"sets", `{"with":`, `}`},
	{"an unknown key", `{"x":`, `}`},
}

func judge(t *testing.T, name string, text func(int) string, read func([]byte) error) {
	t.Helper()
	cost := func(size int) uint64 {
		src := []byte(text(size))
		return heavy.Allocated(func() {
			if err := read(src); err != nil && len(err.Error()) > 32<<10 {
				t.Errorf("%s: the error has %d bytes", name, len(err.Error()))
			}
		})
	}
	// A thousand mistakes are noted and worded, whatever the size.
	small, large := cost(heavy.Small), cost(heavy.Large)
	if wrong := heavy.Judge(small, large, perByte, 2<<20); wrong != "" {
		t.Errorf("%s: %s", name, wrong)
	}
}

func asFile(src []byte) error { _, err := Load("x.yaml", src, now); return err }
func asJSON(src []byte) error { _, err := LoadJSON("/scenario", src, now); return err }

// A scenario costs in proportion to its size, in a file and in JSON that was sent.
func TestCostOfScenarios(t *testing.T) {
	for _, s := range heavy.JSON {
		for _, spot := range spots {
			text := func(size int) string { return spot.before + s.Text(size) + spot.after }
			judge(t, "file, "+spot.name+", "+s.Name, text, asFile)
			judge(t, "JSON, "+spot.name+", "+s.Name, text, asJSON)
		}
	}
	for _, s := range heavy.YAML {
		judge(t, "file, "+s.Name, s.Text, asFile)
	}
	judge(t, "JSON, one set many times", func(size int) string {
		const rules, one = `{"rules":[{"name":"duplicates","callback":{"drop":true}}],"with":["duplicates"`, `,"duplicates"`
		return rules + strings.Repeat(one, size/len(one)) + `]}`
	}, asJSON)
}

// So does each part that is sent alone.
func TestCostOfParts(t *testing.T) {
	for name, read := range map[string]func([]byte) error{
		"devices":    func(src []byte) error { _, err := Devices(src); return err },
		"one device": func(src []byte) error { _, err := OneDevice(src, "89001012012341234012345678901224"); return err },
		"a change":   func(src []byte) error { _, err := Change(src, &euicc.Card{}); return err },
		"profiles": func(src []byte) error {
			_, err := Change([]byte(`{"profiles":`+string(src)+`}`), &euicc.Card{Profiles: []euicc.Profile{{ICCID: "89148000000000000019"}}})
			return err
		},
		"rules":    func(src []byte) error { _, err := Rules(src); return err },
		"one rule": func(src []byte) error { _, err := OneRule(src, "r"); return err },
		"a body": func(src []byte) error {
			_, err := Rules([]byte(`{"name":"r","reply":{"status":200,"body":` + string(src) + `}}`))
			return err
		},
		"compat": func(src []byte) error { return ReadCompat("/compat", src, new(config.Compat)) },
	} {
		for _, s := range heavy.JSON {
			judge(t, name+", "+s.Name, s.Text, read)
		}
		judge(t, name+", one profile many times", func(size int) string {
			const one = `{"iccid":"89148000000000000019","status":"x"},`
			return "[" + strings.Repeat(one, size/len(one)) + one[:len(one)-1] + "]"
		}, read)
	}
}
