package main

import (
	"io"
	"net/http"
	"regexp"
	"slices"
	"syscall"
	"testing"

	"github.com/spf13/pflag"
)

// A program serves with the budgets of its flag, or else of its variable; those that are not named keep
// their own.
func TestBudgetsOfAProgram(t *testing.T) {
	for _, test := range []struct{ env, args, want []string }{
		{nil, nil, []string{"1000", "2000000", "5000000", "10000", "10000", "536870912", "2000000", "1000"}},
		{[]string{"TSIM_BUDGET=devices=27,waits=3"}, nil, []string{"1000", "27", "5000000", "10000", "3", "536870912", "2000000", "1000"}},
		{[]string{"TSIM_BUDGET=devices=27"}, []string{"--budget", "holds=5,sandboxes=2", "--budget=pending=9"}, []string{"2", "2000000", "9", "5", "10000", "536870912", "2000000", "1000"}},
	} {
		p := start(t, test.env, append([]string{"serve", "--addr", "127.0.0.1:0"}, test.args...)...)
		_, url := p.read(`listening on (http://\S+)`)
		res, err := http.Get(url + "/tsim/v1")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		var limits []string
		for _, found := range regexp.MustCompile(`"limit":(\d+)`).FindAllStringSubmatch(string(text), -1) {
			limits = append(limits, found[1])
		}
		if err != nil || !slices.Equal(limits, test.want) {
			t.Errorf("%q %q: the limits are %v, want %v (%v)", test.env, test.args, limits, test.want, err)
		}
		p.stop(syscall.SIGTERM)
	}
}

// What is no budget is refused.
func TestBudgetsThatCannotBe(t *testing.T) {
	for value, want := range map[string]string{
		"device=1":      `expected name=number with one of these names: sandboxes, devices, pending, holds, waits, calls, snapshots, streams; did you mean "devices"?`,
		"devices":       "expected devices= and a whole number from 1",
		"devices=0":     "expected devices= and a whole number from 1",
		"holds=2,waits": "expected waits= and a whole number from 1",
	} {
		f := &budgetFlag{}
		f.declare(pflag.NewFlagSet("", pflag.ContinueOnError))
		if err := f.Set(value); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", value, err, want)
		}
	}
}
