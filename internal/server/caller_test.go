package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// caller is a client of the simulated calls.
type caller struct {
	t    *testing.T
	base string
}

func (c caller) suspend() {
	c.t.Helper()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	c.post("/api/ts/v1/oauth2/token", "grant_type=client_credentials", &token, "Content-Type", "application/x-www-form-urlencoded")
	bearer := "Bearer " + token.AccessToken
	var session struct{ SessionToken string }
	c.post("/api/m2m/v1/session/login", `{"username":"u","password":"p"}`, &session, "Authorization", bearer)
	var accepted struct{ RequestID string }
	c.post("/api/m2m/v1/devices/profile/actions/profile_suspend",
		`{"accountName":"a","devices":[{"deviceIds":[{"kind":"iccid","id":"`+iccid+`"}]}]}`, &accepted,
		"Authorization", bearer, "VZ-M2M-Token", session.SessionToken)
	if accepted.RequestID == "" {
		c.t.Fatal("the request has no id")
	}
}

func (c caller) post(path, body string, reply any, header ...string) {
	c.t.Helper()
	r, err := http.NewRequest(http.MethodPost, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.SetBasicAuth("k", "s")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(reply); err != nil || res.StatusCode != http.StatusOK {
		c.t.Fatalf("POST %s: %d, %v", path, res.StatusCode, err)
	}
}
