package thingspace_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

var update = flag.Bool("update", false, "rewrite the golden cases; read the diff")

// A golden case is a txtar archive: a comment with a "Source:" line that names the page it comes
// from, and sections that are carried out in order:
//
//	scenario    the sandbox "default" (else testdata/scenario.yaml)
//	sandbox     another one of the same server, under its own name; from now on calls bring its tokens
//	answers     the HTTP statuses with which the listener answers from now on, the last one for ever
//	call        method and path, header lines, an empty line, the body; tokens are added
//	reply       exactly what came back: status, content type, body, and whether the connection ended in the middle
//	advance     lets time pass: a duration, or "idle"
//	callbacks   exactly what the listener got since the last time, indented
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains("\n"+string(archive.Comment), "\nSource: ") {
				t.Errorf("%s has no line \"Source: \" that names the page it comes from", file)
			}
			g := newGolden(t, archive)
			for i := range archive.Files {
				g.section(&archive.Files[i])
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(archive), 0o666); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// golden plays one case.
type golden struct {
	t        *testing.T
	registry *sim.Registry
	sim      *sim.Sim // whose time passes
	handler  http.Handler
	header   http.Header
	answers  []int
	last     string // reply
	received []string
}

func newGolden(t *testing.T, archive *txtar.Archive) *golden {
	source, err := os.ReadFile("testdata/scenario.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if f := archive.Files[0]; f.Name == "scenario" {
		source = f.Data
	}
	g := &golden{t: t, registry: sim.NewRegistry(), answers: []int{200}}
	g.handler = thingspace.NewHandler(g.registry, slog.New(slog.DiscardHandler), 0, sim.Durable{})
	g.open(source, sim.Default)
	return g
}

// open makes a sandbox of a scenario, and gives the calls to come its tokens. Without a name it has the
// scenario's.
func (g *golden) open(source []byte, name string) *sim.Sim {
	g.t.Helper()
	cfg, err := scenario.Load("scenario.yaml", source, time.Time{})
	if err != nil {
		g.t.Fatal(err)
	}
	cfg.Name = cmp.Or(name, cfg.Name)
	var s *sim.Sim
	if s, err = sim.New(cfg, sim.Env{Send: func(_ string, id sim.AttemptID) { g.deliver(s, id) }}); err != nil {
		g.t.Fatal(err)
	}
	if err := g.registry.Add(s); err != nil {
		g.t.Fatal(err)
	}
	cred := cfg.Credentials[0]
	bearer, _, err := s.Issue(cred.AppKey, string(cred.AppSecret))
	if err != nil {
		g.t.Fatal(err)
	}
	session, err := s.Login(cred.Username, string(cred.Password))
	if err != nil {
		g.t.Fatal(err)
	}
	g.sim = s
	g.header = http.Header{"Authorization": {"Bearer " + bearer.Token}, "Vz-M2m-Token": {session}}
	return s
}

// deliver is the listener.
func (g *golden) deliver(s *sim.Sim, id sim.AttemptID) {
	a, _ := s.Message(id)
	body := thingspace.Encode(s.Compat(), &a.Facts, a.CallbackCount, s.Delivery().Attempts, a.Effect)
	var compact, pretty bytes.Buffer
	if a.Effect != nil && a.Effect.Truncates {
		pretty.Write(body)
	} else if err := json.Compact(&compact, body); err != nil || !bytes.Equal(compact.Bytes(), body) {
		g.t.Errorf("a callback is compact JSON (%v): %s", err, body)
	}
	_ = json.Indent(&pretty, compact.Bytes(), "", "  ")
	g.received = append(g.received, pretty.String()+"\n")
	status := g.answers[0]
	if len(g.answers) > 1 {
		g.answers = g.answers[1:]
	}
	s.Answered(id, sim.Answer{Result: sim.Replied, Status: status})
}

func (g *golden) section(f *txtar.File) {
	g.t.Helper()
	text := string(f.Data)
	switch f.Name {
	case "scenario":
	case "sandbox":
		g.open(f.Data, "")
	case "answers":
		g.answers = nil
		for word := range strings.FieldsSeq(text) {
			var status int
			if _, err := fmt.Sscan(word, &status); err != nil {
				g.t.Fatal(err)
			}
			g.answers = append(g.answers, status)
		}
	case "call":
		g.call(text)
	case "reply":
		g.compare(f, g.last)
	case "advance":
		goal := sim.Goal{Idle: true}
		if word := strings.TrimSpace(text); word != "idle" {
			by, err := time.ParseDuration(word)
			if err != nil {
				g.t.Fatal(err)
			}
			goal = sim.Goal{By: by}
		}
		if _, err := g.sim.Advance(context.Background(), goal); err != nil {
			g.t.Fatal(err)
		}
	case "callbacks":
		g.compare(f, strings.Join(g.received, ""))
		g.received = nil
	default:
		g.t.Fatalf("unknown section %q", f.Name)
	}
}

// call makes a call as its text says; a header without a value takes that header away.
func (g *golden) call(text string) {
	head, body, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\n\n")
	lines := strings.Split(strings.TrimSpace(head), "\n")
	method, path, _ := strings.Cut(lines[0], " ")
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header = g.header.Clone()
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Del(name)
		if value = strings.TrimSpace(value); value != "" {
			r.Header.Set(name, value)
		}
	}
	w := httptest.NewRecorder()
	w.Code = 0 // where the connection ends without a reply
	cut := ends(func() { g.handler.ServeHTTP(w, r) })
	res := w.Result()
	reply, err := io.ReadAll(res.Body)
	if err != nil {
		g.t.Fatal(err)
	}
	g.last = fmt.Sprintf("%d %s\n", res.StatusCode, res.Header.Get("Content-Type"))
	if w.Code == 0 {
		g.last = ""
	}
	for _, name := range []string{"Allow", "RevokedAccessToken", "Retry-After"} {
		if v := res.Header[name]; v != nil {
			g.last += name + ": " + v[0] + "\n"
		}
	}
	g.last += string(reply) + "\n"
	if cut {
		if w.Code != 0 {
			g.last += "of " + res.Header.Get("Content-Length") + " bytes; "
		}
		g.last = strings.TrimPrefix(g.last, "\n") + "the connection ends\n"
	}
}

// ends makes a call, and says whether the connection is broken off.
func ends(serve func()) (cut bool) {
	defer func() {
		if what := recover(); what != nil {
			if cut = what == http.ErrAbortHandler; !cut {
				panic(what)
			}
		}
	}()
	serve()
	return false
}

func (g *golden) compare(f *txtar.File, got string) {
	g.t.Helper()
	if *update {
		f.Data = []byte(got)
	} else if want := string(f.Data); got != want {
		g.t.Errorf("section %q\n--- want\n%s--- got\n%s", f.Name, want, got)
	}
}
