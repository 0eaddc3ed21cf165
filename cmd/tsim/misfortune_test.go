package main

import (
	"bytes"
	"reflect"
	"testing"
	"time"

	"tsim/internal/scenario"
)

// What is shown of each misfortune are its rules, whole, as another scenario can have them.
func TestMisfortunesAreShownWhole(t *testing.T) {
	const head = "name: mine\ncredentials: [{appKey: k, appSecret: s, username: u, password: p}]\n"
	for _, name := range scenario.Sets() {
		s, err := scenario.LoadSet(name)
		if err != nil {
			t.Fatal(err)
		}
		var shown, errs bytes.Buffer
		if code := run(t.Context(), []string{"misfortune", "show", name}, nil, &shown, &errs); code != 0 {
			t.Fatalf("%s: %d %s", name, code, &errs)
		}
		cfg, err := scenario.Load("mine.yaml", []byte(head+shown.String()), time.Now())
		for i := range s.Rules {
			s.Rules[i].Set = "" // which a rule of a scenario has not
		}
		if err != nil || !reflect.DeepEqual(cfg.Rules, s.Rules) {
			t.Errorf("%s: %v, %+v, want %+v, of\n%s", name, err, cfg.Rules, s.Rules, &shown)
		}
	}
}
