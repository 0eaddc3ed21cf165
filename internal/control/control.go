// Package control is tsim's own surface, under /tsim/v1: how a person or a test steers a sandbox and
// sees what it did. Here is the handler; what goes over the wire is in tsimclient, which is its client.
package control

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// Options are what the handler is made of.
type Options struct {
	Registry *sim.Registry
	// Encode is the body of a callback at one of its attempts, as the listener gets it: effect is what a rule does to
	// that, or nil.
	Encode func(box *sim.Sim, f *sim.Facts, callbackCount, threshold int, effect *rule.Callback) []byte
	// FaultString is the sentence with which the callbacks of a sandbox tell a fault; told is what a rule tells in its place, or nil.
	FaultString func(box *sim.Sim, fault euicc.Fault, told *rule.Fault) string
	// Open makes a sandbox and lets its time pass, for ttl of the wall clock or, with 0, for ever.
	Open func(cfg config.Config, ttl time.Duration) (*sim.Sim, error)
	// Fork makes a sandbox out of the State of another one, with the name and the credentials of a configuration.
	Fork func(st sim.State, cfg config.Config, ttl time.Duration) (*sim.Sim, error)
	// Close removes a sandbox, and returns when its deliveries in flight have ended or ctx has.
	Close func(ctx context.Context, box *sim.Sim) error
	// NewToken draws the secrets of a new sandbox; nil makes them of its seed and name.
	NewToken func() string
	// Budgets are what all sandboxes may have together, and what they have of it.
	Budgets func() []sim.BudgetUse
	// Durable keeps what calls change before they are answered.
	Durable sim.Durable
	// Record records a sandbox for whoever reads what is written, and returns when ctx ends, or the recording for another
	// reason. An error before the first byte is a refusal.
	Record func(ctx context.Context, box *sim.Sim, who string, to io.Writer) error
	// Recordings are those of a sandbox.
	Recordings func(box *sim.Sim) []Recording
	// OpenAPI describes the simulated calls, as JSON.
	OpenAPI func() []byte
	// Operations are the operationIds of the simulated calls.
	Operations []string
	// Token is what every call but that of health has to bring along; "" for none.
	Token string
	// Hosts are the names by which it may be called, beside localhost, where there is no Token.
	Hosts []string
	// Patience is how long a client may take to read a reply, or each piece of a long one; 0 for ever.
	Patience time.Duration
	// Pprof serves the profiles of the process too.
	Pprof   bool
	Version string
	Log     *slog.Logger

	streams *share
	beat    time.Duration // of streams; 0 for the usual one
}

// prefix is where the surface begins, then all sandboxes, and one of them.
const (
	prefix      = tsimclient.Prefix
	sandboxes   = prefix + "/sandboxes"
	sandbox     = sandboxes + "/{name}"
	snapshot    = sandbox + "/snapshots/{snapshot}"
	forks       = prefix + "/forks"
	misfortunes = prefix + "/misfortunes"
)

// route is one endpoint: a row of the table.
type route struct {
	method, pattern string
	query           []string // the parameters that it takes
	about           string
	handle          func(c *call) (any, error)
}

// routes is the whole surface. A new endpoint is a new row.
func routes() []route {
	page := []string{"limit", "after"}
	table := []route{
		{"GET", prefix + "/health", nil, "whether tsim is there, and its version", health},
		{"POST", sandboxes, nil, "make a sandbox", makeSandbox},
		{"GET", sandboxes, page, "the sandboxes, by name", listSandboxes},
		{"GET", prefix + "/calls", filterOf[tsimclient.CallFilter]("format"), "the calls that named no sandbox, oldest first", listCalls},
		{"GET", prefix + "/openapi.json", nil, "the simulated calls, in OpenAPI 3.1", describe},
		{"GET", misfortunes, nil, "the named sets of rules, by name", listMisfortunes},
		{"GET", sandbox, nil, "what a sandbox is and how much is in it", showSandbox},
		{"DELETE", sandbox, nil, "remove a sandbox; what is pending is dropped", deleteSandbox},
		{"GET", sandbox + "/scenario", nil, "the sandbox as it is now, as a scenario in YAML to go on from", showScenario},
		{"POST", sandbox + "/reset", nil, "put a sandbox back to its start, or to that of another scenario", resetSandbox},
		{"GET", sandbox + "/state", nil, "a sandbox as it is now, as one document", showState},
		{"GET", sandbox + "/digest", nil, "a hash over all that a sandbox is", showDigest},
		{"POST", sandbox + "/forks", nil, "make another sandbox, which goes on from what this one is now", fork},
		{"POST", forks, []string{"name", "ttl"}, "make a sandbox out of a document, which goes on from there", forkDocument},
		{"POST", sandbox + "/snapshots", nil, "keep a sandbox as it is now, under a name", saveSnapshot},
		{"GET", sandbox + "/snapshots", page, "the snapshots, by name", listSnapshots},
		{"GET", snapshot, nil, "a snapshot as one document", showSnapshot},
		{"DELETE", snapshot, nil, "remove a snapshot", deleteSnapshot},
		{"POST", snapshot + "/rewind", nil, "take the sandbox back to a snapshot", rewind},
		{"POST", snapshot + "/forks", nil, "make another sandbox, which goes on from a snapshot", forkSnapshot},
		{"GET", sandbox + "/clock", nil, "what time it is, and what is due next", showClock},
		{"PUT", sandbox + "/clock", nil, "choose what moves time", setClock},
		{"POST", sandbox + "/clock/advance", nil, "let time pass, and answer when all that was due is done", advance},
		{"GET", sandbox + "/devices", filterOf[tsimclient.DeviceFilter](), "the devices, by EID", listDevices},
		{"GET", sandbox + "/devices/{eid}", nil, "one device", showDevice},
		{"POST", sandbox + "/devices", nil, "add a device, or a list of them", addDevices},
		{"PUT", sandbox + "/devices/{eid}", nil, "make a device what the body says, whether or not it is there", putDevice},
		{"PATCH", sandbox + "/devices/{eid}", nil, "change a device, or switch it or its network on or off", patchDevice},
		{"DELETE", sandbox + "/devices/{eid}", nil, "remove a device", deleteDevice},
		{"GET", sandbox + "/callbacks", filterOf[tsimclient.CallbackFilter](), "the callbacks, oldest first", listCallbacks},
		{"GET", sandbox + "/callbacks/{id}", nil, "one callback", showCallback},
		{"POST", sandbox + "/holds", nil, "hold the callbacks that match, those to come included", makeHold},
		{"GET", sandbox + "/holds", page, "the holds, oldest first", listHolds},
		{"DELETE", sandbox + "/holds", nil, "lift every hold, and release all callbacks that are held", releaseAll},
		{"DELETE", sandbox + "/holds/{id}", nil, "lift one hold, and release what no other one holds", liftHold},
		{"POST", sandbox + "/callbacks/{id}/hold", nil, "keep a callback back", steer(sim.Hold)},
		{"POST", sandbox + "/callbacks/{id}/release", nil, "let a callback go that is held", steer(sim.Release)},
		{"POST", sandbox + "/callbacks/{id}/fire", nil, "send a callback now, and answer when it is answered", fire},
		{"POST", sandbox + "/callbacks/{id}/drop", nil, "never send a callback", steer(sim.Drop)},
		{"POST", sandbox + "/callbacks/{id}/duplicate", nil, "send a callback once more", steer(sim.Duplicate)},
		{"POST", sandbox + "/callbacks/{id}/resend", nil, "begin anew with a callback that is archived", steer(sim.Resend)},
		{"GET", sandbox + "/rules", nil, "the rules, in the order in which they are asked", listRules},
		{"POST", sandbox + "/rules", nil, "put rules, or those of misfortunes, in front of the others", addRules},
		{"PUT", sandbox + "/rules", nil, "take these rules in place of all others", setRules},
		{"DELETE", sandbox + "/rules", []string{"with"}, "remove all rules, or those of a misfortune", deleteRules},
		{"GET", sandbox + "/rules/{rule}", nil, "one rule", showRule},
		{"PUT", sandbox + "/rules/{rule}", nil, "make a rule what the body says, whether or not it is there", putRule},
		{"DELETE", sandbox + "/rules/{rule}", nil, "remove a rule", deleteRule},
		{"POST", sandbox + "/rules/{rule}/restart", nil, "put the counts of a rule to 0", restartRule},
		{"POST", sandbox + "/rules/restart", nil, "put the counts of all rules to 0", restartRules},
		{"POST", sandbox + "/mailbox/{account}/{service}", nil, "take the oldest attempt that waits in a mailbox", takeMail},
		{"POST", sandbox + "/mailbox/{account}/{service}/{callback}", nil, "answer an attempt of a mailbox", answerMail},
		{"GET", sandbox + "/calls", filterOf[tsimclient.CallFilter]("format"), "the calls that were sent, refused ones included, oldest first, as JSON or, with format=har, as an HTTP archive", listCalls},
		{"GET", sandbox + "/calls/{n}", nil, "one call in full", showCall},
		{"POST", sandbox + "/calls/count", nil, "how many calls there are of a filter, and which ones are near", countCalls},
		{"GET", sandbox + "/requests", filterOf[tsimclient.RequestFilter](), "the accepted calls, oldest first", listRequests},
		{"GET", sandbox + "/requests/{request}", append([]string{"format"}, page...), "the story of one call, as JSON or, with format=text, for people", showRequest},
		{"POST", sandbox + "/wait", nil, "wait until something holds, or tell why it does not", wait},
		{"POST", sandbox + "/recordings", nil, "record what comes to a sandbox, in JSON lines, for as long as you read them", record},
		{"GET", sandbox + "/recordings", nil, "the recordings that run, or have ended with an error", listRecordings},
		{"GET", sandbox + "/events", filterOf[tsimclient.EventFilter](), "what happened, oldest first; as they come with Accept: text/event-stream", listEvents},
	}
	index := tsimclient.Index{}
	for _, r := range table {
		index.Endpoints = append(index.Endpoints, tsimclient.Endpoint{Method: r.method, Path: r.pattern, Query: r.query, About: r.about})
	}
	return append(table, route{"GET", prefix, nil, "this list, and the budgets that all sandboxes share", func(c *call) (any, error) {
		shown := index
		for _, b := range c.o.Budgets() {
			shown.Budgets = append(shown.Budgets, tsimclient.Budget(b))
		}
		return shown, nil
	}})
}

func health(c *call) (any, error) { return tsimclient.Health{Status: "ok", Version: c.o.Version}, nil }

func describe(c *call) (any, error) { return json.RawMessage(c.o.OpenAPI()), nil }

// New makes the handler of everything under /tsim.
func New(o Options) http.Handler {
	o.streams, o.beat = newShare(), cmp.Or(o.beat, heartBeat)
	methods := map[string]map[string]route{}
	for _, r := range routes() {
		if methods[r.pattern] == nil {
			methods[r.pattern] = map[string]route{}
		}
		methods[r.pattern][r.method] = r
	}
	mux := http.NewServeMux()
	for pattern, byMethod := range methods {
		// One pattern for all methods, because ServeMux would answer HEAD and 405 in its own way.
		mux.Handle(pattern, &pathHandler{&o, byMethod})
	}
	mux.Handle("/", &pathHandler{o: &o})
	if o.Pprof {
		mux.Handle(profiles, profiler())
	}
	return o.logged(o.guard(mux))
}

// replyWithStatus is a reply with a status other than 200.
type replyWithStatus struct {
	status int
	body   any
}

// jsonWriter is a reply in JSON that is written as it is made. An error is a bug.
type jsonWriter interface{ write(io.Writer) error }

// document is a reply for people, as it stands.
type document struct{ contentType, text string }

// pathHandler is the adaptor between net/http and the handlers of one path.
type pathHandler struct {
	o        *Options
	byMethod map[string]route // none: there is no such path
}

func (e *pathHandler) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	w := newPatient(to, e.o.Patience)
	reply, err := e.process(w, r)
	if s, ok := reply.(jsonWriter); ok && err == nil {
		w.Header().Set("Content-Type", "application/json")
		if err = s.write(w); err == nil {
			return
		}
		if w.began {
			e.o.logBug(r, err)
			panic(http.ErrAbortHandler) // too late for another status: the reply is cut
		}
	}
	if s, ok := reply.(stream); ok && err == nil {
		if err = s.write(flushed{w, s.contentType}); err == nil || w.began {
			return // what has gone wrong is the last line
		}
	}
	status, contentType := http.StatusOK, "application/json"
	if a, ok := reply.(replyWithStatus); ok {
		status, reply = a.status, a.body
	}
	var body []byte
	if d, ok := reply.(document); ok {
		body, contentType = []byte(d.text), d.contentType
	} else if err == nil {
		body, err = encode(reply)
	}
	if err != nil {
		e.o.refuse(w, r, err)
		return
	}
	send(w, status, contentType, body)
}

// refuse tells what is wrong.
func (o *Options) refuse(w http.ResponseWriter, r *http.Request, err error) {
	refused := refusal(err)
	if refused == nil {
		o.logBug(r, err)
		refused = &tsimclient.Error{Status: http.StatusInternalServerError, Message: "tsim has failed; its log says more"}
	}
	body, _ := encode(refused) // what it is made of can always be encoded
	send(w, refused.Status, "application/json", body)
}

func (o *Options) logBug(r *http.Request, err error) {
	o.Log.ErrorContext(r.Context(), "control", slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Any("error", err))
}

func send(w http.ResponseWriter, status int, contentType string, body []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // the caller has gone, or not
}

// process finds the handler of a request and asks it.
func (e *pathHandler) process(w http.ResponseWriter, r *http.Request) (any, error) {
	if e.byMethod == nil {
		return nil, &tsimclient.Error{
			Status: http.StatusNotFound, Message: "there is nothing at " + bound.Cut(r.URL.Path, 200),
			Hint: "GET " + prefix + " lists what there is",
		}
	}
	route, ok := e.byMethod[r.Method]
	if !ok {
		allowed := strings.Join(slices.Sorted(maps.Keys(e.byMethod)), ", ")
		w.Header().Set("Allow", allowed)
		return nil, &tsimclient.Error{
			Status: http.StatusMethodNotAllowed, Message: bound.Short(r.Method) + " does not apply to " + bound.Cut(r.URL.Path, 200), Hint: "allowed: " + allowed,
		}
	}
	c := &call{ctx: r.Context(), o: e.o, from: r.RemoteAddr, path: r.PathValue, header: r.Header.Get}
	if err := c.readQuery(r.URL.RawQuery, route.query); err != nil {
		return nil, err
	}
	var err error
	if route.large() {
		c.large = r.Body
	} else if c.body, err = io.ReadAll(io.LimitReader(r.Body, maxBody+1)); err != nil {
		return nil, unreadable(err)
	}
	if len(c.body) > maxBody {
		return nil, &tsimclient.Error{Status: http.StatusRequestEntityTooLarge, Message: "the body is longer than 1 MiB"}
	}
	if c.large == nil {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // what is asked for may take longer than a body
	}
	if name := r.PathValue("name"); name != "" {
		if c.box, err = e.o.Registry.Sandbox(name); err != nil {
			return nil, err
		}
	}
	if r.Method == http.MethodGet || route.reads() {
		return route.handle(c)
	}
	var reply any
	err = e.o.Durable.Guard(func() (err error) { reply, err = route.handle(c); return err })
	return reply, err
}

// reads says whether an endpoint changes nothing, though it is not asked with GET.
func (r *route) reads() bool {
	return r.pattern == sandbox+"/wait" || r.pattern == sandbox+"/calls/count"
}

// large says whether an endpoint reads its body itself, which may be longer than others.
func (r *route) large() bool { return r.pattern == forks }

// maxBody is the longest body of a request.
const maxBody = 1 << 20

func unreadable(err error) error {
	if fact, known := errors.AsType[*sim.Error](err); known {
		return fact
	}
	return bad("", "the body cannot be read: %v", err)
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the & of a URL should look like one
	err := e.Encode(v)
	return b.Bytes(), err
}
