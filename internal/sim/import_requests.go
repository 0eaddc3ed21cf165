package sim

import (
	"cmp"
	"math"
	"slices"
)

func (l *loader) requests() error {
	s, pending := l.s, 0
	err := loadTable(&s.requests, "request", &l.st.Requests, func(number uint64, from *SavedRequest, to *request) error {
		*to = request{
			Request: from.Request, gated: from.Gated, early: from.Early, reserved: from.Reserved, left: from.Left, failed: from.Failed,
			smsr: slices.Clone(from.SMSR), results: slices.Clone(from.Results), callbacks: slices.Clone(from.Callbacks),
			accepted: from.Accepted, findings: from.Findings,
		}
		for _, a := range from.Applied {
			to.applied = append(to.applied, applied{a.Applied, a.Entry, a.Callback})
		}
		most := to.Devices.Len()
		if to.Query != nil {
			most = 1
		}
		switch {
		case to.Number != number || to.ID == "" || s.requestNumbers[to.ID] != 0:
			return bad("request %d says that it is %d, %q", number, to.Number, to.ID)
		case s.checkAccount(to.Account) != nil:
			return bad("request %d: there is no account %q", number, to.Account)
		case to.Query != nil && ((to.Query.Lines == nil) == (to.Query.History == nil) || to.Devices.Len() > 0):
			return bad("request %d asks for nothing, or for two things", number)
		case len(to.results) != to.Devices.Len() || to.smsr != nil && len(to.smsr) != len(to.results) || most > MaxDevices:
			return bad("request %d: %d devices, %d results, %d cards", number, to.Devices.Len(), len(to.results), len(to.smsr))
		case to.left < 0 || to.left > most || to.failed < 0 || to.reserved < 0 || to.reserved > math.MaxInt32:
			return bad("request %d: %d executions to come, %d failed, room for %d", number, to.left, to.failed, to.reserved)
		case !inOrder(to.callbacks, func(a, b *uint64) int { return cmp.Compare(*a, *b) }):
			return bad("request %d: its callbacks are not in order", number)
		}
		s.requestNumbers[to.ID] = number
		pending += to.reserved
		if to.early && to.gated {
			s.earlyRequests++
		}
		for i, d := range to.smsr {
			if d := s.deviceByNumber(d); d != nil && to.left > 0 && to.results[i] == Undecided {
				d.smsr++
			}
		}
		return nil
	})
	if err == nil {
		err = l.reserve(BudgetPending, pending)
	}
	return err
}

func (l *loader) callbacks() error {
	s := l.s
	var last *Identity
	err := loadTable(&s.callbacks, "callback", &l.st.Callbacks, func(id uint64, from *SavedCallback, to *callback) error {
		r := s.request(from.Request)
		switch {
		case r == nil:
			return bad("callback %d: request %d is not there", id, from.Request)
		case int(from.Entry) >= max(len(r.results), 1):
			return bad("callback %d: request %d has no entry %d", id, from.Request, from.Entry)
		case !listed(r.callbacks, id):
			return bad("callback %d: request %d does not know of it", id, from.Request)
		case from.Listener < 0 || from.Listener >= len(l.listener) || from.SentTo < 0 || from.SentTo >= len(l.listener):
			return bad("callback %d: there are no listeners %d and %d", id, from.Listener, from.SentTo)
		case from.SentTo == 0 && (from.State == InFlight || from.State == InMailbox || len(from.Attempts) > 0):
			return bad("callback %d is %s, and was sent to nobody", id, from.State)
		case r.Query != nil && r.findings == nil:
			return bad("callback %d: nothing was found for request %d", id, from.Request)
		case from.Blocked && from.State != Scheduled && from.State != Retrying:
			return bad("callback %d is %s, and waits for another one", id, from.State)
		}
		*to = callback{
			id: id, request: from.Request, card: last, outcome: from.Outcome, listener: l.listener[from.Listener], guard: from.Guard,
			attempts: slices.Clone(from.Attempts), due: from.Due, cause: from.Cause, latest: from.Latest, prev: from.Prev, next: from.Next,
			device: from.Device, shift: from.Shift, hold: from.Hold, entry: from.Entry, state: from.State, blocked: from.Blocked,
		}
		if from.SentTo > 0 {
			to.sentTo = l.listener[from.SentTo]
		}
		if last == nil || *last != from.Card {
			last = l.identity(from.Card)
			to.card = last
		}
		if !to.final() {
			r.open++
			s.open++
		}
		if to.state == Held {
			s.countHeld(uint64(to.hold), 1)
		}
		return nil
	})
	for _, r := range s.requests.after(0) {
		if !r.finished() {
			s.unfinished++
		}
	}
	return err
}

// listed says whether a number is in a list that goes upwards.
func listed(list []uint64, n uint64) bool {
	_, ok := slices.BinarySearch(list, n)
	return ok
}

// identity is what a card is called: that of the device, which all its callbacks share, as long as it is called so.
func (l *loader) identity(card Identity) *Identity {
	if d := l.s.deviceByEID(card.EID); d != nil && *d.name() == card {
		return d.name()
	}
	return &card
}
