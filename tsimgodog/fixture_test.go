package tsimgodog_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/cucumber/godog"
	"go.uber.org/goleak"

	"tsim/tsimbox"
	. "tsim/tsimgodog"
)

func TestMain(m *testing.M) {
	_ = os.Unsetenv("TSIM_SEED")
	goleak.VerifyTestMain(m)
}

// vans is the application of the examples: it knows vans by their names, and what callbacks have said of them.
type vans struct {
	box *tsimbox.Sandbox

	mu     sync.Mutex
	states map[string]string
}

// startVans starts one for a scenario.
func startVans(_ context.Context, box *tsimbox.Sandbox) (string, func() error, error) {
	v := &vans{box: box, states: map[string]string{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /health", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "I am fine") })
	mux.HandleFunc("POST /vans", v.add)
	mux.HandleFunc("GET /vans/{name}", v.get)
	mux.HandleFunc("POST /callbacks", v.hear)
	mux.HandleFunc("POST /login", v.login)
	server := httptest.NewServer(mux)
	return server.URL, func() error { server.Close(); return nil }, nil
}

func (v *vans) add(w http.ResponseWriter, r *http.Request) {
	var van struct{ Name string }
	if err := json.NewDecoder(r.Body).Decode(&van); err != nil || van.Name == "" {
		http.Error(w, "a van has a name", http.StatusBadRequest)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.states[van.Name] = "new"
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]string{"id": van.Name, "state": "new"})
}

func (v *vans) get(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	state, ok := v.states[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"state": state})
}

func (v *vans) hear(_ http.ResponseWriter, r *http.Request) {
	var c struct {
		DeviceIDs      []struct{ ID string }
		DeviceResponse struct{ DeviceProfileResponse struct{ State string } }
	}
	if json.NewDecoder(r.Body).Decode(&c) != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, d := range c.DeviceIDs {
		if _, ok := v.states[d.ID]; ok {
			v.states[d.ID] = c.DeviceResponse.DeviceProfileResponse.State
		}
	}
}

// login logs in to ThingSpace.
func (v *vans) login(w http.ResponseWriter, r *http.Request) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	call := func(path, kind, body string, auth func(*http.Request)) map[string]any {
		q, err := http.NewRequestWithContext(r.Context(), http.MethodPost, v.box.URL+path, strings.NewReader(body))
		if err != nil {
			return nil
		}
		q.Header.Set("Content-Type", kind)
		auth(q)
		res, err := client.Do(q)
		if err != nil {
			return nil
		}
		defer func() { _ = res.Body.Close() }()
		var reply map[string]any
		_ = json.NewDecoder(res.Body).Decode(&reply)
		return reply
	}
	token := call("/api/ts/v1/oauth2/token", "application/x-www-form-urlencoded", "grant_type=client_credentials", func(q *http.Request) {
		q.SetBasicAuth(v.box.AppKey, v.box.AppSecret)
	})
	body, _ := json.Marshal(map[string]string{"username": v.box.Username, "password": v.box.Password})
	session := call("/api/m2m/v1/session/login", "application/json", string(body), func(q *http.Request) {
		q.Header.Set("Authorization", "Bearer "+token["access_token"].(string))
	})
	if session["sessionToken"] == nil {
		w.WriteHeader(http.StatusBadGateway)
	}
}

// run runs features with the steps and some more, and says what it printed and with what it ended.
func run(features map[string]string, concurrency int, more func(*godog.ScenarioContext), o ...Option) (int, string) {
	var out bytes.Buffer
	var contents []godog.Feature
	for name, text := range features {
		contents = append(contents, godog.Feature{Name: name, Contents: []byte(text)})
	}
	suite := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			Steps(sc, append([]Option{StartApplication(startVans)}, o...)...)
			if more != nil {
				more(sc)
			}
		},
		Options: &godog.Options{
			Format: "pretty", Output: &out, FeatureContents: contents, Concurrency: concurrency, Strict: true, NoColors: true,
			Paths: []string{}, Randomize: -1,
		},
	}
	return suite.Run(), out.String()
}
