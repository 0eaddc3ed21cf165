package tsimtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// Do asks ThingSpace for an action on one device of the account, as a client would, and returns the
// requestId. The identifiers are told apart by their length: EID, IMEI, ICCID.
func (s *Sandbox) Do(action string, ids ...string) (request string) {
	s.t.Helper()
	device := make([]map[string]string, len(ids))
	for i, id := range ids {
		kind := "iccid"
		switch len(id) {
		case 32:
			kind = "eid"
		case 15:
			kind = "imei"
		}
		device[i] = map[string]string{"kind": kind, "id": id}
	}
	status, reply := s.Call(http.MethodPost, "/api/m2m/v1/devices/profile/actions/"+action, map[string]any{
		"accountName": s.Account, "devices": []any{map[string]any{"deviceIds": device}},
	})
	var accepted struct{ RequestID string }
	if err := json.Unmarshal(reply, &accepted); err != nil || status != http.StatusOK {
		s.fail("", "%s was answered with %d %s", action, status, reply)
	}
	return accepted.RequestID
}

// Call makes a call of ThingSpace with a bearer and a session, and a body in JSON unless it is nil. When
// one of the two is over, the call has done nothing: it is repeated, once, with fresh ones. Only a call
// that itself logs in or out is left as it is.
func (s *Sandbox) Call(method, path string, body any) (status int, reply []byte) {
	s.t.Helper()
	with := s.login(tokens{})
	status, reply, err := s.call(with, method, path, body)
	if err == nil && over(status, reply) && !atTheDoor.MatchString(path) {
		status, reply, err = s.call(s.login(with), method, path, body)
	}
	s.must(err)
	return status, reply
}

// tokens are what a call brings.
type tokens struct{ bearer, session string }

// atTheDoor are the paths of the calls that log in and out.
var atTheDoor = regexp.MustCompile(`/session/log(in|out)$|^/api/ts/`)

// sessionOver is how a refusal for the session begins, in one of its two fields.
var sessionOver = regexp.MustCompile(`^UnifiedWebService\.\w+\.SessionToken\.(Expired|Invalid|Format)\b`)

// over says whether a call was refused for its bearer or its session.
func over(status int, reply []byte) bool {
	var refusal struct{ ErrorCode, ErrorMessage string }
	return status == http.StatusUnauthorized || status == http.StatusBadRequest && json.Unmarshal(reply, &refusal) == nil &&
		(sessionOver.MatchString(refusal.ErrorCode) || sessionOver.MatchString(refusal.ErrorMessage))
}

// login gets a bearer and a session, unless there are others than the stale ones already.
func (s *Sandbox) login(stale tokens) tokens {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens != stale {
		return s.tokens
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+"/api/ts/v1/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	s.must(err)
	r.SetBasicAuth(s.AppKey, s.AppSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	s.must(understand(s.send(r))(&token))
	var session struct{ SessionToken string }
	s.must(understand(s.call(tokens{bearer: token.AccessToken}, http.MethodPost, "/api/m2m/v1/session/login", map[string]string{
		"username": s.Username, "password": s.Password,
	}))(&session))
	s.tokens = tokens{token.AccessToken, session.SessionToken}
	return s.tokens
}

// understand reads a reply that has to be a success.
func understand(status int, reply []byte, err error) func(any) error {
	return func(into any) error {
		if err == nil && status != http.StatusOK {
			err = fmt.Errorf("ThingSpace answered with %d %s", status, reply)
		}
		if err == nil {
			err = json.Unmarshal(reply, into)
		}
		return err
	}
}

func (s *Sandbox) call(with tokens, method, path string, body any) (int, []byte, error) {
	var text io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		text = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.URL+path, text)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Authorization", "Bearer "+with.bearer)
	r.Header.Set("VZ-M2M-Token", with.session)
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	return s.send(r)
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
