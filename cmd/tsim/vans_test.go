package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// vans is an application for tests of bdd. It logs in and registers itself at its start, and suspends vans. It counts callbacks
// without a look at what they are about, which is a mistake that duplicates find. Its words are mistakes of their own: "mute" never
// listens, "short" ends at once, "frail" ends with its second callback.
func vans(words []string) int {
	frail := false
	switch strings.Join(words, " ") {
	case "frail":
		frail = true
	case "short":
		fmt.Println("I do not feel well")
		return 3
	case "mute":
		select {}
	}
	v := &vanService{url: os.Getenv("TSIM_URL"), account: os.Getenv("TSIM_ACCOUNT")}
	port := os.Getenv("PORT")
	if err := v.logIn("http://127.0.0.1:" + port + "/callbacks"); err != nil {
		fmt.Println(err)
		return 1
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /suspend/{iccid}", v.suspend)
	mux.HandleFunc("GET /heard", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintf(w, `{"callbacks": %d}`, v.heard.Load()) })
	mux.HandleFunc("POST /forget", func(http.ResponseWriter, *http.Request) { v.heard.Store(0) })
	mux.HandleFunc("POST /crash", func(http.ResponseWriter, *http.Request) {
		fmt.Println("I crash")
		os.Exit(4)
	})
	mux.HandleFunc("POST /callbacks", func(http.ResponseWriter, *http.Request) {
		fmt.Println("callback", v.heard.Add(1))
		if frail && v.heard.Load() > 1 {
			fmt.Println("one callback too many")
			os.Exit(5)
		}
	})
	l, err := net.Listen("tcp", "127.0.0.1:"+port)
	if err != nil {
		return 1
	}
	fmt.Println("vans are there")
	_ = http.Serve(l, mux) //nolint:gosec // no test waits for a slow reader
	return 0
}

type vanService struct {
	url, account string
	heard        atomic.Int64

	mu              sync.Mutex
	bearer, session string
}

// logIn logs in, and registers for callbacks.
func (v *vanService) logIn(callbacks string) error {
	var token struct {
		AccessToken string `json:"access_token"`
	}
	q, err := http.NewRequest(http.MethodPost, v.url+"/api/ts/v1/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return err
	}
	q.SetBasicAuth(os.Getenv("TSIM_APP_KEY"), os.Getenv("TSIM_APP_SECRET"))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if err := v.send(q, &token); err != nil {
		return err
	}
	v.bearer = token.AccessToken
	var session struct{ SessionToken string }
	err = v.call("/api/m2m/v1/session/login", map[string]any{"username": os.Getenv("TSIM_USERNAME"), "password": os.Getenv("TSIM_PASSWORD")}, &session)
	if err != nil {
		return err
	}
	v.session = session.SessionToken
	return v.call("/api/m2m/v1/callbacks/"+v.account, map[string]any{"name": "DeviceProfileService", "url": callbacks}, nil)
}

func (v *vanService) suspend(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	defer v.mu.Unlock()
	err := v.call("/api/m2m/v1/devices/profile/actions/profile_suspend", map[string]any{
		"accountName": v.account, "devices": []any{map[string]any{"deviceIds": []any{map[string]any{"kind": "iccid", "id": r.PathValue("iccid")}}}},
	}, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

func (v *vanService) call(path string, body, reply any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	q, err := http.NewRequest(http.MethodPost, v.url+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	q.Header.Set("Authorization", "Bearer "+v.bearer)
	if v.session != "" {
		q.Header.Set("VZ-M2M-Token", v.session)
	}
	q.Header.Set("Content-Type", "application/json")
	return v.send(q, reply)
}

func (v *vanService) send(q *http.Request, reply any) error {
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode >= 300 {
		err = fmt.Errorf("%s is answered with %s: %s", q.URL.Path, res.Status, text)
	}
	if err != nil || reply == nil {
		return err
	}
	return json.Unmarshal(text, reply)
}
