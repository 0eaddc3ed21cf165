package deliver

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"testing"
	"time"

	"tsim/internal/sim"
)

// TestListenerClosesItsKeptConnection just when it is used again: that it was closed is found out after the post is
// written, or on writing it. Where the listener cannot have read the post, it is made over a fresh connection; once.
func TestListenerClosesItsKeptConnection(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(c net.Conn, r *bufio.Reader) // of each connection, after its first reply
		read bool                              // end reads the second post
		want int                               // posts that the listener has read
	}{
		"closed":        {end: func(net.Conn, *bufio.Reader) {}, want: 2},
		"reset":         {end: func(c net.Conn, _ *bufio.Reader) { c.(*net.TCPConn).SetLinger(0) }, want: 2},
		"read, closed":  {end: func(_ net.Conn, r *bufio.Reader) { read(r) }, read: true, want: 1},
		"read, reset":   {end: func(c net.Conn, r *bufio.Reader) { read(r); c.(*net.TCPConn).SetLinger(0) }, read: true, want: 1},
		"half a reply":  {end: func(c net.Conn, r *bufio.Reader) { read(r); io.WriteString(c, "HTTP/1.1 200 OK\r\n") }, read: true, want: 1},
		"nothing of it": {end: func(c net.Conn, _ *bufio.Reader) { io.WriteString(c, "HTTP/1.1 200 OK\r\n") }, want: 1},
	} {
		t.Run(name, func(t *testing.T) {
			heard, ended := make(chan struct{}, 1), make(chan struct{}, 3)
			url := wire(t, func(_ int, conn net.Conn, r *bufio.Reader) {
				if !read(r) {
					return
				}
				io.WriteString(conn, ok)
				<-heard // or a reset might overtake the reply
				c.end(conn, r)
				conn.Close()
				ended <- struct{}{}
			})
			d := newDeliverer(t, Options{})
			deadline := time.Now().Add(long)
			post := &Post{URL: url, Body: []byte("{}")}
			_, kept, err := d.exchange(nil, post, deadline)
			if err != nil {
				t.Fatal(err)
			}
			heard <- struct{}{}
			if !c.read {
				<-ended
			}
			// Past usable, which would have seen it: in between is the moment in which it may happen.
			status, next, err := d.deliver(kept, newTarget(url), post, deadline)
			if unacknowledged := runtime.GOOS == "linux" || name == "reset"; c.want == 2 && unacknowledged {
				if err != nil || status != http.StatusOK || next == nil || next == kept {
					t.Errorf("status %d, %v", status, err)
				}
				heard <- struct{}{}
				d.hangUp(next)
			} else if err == nil || classify(err) != sim.Reset || next != nil {
				t.Errorf("status %d, %v", status, err)
			}
		})
	}
}

// TestFreshConnectionIsNotTriedAgain: a listener that closes each connection at once is a reset.
func TestFreshConnectionIsNotTriedAgain(t *testing.T) {
	n := make(chan int, 10)
	url := wire(t, func(i int, _ net.Conn, _ *bufio.Reader) { n <- i })
	if a := answer(newDeliverer(t, Options{}), url, long); a.Result != sim.Reset {
		t.Errorf("%+v", a)
	}
	if first := <-n; first != 1 || len(n) != 0 {
		t.Errorf("there were %d connections more", len(n))
	}
}

// TestListenerResetsItsKeptConnection under TLS: nothing of the post is written.
func TestListenerResetsItsKeptConnection(t *testing.T) {
	srv := httptest.NewUnstartedServer(nil)
	srv.StartTLS()
	defer srv.Close()
	heard, ended := make(chan struct{}, 2), make(chan struct{}, 3)
	url := wire(t, func(_ int, raw net.Conn, _ *bufio.Reader) {
		c := tls.Server(raw, srv.TLS)
		if read(bufio.NewReader(c)) {
			io.WriteString(c, ok)
			<-heard
		}
		raw.(*net.TCPConn).SetLinger(0)
		raw.Close()
		ended <- struct{}{}
	})
	url = "https" + url[len("http"):]
	d := newDeliverer(t, Options{TLS: &tls.Config{InsecureSkipVerify: true}})
	deadline := time.Now().Add(long)
	_, kept, err := d.deliver(nil, newTarget(url), &Post{Body: []byte("{}")}, deadline)
	if err != nil {
		t.Fatal(err)
	}
	heard <- struct{}{}
	<-ended
	status, next, err := d.deliver(kept, newTarget(url), &Post{Body: []byte("{}")}, deadline)
	if err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v", status, err)
	}
	heard <- struct{}{}
	d.hangUp(next)
}
