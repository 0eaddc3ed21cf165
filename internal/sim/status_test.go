package sim_test

import (
	"testing"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

func (w *world) status(r sim.Request) sim.Status {
	w.Helper()
	st, err := w.Status(account, r.ID)
	if err != nil {
		w.Fatal(err)
	}
	return st
}

// A warning decides nothing: the request is undecided until the SM-SR gives up.
func TestStatusWaitsForTheDevice(t *testing.T) {
	w := start(t, newConfig())
	w.power(1, false)
	r := w.request(euicc.OpDownload, byLocal(1), byLocal(2))
	w.pass(time.Minute)
	st := w.status(r)
	if st.Progress != sim.Undecided || st.Entries[0].Progress != sim.Undecided || st.Entries[1].Progress != sim.Succeeded {
		t.Errorf("after a minute: %+v", st)
	}
	w.idle()
	st = w.status(r)
	if st.Progress != sim.Succeeded || st.Entries[0].Progress != sim.Failed || st.Entries[0].IDs != byLocal(1) || st.Entries[1].IDs != byLocal(2) {
		t.Errorf("in the end: %+v", st)
	}
}

func TestStatusOfAForgottenRequest(t *testing.T) {
	w := start(t, newConfig())
	r := w.request(euicc.OpDeviceSuspend, byEID(1))
	w.idle()
	w.status(r)
	for range 100_000 {
		w.power(2, true)
	}
	_, err := w.Status(account, r.ID)
	expectKind(t, err, sim.RequestUnknown)
}

// A new password is good at once, and for the sessions to come; a reset brings the old one back.
func TestNewPassword(t *testing.T) {
	w := start(t, newConfig())
	session, err := w.Login(username, password)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.NewPassword(session, "another")
	expectKind(t, err, sim.PasswordInvalid)
	fresh, err := w.NewPassword(session, password)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Login(username, password)
	expectKind(t, err, sim.PasswordInvalid)
	if _, err := w.Login(username, fresh); err != nil {
		t.Error(err)
	}
	w.Reset(sim.ResetOptions{Tokens: true})
	if _, err := w.NewPassword(session, password); err != nil {
		t.Errorf("a kept session has its user no more: %v", err)
	}
}
