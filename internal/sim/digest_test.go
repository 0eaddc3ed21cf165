package sim_test

import (
	"reflect"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/plain"
	"tsim/internal/sim"
)

// TestDigest has neither secrets nor facts of the wall clock, and all the rest.
func TestDigest(t *testing.T) {
	cfg := newConfig()
	cfg.Listeners[0].URL = "http://me:mine@127.0.0.1:8080/hook"
	play := func(took time.Duration) sim.State {
		w := start(t, cfg)
		w.answer = func(posted) sim.Answer { return sim.Answer{Result: sim.Timeout, Took: took, Err: took.String()} }
		w.login()
		w.RecordCall(sim.Call{Path: "/", Wall: sim.WallTiming{Took: took}})
		w.requestIdle(euicc.OpServicePlan, byLocal(1))
		st, _ := w.Export()
		return st
	}
	one, other := play(time.Second), play(time.Minute)
	before := one.Digest()
	if before != other.Digest() {
		t.Error("the clock on the wall has a say")
	}
	masked := 0
	plain.Each(&one, map[reflect.Type]func(plain.Place, reflect.Value) bool{
		reflect.TypeFor[config.Secret](): func(_ plain.Place, v reflect.Value) bool {
			masked++
			v.SetString(sim.Masked)
			return true
		},
		reflect.TypeFor[config.Listener](): func(_ plain.Place, v reflect.Value) bool {
			l := v.Addr().Interface().(*config.Listener)
			l.URL = config.Redact(l.URL)
			return true
		},
	})
	if masked < 3 || one.Digest() != before {
		t.Errorf("%d secrets are masked, and the digest is another one", masked)
	}
	if _, err := sim.Import(one, sim.Env{}); err != nil {
		t.Errorf("a masked state cannot be imported: %v", err)
	}
	other.Devices[0].Card.Powered = false
	if other.Digest() == before {
		t.Error("the digest leaves out a card")
	}
}

// TestFoundByNumber: a device is found by its number after an import, and a number that somebody has had is given to nobody.
func TestFoundByNumber(t *testing.T) {
	w := start(t, newConfig())
	st, _ := w.Export()
	again := adopt(t, func(env sim.Env) (*sim.Sim, error) { return sim.Import(throughJSON(t, st), env) })
	r := again.requestIdle(euicc.OpServicePlan, euicc.IDs{MDN: card(2).Profiles[0].MDN})
	if c := again.callbacks(r)[0]; c.Card.EID != eid(2) {
		t.Fatalf("%+v", c)
	}
}
