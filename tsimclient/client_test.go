package tsimclient_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tsim/tsimclient"
)

// serving is a client of a server that answers every call alike, and what it was asked.
func serving(t *testing.T, status int, reply string) (*tsimclient.Client, *[]string) {
	t.Helper()
	var asked []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.TrimSpace(r.Method+" "+r.URL.RequestURI()+" "+r.Header.Get("Authorization")+" "+string(body)))
		w.WriteHeader(status)
		_, _ = io.WriteString(w, reply)
	}))
	t.Cleanup(srv.Close)
	return &tsimclient.Client{BaseURL: srv.URL, HTTPClient: srv.Client()}, &asked
}

// Names may hold anything; the token goes along; nothing is repeated.
func TestWhatGoesOverTheWire(t *testing.T) {
	c, asked := serving(t, http.StatusServiceUnavailable, `{"error":"not now"}`)
	c.Sandbox, c.Token = "a/b c", "letmein"
	if _, err := c.Wait(t.Context(), tsimclient.Wait{For: tsimclient.Idle, Timeout: "5s"}); err == nil {
		t.Error("a 503 is no error")
	}
	_, _ = c.Wait(t.Context(), tsimclient.Wait{For: tsimclient.For{Kind: tsimclient.EventAttemptFailed, After: 3}})
	_, _ = c.Callbacks(t.Context(), tsimclient.CallbackFilter{State: tsimclient.StateHeld}, tsimclient.Page{After: "1&2"})
	_, _ = c.AnswerMail(t.Context(), "A/1", tsimclient.DeviceProfileService, 7, 200)
	want := []string{
		`POST /tsim/v1/sandboxes/a%2Fb%20c/wait Bearer letmein {"for":"idle","timeout":"5s"}`,
		`POST /tsim/v1/sandboxes/a%2Fb%20c/wait Bearer letmein {"for":{"kind":"attempt.failed","after":3}}`,
		`GET /tsim/v1/sandboxes/a%2Fb%20c/callbacks?after=1%262&state=held Bearer letmein`,
		`POST /tsim/v1/sandboxes/a%2Fb%20c/mailbox/A%2F1/DeviceProfileService/7 Bearer letmein {"status":200}`,
	}
	if got := strings.Join(*asked, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("asked\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// What did happen and what is pending comes with the error of a wait that was in vain.
func TestErrorOfAWait(t *testing.T) {
	c, _ := serving(t, http.StatusRequestTimeout, `{"error":"it has not come true within 1s","hint":"the clock is in manual mode",
		"happened":[{"seq":3,"kind":"request.accepted"}],"pending":[{"request":"r","entry":1,"operation":"enable","why":"the clock is in manual mode"}]}`)
	_, err := c.Wait(t.Context(), tsimclient.Wait{For: tsimclient.Idle})
	var e *tsimclient.Error
	if !errors.As(err, &e) || e.Status != 408 || errors.Unwrap(e) != nil || len(e.Happened) != 1 || e.Happened[0].Kind != tsimclient.EventRequestAccepted ||
		len(e.Pending) != 1 || e.Pending[0].Operation != tsimclient.OpEnable {
		t.Fatalf("%#v", err)
	}
	if want := "it has not come true within 1s (the clock is in manual mode)"; e.Error() != want {
		t.Errorf("%q, want %q", e.Error(), want)
	}
}

// What cannot be JSON is told before anything is sent.
func TestBodyThatCannotBeJSON(t *testing.T) {
	c, asked := serving(t, http.StatusOK, `{}`)
	var e *tsimclient.Error
	if _, err := c.AddDevices(t.Context(), json.RawMessage(`{`)); !errors.As(err, &e) || e.Status != 0 || len(*asked) > 0 {
		t.Errorf("%#v, asked %q", err, *asked)
	}
}

// An address that cannot be one is told with one that can.
func TestAddressWithoutAScheme(t *testing.T) {
	for _, address := range []string{"", "127.0.0.1:8080", "localhost", "ftp://127.0.0.1"} {
		_, err := (&tsimclient.Client{BaseURL: address}).Health(t.Context())
		want := fmt.Sprintf("the address %q of tsim does not begin with http:// or https:// (it is like http://127.0.0.1:8080)", address)
		var e *tsimclient.Error
		if !errors.As(err, &e) || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestClientOfAnotherServer(t *testing.T) {
	for reply, want := range map[int]string{
		200: "the answer is not one of tsim: invalid character '<' looking for beginning of value",
		502: "the answer was 502 Bad Gateway, in words that are not those of tsim's control surface",
	} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(reply)
			_, _ = w.Write([]byte("<html>"))
		}))
		c := tsimclient.Client{BaseURL: srv.URL + "/", HTTPClient: srv.Client()}
		_, err := c.Health(t.Context())
		var e *tsimclient.Error
		if !errors.As(err, &e) || e.Status != reply || e.Message != want {
			t.Errorf("%d: %#v", reply, err)
		}
		srv.Close()
	}
}

// An answer that ends too early is not taken for one.
func TestAnswerThatIsCutShort(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, `{"status":"ok"}`)
	}))
	defer srv.Close()
	c := tsimclient.Client{BaseURL: srv.URL, HTTPClient: srv.Client()}
	_, err := c.Health(t.Context())
	var e *tsimclient.Error
	if !errors.As(err, &e) || e.Status != 200 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%#v", err)
	}
}
