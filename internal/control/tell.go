package control

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// tell is the story of a request for people: a tree.
func tell(r *tsimclient.Request, s *sim.RequestReport) string {
	var b strings.Builder
	fmt.Fprintf(&b, "request %s: %s of %d device(s), account %s, accepted at %s\n",
		r.ID, r.Operation, r.Devices, r.Account, r.At.Format(time.RFC3339Nano))
	fmt.Fprintf(&b, "the seed is %d, the clock is in %s mode at %s; %d execution(s) and %d callback(s) are still to come\n",
		s.Seed, s.Clock.Mode, rfc3339(s.Clock.Now), r.Left, r.Open)
	tellRules(&b, "", r.Rules)
	tellSummary(&b, r)
	for i := range r.Entries {
		tellEntry(&b, &r.Entries[i])
	}
	if r.Next != "" {
		fmt.Fprintf(&b, "- and %d more entries: ?after=%s\n", r.Devices-r.Entries[len(r.Entries)-1].N, r.Next)
	}
	return b.String()
}

func tellEntry(b *strings.Builder, e *tsimclient.Entry) {
	fmt.Fprintf(b, "- entry %d", e.N)
	ids := euicc.IDs{EID: e.EID, ICCID: e.ICCID, IMEI: e.IMEI, MDN: e.MDN}
	for kind, id := range ids.All() {
		b.WriteString(" " + kind.String() + " " + id)
	}
	b.WriteString("\n")
	tellRules(b, "  ", e.Rules)
	if e.Why != "" {
		b.WriteString("  - still to come: " + e.Why + "\n")
	}
	for i := range e.Callbacks {
		tellCallback(b, &e.Callbacks[i])
	}
}

func tellCallback(b *strings.Builder, t *tsimclient.CallbackReport) {
	what := "the " + string(t.Level) + " " + cmp.Or(t.ICCID, t.EID)
	if t.Level == tsimclient.LevelDevice {
		what = "the device " + t.EID
	}
	switch {
	case t.Guard == tsimclient.GuardByRule:
		fmt.Fprintf(b, "  - refused for %s, %s: %s\n", what, t.Guard, t.Fault.Message)
	case t.Guard != "" && t.Saw.CardContext == nil:
		fmt.Fprintf(b, "  - refused for %s: %s\n", what, t.Guard)
	case t.Guard != "":
		fmt.Fprintf(b, "  - refused for %s: %s\n    saw service %s, status %s, suspended %s; LEAD %s, in use %s; powered %t, connected %t, busy %t\n",
			what, t.Guard, t.Saw.Service, t.Saw.Status, t.Saw.Suspended, t.Saw.Lead, cmp.Or(t.Saw.Enabled, "none"),
			t.Saw.Powered, t.Saw.Connected, t.Saw.Busy)
	default:
		fmt.Fprintf(b, "  - decided for %s: service %s, status %s, suspended %s\n", what, t.Saw.Service, t.Saw.Status, t.Saw.Suspended)
	}
	fmt.Fprintf(b, "    - callback %d is %s, %s", t.ID, t.Status, t.State)
	if t.Why != "" {
		b.WriteString(": " + t.Why)
	}
	b.WriteString("\n")
	tellRules(b, "      ", t.Rules)
	for _, a := range t.Attempts {
		came := "no answer yet"
		if a.Status != 0 {
			came = fmt.Sprint(a.Status)
		} else if a.Error != "" {
			came = string(a.Error) + " (" + a.Detail + ")"
		}
		fmt.Fprintf(b, "      - attempt %d at %s to %s: %s\n", a.N, a.At.Format(time.RFC3339Nano), t.URL, came)
	}
}

// tellRules is what rules did, under what they changed.
func tellRules(b *strings.Builder, indent string, rules []tsimclient.Applied) {
	for _, r := range rules {
		skipped := ""
		if r.Skipped {
			skipped = ", skipped"
		}
		fmt.Fprintf(b, "%s- rule %s%s: %s\n", indent, r.Rule, skipped, r.Did)
	}
}
