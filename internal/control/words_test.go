package control

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// constants are the string constants of tsimclient, by their types; "" for those without one.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), "../../tsimclient/words.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for _, decl := range tree.Decls {
		list, ok := decl.(*ast.GenDecl)
		if !ok || list.Tok != token.CONST {
			continue
		}
		for _, spec := range list.Specs {
			spec := spec.(*ast.ValueSpec)
			word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			of, _ := spec.Type.(*ast.Ident)
			if of == nil {
				of = &ast.Ident{}
			}
			all[of.Name] = append(all[of.Name], word)
		}
	}
	return all
}

func words[T interface{ String() string }](of []T) []string {
	var all []string
	for _, one := range of {
		all = append(all, one.String())
	}
	return all
}

// The constants of the client are the words of the server: all of them, and no others.
func TestClientHasTheWordsOfTheServer(t *testing.T) {
	results := []sim.Result{sim.Timeout, sim.Refused, sim.Reset, sim.TLS, sim.Other}
	want := map[string][]string{
		"":               {config.ProfileService},
		"ClockMode":      config.ModeWords(),
		"Keep":           {"listeners", "tokens"},
		"Until":          {"idle"},
		"Level":          {"profile", "device", "account"},
		"CallbackState":  words(sim.CallbackStates()),
		"CallbackStatus": euicc.Words[euicc.OutcomeStatus](),
		"AttemptError":   words(results),
		"EventKind":      words(sim.EventKinds()),
		"Operation":      words(euicc.Ops()),
		"Guard":          words(append(euicc.Faults(), euicc.ByRule)),
		"Network":        euicc.Words[euicc.Network](),
		"Role":           euicc.Words[euicc.Role](),
		"Service":        euicc.Words[euicc.Service](),
		"Status":         euicc.Words[euicc.Status](),
		"Suspension":     euicc.Words[euicc.Suspension](),
		"Policy":         euicc.PolicyWords,
		"Kept":           sim.KeptWords(),
		"Result":         {rule.Success, rule.Failed, rule.Warning},
		"Per":            rule.PerWords(),
		"Cut":            rule.CutWords(),
		"Expire":         rule.ExpireWords(),
		"Changes":        {"telling", "outcome"},
	}
	got := constants(t)
	for of, words := range want {
		if !sameWords(got[of], words) {
			t.Errorf("%s: the client has %q, the server %q", of, got[of], words)
		}
	}
	for of := range got {
		if want[of] == nil {
			t.Errorf("%s: say here where the server has these words", of)
		}
	}
	if tsimclient.DefaultSandbox != sim.Default {
		t.Errorf("the default sandbox is called %q", tsimclient.DefaultSandbox)
	}
}

func sameWords(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// The client has a method for every endpoint.
func TestClientCallsEveryEndpoint(t *testing.T) {
	called := map[string]bool{}
	mux := http.NewServeMux()
	for _, r := range routes() {
		mux.HandleFunc(r.method+" "+r.pattern, func(http.ResponseWriter, *http.Request) { called[r.method+" "+r.pattern] = true })
	}
	srv := httptest.NewServer(mux)
	defer srv.Close()
	ctx, c := t.Context(), &tsimclient.Client{BaseURL: srv.URL, HTTPClient: srv.Client()}
	_, _ = c.Index(ctx)
	_, _ = c.Health(ctx)
	_, _ = c.OpenAPI(ctx)
	_, _ = c.CreateSandbox(ctx, tsimclient.SandboxSpec{})
	_, _ = c.Sandboxes(ctx, tsimclient.Page{})
	_, _ = c.DeleteSandbox(ctx)
	_, _ = c.Info(ctx)
	_, _ = c.Reset(ctx)
	_, _ = c.Scenario(ctx)
	_, _ = c.SaveSnapshot(ctx, "a")
	_, _ = c.Snapshots(ctx, tsimclient.Page{})
	_, _ = c.DeleteSnapshot(ctx, "a")
	_, _ = c.Rewind(ctx, "a")
	for _, snapshot := range []string{"", "a"} {
		_, _ = c.Fork(ctx, snapshot, tsimclient.ForkSpec{})
		_ = c.WriteState(ctx, snapshot, io.Discard)
	}
	_, _ = c.ForkDocument(ctx, strings.NewReader("{}"), tsimclient.ForkSpec{})
	_, _ = c.Clock(ctx)
	_, _ = c.SetClock(ctx, tsimclient.ClockSettings{})
	_, _ = c.Advance(ctx, tsimclient.Advance{})
	_, _ = c.Devices(ctx, tsimclient.DeviceFilter{}, tsimclient.Page{})
	_, _ = c.Device(ctx, eid1)
	_, _ = c.AddDevices(ctx, nil)
	_, _ = c.PutDevice(ctx, eid1, nil)
	_, _ = c.PatchDevice(ctx, eid1, tsimclient.DevicePatch{})
	_, _ = c.DeleteDevice(ctx, eid1)
	_, _ = c.Callbacks(ctx, tsimclient.CallbackFilter{}, tsimclient.Page{})
	_, _ = c.Callback(ctx, 1)
	_, _ = c.Hold(ctx, 1)
	_, _ = c.Release(ctx, 1)
	_, _ = c.Fire(ctx, 1)
	_, _ = c.Drop(ctx, 1)
	_, _ = c.Duplicate(ctx, 1)
	_, _ = c.Resend(ctx, 1)
	_, _ = c.HoldAll(ctx, tsimclient.HoldFilter{})
	_, _ = c.Holds(ctx, tsimclient.Page{})
	_, _ = c.LiftHold(ctx, 1)
	_, _ = c.ReleaseAll(ctx)
	_, _ = c.TakeMail(ctx, account, config.ProfileService, time.Second)
	_, _ = c.AnswerMail(ctx, account, config.ProfileService, 1, 200)
	_, _ = c.Requests(ctx, tsimclient.RequestFilter{}, tsimclient.Page{})
	_, _ = c.Request(ctx, request1, tsimclient.Page{})
	_, _ = c.Calls(ctx, tsimclient.CallFilter{}, tsimclient.Page{})
	_, _ = c.Call(ctx, 1)
	_, _ = c.CountCalls(ctx, tsimclient.CallsWanted{})
	_, _ = c.ServerCalls(ctx, tsimclient.CallFilter{}, tsimclient.Page{})
	_, _ = c.Rules(ctx)
	_, _ = c.AddRules(ctx)
	_, _ = c.SetRules(ctx)
	_, _ = c.DeleteRules(ctx, "")
	_, _ = c.Rule(ctx, "a/b")
	_, _ = c.PutRule(ctx, tsimclient.Rule{Name: "a"})
	_, _ = c.DeleteRule(ctx, "a")
	_, _ = c.RestartRule(ctx, "a")
	_, _ = c.RestartRules(ctx)
	_, _ = c.Misfortunes(ctx)
	_, _ = c.Wait(ctx, tsimclient.Wait{For: tsimclient.Idle})
	_, _ = c.Events(ctx, tsimclient.EventFilter{}, tsimclient.Page{})
	_ = c.Record(ctx, io.Discard)
	_, _ = c.Recordings(ctx)
	_, _ = c.Digest(ctx)
	for _, r := range routes() {
		if !called[r.method+" "+r.pattern] {
			t.Errorf("no method asks %s %s", r.method, r.pattern)
		}
	}
}
