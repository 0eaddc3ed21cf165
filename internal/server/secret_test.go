package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/tsimclient"
)

// TestThePasswordOfAURLIsNowhere but in ThingSpace's own list of listeners, and in what the listener itself is sent.
func TestThePasswordOfAURLIsNowhere(t *testing.T) {
	const secret = "opensesame"
	listener := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != secret {
			t.Errorf("the password is %q", password)
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	defer listener.Close()
	cfg := byDefault(t)
	cfg.Clock = config.Manual
	var log bytes.Buffer
	s, err := Start(Options{Addr: "127.0.0.1:0", Config: cfg, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	get := func(path string) string {
		res, err := http.Get(s.URL() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d %s %v", path, res.StatusCode, text, err)
		}
		told = append(told, string(text))
		return string(text)
	}
	c, err := login(s.URL(), tsimclient.Credential{
		AppKey: cfg.Credentials[0].AppKey, AppSecret: string(cfg.Credentials[0].AppSecret),
		Username: cfg.Credentials[0].Username, Password: string(cfg.Credentials[0].Password),
	})
	if err != nil {
		t.Fatal(err)
	}
	call := func(want int, path string, body any) string {
		status, text, err := c.call("POST", "/api/m2m/v1/"+path, body)
		if err != nil || status != want {
			t.Errorf("%s: %d %s %v, want %d", path, status, text, err, want)
		}
		told = append(told, text)
		return text
	}
	with := func(url string) map[string]string {
		return map[string]string{"name": config.ProfileService, "url": url}
	}
	var request struct{ RequestID string }
	suspend := map[string]any{
		"accountName": defaultAccount, "devices": []any{map[string]any{"deviceIds": []any{map[string]string{"kind": "eid", "id": defaultEID}}}},
	}
	// One listener that refuses, one that is not there.
	closed := httptest.NewServer(nil)
	closed.Close()
	for i, at := range []string{listener.URL, closed.URL} {
		call(200, "callbacks/"+defaultAccount, with(strings.Replace(at, "http://", "http://me:"+secret+"@", 1)))
		text := call(200, "devices/profile/actions/"+[]string{"device_suspend", "device_resume"}[i], suspend)
		if err := json.Unmarshal([]byte(text), &request); err != nil {
			t.Fatal(err)
		}
		if _, err := (&tsimclient.Client{BaseURL: s.URL()}).Advance(t.Context(), tsimclient.Advance{By: "10s"}); err != nil {
			t.Fatal(err)
		}
		get("/tsim/v1/sandboxes/default/requests/" + request.RequestID)
		get("/tsim/v1/sandboxes/default/requests/" + request.RequestID + "?format=text")
	}
	for _, odd := range []string{"ftp://me:" + secret + "@host/", "me:" + secret + "@host", "http://me:%" + secret + "@host/"} {
		call(400, "callbacks/"+defaultAccount, with(odd))
	}
	shown := get("/tsim/v1/sandboxes/default/callbacks")
	get("/tsim/v1/sandboxes/default/events")
	get("/tsim/v1/sandboxes/default/calls?format=har")
	get("/tsim/v1/sandboxes/default")
	_, list, err := c.call("GET", "/api/m2m/v1/callbacks/"+defaultAccount, nil)
	if want := strings.Replace(closed.URL, "http://", "http://me:"+secret+"@", 1); err != nil || !strings.Contains(list, want) {
		t.Errorf("ThingSpace's list is %s (%v), want %s in it", list, err, want)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	redacted := strings.Replace(listener.URL, "http://", "http://me:xxxxx@", 1)
	if !strings.Contains(shown, fmt.Sprintf(`"url":%q`, redacted)) || !strings.Contains(log.String(), "to="+redacted) {
		t.Errorf("%s is not in\n%s\nand in the log\n%s", redacted, shown, log.String())
	}
	for _, text := range append(told, log.String()) {
		if strings.Contains(text, secret) {
			t.Errorf("the password is in\n%s", text)
		}
	}
}
