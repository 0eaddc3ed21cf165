package sim

import (
	"slices"

	"tsim/internal/config"
)

// share is one listener for all that are equal.
func (l *loader) share(one config.Listener) *config.Listener {
	if l.told[one] == nil {
		l.told[one] = &one
	}
	return l.told[one]
}

func (l *loader) listeners() error {
	for i := range l.st.Listeners {
		is := l.st.Listeners[i]
		if l.s.checkAccount(is.Account) != nil || config.CheckService(is.Service) != "" || l.s.listeners[keyOf(&is)] != nil {
			return bad("listener %d, of account %q for %q, cannot be there, or is there twice", i+1, is.Account, is.Service)
		}
		l.s.listeners[keyOf(&is)] = l.share(is)
	}
	l.listener = []*config.Listener{nobody}
	for _, is := range l.st.Told {
		l.listener = append(l.listener, l.share(is))
	}
	return nil
}

func (l *loader) tokens() error {
	from, to := &l.st.Tokens, &l.s.tokens
	to.issued, to.since, to.renewed = from.Issued, from.Since, from.Renewed
	load := func(all []SavedToken, keep func(*token) bool) error {
		for i, saved := range all {
			t := &token{number: saved.Number, text: string(saved.Text), bearer: saved.Bearer, of: saved.Of, at: saved.At, epoch: saved.Epoch}
			if saved.Text == Masked {
				t.text = string(maskedToken(t.number))
			}
			if to.known[t.text] != nil || to.byNumber[t.number] != nil || t.number > to.issued || !keep(t) {
				return bad("token %d, the one of the number %d for %q, is there twice, or of another kind", i+1, t.number, t.of)
			}
			to.known[t.text], to.byNumber[t.number] = t, t
		}
		return nil
	}
	err := load(from.Bearers, func(t *token) bool {
		before := to.bearers[t.of]
		to.bearers[t.of] = t
		return t.bearer && before == nil
	})
	if err == nil {
		err = load(from.Sessions, func(t *token) bool {
			to.open.add(t)
			return !t.bearer
		})
	}
	if err == nil {
		err = load(from.Over, func(t *token) bool {
			t.over = true
			to.over.add(t)
			return true
		})
	}
	for _, w := range from.Wrong {
		to.wrong[w.User] = w.Times
	}
	for _, c := range from.Changed {
		to.changed[c.User] = string(c.Password)
	}
	return err
}

func (l *loader) usage() error {
	from := &l.st.Usage
	l.s.usage = usage{second: from.Second, calls: from.Calls, activates: slices.Clone(from.Activates)}
	for _, u := range from.Lines {
		if l.s.usage.lines == nil {
			l.s.usage.lines = make(map[string]lineUse, len(from.Lines))
		}
		l.s.usage.lines[u.ICCID] = lineUse{u.Day, u.Month, u.Actions, u.PlanMoves}
	}
	return nil
}
