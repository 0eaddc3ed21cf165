package tsimbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"tsim/internal/euicc"
	"tsim/tsimclient"
)

// IDs names a device, or a profile of it, by what is given. Which of them an operation takes is said beside its constant:
// "go doc tsim/tsimclient.Operation".
type IDs struct{ EID, ICCID, IMEI, MDN string }

// wire is how a device stands in a call.
func (ids IDs) wire() map[string]any {
	list := []map[string]string{}
	given := euicc.IDs{EID: ids.EID, ICCID: ids.ICCID, IMEI: ids.IMEI, MDN: ids.MDN}
	for kind, id := range given.All() {
		list = append(list, map[string]string{"kind": kind.String(), "id": id})
	}
	return map[string]any{"deviceIds": list}
}

// A DoOption says something more about what Do and DoAll ask for.
type DoOption func(body map[string]any)

// Plan is the service plan to use: the servicePlan of the call.
func Plan(name string) DoOption { return Field("servicePlan", name) }

// Account is another account than the first one of the scenario.
func Account(name string) DoOption { return Field("accountName", name) }

// Field is any other field of the body, such as mdnZipCode or smsrOid, with a value that is JSON.
func Field(name string, value any) DoOption {
	return func(body map[string]any) { body[name] = value }
}

// Do asks ThingSpace for an operation on one device, as a client would, and returns the requestId. What comes of it is
// told by callbacks, once time has passed. The error is a *RefusedError when the call was refused.
func (s *Sandbox) Do(ctx context.Context, op tsimclient.Operation, device IDs, o ...DoOption) (request string, err error) {
	return s.DoAll(ctx, op, []IDs{device}, o...)
}

// DoAll is Do for many devices in one call, up to 10,000.
func (s *Sandbox) DoAll(ctx context.Context, op tsimclient.Operation, devices []IDs, o ...DoOption) (request string, err error) {
	list := make([]any, len(devices))
	for i, ids := range devices {
		list[i] = ids.wire()
	}
	body := map[string]any{"accountName": s.Account, "devices": list}
	for _, option := range o {
		option(body)
	}
	var accepted struct{ RequestID string }
	err = s.succeed(ctx, clientAgent, http.MethodPost, "/api/m2m/v1/devices/profile/actions/"+string(op), body, &accepted)
	var words []string
	for _, known := range euicc.Ops() {
		words = append(words, known.String())
	}
	if err != nil && !slices.Contains(words, string(op)) {
		err = fmt.Errorf("%w; %q is none of the operations, which are %s", err, op, strings.Join(words, ", "))
	}
	return accepted.RequestID, err
}

// Registration is a listener for the callbacks of an account.
type Registration struct {
	URL                string // http, https or "mailbox:", see docs/control.md
	Account            string // "" for the first one
	Service            string // "" for tsimclient.DeviceProfileService, which all operations report to
	Username, Password string // sent along in each callback
}

// Register registers a listener that is not one of Listen's, or one of those for another account. It replaces the one that
// the account had for the service.
func (s *Sandbox) Register(ctx context.Context, r Registration) error {
	return s.register(ctx, clientAgent, r)
}

func (s *Sandbox) register(ctx context.Context, agent string, r Registration) error {
	body := map[string]string{"name": r.Service, "url": r.URL}
	if r.Service == "" {
		body["name"] = tsimclient.DeviceProfileService
	}
	if r.Username != "" || r.Password != "" {
		maps.Copy(body, map[string]string{"username": r.Username, "password": r.Password})
	}
	account := r.Account
	if account == "" {
		account = s.Account
	}
	return s.succeed(ctx, agent, http.MethodPost, "/api/m2m/v1/callbacks/"+account, body, nil)
}

// succeed makes a call that has to be accepted, and reads its reply.
func (s *Sandbox) succeed(ctx context.Context, agent, method, path string, body, reply any) error {
	status, text, err := s.callAs(ctx, agent, method, path, body)
	if err != nil {
		return err
	}
	return decode(method, path, status, text, reply)
}

// decode reads the reply of a call that was accepted; nil is for one that says nothing of interest.
func decode(method, path string, status int, text []byte, reply any) error {
	if status != http.StatusOK {
		return refused(method, path, status, text)
	}
	if reply == nil {
		return nil
	}
	return json.Unmarshal(text, reply)
}

// Call makes any call of ThingSpace with a bearer and a session, at a path such as "/api/m2m/v1/plans/A-1". A body that is
// a []byte or a json.RawMessage is sent as it is, another one as its JSON, and none if it is nil. A refusal is no error
// here, but a status. When the bearer or the session is over, the call has done nothing: it is repeated, once,
// with fresh ones. Only a call that itself logs in or out is left as it is.
func (s *Sandbox) Call(ctx context.Context, method, path string, body any) (status int, reply []byte, err error) {
	return s.callAs(ctx, clientAgent, method, path, body)
}

// callAs is Call with a User-Agent.
func (s *Sandbox) callAs(ctx context.Context, agent, method, path string, body any) (status int, reply []byte, err error) {
	if !strings.HasPrefix(path, "/") {
		return 0, nil, fmt.Errorf("the path %q does not begin with a slash; that of a call is like /api/m2m/v1/plans/A-1", path)
	}
	with, err := s.logIn(ctx, tokens{})
	if err != nil {
		return 0, nil, err
	}
	status, reply, err = s.call(ctx, agent, with, method, path, body)
	if err == nil && loggedOut(status, reply) && !logsInOrOut.MatchString(path) {
		if with, err = s.logIn(ctx, with); err != nil {
			return 0, nil, err
		}
		status, reply, err = s.call(ctx, agent, with, method, path, body)
	}
	return status, reply, err
}

// tokens are what a call brings.
type tokens struct{ bearer, session string }

// logsInOrOut are the paths of the calls that log in and out.
var logsInOrOut = regexp.MustCompile(`/session/log(in|out)$|^/api/ts/`)

// sessionOver is how a refusal for the session begins, in one of its two fields.
var sessionOver = regexp.MustCompile(`^UnifiedWebService\.\w+\.SessionToken\.(Expired|Invalid|Format)\b`)

// loggedOut says whether a call was refused for its bearer or its session.
func loggedOut(status int, reply []byte) bool {
	var refusal struct{ ErrorCode, ErrorMessage string }
	return status == http.StatusUnauthorized || status == http.StatusBadRequest && json.Unmarshal(reply, &refusal) == nil &&
		(sessionOver.MatchString(refusal.ErrorCode) || sessionOver.MatchString(refusal.ErrorMessage))
}

// ownAgent is the User-Agent of the calls by which a sandbox itself logs in and registers the listeners of Listen, so that
// they are not taken for those of the client under test. clientAgent stands for that client: it is left to net/http.
const ownAgent, clientAgent = "tsimbox", ""

// logIn gets a bearer and a session, unless there are others than the stale ones already.
func (s *Sandbox) logIn(ctx context.Context, stale tokens) (tokens, error) {
	s.login.Lock()
	defer s.login.Unlock()
	if s.tokens != stale {
		return s.tokens, nil
	}
	const oauth, login = "/api/ts/v1/oauth2/token", "/api/m2m/v1/session/login"
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+oauth, strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return tokens{}, err
	}
	r.SetBasicAuth(s.AppKey, s.AppSecret)
	r.Header.Set("User-Agent", ownAgent)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	status, reply, err := s.send(r)
	if err == nil {
		err = decode(r.Method, oauth, status, reply, &token)
	}
	if err != nil {
		return tokens{}, err
	}
	var session struct{ SessionToken string }
	status, reply, err = s.call(ctx, ownAgent, tokens{bearer: token.AccessToken}, http.MethodPost, login, map[string]string{
		"username": s.Username, "password": s.Password,
	})
	if err == nil {
		err = decode(http.MethodPost, login, status, reply, &session)
	}
	if err != nil {
		return tokens{}, err
	}
	s.tokens = tokens{token.AccessToken, session.SessionToken}
	return s.tokens, nil
}

func (s *Sandbox) call(ctx context.Context, agent string, with tokens, method, path string, body any) (int, []byte, error) {
	text, err := bodyText(body)
	if err != nil {
		return 0, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, s.URL+path, bytes.NewReader(text))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+with.bearer)
	r.Header.Set("VZ-M2M-Token", with.session)
	if agent != clientAgent {
		r.Header.Set("User-Agent", agent)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return s.send(r)
}

// bodyText is the body of a call; "" for none.
func bodyText(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case []byte:
		return b, nil
	case json.RawMessage:
		return b, nil
	}
	return json.Marshal(body)
}

func (s *Sandbox) send(r *http.Request) (int, []byte, error) {
	res, err := s.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	reply, err := io.ReadAll(res.Body)
	return res.StatusCode, reply, err
}
