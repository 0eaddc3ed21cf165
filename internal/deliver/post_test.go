package deliver

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tsim/internal/sim"
)

func TestEveryStatus(t *testing.T) {
	srv := newListener(t, func(w http.ResponseWriter, r *http.Request) {
		var status int
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.WriteHeader(status)
	})
	d := newDeliverer(t, Options{})
	for status := 200; status <= 599; status++ {
		a := answer(d, fmt.Sprintf("%s/%d", srv.URL, status), long)
		if a.Result != sim.Replied || a.Status != status || a.Err != "" {
			t.Errorf("status %d: %+v", status, a)
		}
		if want := status <= 299; a.Acknowledged() != want {
			t.Errorf("status %d: acknowledged is %t, want %t", status, a.Acknowledged(), want)
		}
	}
}

func TestRedirectIsAStatus(t *testing.T) {
	for _, location := range []string{"/elsewhere", "", "http://%zz/"} {
		srv := newListener(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/callback" {
				t.Errorf("followed to %s", r.URL)
			}
			if location != "" {
				w.Header().Set("Location", location)
			}
			w.WriteHeader(http.StatusTemporaryRedirect)
		})
		a := answer(newDeliverer(t, Options{}), srv.URL+"/callback", long)
		if a.Result != sim.Replied || a.Status != http.StatusTemporaryRedirect {
			t.Errorf("Location %q: %+v", location, a)
		}
	}
}

func TestTheWholeRequest(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	got := make(chan string, 1)
	go func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		const body = `{"a":1}`
		var all strings.Builder
		for r := bufio.NewReader(conn); !strings.HasSuffix(all.String(), "\r\n\r\n"+body); {
			b, err := r.ReadByte()
			if err != nil {
				break
			}
			all.WriteByte(b)
		}
		io.WriteString(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
		got <- all.String()
	}()
	a := answer(newDeliverer(t, Options{}), "http://"+ln.Addr().String()+"/callback?x=1", long)
	if a.Result != sim.Replied || a.Status != http.StatusAccepted || a.Took <= 0 {
		t.Errorf("answer: %+v", a)
	}
	want := "POST /callback?x=1 HTTP/1.1\r\nHost: " + ln.Addr().String() + "\r\nUser-Agent: tsim\r\n" +
		"Content-Length: 7\r\nContent-Type: application/json\r\n\r\n{\"a\":1}"
	if s := <-got; s != want {
		t.Errorf("the request was\n%q, want\n%q", s, want)
	}
}

func TestCredentialsOfTheURLAreBasicAuth(t *testing.T) {
	var user, password string
	srv := newListener(t, func(_ http.ResponseWriter, r *http.Request) { user, password, _ = r.BasicAuth() })
	answer(newDeliverer(t, Options{}), strings.Replace(srv.URL, "http://", "http://me:secret@", 1), long)
	if user != "me" || password != "secret" {
		t.Errorf("basic auth %q %q", user, password)
	}
}

// counted is a listener that counts its connections.
func counted(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int32) {
	t.Helper()
	var n atomic.Int32
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			n.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv, &n
}

func TestConnectionIsUsedAgain(t *testing.T) {
	for name, reply := range map[string]http.HandlerFunc{
		"empty":   func(http.ResponseWriter, *http.Request) {},
		"none":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"short":   func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "thanks") },
		"refusal": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not now", http.StatusServiceUnavailable) },
		"64 KiB, chunked": func(w http.ResponseWriter, _ *http.Request) {
			w.Write(make([]byte, maxReply/2))
			w.(http.Flusher).Flush()
			w.Write(make([]byte, maxReply/2))
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv, connections := counted(t, reply)
			d := newDeliverer(t, Options{})
			for range 50 {
				if a := answer(d, srv.URL, long); a.Result != sim.Replied {
					t.Fatalf("%+v", a)
				}
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections for 50 posts, want 1", n)
			}
		})
	}
}

func TestLongReplyIsCut(t *testing.T) {
	written := make(chan error, 2)
	srv, connections := counted(t, func(w http.ResponseWriter, _ *http.Request) {
		var err error
		for err == nil { // a reply without end, until the connection is closed
			_, err = w.Write(make([]byte, maxReply))
		}
		written <- err
	})
	d := newDeliverer(t, Options{})
	for range 2 {
		if a := answer(d, srv.URL, long); a.Result != sim.Replied || a.Status != http.StatusOK {
			t.Errorf("%+v", a)
		}
		<-written
	}
	if n := connections.Load(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	srv := newListener(t, func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	a := answer(newDeliverer(t, Options{}), srv.URL, 10*time.Millisecond)
	if a.Result != sim.Timeout || a.Status != 0 || a.Err != "no answer within 10ms" || a.Took < 10*time.Millisecond {
		t.Errorf("%+v", a)
	}
}

func TestStatusIsAnAnswerWhateverFollows(t *testing.T) {
	srv := newListener(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "10")
		io.WriteString(w, "half")
	})
	if a := answer(newDeliverer(t, Options{}), srv.URL, long); a.Result != sim.Replied || a.Status != http.StatusOK {
		t.Errorf("%+v", a)
	}
}

func TestRefused(t *testing.T) {
	srv := httptest.NewServer(nil)
	srv.Close()
	a := answer(newDeliverer(t, Options{}), srv.URL, long)
	if a.Result != sim.Refused || a.Status != 0 || !strings.Contains(a.Err, "connection refused") {
		t.Errorf("%+v", a)
	}
}

func TestReset(t *testing.T) {
	for name, end := range map[string]func(*net.TCPConn){
		"reset": func(c *net.TCPConn) { c.SetLinger(0) },
		"end":   func(*net.TCPConn) {},
		"half a reply": func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var posts atomic.Int32
			srv := newListener(t, func(w http.ResponseWriter, r *http.Request) {
				if posts.Add(1) == 1 {
					return // so that the next post uses this connection again
				}
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				end(conn.(*net.TCPConn))
				conn.Close()
			})
			d := newDeliverer(t, Options{})
			answer(d, srv.URL, long)
			a := answer(d, srv.URL, long)
			if a.Result != sim.Reset || a.Status != 0 || a.Err == "" {
				t.Errorf("%+v", a)
			}
			if n := posts.Load(); n != 2 {
				t.Errorf("the listener saw %d posts, want 2: what may have arrived is not sent again", n)
			}
		})
	}
}

func TestTLS(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	strict := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	strict.Config.ErrorLog = srv.Config.ErrorLog
	strict.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert, MinVersion: tls.VersionTLS13}
	strict.StartTLS()
	defer strict.Close()
	plain := newListener(t, func(http.ResponseWriter, *http.Request) {})

	cas := x509.NewCertPool()
	cas.AddCert(srv.Certificate())
	trusting := &tls.Config{RootCAs: cas}
	for _, c := range []struct {
		name, url string
		tls       *tls.Config
		want      sim.Result
	}{
		{"unknown CA", srv.URL, nil, sim.TLS},
		{"known CA", srv.URL, trusting, sim.Replied},
		{"any CA", srv.URL, &tls.Config{InsecureSkipVerify: true}, sim.Replied},
		{"another name", srv.URL, &tls.Config{RootCAs: cas, ServerName: "elsewhere.test"}, sim.TLS},
		{"no common version", strict.URL, &tls.Config{RootCAs: cas, MaxVersion: tls.VersionTLS12}, sim.TLS},
		{"client certificate wanted", strict.URL, trusting, sim.TLS},
		{"listener without TLS", strings.Replace(plain.URL, "http:", "https:", 1), trusting, sim.TLS},
	} {
		a := answer(newDeliverer(t, Options{TLS: c.tls}), c.url, long)
		if a.Result != c.want || (a.Err == "") != (c.want == sim.Replied) {
			t.Errorf("%s: %+v, want %v", c.name, a, c.want)
		}
	}
}

func TestOther(t *testing.T) {
	noHTTP, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer noHTTP.Close()
	go func() {
		if conn, err := noHTTP.Accept(); err == nil {
			io.WriteString(conn, "SSH-2.0-OpenSSH_9.9\r\n")
			conn.Close()
		}
	}()
	d := newDeliverer(t, Options{})
	for _, url := range []string{
		"http://me:secret@nowhere.invalid/callback", "http://me:secret@host:port/", "http://me:%secret@host/",
		"ftp://me:secret@host/", "me:secret@host", "http://", "", "http://" + noHTTP.Addr().String(),
	} {
		a := answer(d, url, long)
		if a.Result != sim.Other || a.Status != 0 || a.Err == "" {
			t.Errorf("%q: %+v", url, a)
		}
		if strings.Contains(a.Err, "secret") {
			t.Errorf("%q: the password is in the error %q", url, a.Err)
		}
	}
}
