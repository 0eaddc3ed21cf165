package thingspace_test

import (
	"encoding/json"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// facts are those of a callback of enable.
func facts(l config.Listener, out euicc.Outcome) *sim.Facts {
	return &sim.Facts{
		Request: sim.Request{ID: "r", Op: euicc.OpEnable, Plan: "Gold"}, Listener: l, Outcome: out,
	}
}

// Each fault has this code, this sentence, and this word of the SM-SR: clients compare them.
func TestFaultsAreSpelled(t *testing.T) {
	smsr := func(status, code, desc string) string {
		return `,"euiccStatus":"` + status + `","euiccStatusCode":"` + code + `","euiccStatusDesc":"` + desc + `"`
	}
	want := map[euicc.Fault][3]string{
		euicc.DeviceNotFound:      {"REQUEST_FAILED.DeviceNotFound", "Device not found"},
		euicc.OfAnotherAccount:    {"INPUT_INVALID.Device.Account.Invalid", "The device was not a part of the account specified"},
		euicc.IdentifiersMismatch: {"INPUT_INVALID.Device.Identifier.Invalid", "Identifiers do not match"},
		euicc.GlobalOnly:          {"REQUEST_FAILED.ProfileNotSupported", "Operation is supported for Global profile only"},
		euicc.PlanMismatch:        {"REQUEST_FAILED.Gold.NotFound", "Service plan does not match the profile"},
		euicc.NotActive:           {"INPUT_INVALID.DeviceState.Invalid", "Profile is not active"},
		euicc.AlreadyActive:       {"REQUEST_FAILED.DeviceAlreadyActive", "Device is already active"},
		euicc.AlreadySuspended:    {"REQUEST_FAILED.ProfileAlreadySuspended", "Profile is already suspended"},
		euicc.AlreadyResumed:      {"REQUEST_FAILED.ProfileAlreadyResumed", "Profile is already resumed"},
		euicc.Suspended:           {"REQUEST_FAILED.ProfileSuspended", "Profile is suspended"},
		euicc.NotDownloaded:       {"REQUEST_FAILED.ProfileNotDownloaded", "Profile is not downloaded"},
		euicc.AlreadyDownloaded:   {"REQUEST_FAILED.ProfileAlreadyDownloaded", "Profile is already downloaded"},
		euicc.AlreadyEnabled:      {"REQUEST_FAILED.ProfileAlreadyEnabled", "Profile is already enabled"},
		euicc.AlreadyDisabled:     {"REQUEST_FAILED.ProfileAlreadyDisabled", "Profile is already disabled"},
		euicc.StillEnabled:        {"REQUEST_FAILED.ProfileNotDisabled", "Profile must be disabled before it can be deleted"},
		euicc.StillActive:         {"REQUEST_FAILED.ProfileNotDeactivated", "Profile must be deactivated before it can be deleted"},
		euicc.LeadNotConnected:    {"REQUEST_FAILED.LeadNotConnected", "Verizon US profile is not connected"},
		euicc.NoFallback:          {"REQUEST_FAILED.NoFallbackProfile", "No fallback profile"},
		euicc.HybridUnsupported:   {"REQUEST_FAILED.ProfileNotSupported", "Operation is not supported for HybridESim"},
		euicc.DayLimit:            {"REQUEST_FAILED.ProvisioningLimitExceeded", "Too many provisioning actions for this line today"},
		euicc.MonthLimit:          {"REQUEST_FAILED.PlanChangeLimitExceeded", "Too many service plan changes for this line this month"},
		euicc.HasFallback: {"REQUEST_FAILED.FallbackProfile", "Profile has the fallback attribute",
			smsr("FAILED", "8.2.3.3.8", "Profile has the fallback attribute")},
		euicc.UpdateInProgress: {"REQUEST_FAILED.ProfileUpdateInProgress", "Profile update in progress",
			smsr("FAILED", "1.2.4.4", "Profile update in progress")},
		euicc.Expired:       {"REQUEST_FAILED.RequestExpired", "Request expired", smsr("EXPIRED", "1.6.5.3", "Request expired")},
		euicc.NoMemory:      {"REQUEST_FAILED.InsufficientMemory", "Insufficient memory", smsr("FAILED", "8.1.4.8", "Insufficient memory")},
		euicc.RefusedByPOL1: {"REQUEST_FAILED.RefusedByPolicy", "Refused by policy", smsr("FAILED", "8.2.2.3.8", "Refused by policy")},
		euicc.RefusedByPOL2: {"REQUEST_FAILED.RefusedByPolicy", "Refused by policy", smsr("FAILED", "8.2.3.3.8", "Refused by policy")},
		euicc.NoConnectivity: {"REQUEST_FAILED.NoConnectivity", "Profile did not provide connectivity",
			smsr("FAILED", "8.4.4.2", "Profile did not provide connectivity")},
	}
	for _, f := range euicc.Faults() {
		w := want[f]
		body := `{"requestId":"r","deviceIds":[],"faultResponse":{"faultcode":"UnifiedWebService.` + w[0] + `","faultstring":"` + w[1] + `"` +
			w[2] + `},"status":"Failed","callbackCount":2,"maxCallbackThreshold":4}`
		if got := thingspace.Encode(config.Compat{}, facts(config.Listener{}, euicc.Outcome{Fault: f}), 2, 4, nil); string(got) != body {
			t.Errorf("%s:\n%s, want\n%s", f, got, body)
		}
	}
}

// A listener with a username or a password is sent both.
func TestCredentialsOfAListener(t *testing.T) {
	type credentials struct{ Username, Password *string }
	for _, l := range []config.Listener{{}, {Username: "u"}, {Password: "p"}, {Username: "u", Password: "p"}} {
		list := facts(l, euicc.Outcome{})
		list.Request.Query, list.Findings = &sim.Query{Lines: &sim.LineFilter{}}, &sim.Findings{}
		for name, f := range map[string]*sim.Facts{
			"enable": facts(l, euicc.Outcome{}), "refused": facts(l, euicc.Outcome{Fault: euicc.AlreadyEnabled}), "list": list,
		} {
			var got credentials
			if err := json.Unmarshal(thingspace.Encode(config.Compat{}, f, 1, 4, nil), &got); err != nil {
				t.Fatal(err)
			}
			if l == (config.Listener{}) {
				if got != (credentials{}) {
					t.Errorf("%s: a listener without any is sent some", name)
				}
			} else if got.Username == nil || got.Password == nil || *got.Username != l.Username || *got.Password != string(l.Password) {
				t.Errorf("%s: a listener with %+v is sent %+v", name, l, got)
			}
		}
	}
}
