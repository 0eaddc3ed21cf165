package server

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"tsim/internal/config"
	"tsim/tsimclient"
)

// serveWith starts a server that is as patient as that, in which time does not pass.
func serveWith(t *testing.T, p limits) *Server {
	t.Helper()
	cfg := byDefault(t)
	cfg.Clock = config.Manual
	return Serve(t, Options{Config: cfg, limits: &p})
}

// brief are limits that a test can wait for.
func brief() limits {
	p := defaultLimits
	p.header, p.body, p.write, p.idle = 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond, 50*time.Millisecond
	return p
}

// dialServer opens a connection of its own to a server.
func dialServer(t *testing.T, s *Server) net.Conn {
	t.Helper()
	small := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		return c.Control(func(fd uintptr) { _ = setReadBuffer(fd, 4096) })
	}}
	c, err := small.DialContext(t.Context(), "tcp", strings.TrimPrefix(s.URL(), "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestSilentClients are given up, whatever they have sent so far.
func TestSilentClients(t *testing.T) {
	s := serveWith(t, brief())
	for name, text := range map[string]string{
		"nothing":                 "",
		"half a head":             "GET /tsim/v1/health HTTP/1.1\r\nHost: localhost\r\n",
		"a small body":            "POST /api/ts/v1/oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\ngrant_type",
		"a large body":            "POST /api/ts/v1/oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\ngrant_type",
		"a chunked body":          "POST /api/ts/v1/oauth2/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ngrant",
		"a body of control":       "POST /tsim/v1/sandboxes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n{",
		"a request, and no other": "GET /tsim/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := dialServer(t, s)
			if _, err := io.WriteString(c, text); err != nil {
				t.Fatal(err)
			}
			_, _ = io.Copy(io.Discard, c) // ends when the server hangs up
		})
	}
}

// TestRepliesThatNobodyReads: a client that sends calls and reads no reply is given up, and time goes on: the
// jobs of its last call need not wait for it.
func TestRepliesThatNobodyReads(t *testing.T) {
	patience := defaultLimits
	patience.write = 250 * time.Millisecond // also of the advance below, on a machine that has other things to do
	s := serveWith(t, patience)
	made, err := (&tsimclient.Client{BaseURL: s.URL()}).CreateSandbox(t.Context(), tsimclient.SandboxSpec{ScenarioSpec: tsimclient.ScenarioSpec{Clock: "manual"}})
	if err != nil {
		t.Fatal(err)
	}
	client, err := login(s.URL(), made.Credentials[0])
	if err != nil {
		t.Fatal(err)
	}
	body := `{"accountName":"` + defaultAccount + `","devices":[{"deviceIds":[{"kind":"eid","id":"` + defaultEID + `"}]}]}`
	call := fmt.Sprintf("POST /api/m2m/v1/devices/profile/actions/device_suspend HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nVZ-M2M-Token: %s\r\nContent-Length: %d\r\n\r\n%s",
		client.bearer, client.session, len(body), body)
	c := dialServer(t, s)
	// Where both sides have stopped reading, it can take the system minutes to tell this one of the end.
	if err := c.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = io.WriteString(c, call)
	}
	box := tsimclient.Client{BaseURL: s.URL(), Sandbox: made.Name}
	if done, err := box.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}); err != nil || !done.Idle {
		t.Fatalf("%+v, %v", done, err)
	}
}

// deadlines is a reply whose deadlines can be looked at.
type deadlines struct {
	http.ResponseWriter
	read time.Time
}

func (d *deadlines) SetReadDeadline(at time.Time) error {
	d.read = at
	return nil
}

// TestSlowUploadPasses: the deadline of a large body moves with what has arrived.
func TestSlowUploadPasses(t *testing.T) {
	b := &bodies{limits: defaultLimits}
	const size = 1 << 20
	w := &deadlines{ResponseWriter: httptest.NewRecorder()}
	r := httptest.NewRequest("POST", "/", iotest.OneByteReader(strings.NewReader(strings.Repeat("x", size))))
	r.ContentLength = size
	start := time.Now()
	b.guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if n, err := io.Copy(io.Discard, r.Body); n != size || err != nil {
			t.Fatal(n, err)
		}
		if n := b.bytes.Load(); n != size {
			t.Errorf("%d bytes are in flight", n)
		}
	})).ServeHTTP(w, r)
	least := start.Add(defaultLimits.body + size/4096*time.Second)
	if w.read.Before(least) || w.read.After(least.Add(time.Minute)) {
		t.Errorf("a megabyte may be read until %s, want %s and a little", w.read, least)
	}
	if n := b.bytes.Load(); n != 0 {
		t.Errorf("%d bytes are left in flight", n)
	}
}

// TestBodiesInFlight are bounded over all connections: what is too much is told to come again.
func TestBodiesInFlight(t *testing.T) {
	p := defaultLimits
	p.inFlight = 100 << 10
	s := serveWith(t, p)
	held, release := make(chan struct{}), make(chan struct{})
	ended := make(chan struct{})
	go func() {
		s.bodies.guard(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			close(held)
			<-release
		})).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", 90<<10))))
		close(ended)
	}()
	<-held
	send := func(path string) (int, string) {
		res, err := http.Post(s.URL()+path, "application/x-www-form-urlencoded", strings.NewReader("grant_type="+strings.Repeat("x", 30<<10)))
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	const sentence = "more than 0 MiB of bodies are on their way to tsim; send this one again later"
	if status, text := send("/api/ts/v1/oauth2/token"); status != 503 || text != `{"error":"temporarily_unavailable","error_description":"`+sentence+`"}` {
		t.Errorf("%d %s", status, text)
	}
	if status, text := send("/tsim/v1/sandboxes"); status != 503 || text != `{"error":"`+sentence+`"}`+"\n" {
		t.Errorf("%d %s", status, text)
	}
	close(release)
	<-ended
	if status, text := send("/api/ts/v1/oauth2/token"); status != 401 {
		t.Errorf("afterwards: %d %s", status, text)
	}
}

// TestRefusedBodiesAreNotInFlight: what is read of a body that is refused takes nobody's room.
func TestRefusedBodiesAreNotInFlight(t *testing.T) {
	b := &bodies{limits: defaultLimits}
	b.inFlight = 1 << 20
	r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", 3<<20)))
	w := httptest.NewRecorder()
	b.guard(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		if n, err := r.Body.Read(make([]byte, 1)); n != 0 || err != io.EOF || b.bytes.Load() != 0 {
			t.Errorf("%d more bytes, %v; %d are in flight", n, err, b.bytes.Load())
		}
	})).ServeHTTP(w, r)
	if w.Code != http.StatusUnauthorized {
		t.Errorf("status %d", w.Code)
	}
}

// TestRefusalIsRead: a client that writes all of its body before it reads sees why it was refused.
func TestRefusalIsRead(t *testing.T) {
	s := Serve(t, Options{})
	for path, want := range map[string]string{
		"/api/ts/v1/oauth2/token":                    "HTTP/1.1 413 ",
		"/api/m2m/v1/devices/profile/actions/enable": "HTTP/1.1 401 ",
		"/api/m2m/v1/nothing":                        "HTTP/1.1 404 ",
		"/tsim/v1/sandboxes":                         "HTTP/1.1 413 ",
		"/tsim/v1/nothing":                           "HTTP/1.1 404 ",
	} {
		c := dialServer(t, s)
		const size = 20 << 20
		fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n", path, size)
		if _, err := io.Copy(c, io.LimitReader(strings.NewReader(strings.Repeat(" ", size)), size)); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil || !strings.HasPrefix(line, want) {
			t.Errorf("%s: %q, %v; want %s", path, line, err, want)
		}
	}
}
