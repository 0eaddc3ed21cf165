package euicc_test

import (
	"testing"

	. "tsim/internal/euicc"
)

// ask applies an order on one profile and expects what it comes to.
func ask(t testing.TB, c *Card, o Order, want Fault) Outcome {
	t.Helper()
	if o.MDN == "" {
		o.MDN = freeMDN
	}
	out := one(t, c, o)
	if out.Fault != want {
		t.Fatalf("%s of %s: %s, want %s", o.Op, o.ICCID, out.Fault, want)
	}
	return out
}

// expectStatus of profiles, as pairs of ICCID and status.
func expectStatus(t testing.TB, c *Card, want map[string]Status) {
	t.Helper()
	for iccid, status := range want {
		if got := c.Profile(iccid).Status; got != status {
			t.Fatalf("%s is %s, want %s", iccid, got, status)
		}
	}
}

// travelling is roaming with a second LOCAL on the card.
func travelling(t testing.TB) Card {
	t.Helper()
	c := usual()
	c.Profiles = append(c.Profiles, Profile{ICCID: otherID, Network: Global, Role: Local})
	do(t, &c, OpActivate, leadID)
	do(t, &c, OpDownload, otherID)
	do(t, &c, OpDownloadEnable, localID)
	return c
}

// TestActivateLead: the LEAD is bootstrapped, so it takes the place of the factory's profile, but
// not that of a LOCAL ("Activate a device (eUICC)").
func TestActivateLead(t *testing.T) {
	c := usual()
	c.Profiles = append(c.Profiles, Profile{ICCID: factory, Network: Global, Role: Default, Service: Active, Status: StatusEnable})
	do(t, &c, OpActivate, leadID)
	expectStatus(t, &c, map[string]Status{leadID: StatusEnable, factory: StatusDisable})

	c = roaming(t)
	do(t, &c, OpDeactivate, leadID)
	do(t, &c, OpActivate, leadID)
	expectStatus(t, &c, map[string]Status{leadID: StatusDisable, localID: StatusEnable})
}

// TestActivateLocal: active and not downloaded is how a profile waits for its download ("Working
// with eUICC devices").
func TestActivateLocal(t *testing.T) {
	c := usual()
	out := ask(t, &c, Order{Op: OpActivate, ICCID: localID, Plan: Plan{"Global plan", Global}}, OK)
	if p := out.Profile; p.MDN != freeMDN || p.Plan != "Global plan" || p.Status != StatusNotDownloaded || out.State != StateActive {
		t.Fatalf("activated %+v", out)
	}
	ask(t, &c, Order{Op: OpActivateEnable, ICCID: localID}, AlreadyActive)
	c = roaming(t)
	do(t, &c, OpDeactivate, localID)
	ask(t, &c, Order{Op: OpActivateEnable, ICCID: localID}, OK)
	expectStatus(t, &c, map[string]Status{leadID: StatusDisable, localID: StatusEnable})
}

// TestActivateHybrid: "EID and IMEI only", the system makes up the ICCID ("Activate a device",
// consumer eSIM). A card that has a LEAD gets no other one.
func TestActivateHybrid(t *testing.T) {
	order := Order{Op: OpActivate, ICCID: leadID, Create: true, Plan: Plan{HybridPlan, US}, MDN: freeMDN}
	c := Card{EID: eid, IMEI: imei, Profiles: []Profile{
		{ICCID: factory, Network: Global, Role: Default, Service: Active, Status: StatusEnable},
	}}
	full := c.Clone()
	full.Memory = 1
	ask(t, &full, order, NoMemory)
	misfit := order
	misfit.Plan.Network = Global
	ask(t, &full, misfit, PlanMismatch)
	if len(full.Profiles) != 1 || !usable(full.Profiles[0].Status) {
		t.Fatalf("a refused creation left %+v", full)
	}

	unasked := order
	unasked.Create = false
	ask(t, &c, unasked, IdentifiersMismatch)
	out := ask(t, &c, order, OK)
	if want := (Profile{
		ICCID: leadID, MDN: freeMDN, Plan: HybridPlan, Network: US, Role: Lead, Service: Active, Status: StatusEnable,
	}); out.Profile != want || *c.Lead() != want || c.Profiles[0] != want {
		t.Fatalf("created %+v\nof %+v", out, c)
	}
	expectStatus(t, &c, map[string]Status{factory: StatusDisable})
	again := order
	again.ICCID = otherLeadID
	ask(t, &c, again, IdentifiersMismatch)
	ask(t, &c, order, AlreadyActive)

	// Nothing is pushed to a consumer eSIM; its subscription is like any other.
	c.Powered, c.Connected = true, true
	for _, op := range Ops() {
		if op.SMSR() {
			ask(t, &c, Order{Op: op, ICCID: leadID, Busy: true}, HybridUnsupported)
		}
	}
	ask(t, &c, Order{Op: OpRenewActivationCode, ICCID: leadID}, OK)
	ask(t, &c, Order{Op: OpDeactivate, ICCID: leadID}, OK)
	ask(t, &c, Order{Op: OpRenewActivationCode, ICCID: leadID}, NotActive)
	ask(t, &c, order, OK)
}

// TestDownload leaves the LEAD in use; with enabling it takes its place, and without coverage says so.
func TestDownload(t *testing.T) {
	for _, op := range []Op{OpDownload, OpDownloadDisable} {
		c := usual()
		do(t, &c, OpActivate, leadID)
		do(t, &c, op, localID)
		expectStatus(t, &c, map[string]Status{leadID: StatusEnable, localID: StatusDownloadDisable})
		ask(t, &c, Order{Op: op, ICCID: localID}, AlreadyDownloaded)
	}
	c := usual()
	do(t, &c, OpActivate, leadID)
	c.Profile(localID).NoCoverage = true
	if out := ask(t, &c, Order{Op: OpDownloadEnable, ICCID: localID}, OK); out.Warning != NotEnabled || out.State != StateActive {
		t.Fatalf("told %+v", out)
	}
	expectStatus(t, &c, map[string]Status{leadID: StatusEnable, localID: StatusDownloadDisable})

	c = usual()
	do(t, &c, OpActivate, leadID)
	if out := ask(t, &c, Order{Op: OpDownloadEnable, ICCID: localID}, OK); out.Warning != NoWarning {
		t.Fatalf("told %+v", out)
	}
	expectStatus(t, &c, map[string]Status{leadID: StatusDisable, localID: StatusDownloadEnable})
	// Deleted, it may be downloaded again, unless it was given up: then it has to be activated first.
	do(t, &c, OpDisable, localID)
	do(t, &c, OpDelete, localID)
	again := c.Clone()
	do(t, &again, OpDownload, localID)
	do(t, &c, OpDeactivate, localID)
	ask(t, &c, Order{Op: OpDownload, ICCID: localID}, NotActive)
	// While the device is suspended, so is the LEAD that would have to carry the download.
	do(t, &c, OpActivate, localID)
	c.Lead().Suspended = ByDevice
	ask(t, &c, Order{Op: OpDownload, ICCID: localID}, LeadNotConnected)
}

// TestEnableOfSuspended is refused, whoever suspended it.
func TestEnableOfSuspended(t *testing.T) {
	c := roaming(t)
	do(t, &c, OpDeviceSuspend, "")
	ask(t, &c, Order{Op: OpEnable, ICCID: leadID}, Suspended)
	// It is the target that matters, not what it takes the place of.
	do(t, &c, OpProfileResume, leadID)
	do(t, &c, OpEnable, leadID)
	if p := c.Profile(localID); p.Suspended != ByDevice || p.Status != StatusDisable {
		t.Fatalf("the LOCAL is %+v", p)
	}
}

// TestDisableFallsBack: to the holder of the fallback attribute, else to the LEAD, else not at all.
func TestDisableFallsBack(t *testing.T) {
	for _, test := range []struct {
		name string
		set  func(c *Card)
		next string
	}{
		{"no attribute", func(*Card) {}, leadID},
		{"another LOCAL", func(c *Card) { c.Fallback = otherID }, otherID},
		{"the LEAD itself", func(c *Card) { c.Fallback = leadID }, leadID},
		{"its own", func(c *Card) { c.Fallback = localID }, leadID},
		{"a holder that is suspended", func(c *Card) { c.Fallback, c.Profile(otherID).Suspended = otherID, ByProfile }, otherID},
		{"a holder that is not active", func(c *Card) { c.Fallback, c.Profile(otherID).Service = otherID, Deactive }, leadID},
		{"a LEAD that is suspended", func(c *Card) { c.Lead().Suspended = ByDevice }, leadID},
		{"a LEAD that is not active", func(c *Card) { c.Lead().Service = Deactive }, ""},
		{"neither", func(c *Card) { c.Fallback, c.Lead().Service = localID, Deactive }, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := travelling(t)
			test.set(&c)
			was := c.Clone()
			if test.next == "" {
				ask(t, &c, Order{Op: OpDisable, ICCID: localID}, NoFallback)
				if !sameCard(c, was) {
					t.Fatal("and yet something changed")
				}
				ask(t, &c, Order{Op: OpDelete, ICCID: localID, Delete: DeleteDisables}, NoFallback)
				return
			}
			ask(t, &c, Order{Op: OpDisable, ICCID: localID}, OK)
			expectStatus(t, &c, map[string]Status{localID: StatusDisable, test.next: StatusEnable})
		})
	}
	c := travelling(t)
	ask(t, &c, Order{Op: OpDisable, ICCID: leadID}, GlobalOnly)
	ask(t, &c, Order{Op: OpDisable, ICCID: otherID}, AlreadyDisabled)
}

// TestDelete by each of the rules that the documents have for it.
func TestDelete(t *testing.T) {
	for _, test := range []struct {
		name string
		rule DeleteRule
		set  func(c *Card)
		want Fault
	}{
		{"enabled", DeleteDisabled, func(*Card) {}, StillEnabled},
		{"disabled", DeleteDisabled, func(c *Card) { do(t, c, OpDisable, localID) }, OK},
		{"suspended", DeleteDisabled, func(c *Card) { do(t, c, OpDisable, localID); do(t, c, OpProfileSuspend, localID) }, OK},
		{"enabled, to be deactivated", DeleteDeactivated, func(*Card) {}, StillEnabled},
		{"disabled, to be deactivated", DeleteDeactivated, func(c *Card) { do(t, c, OpDisable, localID) }, StillActive},
		{"deactivated", DeleteDeactivated, func(c *Card) { do(t, c, OpDeactivate, localID) }, OK},
		{"disabled by the delete", DeleteDisables, func(*Card) {}, OK},
		{"disabled before the delete", DeleteDisables, func(c *Card) { do(t, c, OpDisable, localID) }, OK},
		{"not to be disabled by the delete", DeleteDisables, func(c *Card) { c.Profile(localID).POL1 = DisableNotAllowed }, RefusedByPOL1},
		{"not to be disabled, which is done", DeleteDisables, func(c *Card) {
			do(t, c, OpDisable, localID)
			c.Profile(localID).POL1 = DisableNotAllowed
		}, OK},
		{"the holder of the fallback attribute", DeleteDisabled, func(c *Card) {
			do(t, c, OpSetFallback, localID)
			do(t, c, OpDisable, localID)
		}, HasFallback},
		{"the holder, in use", DeleteDisables, func(c *Card) { do(t, c, OpSetFallback, localID) }, HasFallback},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := roaming(t)
			test.set(&c)
			was := *c.Profile(localID)
			out := ask(t, &c, Order{Op: OpDelete, ICCID: localID, Delete: test.rule}, test.want)
			if test.want != OK {
				if *c.Profile(localID) != was {
					t.Fatal("and yet it changed")
				}
				return
			}
			was.Status = StatusDelete // still listed, with everything that the subscription has
			if out.Profile != was {
				t.Fatalf("deleted %+v\nwant %+v", out.Profile, was)
			}
			expectStatus(t, &c, map[string]Status{leadID: StatusEnable})
		})
	}
	c := roaming(t)
	ask(t, &c, Order{Op: OpDelete, ICCID: leadID}, GlobalOnly) // "cannot be deleted"
}
