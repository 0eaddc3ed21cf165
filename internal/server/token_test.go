package server

import (
	"encoding/json"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"tsim/tsimclient"
)

// The simulated start is fixed, so that two servers can be compared.
const tiny = `{"name": "tiny", "start": "2030-01-01T00:00:00Z", "seed": 7, "clock": "manual",
	"credentials": [{"appKey": "k", "appSecret": "s", "username": "u", "password": "p"}],
	"accounts": [{"name": "A-1", "devices": [{"eid": "` + defaultEID + `"}]}]}`

var tinySeeded = `{"tokens": {"seeded": true}, ` + tiny[1:]

// played is what a sandbox showed of itself: what proves who somebody is, and everything else.
type played struct {
	secrets  []string
	identity [2]string
	told     any
}

// play makes a sandbox and calls it as a client does.
func play(t *testing.T, s *Server, scenario string) (*client, played) {
	t.Helper()
	admin := &tsimclient.Client{BaseURL: s.URL(), Sandbox: "mine"}
	box, err := admin.CreateSandbox(t.Context(), tsimclient.SandboxSpec{Name: "mine", ScenarioSpec: tsimclient.ScenarioSpec{Scenario: json.RawMessage(scenario)}})
	if err != nil {
		t.Fatal(err)
	}
	mine := box.Credentials[0]
	c, err := login(s.URL(), mine)
	if err != nil {
		t.Fatal(err)
	}
	call := func(method, path string, body any) (text string) {
		t.Helper()
		status, text, err := c.call(method, path, body)
		if err != nil || status != 200 {
			t.Fatalf("%s %s: %d %s %v", method, path, status, text, err)
		}
		return text
	}
	reply := call("POST", "/api/m2m/v1/devices/profile/actions/device_suspend", map[string]any{
		"accountName": "A-1", "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": defaultEID}}}},
	})
	var password struct{ NewPassword string }
	text := call("PUT", "/api/m2m/v1/session/password/actions/reset", map[string]string{"oldPassword": mine.Password})
	if err := json.Unmarshal([]byte(text), &password); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
		t.Fatal(err)
	}
	events, err1 := admin.AllEvents(t.Context(), tsimclient.EventFilter{}, 1000)
	callbacks, err2 := admin.AllCallbacks(t.Context(), tsimclient.CallbackFilter{}, 1000)
	requests, err3 := admin.Requests(t.Context(), tsimclient.RequestFilter{}, tsimclient.Page{})
	if err1 != nil || err2 != nil || err3 != nil || len(events) < 4 || len(callbacks) == 0 {
		t.Fatalf("%d events and %d callbacks: %v, %v, %v", len(events), len(callbacks), err1, err2, err3)
	}
	return c, played{
		[]string{mine.AppSecret, mine.Password, c.bearer, c.session, password.NewPassword},
		[2]string{mine.AppKey, mine.Username}, []any{reply, events, callbacks, requests},
	}
}

// What proves who somebody is is drawn at random, and nothing that is compared depends on it.
func TestSecretsAreDrawnAtRandom(t *testing.T) {
	_, one := play(t, Serve(t, Options{}), tiny)
	_, other := play(t, Serve(t, Options{}), tiny)
	for i, secret := range slices.Concat(one.secrets, other.secrets) {
		if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(secret) {
			t.Errorf("secret %d is %q, which is no UUID", i, secret)
		}
		if j := slices.Index(slices.Concat(one.secrets, other.secrets), secret); j != i {
			t.Errorf("secrets %d and %d are both %q", j, i, secret)
		}
	}
	if one.identity != other.identity {
		t.Errorf("app key and username are %q and %q", one.identity, other.identity)
	}
	if !reflect.DeepEqual(one.told, other.told) {
		t.Errorf("with other tokens the same calls are told\n%+v\nand\n%+v", one.told, other.told)
	}
}

// A scenario can say otherwise.
func TestSeededSecretsAreTheSame(t *testing.T) {
	_, one := play(t, Serve(t, Options{}), tinySeeded)
	_, other := play(t, Serve(t, Options{}), tinySeeded)
	if !reflect.DeepEqual(one, other) {
		t.Errorf("there came\n%+v\nand\n%+v", one, other)
	}
}

// The credentials of a sandbox that was removed are good for nothing in the next one of its name.
func TestCredentialsGoWithTheirSandbox(t *testing.T) {
	s := Serve(t, Options{})
	old, _ := play(t, s, tiny)
	admin := &tsimclient.Client{BaseURL: s.URL(), Sandbox: "mine"}
	before, err := admin.Info(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.DeleteSandbox(t.Context()); err != nil {
		t.Fatal(err)
	}
	play(t, s, tiny)
	if status, text, err := old.call("GET", "/api/m2m/v1/callbacks/A-1", nil); status != 401 {
		t.Errorf("with the old bearer: %d %s %v", status, text, err)
	}
	if c, err := login(s.URL(), before.Credentials[0]); err == nil {
		t.Errorf("with the old secret there is a bearer: %+v", c)
	}
}
