package euicc

// Plan is the service plan that a request names, as far as the account knows it.
type Plan struct {
	Name    string
	Network Network // NoNetwork: the account has no such plan; AnyNetwork: nobody checks
}

// Fits says whether a profile of network n may have the plan. No plan named is no check.
func (p Plan) Fits(n Network) bool {
	return p.Name == "" || p.Network == AnyNetwork || p.Network == n
}

// Order is one operation asked of one card, with everything it may need from outside.
type Order struct {
	Op    Op
	ICCID string // the profile; not used by operations on the whole device
	Plan  Plan   // the plan that the request names
	MDN   string // a free number, for an operation that assigns one
	Busy  bool   // another SM-SR operation of this card was still owed when this one was accepted
	// Create adds the profile to a card without a LEAD, as an activation with HybridPlan may.
	Create bool
	// CheckFallback asks a deactivation for another profile to fall back to.
	CheckFallback bool
	Delete        DeleteRule
	// Spent says of profiles, by ICCID, which limit they have reached: DayLimit or MonthLimit. The day comes
	// before the month. Profiles that are not there have reached none.
	Spent map[string]Fault
}

// DeleteRule is what a delete asks for; the documents disagree.
type DeleteRule uint8

// The rules for a delete.
const (
	DeleteDisabled    DeleteRule = iota // a profile that is not enabled
	DeleteDeactivated                   // one that is deactivated, too
	DeleteDisables                      // an enabled one is disabled first
)

// Warning is a reservation about an operation that was carried out, or that is not yet.
type Warning uint8

// The warnings.
const (
	NoWarning   Warning = iota
	NotEnabled          // downloaded, but enabling it found no network
	Unreachable         // the device is off or out of reach; the SM-SR goes on trying
)

// WholeDevice says whether the operation is about the device and each of its active profiles.
func (o Op) WholeDevice() bool { return table[o].each }

// Outcome is what an operation came to for one profile, or for the device as a whole.
type Outcome struct {
	Device  bool  // about the device as a whole; Profile is then its LEAD, zero without one
	Fault   Fault // OK, or the guard that did not hold; nothing was changed then
	Warning Warning
	State   State   // of the profile, or of the device
	Profile Profile // as it is after the operation
}

// Status is Success for an operation that was carried out, Failed for one that was refused, and Warned for one that was
// carried out with a reservation, or not yet.
func (o *Outcome) Status() OutcomeStatus {
	switch {
	case o.Fault != OK:
		return Failed
	case o.Warning != NoWarning:
		return Warned
	}
	return Success
}

// Check says what would keep the operation from being carried out on profile p of the card: the
// first guard of the table that does not hold, or OK. It changes nothing.
func (c *Card) Check(p *Profile, o *Order) Fault {
	for _, g := range table[o.Op].guards {
		if !g.holds(c, p, o) {
			return g.fault
		}
	}
	return OK
}

// Apply carries the operation out and appends its outcomes to out: one for the profile, or for an
// operation on the whole device one for each active profile (the LEAD first, then by ICCID) and a
// last one for the device. A refused operation changes nothing and has its fault as outcome.
func (c *Card) Apply(o *Order, out []Outcome) []Outcome {
	if table[o.Op].each {
		return c.applyEach(o, out)
	}
	p := c.Profile(o.ICCID)
	if p == nil && o.Create && c.Lead() == nil {
		return append(out, c.create(o))
	}
	if p == nil {
		return append(out, Outcome{Fault: IdentifiersMismatch, Profile: Profile{ICCID: o.ICCID}})
	}
	return append(out, c.applyTo(p, o))
}

func (c *Card) applyTo(p *Profile, o *Order) Outcome {
	fault, warning := c.Check(p, o), NoWarning
	if fault == OK {
		warning = table[o.Op].effect(c, p, o)
	}
	return Outcome{Fault: fault, Warning: warning, State: p.State(), Profile: *p}
}

// create activates a profile that the card does not have yet: its LEAD.
func (c *Card) create(o *Order) Outcome {
	p := Profile{ICCID: o.ICCID, Network: US, Role: Lead, Status: StatusDownloadDisable}
	fault := c.Check(&p, o)
	if fault == OK && !memoryLeft.holds(c, &p, o) {
		fault = memoryLeft.fault
	}
	if fault != OK {
		p.ICCID = "" // nobody has it
		return Outcome{Fault: fault, State: p.State(), Profile: p}
	}
	c.Profiles = append(c.Profiles, p)
	out := c.applyTo(&c.Profiles[len(c.Profiles)-1], o)
	c.Sort()
	return out
}

// Wait is the outcome of an operation that waits for the device.
func (c *Card) Wait(iccid string) Outcome {
	p := c.Profile(iccid)
	return Outcome{Warning: Unreachable, State: p.State(), Profile: *p}
}

func (c *Card) applyEach(o *Order, out []Outcome) []Outcome {
	first := len(out)
	refused, fault := 0, OK
	for i := range c.Profiles {
		if c.Profiles[i].Service != Active {
			continue
		}
		one := c.applyTo(&c.Profiles[i], o)
		if one.Fault != OK {
			refused, fault = refused+1, one.Fault
		}
		out = append(out, one)
	}
	last := Outcome{Device: true, State: c.State()}
	if n := len(out) - first; n > 0 && refused == n {
		last.Fault = fault // nothing was done for anyone: the device says the same
	}
	if lead := c.Lead(); lead != nil {
		last.Profile = *lead
	}
	return append(out, last)
}
