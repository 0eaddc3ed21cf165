package sim_test

import (
	"context"
	"fmt"
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

// strangers are rules that never match, spread over the places, by what people write: an identifier, an operation, a count.
func strangers(n int) []rule.Rule {
	rules := make([]rule.Rule, n)
	for i := range rules {
		r := &rules[i]
		r.Name = fmt.Sprintf("never-%d", i)
		switch i % 3 {
		case 0:
			r.Reply = &rule.Reply{Status: 503}
		case 1:
			r.Outcome = &rule.Outcome{Silent: true}
		default:
			r.Callback = &rule.Callback{Drop: true}
		}
		switch i / 3 % 3 {
		case 0:
			r.When.EID = fmt.Sprintf("99*%02d", i)
		case 1:
			r.When.Operations = []string{"download", "enable"}
		default:
			r.When.Nth = 1 << 30
		}
	}
	return rules
}

// identifiers are rules that never match, each about a device that is not there.
func identifiers(n int) []rule.Rule {
	rules := strangers(n)
	for i := range rules {
		rules[i].When = rule.When{EID: fmt.Sprintf("99*%02d", i)}
	}
	return rules
}

// BenchmarkSubmitWithRules is what an action takes in a sandbox without rules and with rules that never match: the rules for
// replies are asked, it is accepted and carried out, and its callback decided, which nobody hears. Of so many devices.
func BenchmarkSubmitWithRules(b *testing.B) {
	for _, devices := range []int{1, sim.MaxDevices} {
		for _, with := range []struct {
			name  string
			rules []rule.Rule
		}{{"no rules", nil}, {"100 rules", strangers(100)}, {"100 identifiers", identifiers(100)}} {
			b.Run(fmt.Sprintf("%d devices, %s", devices, with.name), func(b *testing.B) {
				cfg := fleetOf(sim.MaxDevices, 1)
				cfg.Rules = with.rules
				s := newFleet(b, cfg)
				var ids []euicc.IDs
				for _, d := range s.Devices("", devices) {
					ids = append(ids, euicc.IDs{ICCID: d.Profiles[1].ICCID})
				}
				op := euicc.OpProfileSuspend
				b.ReportAllocs()
				for b.Loop() {
					list := sim.ListOf(ids...)
					if hit := s.AskReply(sim.CallFacts{
						Operation: op.String(), Method: "POST", Path: "/api/m2m/v1/devices/profile/actions/" + op.String(), Account: "a", Devices: list,
					}); hit.Reply != nil {
						b.Fatal(hit)
					}
					r, err := s.Submit(sim.Request{Account: "a", Op: op, Devices: list})
					if err != nil {
						b.Fatal(err)
					}
					s.Early(context.Background(), r)
					s.Replied(r)
					if _, err := s.Advance(context.Background(), sim.Goal{Idle: true}); err != nil {
						b.Fatal(err)
					}
					op = euicc.OpProfileSuspend + euicc.OpProfileResume - op
				}
			})
		}
	}
}
