package tsimbox_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

const withRules = `name: mine
credentials: [{appKey: k, appSecret: s, username: u, password: p}]
accounts: [{name: A-1}]
rules: [{name: last, callback: {delay: 1s}}]
`

// The rules of the options are there from the start, on a server of its own and on one that runs already, and again after a
// reset; others go with it.
func TestRules(t *testing.T) {
	ctx := t.Context()
	mine := tsimclient.Rule{Name: "mine", When: tsimclient.When{Operation: []tsimclient.Operation{tsimclient.OpEnable}}, Outcome: &tsimclient.Outcome{Delay: "1m"}}
	more := tsimclient.Rule{Name: "more", Reply: &tsimclient.Reply{Delay: tsimclient.Delay{Before: "1ms"}}}
	o := []tsimbox.Option{tsimbox.Scenario(withRules), tsimbox.Rules(mine), tsimbox.With("duplicates"), tsimbox.Rules(more)}
	own, err := tsimbox.Start(ctx, o...)
	if err != nil {
		t.Fatal(err)
	}
	defer closeBox(t, own)
	shared, err := tsimbox.Connect(ctx, own.URL, o...)
	if err != nil {
		t.Fatal(err)
	}
	defer closeBox(t, shared)
	for _, box := range []*tsimbox.Sandbox{own, shared} {
		names := func() string {
			t.Helper()
			rules, err := box.Rules(ctx)
			if err != nil {
				t.Fatal(err)
			}
			var all []string
			for _, r := range rules {
				if r.Set == "" {
					all = append(all, r.Name)
				} else if len(all) == 0 || !slices.Contains(all, r.Set) {
					all = append(all, r.Set)
				}
			}
			return strings.Join(all, " ")
		}
		const start = "mine more duplicates last"
		if got := names(); got != start {
			t.Errorf("%s begins with the rules %s", box.Name, got)
		}
		do := func(what string, err error, want string) {
			t.Helper()
			if got := names(); err != nil || got != want {
				t.Errorf("%s: %v, the rules are %s, want %s", what, err, got, want)
			}
		}
		do("delete those of a misfortune", box.DeleteRules(ctx, "duplicates"), "mine more last")
		do("add", box.AddRules(ctx, tsimclient.Rule{Name: "new", Callback: &tsimclient.CallbackRule{Hold: true}}), "new mine more last")
		do("add a misfortune", box.AddMisfortune(ctx, "half-the-bulk-fails"), "half-the-bulk-fails new mine more last")
		do("delete one", box.DeleteRule(ctx, "mine"), "half-the-bulk-fails new more last")
		do("restart", box.RestartRules(ctx), "half-the-bulk-fails new more last")
		do("reset", box.Reset(ctx), start)
		do("delete all", box.DeleteRules(ctx, ""), "")
		var told *tsimclient.Error
		if _, err := box.Rule(ctx, "mine"); !errors.As(err, &told) || told.Status != 404 {
			t.Errorf("%v", err)
		}
		if err := box.AddRules(ctx, tsimclient.Rule{Name: "x"}); !errors.As(err, &told) || told.Status != 400 {
			t.Errorf("%v", err)
		}
	}
}

// Rules that cannot be are told before anything starts.
func TestRulesThatCannotBe(t *testing.T) {
	server, err := tsimbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closeBox(t, server)
	nowhere := tsimclient.Rule{Name: "x", When: tsimclient.When{Account: "A-9"}, Callback: &tsimclient.CallbackRule{Drop: true}}
	for want, option := range map[string]tsimbox.Option{
		`did you mean "duplicates"?`:        tsimbox.With("duplicate"),
		"there already":                     tsimbox.With("duplicates", "duplicates"),
		"/0: a rule has exactly one of":     tsimbox.Rules(tsimclient.Rule{Name: "x"}),
		`/0/when/account: no account "A-9"`: tsimbox.Rules(nowhere),
	} {
		if _, err := tsimbox.Start(t.Context(), option); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Start says %v, want %s", err, want)
		}
		if _, err := tsimbox.Connect(t.Context(), server.URL, option); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Connect says %v, want %s", err, want)
		}
	}
}

func closeBox(t *testing.T, box *tsimbox.Sandbox) {
	t.Helper()
	if err := box.Close(t.Context()); err != nil {
		t.Error(err)
	}
}
