package bdd

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// front is where the one application of a run finds ThingSpace. Each scenario has a sandbox of its own, with a world and
// credentials of its own; to the application it looks like one sandbox that is reset between scenarios, except for listeners and
// tokens: its address and its credentials stay, what it has logged in with goes on, and what it has registered is registered.
type front struct {
	url    string
	given  tsimclient.Credential // what the application was told to log in with
	server *http.Server

	mu       sync.Mutex
	box      *tsimbox.Sandbox // of the scenario that runs; nil between two of them
	there    chan struct{}    // closed while there is one
	earlier  [2]map[string]bool
	current  [2]map[string]bool // tokens that the application got in this scenario
	standIn  [2]string          // what stands for earlier ones in this sandbox
	heard    map[string]registration
	registry []string // the keys of heard, in their order
}

// The kinds of tokens.
const (
	bearer = iota
	session
)

// registration is a call that has registered a listener.
type registration struct {
	path string
	body []byte
}

const (
	oauthPath = "/api/ts/v1/oauth2/token"
	loginPath = "/api/m2m/v1/session/login"
)

var callbackPath = regexp.MustCompile(`^/api/m2m/v1/callbacks/[^/]+$`)

// newFront listens on a free port of the loopback.
func newFront(given tsimclient.Credential) (*front, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &front{url: "http://" + l.Addr().String(), given: given, there: make(chan struct{}), heard: map[string]registration{}}
	for kind := range f.earlier {
		f.earlier[kind], f.current[kind] = map[string]bool{}, map[string]bool{}
	}
	quiet := log.New(io.Discard, "", 0)
	proxy := &httputil.ReverseProxy{
		Rewrite: f.rewrite, ModifyResponse: f.overhear, FlushInterval: -1, ErrorLog: quiet,
		// A connection is used once: of one that a rule has cut, nothing is sent again.
		Transport: &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		// What ends without an answer does so here, too.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
	f.server = &http.Server{ErrorLog: quiet, ReadHeaderTimeout: 10 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if box := f.wait(r.Context()); box != nil {
			proxy.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), boxKey{}, box)))
		}
	})}
	go func() { _ = f.server.Serve(l) }()
	return f, nil
}

func (f *front) close() error { return f.server.Close() }

type boxKey struct{}

// wait waits until there is a sandbox: what an application does between two scenarios belongs to the next one.
func (f *front) wait(ctx context.Context) *tsimbox.Sandbox {
	for {
		f.mu.Lock()
		box, there := f.box, f.there
		f.mu.Unlock()
		if box != nil {
			return box
		}
		select {
		case <-ctx.Done():
			return nil
		case <-there:
		}
	}
}

// rewrite sends a call of the application on to the sandbox.
func (f *front) rewrite(r *httputil.ProxyRequest) {
	box := r.In.Context().Value(boxKey{}).(*tsimbox.Sandbox)
	to, err := url.Parse(box.URL)
	if err != nil {
		panic(http.ErrAbortHandler) // which cannot be: tsim listens there
	}
	r.Out.URL.Scheme, r.Out.URL.Host = to.Scheme, to.Host
	if r.In.UserAgent() == "" {
		r.Out.Header.Set("User-Agent", "") // and not that of net/http
	}
	if key, secret, ok := r.In.BasicAuth(); ok && key == f.given.AppKey && secret == f.given.AppSecret {
		r.Out.SetBasicAuth(box.AppKey, box.AppSecret)
	}
	if kind, token, ok := strings.Cut(r.In.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "bearer") {
		r.Out.Header.Set("Authorization", kind+" "+f.now(bearer, token))
	}
	if token := r.In.Header.Get("VZ-M2M-Token"); token != "" {
		r.Out.Header.Set("VZ-M2M-Token", f.now(session, token))
	}
	f.rewriteBody(r, box)
}

// rewriteBody puts in the credentials of the sandbox, and keeps what registers a listener for when that was answered.
func (f *front) rewriteBody(r *httputil.ProxyRequest, box *tsimbox.Sandbox) {
	login := r.In.URL.Path == loginPath
	if r.In.Method != http.MethodPost || !login && !callbackPath.MatchString(r.In.URL.Path) {
		return
	}
	body, err := io.ReadAll(r.In.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the application has gone
	}
	var asks map[string]any
	if login && json.Unmarshal(body, &asks) == nil && asks["username"] == f.given.Username && asks["password"] == f.given.Password {
		asks["username"], asks["password"] = box.Username, box.Password
		if body, err = json.Marshal(asks); err != nil {
			panic(http.ErrAbortHandler)
		}
	}
	r.Out.Body, r.Out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	r.Out = r.Out.WithContext(context.WithValue(r.Out.Context(), bodyKey{}, body))
}

type bodyKey struct{}

// now is what stands for a token of the application in this sandbox.
func (f *front) now(kind int, token string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.earlier[kind][token] && !f.current[kind][token] && f.standIn[kind] != "" {
		return f.standIn[kind]
	}
	return token
}

// overhear notes what the application got: tokens and registrations.
func (f *front) overhear(res *http.Response) error {
	path, method := res.Request.URL.Path, res.Request.Method
	if res.StatusCode >= http.StatusMultipleChoices {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	switch {
	case callbackPath.MatchString(path) && method == http.MethodPost:
		body, _ := res.Request.Context().Value(bodyKey{}).([]byte)
		var of struct{ Name string }
		if json.Unmarshal(body, &of) == nil {
			f.remember(path+"/name/"+of.Name, &registration{path, body})
		}
	case strings.Contains(path, "/callbacks/") && method == http.MethodDelete:
		f.remember(path, nil)
	case path == oauthPath || path == loginPath:
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		_ = res.Body.Close()
		res.Body = io.NopCloser(bytes.NewReader(body))
		var got struct {
			AccessToken  string `json:"access_token"`
			SessionToken string `json:"sessionToken"`
		}
		if json.Unmarshal(body, &got) == nil {
			f.current[bearer][got.AccessToken], f.current[session][got.SessionToken] = true, true
		}
	}
	return nil
}

// remember notes a registration, or that it is no more.
func (f *front) remember(key string, r *registration) {
	f.registry = slices.DeleteFunc(f.registry, func(k string) bool { return k == key })
	delete(f.heard, key)
	if r != nil {
		f.registry = append(f.registry, key)
		f.heard[key] = *r
	}
}

// attach lets the calls of the application through to the sandbox of the next scenario, where it is logged in and registered as it
// was in the one before.
func (f *front) attach(ctx context.Context, box *tsimbox.Sandbox) error {
	f.mu.Lock()
	for kind := range f.current {
		for token := range f.current[kind] {
			f.earlier[kind][token] = true
		}
		f.current[kind], f.standIn[kind] = map[string]bool{}, ""
	}
	known := len(f.earlier[bearer]) > 0
	var again []registration
	for _, key := range f.registry {
		again = append(again, f.heard[key])
	}
	f.mu.Unlock()
	if known {
		if err := f.restore(ctx, box, again); err != nil {
			return fmt.Errorf("the application cannot be logged in as it was: %w", err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.box = box
	close(f.there)
	return nil
}

// detach ends that.
func (f *front) detach() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.box, f.there = nil, make(chan struct{})
}

// forget is that another process is about to start, which holds nothing of what this one did.
func (f *front) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for kind := range f.earlier {
		f.earlier[kind], f.current[kind] = map[string]bool{}, map[string]bool{}
	}
	f.heard, f.registry = map[string]registration{}, nil
}

// restore logs in and registers as the application had, out of reach of the rules: to the scenario it has never happened.
func (f *front) restore(ctx context.Context, box *tsimbox.Sandbox, again []registration) (err error) {
	rules, err := box.Rules(ctx)
	if err != nil {
		return err
	}
	if err := box.DeleteRules(ctx, ""); err != nil {
		return err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(box.AppKey+":"+box.AppSecret))
	err = f.call(ctx, box, oauthPath, "application/x-www-form-urlencoded", basic, []byte("grant_type=client_credentials"), &token)
	if err != nil {
		return err
	}
	f.standIn[bearer] = token.AccessToken // nobody calls yet
	body, err := json.Marshal(map[string]string{"username": box.Username, "password": box.Password})
	if err != nil {
		return err
	}
	var logged struct{ SessionToken string }
	if err := f.call(ctx, box, loginPath, "application/json", "Bearer "+token.AccessToken, body, &logged); err != nil {
		return err
	}
	f.standIn[session] = logged.SessionToken
	for _, r := range again {
		if err := f.call(ctx, box, r.path, "application/json", "Bearer "+token.AccessToken, r.body, nil); err != nil {
			return err
		}
	}
	return putBack(ctx, box, rules)
}

// putBack puts in rules again, from the last one, because each comes in front of the others; those of a named set come together.
func putBack(ctx context.Context, box *tsimbox.Sandbox, rules []tsimclient.RuleReport) error {
	for i := len(rules) - 1; i >= 0; i-- {
		set := rules[i].Set
		if set == "" {
			if err := box.AddRules(ctx, rules[i].Rule); err != nil {
				return err
			}
			continue
		}
		for i > 0 && rules[i-1].Set == set {
			i--
		}
		if err := box.AddMisfortune(ctx, set); err != nil {
			return err
		}
	}
	return nil
}

// ownAgent is how tsimbox calls itself when it logs in: what it does is not taken for the application's.
const ownAgent = "tsimbox"

func (f *front) call(ctx context.Context, box *tsimbox.Sandbox, path, kind, authorization string, body []byte, reply any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, box.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", ownAgent)
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Authorization", authorization)
	if f.standIn[session] != "" {
		r.Header.Set("VZ-M2M-Token", f.standIn[session])
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(res.Body)
	err = errors.Join(err, res.Body.Close())
	if err == nil && res.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("POST %s is answered with %s: %s", path, res.Status, text)
	}
	if err != nil || reply == nil {
		return err
	}
	return json.Unmarshal(text, reply)
}
