package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// operation is what ThingSpace is asked for, and the states of a line before and after it, in the words of its list.
type operation struct{ name, from, to string }

var (
	suspend = operation{"profile_suspend", "active", "suspend"}
	resume  = operation{"profile_resume", "suspend", "active"}
)

const mostDevices = 10_000 // that ThingSpace takes in one call

// fleet is all that the service knows. It is in memory to keep the example short: yours belongs into a database.
type fleet struct {
	thingspace thingspace
	secret     string // the password of callbacks
	queue      chan *job
	registered atomic.Bool
	running    sync.WaitGroup

	mu       sync.Mutex
	jobs     map[string]*job
	requests map[string]*job // by requestId

	// One call is made at a time, because ThingSpace works on a device in the order of the calls.
	asking    *batch     // the call of which the requestId is not known yet
	strangers []callback // with a requestId that nobody knows yet, while a call is made
}

// job is what somebody has asked for.
type job struct {
	ID        string            `json:"id"`
	Operation string            `json:"operation"`
	State     string            `json:"state"` // running or finished
	Error     string            `json:"error,omitempty"`
	Devices   int               `json:"devices"`
	Done      int               `json:"done"`
	Failed    int               `json:"failed"`
	Failures  map[string]string `json:"failures"` // why, by ICCID

	operation operation
	iccids    []string          // sorted; none for the whole fleet, until its list has come
	result    map[string]string // done or failed, by ICCID
}

// batch is the devices of one call.
type batch struct {
	job     *job
	iccids  []string
	request string        // its requestId
	known   chan struct{} // is closed when that is known
	lost    bool          // the reply that was to say it
}

// callback is what ThingSpace tells of one device.
type callback struct {
	RequestID, Password, Status string
	DeviceIDs                   []struct{ Kind, ID string }
	FaultResponse               struct{ FaultString string }
}

func (c *callback) iccid() string {
	for _, id := range c.DeviceIDs {
		if strings.EqualFold(id.Kind, "iccid") { // ThingSpace spells it in several ways
			return id.ID
		}
	}
	return ""
}

func newFleet(c config) *fleet {
	return &fleet{
		thingspace: thingspace{config: c, http: http.Client{Timeout: timeout}}, secret: rand.Text(),
		queue: make(chan *job, 1000), jobs: map[string]*job{}, requests: map[string]*job{},
	}
}

func (f *fleet) newJob(o operation, iccids []string) *job {
	f.mu.Lock()
	defer f.mu.Unlock()
	j := &job{
		ID: strconv.Itoa(len(f.jobs) + 1), Operation: o.name, State: "running", Failures: map[string]string{},
		operation: o, result: map[string]string{},
	}
	j.contain(iccids)
	f.jobs[j.ID] = j
	return j
}

func (j *job) contain(iccids []string) {
	slices.Sort(iccids)
	j.iccids = slices.Compact(iccids)
	j.Devices = len(j.iccids)
}

// work registers the service for callbacks, and does one job after the other.
func (f *fleet) work(ctx context.Context, url string) {
	listener := map[string]string{"name": "DeviceProfileService", "url": url, "username": "fleet", "password": f.secret}
	for !f.registered.Load() {
		err := f.thingspace.ask(ctx, call{method: http.MethodPost, path: "/api/m2m/v1/callbacks/" + f.thingspace.account, repeatable: true}, listener, new(any))
		if f.registered.Store(err == nil); err != nil {
			if sleep(ctx, time.Second) != nil {
				return
			}
			log.Printf("registering: %v", err)
		}
	}
	for {
		select {
		case j := <-f.queue:
			f.do(ctx, j)
		case <-ctx.Done():
			return
		}
	}
}

// do asks for all devices of a job, in as few calls as ThingSpace allows.
func (f *fleet) do(ctx context.Context, j *job) {
	if len(j.iccids) == 0 {
		iccids, err := f.list(ctx, j.operation.from)
		f.mu.Lock()
		if j.contain(iccids); err != nil {
			j.Error = err.Error()
		}
		j.finish()
		f.mu.Unlock()
	}
	for iccids := range slices.Chunk(j.iccids, mostDevices) {
		f.ask(ctx, &batch{job: j, iccids: iccids, known: make(chan struct{})})
	}
}

// ask makes the call for a batch.
func (f *fleet) ask(ctx context.Context, b *batch) {
	f.mu.Lock()
	f.asking, f.strangers = b, nil
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		f.asking, f.strangers = nil, nil
		f.mu.Unlock()
		f.running.Go(func() { f.watch(ctx, b) })
	}()
	type device struct {
		IDs []map[string]string `json:"deviceIds"`
	}
	var devices []device
	for _, iccid := range b.iccids {
		devices = append(devices, device{[]map[string]string{{"kind": "iccid", "id": iccid}}})
	}
	body := map[string]any{"accountName": f.thingspace.account, "devices": devices}
	for range tries {
		var reply struct{ RequestID string }
		err := f.thingspace.ask(ctx, call{method: http.MethodPost, path: "/api/m2m/v1/devices/profile/actions/" + b.job.Operation}, body, &reply)
		switch {
		case err == nil:
			f.mu.Lock()
			f.know(b, reply.RequestID)
			f.mu.Unlock()
			return
		case !errors.Is(err, errLost):
			f.giveUp(b, err)
			return
		case afterLoss(ctx, f, b):
			return
		}
	}
	f.giveUp(b, errLost)
}

// afterLoss finds out what became of a call whose reply was lost, and returns false if it has to be made again. To do that at
// once would do it twice, and "Profile is already suspended" would be told of devices that the first call has suspended.
var afterLoss = func(ctx context.Context, f *fleet, b *batch) bool {
	f.mu.Lock()
	b.lost = true
	f.recognise()
	f.mu.Unlock()
	select {
	case <-b.known: // by a callback that names one of its devices
		return true
	case <-ctx.Done():
		return true
	case <-time.After(f.thingspace.patience):
	}
	changed, err := f.list(ctx, b.job.operation.to)
	f.mu.Lock()
	defer f.mu.Unlock()
	// The devices of a call are worked on together: if one of them is as it was, the call was not carried out.
	asItWas := func(iccid string) bool { _, ok := slices.BinarySearch(changed, iccid); return !ok }
	switch {
	case b.request != "": // a callback has come meanwhile
	case err != nil:
		b.tell("failed", errLost.Error()+", nor can its list be had: "+err.Error())
	case slices.ContainsFunc(b.iccids, asItWas):
		return false
	default:
		b.tell("done", "")
	}
	return true
}

// list is the ICCIDs of the Global profiles in a state, sorted.
func (f *fleet) list(ctx context.Context, state string) (iccids []string, err error) {
	ask := map[string]any{"accountName": f.thingspace.account, "currentState": state, "servicePlan": "Global Plan"}
	for more := true; more; {
		var page struct {
			HasMoreData bool
			Devices     []struct {
				callback           // has a list of identifiers, too
				ExtendedAttributes []struct{ Key, Value string }
			}
		}
		if err := f.thingspace.ask(ctx, call{method: http.MethodPost, path: "/api/m2m/v1/devices/actions/list", repeatable: true}, ask, &page); err != nil {
			return nil, err
		}
		for _, d := range page.Devices {
			iccids = append(iccids, d.iccid())
			for _, a := range d.ExtendedAttributes {
				if a.Key == "DeviceId" {
					ask["largestDeviceIdSeen"] = json.Number(a.Value) // the next page begins behind it
				}
			}
		}
		more = page.HasMoreData
	}
	slices.Sort(iccids)
	return iccids, nil
}

// hear takes a callback. Whatever is not acknowledged with 200 comes again, five minutes later.
func (f *fleet) hear(w http.ResponseWriter, r *http.Request) {
	var c callback
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil || json.Unmarshal(body, &c) != nil || c.RequestID == "" {
		w.WriteHeader(unreadable)
		return
	}
	if subtle.ConstantTimeCompare([]byte(c.Password), []byte(f.secret)) != 1 {
		w.WriteHeader(http.StatusUnauthorized) // anybody can find this address, but only ThingSpace knows the password
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if j := f.requests[c.RequestID]; j != nil {
		j.hear(&c)
	} else {
		keep(f, c)
	}
}

// unreadable is the answer to what cannot be read: only what was understood is acknowledged.
var unreadable = http.StatusBadRequest

// keep keeps a callback whose requestId is not known: it can overtake the reply that says it, and that can be lost. When
// no call is made, it is about what somebody else has asked for.
var keep = func(f *fleet, c callback) {
	if f.asking == nil {
		return
	}
	f.strangers = append(f.strangers, c)
	f.recognise()
}

// recognise finds the requestId of a call whose reply was lost, by a callback that names one of its devices.
func (f *fleet) recognise() {
	for _, c := range f.strangers {
		if b := f.asking; b != nil && b.lost && slices.Contains(b.iccids, c.iccid()) {
			f.know(b, c.RequestID)
		}
	}
}

// know makes the requestId of a call known, and hears what was told of it before.
func (f *fleet) know(b *batch, request string) {
	f.requests[request] = b.job
	for _, c := range f.strangers {
		if c.RequestID == request {
			b.job.hear(&c)
		}
	}
	if f.asking, f.strangers = nil, nil; b.request == "" {
		b.request = request
		close(b.known)
	}
}

// hear takes what is told of a device. A warning is no end: the device could not be reached yet.
func (j *job) hear(c *callback) {
	switch c.Status {
	case "SUCCESS":
		j.tell(c.iccid(), "done", "")
	case "Failed":
		j.tell(c.iccid(), "failed", c.FaultResponse.FaultString)
	}
}

// tell says what became of a device; only what is told first counts.
func (j *job) tell(iccid, result, why string) {
	if why != "" && cmp.Or(j.Failures[iccid], noReason) == noReason {
		j.Failures[iccid] = why
	}
	if toldBefore(j, iccid) {
		return
	}
	if j.result[iccid] = result; result == "done" {
		j.Done++
	} else {
		j.Failed++
	}
	j.finish()
}

// toldBefore says whether it is known what became of a device: callbacks come twice, or when ThingSpace was asked already.
var toldBefore = func(j *job, iccid string) bool { return j.result[iccid] != "" }

func (j *job) finish() {
	if j.Done+j.Failed == j.Devices {
		j.State = "finished"
	}
}

// giveUp ends what is not known of a batch.
func (f *fleet) giveUp(b *batch, why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b.tell("failed", why.Error())
}

func (b *batch) tell(result, why string) {
	for _, iccid := range b.iccids {
		b.job.tell(iccid, result, why)
	}
}

const noReason = "ThingSpace does not say why"

// watch asks for the status of a request when no callback has come for a while, again and again until all is known.
func (f *fleet) watch(ctx context.Context, b *batch) {
	open := func(iccid string) bool { return b.job.result[iccid] == "" }
	for before := 0; sleep(ctx, f.thingspace.patience) == nil; {
		f.mu.Lock()
		left, heard := slices.ContainsFunc(b.iccids, open), b.job.Done+b.job.Failed
		f.mu.Unlock()
		if !left {
			return
		}
		if heard > before { // a long job: callbacks are still coming
			before = heard
			continue
		}
		var status struct {
			Subrequests []struct {
				IDs    struct{ ID string }
				Status string
			}
		}
		path := "/api/m2m/v2/accounts/" + f.thingspace.account + "/requests/" + b.request + "/status"
		err := f.thingspace.ask(ctx, call{method: http.MethodGet, path: path, repeatable: true}, nil, &status)
		if _, ok := errors.AsType[*refused](err); ok {
			f.giveUp(b, err)
			return
		}
		f.mu.Lock()
		for _, s := range status.Subrequests {
			switch s.Status {
			case "Success":
				b.job.tell(s.IDs.ID, "done", "")
			case "Failure":
				b.job.tell(s.IDs.ID, "failed", noReason)
			}
		}
		f.mu.Unlock()
	}
}
