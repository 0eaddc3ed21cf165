package sim

import (
	"math"

	"tsim/internal/euicc"
	"tsim/internal/scheduler"
)

// Query is a question that is answered by callback: which lines there are, or what happened to them.
// One of its filters is there. What it asks for is looked up when it is answered.
type Query struct {
	Lines   *LineFilter
	History *HistoryFilter
}

func (q *Query) String() string {
	if q.Lines != nil {
		return "list"
	}
	return "history"
}

// names is how many devices a query names.
func (q *Query) names() int {
	if q.Lines != nil {
		return len(q.Lines.Devices)
	}
	return len(q.History.Devices)
}

// Findings are the answer of a Query, as things were when it was decided.
type Findings struct {
	Lines   []Line
	Records []Record
	More    bool // there is more than a callback can hold
}

// maxFindings is how many lines or records one callback holds.
const maxFindings = 10_000

// Ask accepts a query. It is answered by one callback; as with Submit, the caller owes Replied.
func (s *Sim) Ask(r Request) (*Request, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.hasAccount(r.Account); err != nil {
		return nil, err
	}
	if err := CheckDevices(r.Query.names()); err != nil {
		return nil, err
	}
	if err := s.reserve(BudgetPending, 1); err != nil {
		return nil, err
	}
	req := s.admit(r, 1)
	// ThingSpace reads its own records, as it does to change a plan.
	latency := s.cfg.Latency[euicc.OpServicePlan]
	due := req.At.Add(latency.Quantile(uniform(s.cfg.Seed, "latency", req.number, 0)))
	s.jobs.Add(due, scheduler.Owed, job{kind: query, number: req.number})
	return req, nil
}

// report answers a query: from now on its callback tells how things are at this instant.
func (s *Sim) report(r *Request) {
	q, out := r.Query, &Findings{}
	r.Findings = out
	c, id := s.callbacks.put()
	c.Facts = Facts{ID: id, Request: r, Card: &Identity{}} // about no card
	if q.Lines != nil {
		p := newLinePage(q.Lines, 0, maxFindings)
		s.fill(p, math.MaxInt)
		out.Lines, out.More = p.lines, p.more
	} else {
		if c.Outcome.Fault = s.missing(r.Account, q.History.Devices); c.Outcome.Fault != euicc.OK {
			r.failed++
		}
		out.Records, out.More = s.records(q.History, maxFindings)
	}
	kind, detail := OperationSucceeded, q.String()
	if c.Outcome.Fault != euicc.OK {
		kind, detail = OperationRefused, detail+": "+c.Outcome.Fault.String()
	}
	s.announce(c, kind, detail)
	s.stillToCome(r, -1, 0)
}

// Action is what a request asks for: the operation, or the kind of query.
func (r *Request) Action() string {
	if r.Query != nil {
		return r.Query.String()
	}
	return r.Op.String()
}
