package sim_test

import (
	"fmt"
	"slices"
	"strings"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// replay carries out what a journal says on copies of the cards, one operation after the other, and
// compares: what was told is what each operation came to at its own moment (A2), the cards in the end
// are those of this serial order (A3), and what expired changed nothing (A8).
type replay struct {
	rapid.TB
	cfg   config.Config
	w     *world
	cards map[string]*euicc.Card
	waits map[string]*awaited // by EID
	parts []euicc.Outcome     // of an operation on a whole device, so far
	owed  map[string]int      // SM-SR operations of a card
	busy  map[string]int      // entries of a request and card that found the SM-SR busy, less those told so
	free  map[string]int      // entries that did not, less those that were carried out or expired
	known bool                // whether owed, busy and free can be known
}

// awaited is an operation that waits for its device.
type awaited struct {
	request sim.Request
	iccid   string
	since   sim.Instant
	warned  bool
	woken   sim.Instant // when the device was back last
}

// is says whether an event may tell of the operation that waits.
func (a *awaited) is(e event) bool {
	return a != nil && a.request == e.request && a.iccid == e.ICCID
}

// over says whether the waiting may end at an event: the device was back a moment ago, or time is up.
func (a *awaited) over(e event) bool { return a.is(e) && (e.At == a.woken || e.At == a.deadline()) }

func (a *awaited) deadline() sim.Instant { return a.since.Add(validity[a.request.Op]) }
func (a *awaited) warning() sim.Instant  { return a.since.Add(validity[a.request.Op] / 4) }

func checkReplay(t rapid.TB, cfg config.Config, w *world, all []accepted) {
	t.Helper()
	r := &replay{
		TB: t, cfg: cfg, w: w, cards: map[string]*euicc.Card{}, waits: map[string]*awaited{},
		owed: map[string]int{}, busy: map[string]int{}, free: map[string]int{}, known: true,
	}
	for _, d := range start(t, cfg).Devices("", 100) {
		r.cards[d.EID] = &d.Card
	}
	entries := map[sim.Request][]euicc.IDs{}
	for _, a := range all {
		entries[a.Request] = a.entries
		r.known = r.known && !slices.ContainsFunc(a.entries, func(ids euicc.IDs) bool { return ids.MDN != "" })
	}
	events := w.events()
	for i, e := range events {
		if i > 0 && e.At > events[i-1].At {
			r.timePasses(e.At)
		}
		switch e.Kind {
		case sim.DeviceChanged:
			fell := i+1 < len(events) && events[i+1].Kind == sim.ProfileFellBack
			r.deviceChanged(e, fell)
		case sim.RequestAccepted:
			r.accepted(e.request, entries[e.request])
		case sim.OperationWaiting:
			r.waiting(e)
		case sim.OperationWarned:
			r.warned(e)
		case sim.OperationSucceeded, sim.OperationRefused:
			r.ended(e)
		}
		r.cardsCanBe()
	}
	if len(r.waits)+len(r.parts) > 0 {
		r.fail("%d wait in the end, %+v was told of a device", len(r.waits), r.parts)
	}
	for eid, c := range r.cards {
		if d, err := w.Device(eid); err != nil || !sameCard(&d.Card, c) {
			r.fail("the card is %+v\nthe journal leads to %+v", d, c)
		}
	}
}

func sameCard(a, b *euicc.Card) bool {
	x, y := *a, *b
	x.Profiles, y.Profiles = nil, nil
	return fmt.Sprint(x) == fmt.Sprint(y) && slices.Equal(a.Profiles, b.Profiles)
}

func (r *replay) fail(format string, args ...any) {
	r.Helper()
	r.Fatalf("%s\n%s", fmt.Sprintf(format, args...), dump(r.w))
}

// timePasses: nobody waits for a device that is there, nor beyond the end.
func (r *replay) timePasses(to sim.Instant) {
	r.Helper()
	for eid, a := range r.waits {
		if r.cards[eid].Reachable() || to > a.deadline() || to > a.warning() && !a.warned {
			r.fail("by %s: %s of %s waits since %s, warned %v", to.Time(), a.request.Op, eid, a.since.Time(), a.warned)
		}
	}
}

func (r *replay) deviceChanged(e event, fell bool) {
	r.Helper()
	c := r.cards[e.EID]
	online := c.Connected
	defer func() {
		if a := r.waits[e.EID]; a != nil && c.Reachable() {
			a.woken = e.At
		}
	}()
	c.Powered, c.Connected = strings.Contains(e.Detail, "powered yes"), strings.Contains(e.Detail, "connected yes")
	if lost := online && !c.Connected; fell != (lost && c.LoseNetwork()) {
		r.fail("event %d: fell back: %v", e.Seq, fell)
	}
}

// accepted: an SM-SR operation finds the SM-SR busy when another one of its card is still owed.
func (r *replay) accepted(q sim.Request, entries []euicc.IDs) {
	if !q.Op.SMSR() || !r.known {
		return
	}
	for _, ids := range entries {
		c := r.meant(ids)
		if c == nil {
			continue
		}
		if _, fault := c.Target(ids); fault != euicc.OK {
			continue
		}
		if r.owed[c.EID]++; r.owed[c.EID] > 1 {
			r.busy[q.ID+c.EID]++
		} else {
			r.free[q.ID+c.EID]++
		}
	}
}

// meant is the card that the first known of the identifiers names.
func (r *replay) meant(ids euicc.IDs) *euicc.Card {
	for _, c := range r.cards {
		switch {
		case ids.EID != "" && ids.EID == c.EID,
			ids.EID == "" && ids.ICCID != "" && c.Profile(ids.ICCID) != nil,
			ids.EID == "" && ids.ICCID == "" && ids.IMEI != "" && ids.IMEI == c.IMEI:
			return c
		}
	}
	return nil
}

func (r *replay) waiting(e event) {
	r.Helper()
	c := r.cards[e.EID]
	if r.waits[e.EID] != nil || c.Reachable() || !e.request.Op.SMSR() {
		r.fail("event %d: nobody can wait here", e.Seq)
	}
	o := r.order(e.request, c, e.ICCID, euicc.OK, "")
	if fault := c.Check(c.Profile(e.ICCID), &o); fault != euicc.Expired {
		r.fail("event %d: waits, but it is %s", e.Seq, fault)
	}
	r.waits[e.EID] = &awaited{request: e.request, iccid: e.ICCID, since: e.At}
}

func (r *replay) warned(e event) {
	r.Helper()
	a, c := r.waits[e.EID], r.cards[e.EID]
	if !a.is(e) || a.warned || e.At != a.warning() {
		r.fail("event %d: a warning of %+v", e.Seq, a)
	}
	a.warned = true
	p := *c.Profile(e.ICCID)
	if want := (euicc.Outcome{Warning: euicc.Unreachable, State: p.State(), Profile: p}); e.callback.Outcome != want {
		r.fail("event %d: told %+v\nit is %+v", e.Seq, e.callback.Outcome, want)
	}
}

// ended: an operation was carried out or refused.
func (r *replay) ended(e event) {
	r.Helper()
	q, told, c := e.request, e.callback.Outcome, r.cards[e.EID]
	if c == nil || told.Fault == euicc.DeviceNotFound || told.Fault == euicc.IdentifiersMismatch {
		if c == nil && told.Fault != euicc.DeviceNotFound && told.Fault != euicc.IdentifiersMismatch {
			r.fail("event %d: %s of no card", e.Seq, told.Fault)
		}
		if !r.known && r.waits[e.EID].over(e) {
			delete(r.waits, e.EID) // its number changed meanwhile
		}
		return
	}
	if q.Op.SMSR() {
		r.smsr(e, told.Fault)
	}
	if q.Op.WholeDevice() {
		if r.parts = append(r.parts, told); !told.Device {
			return
		}
	} else {
		r.parts = []euicc.Outcome{told}
	}
	mdn := told.Profile.MDN
	if p := c.Profile(e.ICCID); told.Fault != euicc.OK || p != nil && p.MDN == mdn {
		mdn = ""
	}
	before := c.Clone()
	o := r.order(q, c, e.ICCID, told.Fault, mdn)
	if got := c.Apply(&o, nil); !slices.Equal(got, r.parts) {
		r.fail("event %d: told %+v\nthe card says %+v", e.Seq, r.parts, got)
	}
	if told.Fault == euicc.Expired && !sameCard(c, &before) {
		r.fail("event %d expired and changed %+v", e.Seq, before)
	}
	r.parts = nil
}

// smsr: who was busy is told so, who expired did so in time, and who waited waits no more.
func (r *replay) smsr(e event, fault euicc.Fault) {
	r.Helper()
	key := e.request.ID + e.EID
	a := r.waits[e.EID]
	if fault == euicc.Expired && r.known && (!a.is(e) || e.At != a.deadline()) {
		r.fail("event %d expired, it waited %+v", e.Seq, a)
	}
	if r.known {
		r.owed[e.EID]--
		switch {
		case fault == euicc.UpdateInProgress:
			r.busy[key]--
		case r.busy[key] == 0 || fault == euicc.OK || fault == euicc.Expired:
			r.free[key]--
		}
		if r.busy[key] < 0 || r.free[key] < 0 {
			r.fail("event %d: %s, busy %d, free %d", e.Seq, fault, r.busy[key], r.free[key])
		}
	}
	// A second entry that means the same profile is refused, and the first goes on waiting.
	if fault != euicc.UpdateInProgress && a.over(e) {
		delete(r.waits, e.EID)
	}
}

// order is what the sandbox must have asked of a card to be told what it was told.
func (r *replay) order(q sim.Request, c *euicc.Card, iccid string, told euicc.Fault, mdn string) euicc.Order {
	account := &r.cfg.Accounts[0]
	o := euicc.Order{Op: q.Op, ICCID: iccid, MDN: mdn, Busy: told == euicc.UpdateInProgress, CheckFallback: q.CheckFallback}
	o.Delete = map[string]euicc.DeleteRule{
		"disabled": euicc.DeleteDisabled, "deactivated": euicc.DeleteDeactivated, "nothing": euicc.DeleteDisables,
	}[r.cfg.Compat.Value(config.DeleteRequires)]
	p := c.Profile(iccid)
	if o.Plan.Name = q.Plan; q.Plan == "" && p != nil && p.Plan == "" && p.Service != euicc.Active {
		o.Plan.Name = map[euicc.Network]string{euicc.US: usPlan, euicc.Global: global}[p.Network]
	}
	for _, plan := range account.Plans {
		if plan.Name == o.Plan.Name {
			o.Plan.Network = plan.Network
		}
	}
	activates := q.Op == euicc.OpActivate || q.Op == euicc.OpActivateEnable
	o.Create = p == nil && activates && q.Plan == euicc.HybridPlan
	return o
}

// cardsCanBe: none contradicts itself, and no identifier is anywhere twice.
func (r *replay) cardsCanBe() {
	r.Helper()
	seen := map[string]bool{"": false}
	for _, c := range r.cards {
		if found := c.Contradictions(); len(found) > 0 {
			r.fail("%+v", found)
		}
		for _, p := range c.Profiles {
			if seen[p.ICCID] || seen[p.MDN] {
				r.fail("ICCID %s or number %s is there twice", p.ICCID, p.MDN)
			}
			seen[p.ICCID] = true
			seen[p.MDN] = p.MDN != ""
		}
	}
}
