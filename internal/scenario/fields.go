package scenario

import (
	"slices"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// The tables: what a scenario consists of, from the whole file down to a profile. A new key is a new
// row here and in schemas/scenario.json; a test misses the one without the other.

var scenario = table[config.Config]{
	what:  "a scenario",
	begin: func(c *config.Config) { *c = config.Defaults() },
	fields: []field[config.Config]{
		need("name", func(c *config.Config) *string { return &c.Name }, sandboxName),
		may("about", func(c *config.Config) *string { return &c.About }, anyText),
		may("seed", func(c *config.Config) *uint64 { return &c.Seed }, natural),
		may("start", func(c *config.Config) *time.Time { return &c.Start }, instant),
		may("clock", func(c *config.Config) *config.Mode { return &c.Clock }, choice(config.ModeWords(), config.ParseMode)),
		may("speed", func(c *config.Config) *float64 { return &c.Speed }, speed),
		may("latency", func(c *config.Config) *latencies { return &c.Latency }, allLatencies),
		may("smsr", func(c *config.Config) *config.SMSR { return &c.SMSR }, smsr.value()),
		may("tokens", func(c *config.Config) *config.Tokens { return &c.Tokens }, tokens.value()),
		may("delivery", func(c *config.Config) *config.Delivery { return &c.Delivery }, delivery.value()),
		may("limits", func(c *config.Config) *config.Limits { return &c.Limits }, limits.value()),
		may("compat", func(c *config.Config) *config.Compat { return &c.Compat }, compat),
		need("credentials", func(c *config.Config) *[]config.Credential { return &c.Credentials }, listOf(credential.value())),
		may("accounts", func(c *config.Config) *[]config.Account { return &c.Accounts }, listOf(account.value())),
		may("listeners", func(c *config.Config) *[]config.Listener { return &c.Listeners }, listOf(listener.value())),
		may("timeline", func(c *config.Config) *[]config.TimelineEvent { return &c.Timeline }, listOf(timelineEvent.value())),
		{key{name: "rules", form: ruleList.form}, readRules, writeRules},
		{key{name: "with", form: listOf(setName).form}, readWith, writeWith}, // behind the rules above, which have been read by then
	},
}

// sandboxName is what a sandbox is called: also in paths and files, so it keeps to simple letters.
var sandboxName = matching(`^[A-Za-z0-9][A-Za-z0-9._-]*$`, "a name of letters, digits and . _ -")

var tokens = table[config.Tokens]{
	what: "tokens",
	fields: []field[config.Tokens]{
		may("bearer", func(t *config.Tokens) *time.Duration { return &t.Bearer }, lifetime),
		may("session", func(t *config.Tokens) *time.Duration { return &t.Session }, lifetime),
		may("clock", func(t *config.Tokens) *bool { return &t.Wall }, choice([]string{"simulated", "wall"},
			func(word string) (bool, bool) { return word == "wall", word == "wall" || word == "simulated" })),
		may("seeded", func(t *config.Tokens) *bool { return &t.Seeded }, yesNo),
	},
}

var delivery = table[config.Delivery]{
	what: "delivery",
	fields: []field[config.Delivery]{
		may("attempts", func(d *config.Delivery) *int { return &d.Attempts }, count),
		may("interval", func(d *config.Delivery) *time.Duration { return &d.Interval }, duration),
		may("timeout", func(d *config.Delivery) *time.Duration { return &d.Timeout }, duration),
	},
	end: func(r *reader, n *node, d *config.Delivery) {
		if d.Timeout == 0 {
			r.wrong(n.get("timeout"), "a listener needs time to answer, so it is above 0s")
		}
	},
}

var limits = table[config.Limits]{
	what: "limits",
	fields: []field[config.Limits]{
		may("provisioningPerLineAndDay", func(l *config.Limits) *int { return &l.ProvisioningPerLineAndDay }, count),
		may("activatesPerMinute", func(l *config.Limits) *int { return &l.ActivatesPerMinute }, count),
		may("planChangesPerMonth", func(l *config.Limits) *int { return &l.PlanChangesPerMonth }, count),
		may("callsPerSecond", func(l *config.Limits) *int { return &l.CallsPerSecond }, count),
	},
}

var credential = table[config.Credential]{
	what: "a credential",
	fields: []field[config.Credential]{
		need("appKey", func(c *config.Credential) *string { return &c.AppKey }, someText),
		need("appSecret", func(c *config.Credential) *string { return (*string)(&c.AppSecret) }, someText),
		need("username", func(c *config.Credential) *string { return &c.Username }, someText),
		need("password", func(c *config.Credential) *string { return (*string)(&c.Password) }, someText),
	},
}

var account = table[config.Account]{
	what: "an account",
	fields: []field[config.Account]{
		need("name", func(a *config.Account) *string { return &a.Name }, someText),
		may("plans", func(a *config.Account) *[]config.Plan { return &a.Plans }, upTo(mostPlans, plan.value())),
		may("devices", func(a *config.Account) *[]euicc.Card { return &a.Cards }, listOf(device.value())),
		may("fleets", func(a *config.Account) *[]config.Fleet { return &a.Fleets }, listOf(fleet.value())),
	},
}

// How many plans an account has at the most, and profiles a device: each profile is held against the others,
// and against the plans.
const (
	mostPlans    = 1000
	mostProfiles = 100
)

var fleet = table[config.Fleet]{
	what:  "a fleet",
	begin: func(f *config.Fleet) { f.Card.Powered, f.Card.Connected = true, true },
	fields: []field[config.Fleet]{
		need("count", func(f *config.Fleet) *int { return &f.Count }, count),
		may("powered", func(f *config.Fleet) *bool { return &f.Card.Powered }, yesNo),
		may("connected", func(f *config.Fleet) *bool { return &f.Card.Connected }, yesNo),
		need("profiles", func(f *config.Fleet) *[]euicc.Profile { return &f.Card.Profiles }, upTo(mostProfiles, fleetProfile.value())),
	},
}

var network = choice(euicc.Words[euicc.Network](), euicc.Parse[euicc.Network])

var plan = table[config.Plan]{
	what: "a plan",
	fields: []field[config.Plan]{
		need("name", func(p *config.Plan) *string { return &p.Name }, someText),
		need("network", func(p *config.Plan) *euicc.Network { return &p.Network }, network),
		may("sizeKb", func(p *config.Plan) *uint64 { return &p.SizeKb }, natural),
	},
}

var iccid = digits("an ICCID", "19,20")

var device = table[euicc.Card]{
	what:  "a device",
	begin: func(c *euicc.Card) { c.Powered, c.Connected = true, true },
	fields: []field[euicc.Card]{
		need("eid", func(c *euicc.Card) *string { return &c.EID }, digits("an EID", "32")),
		may("imei", func(c *euicc.Card) *string { return &c.IMEI }, digits("an IMEI", "15")),
		may("powered", func(c *euicc.Card) *bool { return &c.Powered }, yesNo),
		may("connected", func(c *euicc.Card) *bool { return &c.Connected }, yesNo),
		may("fallback", func(c *euicc.Card) *string { return &c.Fallback }, iccid),
		may("memory", func(c *euicc.Card) *uint8 { return &c.Memory }, memory),
		may("profiles", func(c *euicc.Card) *[]euicc.Profile { return &c.Profiles }, upTo(mostProfiles, profile.value())),
	},
}

var profile = table[euicc.Profile]{
	what: "a profile",
	fields: slices.Concat(
		[]field[euicc.Profile]{need("iccid", func(p *euicc.Profile) *string { return &p.ICCID }, iccid)},
		fleetProfile.fields[:4], // up to status
		[]field[euicc.Profile]{may("mdn", func(p *euicc.Profile) *string { return &p.MDN }, matching(`^[2-9][0-9]{9}$`, "an MDN of 10 digits, the first of them 2 to 9,"))},
		fleetProfile.fields[4:],
	),
	end: fleetProfile.end,
}

// fleetProfile is a profile without what is generated.
var fleetProfile = table[euicc.Profile]{
	what: "a profile of a fleet",
	fields: []field[euicc.Profile]{
		need("network", func(p *euicc.Profile) *euicc.Network { return &p.Network }, network),
		unless(func(p *euicc.Profile) bool { return p.Role == usualRole(p.Network) }, need("role", func(p *euicc.Profile) *euicc.Role { return &p.Role },
			choice(euicc.Words[euicc.Role](), euicc.Parse[euicc.Role]))),
		need("service", func(p *euicc.Profile) *euicc.Service { return &p.Service },
			choice(euicc.Words[euicc.Service](), euicc.Parse[euicc.Service])),
		need("status", func(p *euicc.Profile) *euicc.Status { return &p.Status },
			choice(euicc.Words[euicc.Status](), euicc.Parse[euicc.Status])),
		may("plan", func(p *euicc.Profile) *string { return &p.Plan }, someText),
		may("suspended", func(p *euicc.Profile) *euicc.Suspension { return &p.Suspended },
			choice(euicc.Words[euicc.Suspension](), euicc.Parse[euicc.Suspension])),
		may("coverage", func(p *euicc.Profile) *bool { return &p.NoCoverage }, not(yesNo)),
		may("pol1", func(p *euicc.Profile) *euicc.Policy { return &p.POL1 }, policy),
		may("pol2", func(p *euicc.Profile) *euicc.Policy { return &p.POL2 }, policy),
	},
	end: func(_ *reader, n *node, p *euicc.Profile) {
		if n.get("role") == nil {
			p.Role = usualRole(p.Network)
		}
	},
}

// usualRole is the role of a profile of which nobody says another one: the Verizon profile leads.
func usualRole(n euicc.Network) euicc.Role {
	if n == euicc.Global {
		return euicc.Local
	}
	return euicc.Lead
}

var listener = table[config.Listener]{
	what: "a listener",
	fields: []field[config.Listener]{
		need("account", func(l *config.Listener) *string { return &l.Account }, someText),
		need("service", func(l *config.Listener) *string { return &l.Service }, word(config.Services...)),
		need("url", func(l *config.Listener) *string { return &l.URL }, someURL),
		may("username", func(l *config.Listener) *string { return &l.Username }, anyText),
		may("password", func(l *config.Listener) *string { return (*string)(&l.Password) }, anyText),
	},
}

var timelineEvent = table[config.TimelineEvent]{
	what: "an event of the timeline",
	fields: []field[config.TimelineEvent]{
		need("at", func(o *config.TimelineEvent) *time.Duration { return &o.At }, duration),
		need("eid", func(o *config.TimelineEvent) *string { return &o.EID }, digits("an EID", "32")),
		may("powered", func(o *config.TimelineEvent) **bool { return &o.Powered }, given(yesNo)),
		may("connected", func(o *config.TimelineEvent) **bool { return &o.Connected }, given(yesNo)),
	},
	end: func(r *reader, n *node, o *config.TimelineEvent) {
		if o.Powered == nil && o.Connected == nil {
			r.wrong(n, "nothing happens here; an event has powered or connected")
		}
	},
}
