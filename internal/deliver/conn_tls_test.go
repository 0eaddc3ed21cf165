package deliver

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"tsim/internal/sim"
)

// gather keeps what is written to it, until it is flushed.
type gather struct {
	net.Conn
	kept bytes.Buffer
	hold bool
}

func (g *gather) Write(b []byte) (int, error) {
	if g.hold {
		return g.kept.Write(b)
	}
	return g.Conn.Write(b)
}

func (g *gather) SetWriteDeadline(time.Time) error { return nil } // CloseWrite sets one

func (g *gather) flush() {
	g.Conn.Write(g.kept.Bytes())
	g.kept.Reset()
	g.hold = false
}

// TestTLSConnectionThatIsOver: what ends it has come together with the reply, and been read already.
func TestTLSConnectionThatIsOver(t *testing.T) {
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS()
	defer srv.Close()
	for name, end := range map[string]func(*tls.Conn){
		"closed":             func(c *tls.Conn) { c.CloseWrite() },
		"one reply too many": func(c *tls.Conn) { io.WriteString(c, "HTTP/1.1 503 Stale\r\nContent-Length: 0\r\n\r\n") },
		"nothing":            func(*tls.Conn) {},
	} {
		t.Run(name, func(t *testing.T) {
			connections := make(chan int, 3)
			url := wire(t, func(n int, raw net.Conn, _ *bufio.Reader) {
				g := &gather{Conn: raw}
				c := tls.Server(g, srv.TLS)
				for r := bufio.NewReader(c); read(r); {
					g.hold = true
					io.WriteString(c, ok)
					end(c)
					connections <- n
					g.flush()
				}
			})
			d := newDeliverer(t, Options{TLS: &tls.Config{InsecureSkipVerify: true}})
			for i := range 3 {
				if a := answer(d, "https"+url[len("http"):], long); a.Status != 200 {
					t.Errorf("post %d: %#v", i+1, a)
				}
				if n := <-connections; (n == 1) != (i == 0 || name == "nothing") {
					t.Errorf("post %d went over connection %d", i+1, n)
				}
			}
		})
	}
}

// TestHandshakeThatFails ends the connection.
func TestHandshakeThatFails(t *testing.T) {
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS()
	defer srv.Close()
	ended := make(chan struct{})
	url := wire(t, func(_ int, raw net.Conn, _ *bufio.Reader) {
		tls.Server(raw, srv.TLS).Handshake()
		io.Copy(io.Discard, raw)
		close(ended)
	})
	d := newDeliverer(t, Options{TLS: &tls.Config{RootCAs: x509.NewCertPool()}})
	if a := answer(d, "https"+url[len("http"):], long); a.Result != sim.TLS {
		t.Errorf("%#v", a)
	}
	<-ended
}

// TestHandshakeWithoutEnd: a time-out like any other, cut off by Close, and the connection is closed.
func TestHandshakeWithoutEnd(t *testing.T) {
	arrived, ended := make(chan struct{}, 2), make(chan struct{}, 2)
	url := wire(t, func(_ int, c net.Conn, _ *bufio.Reader) {
		arrived <- struct{}{}
		io.Copy(io.Discard, c)
		ended <- struct{}{}
	})
	url = "https" + url[len("http"):]
	d := newPair(Options{})
	if a := answer(d, url, 10*time.Millisecond); a.Result != sim.Timeout || a.Err != "no answer within 10ms" {
		t.Errorf("%#v", a)
	}
	<-arrived
	<-ended
	got := make(chan sim.Answer, 1)
	send(d, url, long, sending(text("{}"), func(a sim.Answer) { got <- a }))
	<-arrived
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := d.Close(ctx); err != context.Canceled {
		t.Errorf("close: %v", err)
	}
	if a := <-got; a.Result != sim.Other || a.Err != "cut off, because the server is shutting down" {
		t.Errorf("%#v", a)
	}
	<-ended
}
