package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"tsim/internal/tlsca"
	"tsim/tsimclient"
)

// trusting is a client that trusts nothing but the CAs in text, and finds every host at url.
func trusting(t testing.TB, text []byte, url string) *http.Client {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("no certificate in\n%s", text)
	}
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{RootCAs: pool},
		ForceAttemptHTTP2: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, strings.TrimPrefix(url, "https://"))
		},
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// token asks for a bearer token, as every client does first.
func token(t testing.TB, client *http.Client, url string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequest("POST", url+"/api/ts/v1/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("demo-key", "demo-secret")
	resp, err := client.Do(r)
	if err == nil {
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	return resp, err
}

func TestServeTLS(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ca")
	server := start(t, nil, "serve", "--tls", "--tls-dir", dir, "--tls-host", "tsim.example,10.1.2.3", "--addr", "127.0.0.1:0")
	_, url := server.read(`listening on (https://\S+)`)
	ca, err := exec.Command("tsim", "ca", "--tls-dir", dir).Output()
	if err != nil {
		t.Fatal(err)
	}
	client := trusting(t, ca, url)
	for _, at := range []string{url, "https://localhost", "https://thingspace.verizon.com", "https://tsim.example", "https://10.1.2.3", "https://[::1]"} {
		resp, err := token(t, client, at)
		if err != nil || resp.StatusCode != http.StatusOK || resp.ProtoMajor != 2 {
			t.Errorf("%s: %v, %v", at, resp, err)
		}
	}
	if _, err := token(t, client, "https://elsewhere.example"); err == nil {
		t.Error("the certificate is good for a name that nobody asked for")
	}
	other, err := tlsca.Open(t.TempDir(), nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := token(t, trusting(t, other.PEM(), url), url); err == nil {
		t.Error("a client that trusts another CA was content")
	}
	server.stop(syscall.SIGTERM)
}

// own writes the files of a certificate that tsim did not make.
func own(t testing.TB) (ca *tlsca.CA, cert, key string) {
	t.Helper()
	ca, err := tlsca.Open(t.TempDir(), nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := ca.Leaf([]string{"127.0.0.1"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(leaf.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: leaf.Certificate[0]},
		key:  {Type: "PRIVATE KEY", Bytes: der},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return ca, cert, key
}

func TestOwnCertificate(t *testing.T) {
	ca, cert, key := own(t)
	server := start(t, nil, "serve", "--tls-cert", cert, "--tls-key", key, "--addr", "127.0.0.1:0")
	_, url := server.read(`listening on (https://\S+)`)
	if resp, err := token(t, trusting(t, ca.PEM(), url), url); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("%v, %v", resp, err)
	}
	server.stop(syscall.SIGTERM)
	out, err := exec.Command("tsim", "serve", "--tls-cert", key, "--tls-key", cert, "--addr", "127.0.0.1:0").CombinedOutput()
	if code := err.(*exec.ExitError).ExitCode(); code != 1 || !strings.HasPrefix(string(out), "tsim: --tls-cert "+key) {
		t.Errorf("the files the other way round: exit %d, %s", code, out)
	}
}

// secure is a scenario with a listener and something to tell it.
const secure = `
name: secure
clock: manual
delivery: {attempts: 1}
credentials:
  - {appKey: demo-key, appSecret: demo-secret, username: demo, password: demo-pass}
accounts:
  - name: "0000123456-00001"
    devices:
      - eid: "89001012012341234012345678901224"
        profiles:
          - {iccid: "89148000000000000019", network: us, service: active, status: ENABLE}
listeners:
  - {account: "0000123456-00001", service: DeviceProfileService, url: LISTENER}
`

// A listener with a private CA is reached when tsim is told of the CA, or told not to care.
func TestCallbackCA(t *testing.T) {
	ca, cert, key := own(t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	listener := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	listener.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	listener.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that are meant to fail
	listener.StartTLS()
	defer listener.Close()
	scenario := filepath.Join(t.TempDir(), "secure.yaml")
	if err := os.WriteFile(scenario, []byte(strings.ReplaceAll(secure, "LISTENER", listener.URL)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		env  string
		want tsimclient.Attempt
		log  string
	}{
		"untrusted": {"TSIM_CALLBACK_CA=", tsimclient.Attempt{Error: "tls"}, "unknown authority"},
		"trusted":   {"TSIM_CALLBACK_CA=" + ca.Path(), tsimclient.Attempt{Status: 200}, "status=200"},
		"insecure":  {"TSIM_CALLBACK_INSECURE=true", tsimclient.Attempt{Status: 200}, "level=WARN msg=\"certificates of https listeners are not checked\""},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, []string{c.env}, "serve", "--addr", "127.0.0.1:0", "--scenario", scenario)
			_, url := server.read(`listening on (http://\S+)`)
			suspend(t, url)
			box := tsimclient.Client{BaseURL: url}
			if _, err := box.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
				t.Fatal(err)
			}
			told, err := box.AllCallbacks(t.Context(), tsimclient.CallbackFilter{}, 1)
			if err != nil || len(told) != 1 || len(told[0].Attempts) != 1 {
				t.Fatalf("%+v, %v", told, err)
			}
			if got := told[0].Attempts[0]; got.Status != c.want.Status || got.Error != c.want.Error {
				t.Errorf("%+v, want %+v", got, c.want)
			}
			server.stop(syscall.SIGTERM)
			if !strings.Contains(server.logs.String(), c.log) {
				t.Errorf("the log has no %s:\n%s", c.log, server.logs)
			}
		})
	}
}

// suspend logs in and suspends the profile of the scenario secure.
func suspend(t testing.TB, url string) {
	t.Helper()
	script := `B=$(curl -s $TSIM/api/ts/v1/oauth2/token -u demo-key:demo-secret -d grant_type=client_credentials | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
S=$(curl -s $TSIM/api/m2m/v1/session/login -H "Authorization: Bearer $B" -d '{"username":"demo","password":"demo-pass"}' \
  -H 'Content-Type: application/json' | sed 's/.*"sessionToken":"\([^"]*\)".*/\1/')
curl $TSIM/api/m2m/v1/devices/profile/actions/profile_suspend -H "Authorization: Bearer $B" -H "VZ-M2M-Token: $S" -H 'Content-Type: application/json' \
  -d '{"accountName":"0000123456-00001","devices":[{"deviceIds":[{"kind":"iccid","id":"89148000000000000019"}]}]}'`
	cmd := exec.Command("sh", "-c", script)
	cmd.Env = append(os.Environ(), "TSIM="+url)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "requestId") {
		t.Fatalf("%v: %s", err, out)
	}
}
