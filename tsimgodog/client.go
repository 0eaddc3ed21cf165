package tsimgodog

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/cucumber/godog"
)

// client is the one that the steps say "I" of. It logs in when it makes its first call, and not again by itself, so that
// scenarios can tell of tokens that are over.
type client struct {
	http            http.Client
	bearer, session string
	last            func(context.Context) error // makes the latest call once more
}

// The User-Agent of its calls tells them from those of the application under test, whatever that has. The calls of tsimbox
// itself begin alike.
const (
	agent       = "tsimbox-steps"
	otherAgents = "!tsimbox*"
)

// reply is what the latest call was answered with, by ThingSpace or by the application.
type reply struct {
	of     string // the call, for people; "" for none
	status int
	header http.Header
	body   []byte
	broken error // why there is none
	looked bool  // a step has seen that there is none
}

// unseen is an error if there was none, and no step has looked at that.
func (a *reply) unseen() error {
	if a.broken == nil || a.looked {
		return nil
	}
	return fmt.Errorf("%s, and no step has looked at that", a)
}

func (a *reply) String() string {
	if a.broken != nil {
		return fmt.Sprintf("%s had no reply: %v", a.of, a.broken)
	}
	return fmt.Sprintf("%s was answered with %d %s", a.of, a.status, a.body)
}

// has is the reply, or why there is none.
func (w *world) has() (*reply, error) {
	switch {
	case w.reply.of == "":
		return nil, errors.New("no call was made yet")
	case w.reply.broken != nil:
		return nil, errors.New(w.reply.String())
	}
	return &w.reply, nil
}

// send sends a call, and keeps the reply. That there is none fails no step that makes a call, but the next one, unless one
// has looked at it.
func (w *world) send(r *http.Request) error {
	if err := w.reply.unseen(); err != nil {
		return err
	}
	w.reply = reply{of: r.Method + " " + r.URL.Path}
	res, err := w.client.http.Do(r)
	if err != nil {
		w.reply.broken = err
		return nil
	}
	defer func() { _ = res.Body.Close() }()
	w.reply.status, w.reply.header = res.StatusCode, res.Header
	w.reply.body, w.reply.broken = io.ReadAll(res.Body)
	return nil
}

// token gets a bearer token.
func (w *world) token(ctx context.Context) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	w.client.bearer = ""
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, w.box.URL+"/api/ts/v1/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return err
	}
	r.SetBasicAuth(w.box.AppKey, w.box.AppSecret)
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := w.send(r); err != nil {
		return err
	}
	var reply struct {
		AccessToken string `json:"access_token"`
	}
	if w.reply.broken == nil && w.reply.status == http.StatusOK {
		err = json.Unmarshal(w.reply.body, &reply)
	}
	w.client.bearer = reply.AccessToken
	return err
}

// logIn opens a session, with the right password unless there is another one. It gets a bearer token first if it never had one.
func (w *world) logIn(ctx context.Context, password string) error {
	if err := w.start(ctx); err != nil {
		return err
	}
	if w.client.bearer == "" {
		if err := w.token(ctx); err != nil {
			return err
		}
		if w.client.bearer == "" {
			return nil // the reply says why
		}
	}
	body, err := json.Marshal(map[string]string{"username": w.box.Username, "password": cmp.Or(password, w.box.Password)})
	if err != nil {
		return err
	}
	w.client.last = func(ctx context.Context) error {
		if err := w.exchange(ctx, http.MethodPost, "/api/m2m/v1/session/login", body); err != nil {
			return err
		}
		var reply struct{ SessionToken string }
		if w.reply.broken == nil && w.reply.status == http.StatusOK {
			err = json.Unmarshal(w.reply.body, &reply)
			w.client.session = reply.SessionToken
		}
		return err
	}
	return w.client.last(ctx)
}

// loggedIn logs in unless that was done before; what it is answered then has to be good.
func (w *world) loggedIn(ctx context.Context) error {
	if err := w.start(ctx); err != nil || w.client.session != "" {
		return err
	}
	if err := w.logIn(ctx, ""); err != nil {
		return err
	}
	if w.client.session == "" {
		return fmt.Errorf("to log in has failed: %s", &w.reply)
	}
	return nil
}

// call makes a call of ThingSpace as a client does. A body that is a []byte is sent as it is, another one as its JSON.
func (w *world) call(ctx context.Context, method, path string, body any) error {
	if err := w.loggedIn(ctx); err != nil {
		return err
	}
	text, ok := body.([]byte)
	if body != nil && !ok {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
	}
	w.client.last = func(ctx context.Context) error { return w.exchange(ctx, method, path, text) }
	return w.client.last(ctx)
}

// exchange makes a call with the tokens of now.
func (w *world) exchange(ctx context.Context, method, path string, body []byte) error {
	r, err := http.NewRequestWithContext(ctx, method, w.box.URL+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("User-Agent", agent)
	r.Header.Set("Authorization", "Bearer "+w.client.bearer)
	r.Header.Set("VZ-M2M-Token", w.client.session)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	heard := w.listener.count()
	if err := w.send(r); err != nil {
		return err
	}
	w.listener.before = w.listener.count() - heard
	var accepted struct{ RequestID string }
	if w.reply.status == http.StatusOK && json.Unmarshal(w.reply.body, &accepted) == nil && accepted.RequestID != "" && !strings.HasSuffix(path, "/status") {
		w.request = accepted.RequestID
	}
	return nil
}

// refused holds the reply to a status and a part of its message.
func (w *world) refused(status int, text string) error {
	a, err := w.has()
	if err != nil {
		return err
	}
	var reply struct{ ErrorCode, ErrorMessage string }
	_ = json.Unmarshal(a.body, &reply) // a list has neither
	if a.status != status || !strings.Contains(reply.ErrorMessage, text) {
		return errors.New(a.String())
	}
	if status != http.StatusOK && reply.ErrorCode != strconv.Itoa(status) {
		return fmt.Errorf("errorCode is %q, not %d: %s", reply.ErrorCode, status, a)
	}
	return nil
}

// refusedWithCode holds the reply to a status and a code: the errorCode of ThingSpace, or the code of the gateway's fault.
func (w *world) refusedWithCode(status int, code string) error {
	a, err := w.has()
	if err != nil {
		return err
	}
	var reply struct {
		ErrorCode string
		Fault     struct{ Code string }
	}
	if err := json.Unmarshal(a.body, &reply); err != nil {
		return fmt.Errorf("%s: %w", a, err)
	}
	if a.status != status || cmp.Or(reply.ErrorCode, reply.Fault.Code) != code {
		return errors.New(a.String())
	}
	return nil
}

// sendTo makes any call, of ThingSpace or of my application.
func (w *world) sendTo(ctx context.Context, whom, method, path string, doc *godog.DocString) error {
	var body []byte
	if doc != nil {
		body = []byte(doc.Content)
	}
	if whom == "ThingSpace" {
		return w.call(ctx, method, path, body)
	}
	return w.applicationCall(ctx, method, path, body)
}
