package bdd_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tsim/internal/bdd"
	"tsim/internal/scenario"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("TSIM_SEED")
	goleak.VerifyTestMain(m)
}

const suspending = `Feature: Suspending
  Background:
    Given a device "van-7" with the profiles
      | profile | service | status |
      | Global  | active  | ENABLE |

  Scenario: One
    When I suspend the Global profile
    Then the call is accepted

  @slow @night
  Scenario: Two
    When I suspend the Global profile
    Then the call is accepted

  @night
  Scenario: Three
    When I suspend the Global profile
    Then the call is accepted
`

func write(t *testing.T) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "suspending.feature")
	if err := os.WriteFile(file, []byte(suspending), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestTags(t *testing.T) {
	file := write(t)
	for tags, want := range map[string]string{
		"@slow":                        "1 scenario: 1 passed",
		"@night":                       "2 scenarios: 2 passed",
		"not @night":                   "1 scenario: 1 passed",
		"not not @night":               "2 scenarios: 2 passed",
		"@night and not @slow":         "1 scenario: 1 passed",
		"@slow or not @night":          "2 scenarios: 2 passed",
		"not (@slow or @night)":        "1 scenario: 1 passed",
		"@slow and @night or @nothing": "1 scenario: 1 passed",
		"@nothing and @slow or @night": "2 scenarios: 2 passed",
	} {
		var out bytes.Buffer
		if ok, err := bdd.Run(t.Context(), bdd.Options{Paths: []string{file}, Tags: tags, DryRun: true, Out: &out}); !ok || err != nil || !strings.Contains(out.String(), "\n"+want) {
			t.Errorf("%s: %t, %v, want %s\n%s", tags, ok, err, want, out.String())
		}
	}
	for _, tags := range []string{"slow", "@slow and", "(@slow", "@slow)", "@slow @night", "or", "not", "()"} {
		_, err := bdd.Run(t.Context(), bdd.Options{Paths: []string{file}, Tags: tags, Out: io.Discard})
		if _, usage := err.(bdd.UsageError); !usage || !strings.HasPrefix(err.Error(), `--tags "`+tags+`": expected tags such as `) {
			t.Errorf("%s: %v", tags, err)
		}
	}
}

// Scenarios that run side by side are told in their order, each as a whole.
func TestOrder(t *testing.T) {
	file := write(t)
	told := ""
	for _, concurrency := range []int{1, 3} {
		var out bytes.Buffer
		if ok, err := bdd.Run(t.Context(), bdd.Options{Paths: []string{file}, Concurrency: concurrency, Out: &out}); !ok || err != nil {
			t.Fatalf("%t, %v\n%s", ok, err, out.String())
		}
		text, _, _ := strings.Cut(out.String(), "\n3 scenarios: ")
		if told == "" {
			told = text
		}
		if text != told {
			t.Errorf("side by side it says\n%s\nand one after the other\n%s", text, told)
		}
	}
}

// Who interrupts a run is not told that all is well.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ok, err := bdd.Run(ctx, bdd.Options{Paths: []string{write(t)}, Out: io.Discard}); ok || err == nil {
		t.Errorf("%t, %v", ok, err)
	}
}

// Each file that changes is run again, and no other.
func TestWatch(t *testing.T) {
	file, other := write(t), write(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	read, out := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- bdd.Watch(ctx, bdd.Options{Paths: []string{filepath.Dir(file), other + ":7"}, Out: out}, time.Millisecond)
		_ = out.Close()
	}()
	lines := bufio.NewScanner(read)
	until := func(want string) {
		t.Helper()
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), want) {
				return
			}
		}
		t.Fatalf("it did not say %s", want)
	}
	change := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	until("4 scenarios: 4 passed")
	until("watching")
	change(other, suspending+"# changed\n")
	until("1 scenario: 1 passed")
	until("watching")
	change(file, "What is that?\n")
	until(file + " - Parser errors:")
	until("watching")
	change(file, suspending+"\n  Scenario: Four\n    When I log in\n")
	until("4 scenarios: 4 passed")
	until("watching")
	cancel()
	for lines.Scan() { // what it still says
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// What stands for all misfortunes are those of which a good client sees nothing in the end.
func TestAll(t *testing.T) {
	all, err := bdd.Misfortunes([]string{"half-the-bulk-fails", bdd.All, "duplicates"})
	if err != nil || all[0] != "half-the-bulk-fails" {
		t.Fatalf("%q, %v", all, err)
	}
	for i, name := range all {
		if s, err := scenario.LoadSet(name); err != nil || i > 0 && s.Outcome {
			t.Errorf("%s is among them (%v)", name, err)
		}
	}
}
