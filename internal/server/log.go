package server

import (
	"context"
	"log/slog"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// loggedAttempt is what the log says of an attempt. It is all that is kept of it until the listener answers: many attempts
// may wait for their answers.
type loggedAttempt struct {
	request, operation string
	id, url            string
	callback           uint64
	count              int // the callbackCount
	outcome            euicc.OutcomeStatus
	rule               string     // the name of the one that interferes; "" for none
	kind               euicc.Kind // of id
}

func newLoggedAttempt(a *sim.Message) loggedAttempt {
	l := loggedAttempt{
		request: a.Request.ID, operation: a.Request.Action(), kind: euicc.KindICCID, id: a.Outcome.Profile.ICCID,
		url: a.URL, callback: a.ID, count: a.CallbackCount, outcome: a.Outcome.Status(), rule: a.Rule,
	}
	if a.Outcome.Device || l.id == "" {
		l.kind, l.id = euicc.KindEID, a.Card.EID
	}
	return l
}

// logAttempt writes the line of an attempt, when it is known what came of it.
func (s *Server) logAttempt(a loggedAttempt, answer sim.Answer) {
	level := slog.LevelInfo
	if !answer.Acknowledged() {
		level = slog.LevelWarn
	}
	if !s.log.Enabled(context.Background(), level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 10), slog.String("request_id", a.request), slog.String("operation", a.operation))
	if a.id != "" { // a list is about no device
		attrs = append(attrs, slog.String(a.kind.String(), a.id))
	}
	attrs = append(attrs, slog.String("outcome", a.outcome.String()),
		slog.Uint64("callback", a.callback), slog.Int("attempt", a.count), slog.String("to", config.Redact(a.url)))
	if a.rule != "" {
		attrs = append(attrs, slog.String("rule", a.rule))
	}
	if answer.Result == sim.Replied {
		attrs = append(attrs, slog.Int("status", answer.Status))
	} else {
		attrs = append(attrs, slog.String("error", answer.Err))
	}
	s.log.LogAttrs(context.Background(), level, "callback", append(attrs, slog.Duration("took", answer.Took))...)
}
