package control

import (
	"fmt"
	"net/http"
	"strings"

	"tsim/internal/config"
	"tsim/internal/scenario"
	"tsim/internal/scheduler"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// showScenario is the sandbox as it is now, to go on from by hand.
func showScenario(c *call) (any, error) {
	p := c.box.Present()
	hidden := hideSecrets(&p.Config)
	text, err := scenario.Write(remarks(&p, hidden), &p.Config)
	if err != nil {
		return nil, &tsimclient.Error{Status: http.StatusConflict, Message: "no scenario can say what the sandbox is now: " + err.Error()}
	}
	return document{"application/yaml", string(text)}, nil
}

// hideSecrets puts xxxxx in the place of what control never tells, which is the passwords of listeners, and says of how many. Those
// of the credentials are shown with the sandbox, too.
func hideSecrets(cfg *config.Config) (hidden int) {
	for i := range cfg.Listeners {
		l := &cfg.Listeners[i]
		url := config.Redact(l.URL)
		if url == l.URL && l.Password == "" {
			continue
		}
		hidden++
		if l.URL = url; l.Password != "" {
			l.Password = "xxxxx"
		}
	}
	return hidden
}

// remarks are the comment above the scenario: what it is, and what of the sandbox is not in it.
func remarks(p *sim.Present, hidden int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "The sandbox %s as it was at %s. It started from the scenario %s.\n", p.Config.Name, rfc3339(scheduler.At(p.Config.Start)), p.Config.Scenario)
	if hidden > 0 {
		b.WriteString("\n" + numbered(hidden, "xxxxx is the password of %d listener: put it in.\n", "xxxxx are the passwords of %d listeners: put them in.\n"))
	}
	missing := lost(&p.Left)
	if len(missing) == 0 {
		return b.String()
	}
	b.WriteString("\nWhat no scenario can say is not in it:\n")
	for _, what := range missing {
		b.WriteString("- " + what + "\n")
	}
	return b.String()
}

// lost is what there is of a sandbox that is not in its scenario.
func lost(l *sim.Left) (lines []string) {
	for _, of := range []struct {
		n         int
		one, many string
	}{
		{l.Requests, "%d request has something still to come", "%d requests have something still to come"},
		{l.Callbacks, "%d callback is still to come", "%d callbacks are still to come"},
		{l.Holds, "%d hold", "%d holds"},
		{l.Sessions, "%d session is open", "%d sessions are open"},
		{l.Passwords, "%d password was changed by a call; here is the one before", "%d passwords were changed by calls; here are the ones before"},
		{l.Locked, "%d user is locked", "%d users are locked"},
		{l.Counted, "the counts of %d rule, which begin anew", "the counts of %d rules, which begin anew"},
		{l.Over, "%d rule whose time is over", "%d rules whose time is over"},
		{l.Calls, "%d call is on record", "%d calls are on record"},
		{l.Events, "%d event in the journal", "%d events in the journal"},
	} {
		if of.n > 0 {
			lines = append(lines, numbered(of.n, of.one, of.many))
		}
	}
	return lines
}

// numbered puts a number into the words for one, or for several.
func numbered(n int, one, many string) string {
	if n == 1 {
		many = one
	}
	return fmt.Sprintf(many, n)
}
