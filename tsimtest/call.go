package tsimtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
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

// Call makes a call of ThingSpace with a bearer and a session, and a body in JSON unless it is nil.
func (s *Sandbox) Call(method, path string, body any) (status int, reply []byte) {
	s.t.Helper()
	s.login()
	status, reply, err := s.call(method, path, body)
	s.must(err)
	return status, reply
}

// login gets a bearer and a session, once.
func (s *Sandbox) login() {
	s.t.Helper()
	if s.session != "" {
		return
	}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.URL+"/api/ts/v1/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	s.must(err)
	r.SetBasicAuth(s.AppKey, s.AppSecret)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var token struct {
		AccessToken string `json:"access_token"`
	}
	s.must(understand(s.send(r))(&token))
	s.bearer = token.AccessToken
	var session struct{ SessionToken string }
	s.must(understand(s.call(http.MethodPost, "/api/m2m/v1/session/login", map[string]string{
		"username": s.Username, "password": s.Password,
	}))(&session))
	s.session = session.SessionToken
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

func (s *Sandbox) call(method, path string, body any) (int, []byte, error) {
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
	r.Header.Set("Authorization", "Bearer "+s.bearer)
	r.Header.Set("VZ-M2M-Token", s.session)
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
