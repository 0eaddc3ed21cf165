package sim

import (
	"math"

	"tsim/internal/euicc"
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

// Names are the devices that a query names; nil has none.
func (q *Query) Names() []euicc.IDs {
	switch {
	case q == nil:
		return nil
	case q.Lines != nil:
		return q.Lines.Devices
	}
	return q.History.Devices
}

// Findings are the answer of a Query, as things were when it was decided.
type Findings struct {
	Lines   []Line
	Records []Record
	More    bool // there is more than a callback can hold
}

// maxFindings is how many lines or records one callback holds.
const maxFindings = 10_000

// ask accepts a query. It is answered by one callback.
func (s *Sim) ask(r Request) (Request, error) {
	if err := s.checkAccount(r.Account); err != nil {
		return Request{}, err
	}
	if err := CheckDevices(len(r.Query.Names())); err != nil {
		return Request{}, err
	}
	jobs := 1
	if r.Lost {
		jobs = 0
	}
	if err := s.reserve(BudgetPending, jobs); err != nil {
		return Request{}, err
	}
	req := s.addRequest(r, jobs)
	if r.Lost {
		return req.Request, nil
	}
	// ThingSpace reads its own records, as it does to change a plan.
	latency := s.cfg.Latency[euicc.OpServicePlan]
	due := req.At.Add(latency.Quantile(uniform(s.cfg.Seed, "latency", req.Number, 0)))
	s.schedule(req, due, job{kind: query, about: req.Number})
	return req.Request, nil
}

// answerQuery answers a query: from now on its callback tells how things are at this instant.
func (s *Sim) answerQuery(r *request) {
	q, out := r.Query, &Findings{}
	c, id := s.callbacks.insert()
	c.id, c.request, c.card, r.findings = id, r.Number, &Identity{}, out // about no card
	if q.Lines != nil {
		p := newLinePage(q.Lines, 0, maxFindings)
		s.fill(p, math.MaxInt)
		out.Lines, out.More = p.lines, p.more
	} else {
		if c.outcome.Fault = s.missing(r.Account, q.History.Devices); c.outcome.Fault != euicc.OK {
			r.failed++
		}
		out.Records, out.More = s.records(q.History, maxFindings)
	}
	kind, detail := OperationSucceeded, q.String()
	if c.outcome.Fault != euicc.OK {
		kind, detail = OperationRefused, detail+": "+c.outcome.Fault.String()
	}
	s.enqueue(c, r, r.accepted, kind, detail)
	s.addPending(r, -1, 0)
}

// Action is what a request asks for: the operation, or the kind of query.
func (r *Request) Action() string {
	if r.Query != nil {
		return r.Query.String()
	}
	return r.Op.String()
}
