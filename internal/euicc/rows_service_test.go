package euicc_test

import (
	"testing"

	. "tsim/internal/euicc"
)

// TestSetFallback moves the attribute; nobody else's is left.
func TestSetFallback(t *testing.T) {
	c := travelling(t)
	for _, iccid := range []string{leadID, otherID, localID, localID} {
		was := c.Clone()
		ask(t, &c, Order{Op: OpSetFallback, ICCID: iccid}, OK)
		was.Fallback = iccid
		if !sameCard(c, was) {
			t.Fatalf("the attribute of %s made of the card %+v", iccid, c)
		}
	}
	do(t, &c, OpDeactivate, otherID)
	ask(t, &c, Order{Op: OpSetFallback, ICCID: otherID}, NotActive)
	c.Profile(otherID).Status = StatusDelete
	ask(t, &c, Order{Op: OpSetFallback, ICCID: otherID}, NotDownloaded)
	if c.Fallback != localID {
		t.Fatalf("the attribute went to %q", c.Fallback)
	}
}

// TestDeactivate releases the number and the plan, drops the attribute and falls back ("About device
// states": a deactive line has no MDN and no plan).
func TestDeactivate(t *testing.T) {
	c := travelling(t)
	c.Profile(localID).Plan = "Global plan"
	do(t, &c, OpSetFallback, localID)
	out := ask(t, &c, Order{Op: OpDeactivate, ICCID: localID, CheckFallback: true}, OK)
	if want := (Profile{
		ICCID: localID, Network: Global, Role: Local, Service: Deactive, Status: StatusDisable,
	}); out.Profile != want || out.State != StateDeactive {
		t.Fatalf("deactivated %+v", out)
	}
	if c.Fallback != "" {
		t.Fatalf("%s keeps the fallback attribute", c.Fallback)
	}
	expectStatus(t, &c, map[string]Status{leadID: StatusEnable, otherID: StatusDownloadDisable})
	ask(t, &c, Order{Op: OpDeactivate, ICCID: localID}, NotActive)

	// Of somebody else it keeps the attribute, and a profile that was not in use changes nobody's use.
	c = travelling(t)
	do(t, &c, OpSetFallback, otherID)
	do(t, &c, OpDeactivate, leadID)
	expectStatus(t, &c, map[string]Status{leadID: StatusDisable, localID: StatusDownloadEnable})
	do(t, &c, OpDeactivate, localID)
	expectStatus(t, &c, map[string]Status{localID: StatusDisable, otherID: StatusEnable})
	// The last one has nobody to fall back to: it says so when it is asked, else the card goes dark.
	ask(t, &c, Order{Op: OpDeactivate, ICCID: otherID, CheckFallback: true}, NoFallback)
	do(t, &c, OpDeactivate, otherID)
	if c.Enabled() != nil || c.Fallback != "" || c.State() != StateDeactive {
		t.Fatalf("left %+v", c)
	}
}

// TestDeactivateOfSuspended: "SUSPEND" leads to "ACTIVE" only ("About device states").
func TestDeactivateOfSuspended(t *testing.T) {
	c := roaming(t)
	do(t, &c, OpProfileSuspend, localID)
	ask(t, &c, Order{Op: OpDeactivate, ICCID: localID}, Suspended)
	ask(t, &c, Order{Op: OpActivate, ICCID: localID}, Suspended)
	ask(t, &c, Order{Op: OpServicePlan, ICCID: localID, Plan: Plan{"new", Global}}, Suspended)
	do(t, &c, OpProfileResume, localID)
	do(t, &c, OpDeactivate, localID)
}

// TestActivateAfterDeactivate gives a new number, not the one that was released.
func TestActivateAfterDeactivate(t *testing.T) {
	c := roaming(t)
	for _, iccid := range []string{localID, leadID} {
		was := *c.Profile(iccid)
		ask(t, &c, Order{Op: OpDeactivate, ICCID: iccid}, OK)
		out := ask(t, &c, Order{Op: OpActivate, ICCID: iccid, MDN: otherMDN, Plan: Plan{"new", was.Network}}, OK)
		if p := out.Profile; p.MDN != otherMDN || p.MDN == was.MDN || p.Plan != "new" || p.Service != Active {
			t.Fatalf("was %+v, is %+v", was, p)
		}
	}
	// The LOCAL has to be enabled again; the LEAD goes into use by itself.
	expectStatus(t, &c, map[string]Status{leadID: StatusEnable, localID: StatusDisable})
}

// TestProfileResume lifts either cause on both networks ("Resume an eSIM profile").
func TestProfileResume(t *testing.T) {
	for _, test := range []struct {
		iccid string
		cause Suspension
	}{{leadID, ByDevice}, {localID, ByDevice}, {localID, ByProfile}} {
		c := roaming(t)
		c.Profile(test.iccid).Suspended = test.cause
		was := *c.Profile(test.iccid)
		if out := ask(t, &c, Order{Op: OpProfileResume, ICCID: test.iccid}, OK); out.State != StateActive {
			t.Fatalf("resumed %+v", out)
		}
		was.Suspended = NotSuspended
		if *c.Profile(test.iccid) != was {
			t.Fatalf("%+v, want %+v", c.Profile(test.iccid), was)
		}
		ask(t, &c, Order{Op: OpProfileResume, ICCID: test.iccid}, AlreadyResumed)
	}
	c := usual()
	ask(t, &c, Order{Op: OpProfileResume, ICCID: leadID}, NotActive)
	c = roaming(t)
	do(t, &c, OpProfileSuspend, localID)
	ask(t, &c, Order{Op: OpProfileResume, ICCID: localID, Plan: Plan{"US plan", US}}, PlanMismatch)
	ask(t, &c, Order{Op: OpProfileResume, ICCID: localID, Plan: Plan{"Global plan", Global}}, OK)
}

// TestProfileSuspend is refused when the profile is suspended already, and does not make a
// suspension with the device outlast it.
func TestProfileSuspend(t *testing.T) {
	c := roaming(t)
	do(t, &c, OpDeviceSuspend, "")
	ask(t, &c, Order{Op: OpProfileSuspend, ICCID: localID}, AlreadySuspended)
	do(t, &c, OpDeviceResume, "")
	if s := c.Profile(localID).Suspended; s != NotSuspended {
		t.Fatalf("the LOCAL stays suspended by %s", s)
	}
	ask(t, &c, Order{Op: OpProfileSuspend, ICCID: localID, Plan: Plan{"US plan", US}}, PlanMismatch)
}

// TestServicePlan takes the new plan and nothing else ("Change the service plan").
func TestServicePlan(t *testing.T) {
	c := roaming(t)
	was := *c.Profile(localID)
	ask(t, &c, Order{Op: OpServicePlan, ICCID: localID, Plan: Plan{"US plan", US}}, PlanMismatch)
	ask(t, &c, Order{Op: OpServicePlan, ICCID: localID, Plan: Plan{"unknown", NoNetwork}}, PlanMismatch)
	ask(t, &c, Order{Op: OpServicePlan, ICCID: localID, Plan: Plan{"new", Global}}, OK)
	was.Plan = "new"
	if *c.Profile(localID) != was {
		t.Fatalf("%+v, want %+v", c.Profile(localID), was)
	}
	do(t, &c, OpDeactivate, localID)
	ask(t, &c, Order{Op: OpServicePlan, ICCID: localID, Plan: Plan{"new", Global}}, NotActive)
}

// TestDeleteOnDisable goes off the card with the switch, whoever asked for it, unless it is what the
// card falls back to or the card falls back on its own.
func TestDeleteOnDisable(t *testing.T) {
	for _, test := range []struct {
		name string
		do   func(c *Card)
		want Status
	}{
		{"disable", func(c *Card) { do(t, c, OpDisable, localID) }, StatusDelete},
		{"enable of another", func(c *Card) { do(t, c, OpEnable, otherID) }, StatusDelete},
		{"activate_enable of another", func(c *Card) { do(t, c, OpDeactivate, otherID); do(t, c, OpActivateEnable, otherID) }, StatusDelete},
		{"enable without coverage", func(c *Card) {
			c.Profile(otherID).NoCoverage = true
			ask(t, c, Order{Op: OpEnable, ICCID: otherID}, NoConnectivity)
		}, StatusDownloadEnable},
		{"of the holder", func(c *Card) { do(t, c, OpSetFallback, localID); do(t, c, OpEnable, otherID) }, StatusDisable},
		{"loss of the network", func(c *Card) { do(t, c, OpSetFallback, otherID); c.LoseNetwork() }, StatusDisable},
		{"deactivate", func(c *Card) { do(t, c, OpDeactivate, localID) }, StatusDisable},
	} {
		for i, set := range []func(p *Profile){
			func(p *Profile) { p.POL1 = DeleteOnDisable }, func(p *Profile) { p.POL2 = DeleteOnDisable },
		} {
			c := travelling(t)
			set(c.Profile(localID))
			test.do(&c)
			if got := c.Profile(localID).Status; got != test.want {
				t.Errorf("%s, POL%d: %s, want %s", test.name, i+1, got, test.want)
			}
		}
	}
}

// TestLoseNetwork is what a card does on its own.
func TestLoseNetwork(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(c *Card)
		want bool
	}{
		{"with a fallback", func(*Card) {}, true},
		{"that is suspended", func(c *Card) { c.Profile(otherID).Suspended = ByProfile }, true},
		{"from one that must not be disabled", func(c *Card) { c.Profile(localID).POL1, c.Profile(localID).POL2 = 7, 7 }, true},
		{"and the radio is off", func(c *Card) { c.Connected = false }, true},
		{"and so is the power", func(c *Card) { c.Powered = false }, false},
		{"without a fallback", func(c *Card) { c.Fallback = "" }, false},
		{"with a fallback that is not active", func(c *Card) { c.Profile(otherID).Service = Deactive }, false},
		{"of the fallback itself", func(c *Card) { do(t, c, OpEnable, otherID) }, false},
	} {
		c := travelling(t)
		do(t, &c, OpSetFallback, otherID)
		test.set(&c)
		was := c.Clone()
		if got := c.LoseNetwork(); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
		if test.want {
			was.Profile(localID).Status, was.Profile(otherID).Status = StatusDisable, StatusEnable
		}
		if !sameCard(c, was) {
			t.Errorf("%s: %+v\nwant %+v", test.name, c, was)
		}
	}
}

// TestWait is what is told while the SM-SR goes on trying.
func TestWait(t *testing.T) {
	c := roaming(t)
	c.Powered = false
	want := Outcome{Warning: Unreachable, State: StateActive, Profile: *c.Lead()}
	if out := c.Wait(leadID); out != want {
		t.Fatalf("told %+v, want %+v", out, want)
	}
}
