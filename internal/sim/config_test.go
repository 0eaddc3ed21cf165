package sim_test

import (
	"testing"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// TestImpossible: a sandbox is not made of what cannot be, and the error says all of it.
func TestImpossible(t *testing.T) {
	cfg := newConfig()
	cfg.Credentials, cfg.Delivery.Attempts = nil, 0
	_, err := sim.New(cfg, sim.Env{})
	expectKind(t, err, sim.Invalid)
	const want = "/credentials: no credentials; a client needs an appKey, appSecret, username and password; " +
		"/delivery/attempts: a callback has at least 1 attempt, not 0"
	if err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

// TestConfigurationStays as it was, whatever the sandbox does.
func TestConfigurationStays(t *testing.T) {
	cfg := newConfig()
	w := start(t, cfg)
	w.requestIdle(euicc.OpDownload, byLocal(1))
	w.requestIdle(euicc.OpDeviceSuspend, byEID(1))
	for i, p := range cfg.Accounts[0].Cards[0].Profiles {
		if p != newConfig().Accounts[0].Cards[0].Profiles[i] {
			t.Errorf("profile %d became %+v", i, p)
		}
	}
}
