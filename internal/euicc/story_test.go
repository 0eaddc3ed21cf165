package euicc_test

import (
	"slices"
	"testing"

	. "tsim/internal/euicc"
)

func expectTold(t testing.TB, out []Outcome, want ...string) {
	t.Helper()
	if got := told(out); !slices.Equal(got, want) {
		t.Fatalf("told %q\nwant %q", got, want)
	}
}

// roaming is a card that lives on its LOCAL profile.
func roaming(t testing.TB) Card {
	t.Helper()
	c := usual()
	do(t, &c, OpActivate, leadID)
	do(t, &c, OpDownload, localID)
	do(t, &c, OpEnable, localID)
	return c
}

// TestSuspendedAloneStaysSuspended is the history that both samples come from: the LOCAL of
// "Suspend an eSIM profile" and the LEAD of "Resume an eUICC device".
func TestSuspendedAloneStaysSuspended(t *testing.T) {
	c := roaming(t)
	expectTold(t, do(t, &c, OpProfileSuspend, localID), "LOCAL SUSPENDED ok")
	if s := c.Profile(localID).Status; s != StatusEnable {
		t.Fatalf("the sample says ENABLE of a suspended LOCAL, this is %s", s)
	}
	device := Order{Op: OpDeviceSuspend}
	expectTold(t, c.Apply(&device, nil), "LEAD SUSPENDED ok", "LOCAL SUSPENDED already suspended", "device SUSPENDED ok")
	resume := Order{Op: OpDeviceResume}
	out := c.Apply(&resume, nil)
	expectTold(t, out, "LEAD ACTIVE ok", "LOCAL SUSPENDED ok", "device ACTIVE ok")
	if s := out[0].Profile.Status; s != StatusDisable {
		t.Fatalf("the sample says DISABLE of the resumed LEAD, this is %s", s)
	}
	expectTold(t, c.Apply(&resume, nil), "LEAD ACTIVE already resumed", "LOCAL SUSPENDED ok", "device ACTIVE ok")
}

// TestOneAlreadyResumed is a set of callbacks with an error and a success in it ("Resume an eUICC
// device": profiles that are already resumed get an error callback).
func TestOneAlreadyResumed(t *testing.T) {
	c := roaming(t)
	do(t, &c, OpDeviceSuspend, "")
	do(t, &c, OpProfileResume, leadID)
	resume := Order{Op: OpDeviceResume}
	expectTold(t, c.Apply(&resume, nil), "LEAD ACTIVE already resumed", "LOCAL ACTIVE ok", "device ACTIVE ok")
}

// TestNothingToResume has only errors, so the device says the same.
func TestNothingToResume(t *testing.T) {
	c := roaming(t)
	resume := Order{Op: OpDeviceResume}
	expectTold(t, c.Apply(&resume, nil), "LEAD ACTIVE already resumed", "LOCAL ACTIVE already resumed", "device ACTIVE already resumed")
}

// TestNoActiveProfile has one callback, for the device.
func TestNoActiveProfile(t *testing.T) {
	for _, op := range []Op{OpDeviceSuspend, OpDeviceResume} {
		c := usual()
		expectTold(t, do(t, &c, op, ""), "device PRE_ACTIVE ok")
		c.Profiles[1].Service = Deactive
		out := do(t, &c, op, "")
		expectTold(t, out, "device DEACTIVE ok")
		if out[0].Profile.ICCID != leadID {
			t.Fatalf("the device is told of with %q, want its LEAD", out[0].Profile.ICCID)
		}
	}
}

// TestEnableDisablesTheOthers: "If a selected profile is enabled on a device with multiple eSIM
// profiles, all the other profiles are automatically disabled" ("Enable a profile").
func TestEnableDisablesTheOthers(t *testing.T) {
	c := roaming(t)
	for range 3 {
		for _, iccid := range []string{leadID, localID} {
			expectTold(t, do(t, &c, OpEnable, iccid), c.Profile(iccid).Role.String()+" ACTIVE ok")
			if got := c.Enabled().ICCID; got != iccid {
				t.Fatalf("%s is enabled, want %s", got, iccid)
			}
		}
		if s := c.Lead().Status; s != StatusDisable {
			t.Fatalf("the LEAD is %s", s)
		}
	}
}

// TestLeadIsSuspendedWithItsDeviceOnly: "Verizon US eSIM profile can only be suspended via Suspend
// eUICC Device" ("Suspend an eSIM profile").
func TestLeadIsSuspendedWithItsDeviceOnly(t *testing.T) {
	c := roaming(t)
	if out := one(t, &c, Order{Op: OpProfileSuspend, ICCID: leadID}); out.Fault != GlobalOnly || out.State != StateActive {
		t.Fatalf("told %+v", out)
	}
	do(t, &c, OpDeviceSuspend, "")
	if lead := c.Lead(); lead.Suspended != ByDevice {
		t.Fatalf("the LEAD is suspended by %s", lead.Suspended)
	}
}

// TestDownloadOfGlobalOnly and through the LEAD ("Download a profile").
func TestDownloadOfGlobalOnly(t *testing.T) {
	c := usual()
	if out := one(t, &c, Order{Op: OpDownload, ICCID: leadID}); out.Fault != GlobalOnly {
		t.Fatalf("download of the LEAD: %s", out.Fault)
	}
	if out := one(t, &c, Order{Op: OpDownload, ICCID: localID}); out.Fault != LeadNotConnected {
		t.Fatalf("download before the LEAD is active: %s", out.Fault)
	}
	do(t, &c, OpActivate, leadID)
	c.Powered = false
	if out := one(t, &c, Order{Op: OpDownload, ICCID: localID}); out.Fault != Expired {
		t.Fatalf("download without power: %s", out.Fault)
	}
	c.Powered = true
	out := one(t, &c, Order{Op: OpDownload, ICCID: localID, MDN: otherMDN})
	if want := (Profile{
		ICCID: localID, MDN: otherMDN, Network: Global, Role: Local, Service: Active, Status: StatusDownloadDisable,
	}); out.Profile != want {
		t.Fatalf("downloaded %+v\nwant %+v", out.Profile, want)
	}
	if c.Enabled().ICCID != leadID {
		t.Fatal("a download took the LEAD out of use")
	}
}

// TestActivateAgain: a number that is kept stays, one that was released is replaced.
func TestActivateAgain(t *testing.T) {
	c := usual()
	c.Profiles[1].Service = Deactive
	out := one(t, &c, Order{Op: OpActivate, ICCID: localID, MDN: otherMDN, Plan: Plan{"p", Global}})
	if out.Fault != OK || out.Profile.MDN != otherMDN || out.Profile.Plan != "p" || out.Profile.Status != StatusNotDownloaded {
		t.Fatalf("activated %+v", out)
	}
	if out = one(t, &c, Order{Op: OpActivate, ICCID: localID, MDN: freeMDN}); out.Fault != AlreadyActive || out.Profile.MDN != otherMDN {
		t.Fatalf("activated again %+v", out)
	}
	c.Profiles[0].MDN = freeMDN
	if out = one(t, &c, Order{Op: OpActivate, ICCID: leadID, MDN: otherMDN}); out.Profile.MDN != freeMDN {
		t.Fatalf("a number that was there is gone: %+v", out)
	}
}

// TestForeignICCID is refused before anything else is looked at.
func TestForeignICCID(t *testing.T) {
	for _, op := range Ops() {
		if op.WholeDevice() {
			continue
		}
		c := usual()
		out := one(t, &c, Order{Op: op, ICCID: otherID, Busy: true})
		if out.Fault != IdentifiersMismatch || out.Profile != (Profile{ICCID: otherID}) || !sameCard(c, usual()) {
			t.Fatalf("%s: %+v", op, out)
		}
	}
}
