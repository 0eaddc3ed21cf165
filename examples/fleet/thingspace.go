package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// thingspace makes calls of ThingSpace, and logs in whenever that is needed.
type thingspace struct {
	config
	http http.Client

	mu              sync.Mutex // held while logging in, so that many callers do it once
	bearer, session string
}

// A call that is not repeatable changes something: made twice, it would do it twice.
type call struct {
	method, path string
	header       map[string]string
	body         []byte
	repeatable   bool
}

// errLost is that nobody knows whether ThingSpace has done what it was asked for.
var errLost = errors.New("ThingSpace has not said whether it has done this")

// refused is an answer by which ThingSpace has done nothing, and would refuse the same call again.
type refused struct {
	status int
	text   string
}

func (r *refused) Error() string { return fmt.Sprintf("refused with %d: %s", r.status, r.text) }

const (
	tries   = 8
	pause   = 200 * time.Millisecond // the first one; it doubles from try to try
	timeout = 30 * time.Second       // a shorter one turns slow replies into lost ones
)

// ask makes a call with bearer and session; in and out are what is sent and answered, in JSON.
func (t *thingspace) ask(ctx context.Context, c call, in, out any) (err error) {
	if in != nil {
		if c.body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	for try := 1; ; try++ {
		bearer, session, err := t.login(ctx)
		if err != nil {
			return err
		}
		c.header = map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + bearer, "VZ-M2M-Token": session}
		err = t.send(ctx, c, out)
		var no *refused
		if try == tries || !errors.As(err, &no) || !expired(no) {
			return err
		}
		t.mu.Lock()
		if t.session == session { // or else somebody has logged in meanwhile
			t.session = ""
		}
		t.mu.Unlock()
	}
}

// expired says whether a call was refused only because its credentials are over: the bearer by 401, the session by 400.
// The answer decides, and no clock of ours: tokens can end before their time.
var expired = func(no *refused) bool {
	return no.status == http.StatusUnauthorized || strings.Contains(no.text, "SessionToken")
}

// login returns a bearer and a session, new ones if there is no session.
func (t *thingspace) login(ctx context.Context) (bearer, session string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.session != "" {
		return t.bearer, t.session, nil
	}
	var token struct {
		Bearer string `json:"access_token"`
	}
	err = t.send(ctx, call{http.MethodPost, "/api/ts/v1/oauth2/token", map[string]string{
		"Content-Type":  "application/x-www-form-urlencoded",
		"Authorization": "Basic " + base64.StdEncoding.EncodeToString([]byte(t.appKey+":"+t.appSecret)),
	}, []byte("grant_type=client_credentials"), true}, &token)
	if err != nil {
		return "", "", err
	}
	var login struct {
		Session string `json:"sessionToken"`
	}
	body, _ := json.Marshal(map[string]string{"username": t.username, "password": t.password})
	err = t.send(ctx, call{http.MethodPost, "/api/m2m/v1/session/login", map[string]string{
		"Content-Type": "application/json", "Authorization": "Bearer " + token.Bearer,
	}, body, true}, &login)
	t.bearer, t.session = token.Bearer, login.Session
	return t.bearer, t.session, err
}

// send makes a call until there is a clear answer, with pauses that grow. One that is not repeatable is made again only if
// ThingSpace has surely not done it.
func (t *thingspace) send(ctx context.Context, c call, out any) error {
	for try, pause := 1, pause; ; try, pause = try+1, 2*pause {
		status, retryAfter, text, err := t.once(ctx, c)
		var dial *net.OpError
		switch {
		case err == nil && status < 300 && json.Unmarshal(text, out) == nil:
			return nil
		case status == http.StatusTooManyRequests, status == http.StatusServiceUnavailable:
			// Not now. What else the answer says does not matter: it may be a page in HTML.
		case err == nil && status >= 400 && status < 500:
			return &refused{status, strings.TrimSpace(string(text))}
		case errors.As(err, &dial) && dial.Op == "dial":
			// Nobody was there to hear it.
		case !c.repeatable:
			return errLost // a connection that ends, the 504 of a gateway, half an answer: it may be done, or not
		}
		if try == tries {
			return errLost
		}
		if err := sleep(ctx, max(retryAfter, pause)); err != nil {
			return err
		}
	}
}

func (t *thingspace) once(ctx context.Context, c call) (status int, retryAfter time.Duration, text []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, c.method, t.url+c.path, bytes.NewReader(c.body))
	if err != nil {
		return 0, 0, nil, err
	}
	r.GetBody = nil // or else Go itself may repeat the call when a connection ends
	for key, value := range c.header {
		r.Header.Set(key, value)
	}
	answer, err := t.http.Do(r)
	if err != nil {
		return 0, 0, nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
	text, err = io.ReadAll(answer.Body)
	return answer.StatusCode, time.Duration(seconds) * time.Second, text, err
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
