package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// caller has a connection for each call: one that was made and not used would keep a server that closes
// waiting for seconds.
var caller = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// ask asks for an action on the Global profile, as a client does that has just started.
func ask(t *testing.T, base, action string) {
	t.Helper()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	post(t, base+"/api/ts/v1/oauth2/token", "grant_type=client_credentials", &token, "Content-Type", "application/x-www-form-urlencoded")
	bearer := "Bearer " + token.AccessToken
	var session struct{ SessionToken string }
	post(t, base+"/api/m2m/v1/session/login", `{"username":"u","password":"p"}`, &session, "Authorization", bearer)
	var accepted struct{ RequestID string }
	post(t, base+"/api/m2m/v1/devices/profile/actions/"+action,
		`{"accountName":"a","devices":[{"deviceIds":[{"kind":"iccid","id":"`+iccid+`"}]}]}`, &accepted,
		"Authorization", bearer, "VZ-M2M-Token", session.SessionToken)
	if accepted.RequestID == "" {
		t.Error("the request has no id")
	}
}

func post(t *testing.T, url, body string, reply any, header ...string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Error(err)
		return
	}
	r.SetBasicAuth("k", "s")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := caller.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(reply); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("POST %s: %d, %v", url, res.StatusCode, err)
	}
}
