package features

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// Who calls, and where.
const (
	account = "0000123456-00001"
	actions = "/api/m2m/v1//devices/profile/actions/"
)

// device is the one that a story is about, with its profiles by the names that the stories give them.
type device struct {
	eid, imei string
	iccids    map[string]string
}

// world is one scenario: a tsim of its own, a client and a listener.
type world struct {
	// What tsim starts from, until the first call starts it; a built-in scenario starts at once.
	profiles []map[string]string
	device   device
	fleet    int      // as many devices instead of the one
	called   []string // the Global ICCIDs of the devices that a bulk call was about
	off      bool     // the device is switched off
	timeout  string   // of listeners
	limits   string   // of the scenario, such as "callsPerSecond: 3"
	with     []string // named sets of rules
	rules    []string // of the scenario, in YAML
	// registration is what the first call of the client adds to name and url; nil for no listener.
	registration map[string]string
	box          *tsimbox.Sandbox
	names        map[string]string // US or Global, of each ICCID of a built-in scenario or of the one device
	bearer       string
	session      string
	last         func() (*http.Request, error) // makes the last call once more
	patience     time.Duration                 // how long the client waits for a reply; 0 for as long as it takes
	broken       error                         // why the last call has no reply, until a step looks at that
	status       int                           // of the last reply; 0 if it has none
	header       http.Header
	reply        []byte
	before       int               // how many callbacks came before the last reply
	request      string            // the id of the latest one that was asked about
	calls        []tsimclient.Call // that a step found on record
	counted      tsimclient.CallCount
	waited       error // of a wait for a call
	listener     *httptest.Server
	mu           sync.Mutex
	answers      []int // with which the listener answers, the last one for ever; 0 never answers
	down         bool  // the listener cuts every connection off, and hears nothing
	careful      bool  // it answers 400 to what it cannot read, and 401 to a wrong password
	turnedAway   []int // with what it did that
	bodies       [][]byte
	heard        int // how many of the bodies a step has looked at
	release      chan struct{}
}

func newWorld() *world {
	w := &world{answers: []int{http.StatusOK}, timeout: "10s", release: make(chan struct{}), names: map[string]string{}}
	w.about(device{
		eid: "89001012012341234012345678901224", imei: "490154203237518",
		iccids: map[string]string{"US": "89148000000000000019", "Global": "89445000000000000019"},
	})
	w.listener = httptest.NewServer(http.HandlerFunc(w.hear))
	return w
}

// about makes a device the one that the story is about.
func (w *world) about(d device) {
	w.device = d
	for name, iccid := range d.iccids {
		w.names[iccid] = name
	}
}

func (w *world) close(ctx context.Context) error {
	close(w.release)
	w.listener.Close()
	if w.box == nil {
		return w.broken
	}
	return errors.Join(w.broken, w.tally(ctx), w.box.Close(ctx))
}

// hear is the listener.
func (w *world) hear(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/json" {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	if w.down {
		w.mu.Unlock()
		panic(http.ErrAbortHandler) // which ends the connection without an answer
	}
	if refuse := w.refuse(body); refuse != 0 {
		w.turnedAway = append(w.turnedAway, refuse)
		w.mu.Unlock()
		rw.WriteHeader(refuse)
		return
	}
	w.bodies = append(w.bodies, body)
	answer := w.answers[0]
	if len(w.answers) > 1 {
		w.answers = w.answers[1:]
	}
	w.mu.Unlock()
	if answer == 0 {
		<-w.release
		return
	}
	rw.WriteHeader(answer)
}

// refuse is with what a careful listener answers a callback that it does not take, or 0.
func (w *world) refuse(body []byte) int {
	var told struct{ Password string }
	switch err := json.Unmarshal(body, &told); {
	case !w.careful:
	case err != nil:
		return http.StatusBadRequest
	case told.Password != w.registration["password"]:
		return http.StatusUnauthorized
	}
	return 0
}

// news are the callbacks that no step has looked at yet.
func (w *world) news() [][]byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	fresh := w.bodies[w.heard:]
	w.heard = len(w.bodies)
	return fresh
}

// scenario is the file that tsim starts from.
func (w *world) scenario() string {
	var b strings.Builder
	fmt.Fprintf(&b, `name: story
start: 2030-01-01T00:00:00Z
delivery: {timeout: %s}
limits: {%s}
credentials:
  - {appKey: key, appSecret: secret, username: user, password: pass}
accounts:
  - name: %q
    plans: [{name: US Plan, network: us}, {name: Global Plan, network: global}, {name: Global Plus, network: global}]
`, w.timeout, w.limits, account)
	if w.fleet > 0 {
		fleet := "    fleets: [{count: %d, profiles: [{network: us, service: active, status: ENABLE}, {network: global, service: active, status: DISABLE}]}]\n"
		return b.String() + fmt.Sprintf(fleet, w.fleet) + w.ruled()
	}
	fmt.Fprintf(&b, `    devices:
      - eid: %q
        imei: %q
        powered: %t
        profiles:
`, w.device.eid, w.device.imei, !w.off)
	for _, p := range w.profiles {
		fmt.Fprintf(&b, "          - {iccid: %q, network: %s, service: %s, status: %s, suspended: %s}\n",
			w.device.iccids[p["profile"]], strings.ToLower(p["profile"]), p["service"], p["status"], p["suspended"])
	}
	return b.String() + w.ruled()
}

// ruled are the rules of the scenario.
func (w *world) ruled() string {
	if len(w.rules) == 0 {
		return ""
	}
	text := "rules:\n"
	for _, r := range w.rules {
		text += "  - " + strings.ReplaceAll(r, "\n", "\n    ") + "\n"
	}
	return text
}

// start starts tsim and logs in, once.
func (w *world) start() error {
	if w.box != nil {
		return nil
	}
	if err := w.startFrom(w.scenario()); err != nil || w.registration == nil {
		return err
	}
	return w.register()
}

// startFrom starts tsim from a scenario, and logs in.
func (w *world) startFrom(scenario string) error {
	if err := w.open(scenario); err != nil {
		return err
	}
	return w.login("")
}

// open starts tsim from a scenario, and gets a bearer token.
func (w *world) open(scenario string) (err error) {
	if w.box, err = tsimbox.Start(context.Background(), tsimbox.Scenario(scenario), tsimbox.With(w.with...)); err != nil {
		return err
	}
	return w.token()
}

// listen registers the listener: before the first call, or now.
func (w *world) listen(registration map[string]string) error {
	w.registration = registration
	if w.box == nil {
		return nil
	}
	return w.register()
}

func (w *world) register() error {
	body := map[string]string{"name": "DeviceProfileService", "url": w.listener.URL + "/callbacks"}
	maps.Copy(body, w.registration) // which may have another url
	if err := w.call(http.MethodPost, "/api/m2m/v1/callbacks/"+account, body, nil); err != nil {
		return err
	}
	return w.refused(http.StatusOK, "")
}

func (w *world) token() error {
	r, err := http.NewRequest(http.MethodPost, w.box.URL+"/api/ts/v1/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return err
	}
	r.SetBasicAuth(w.box.AppKey, w.box.AppSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var reply struct {
		AccessToken string `json:"access_token"`
	}
	err = w.do(r, &reply)
	w.bearer = reply.AccessToken
	return err
}

// login opens a session, with the right password unless there is a wrong one.
func (w *world) login(wrong string) error {
	if err := w.start(); err != nil {
		return err
	}
	var reply struct{ SessionToken string }
	body := map[string]string{"username": w.box.Username, "password": cmp.Or(wrong, w.box.Password)}
	err := w.call(http.MethodPost, "/api/m2m/v1/session/login", body, &reply)
	w.session = reply.SessionToken
	return err
}

// call makes a call of the client and remembers the reply.
func (w *world) call(method, path string, body, reply any) error {
	if err := w.start(); err != nil {
		return err
	}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	w.last = func() (*http.Request, error) {
		r, err := http.NewRequest(method, w.box.URL+path, bytes.NewReader(text))
		if err != nil {
			return nil, err
		}
		r.Header.Set("Authorization", "Bearer "+w.bearer)
		r.Header.Set("VZ-M2M-Token", w.session)
		if body != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		return r, nil
	}
	r, err := w.last()
	if err != nil {
		return err
	}
	return w.do(r, reply)
}

// again makes the last call once more, with the tokens of now.
func (w *world) again() error {
	r, err := w.last()
	if err != nil {
		return err
	}
	return w.do(r, nil)
}

func (w *world) do(r *http.Request, reply any) (err error) {
	if w.broken != nil {
		return w.broken
	}
	w.mu.Lock()
	heard := len(w.bodies)
	w.mu.Unlock()
	if w.status, w.header, w.reply, err = w.exchange(r); err != nil {
		w.broken = err
		return nil
	}
	w.mu.Lock()
	w.before = len(w.bodies) - heard
	w.mu.Unlock()
	if reply == nil || w.status != http.StatusOK {
		return nil
	}
	return json.Unmarshal(w.reply, reply)
}

// exchange sends a call of the client, and reads the reply to its end.
func (w *world) exchange(r *http.Request) (status int, header http.Header, body []byte, err error) {
	client := http.Client{Timeout: w.patience}
	res, err := client.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer res.Body.Close()
	if body, err = io.ReadAll(res.Body); err != nil {
		return 0, nil, nil, err
	}
	return res.StatusCode, res.Header, body, nil
}

// id is one identifier of a device.
func id(kind, value string) map[string]string { return map[string]string{"kind": kind, "id": value} }

// ask asks for an action on devices, each given by its identifiers.
func (w *world) ask(action, plan string, devices ...[]map[string]string) error {
	return w.askAccount(account, action, plan, devices...)
}

func (w *world) askAccount(account, action, plan string, devices ...[]map[string]string) error {
	list := make([]any, len(devices))
	for i, ids := range devices {
		list[i] = map[string]any{"deviceIds": ids}
	}
	body := map[string]any{"accountName": account, "devices": list}
	if plan != "" {
		body["servicePlan"] = plan
	}
	return w.call(http.MethodPost, actions+action, body, nil)
}
