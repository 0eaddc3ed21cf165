package deliver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"tsim/internal/sim"
)

// wire is a listener that handles its connections itself, each with the number that it has.
func wire(t *testing.T, serve func(n int, c net.Conn, r *bufio.Reader)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for n := 1; ; n++ {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(n, c, bufio.NewReader(c))
			}()
		}
	}()
	return "http://" + ln.Addr().String()
}

// read takes a whole request.
func read(r *bufio.Reader) bool {
	req, err := http.ReadRequest(r)
	if err == nil {
		_, err = io.Copy(io.Discard, req.Body)
	}
	return err == nil
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

// A connection that the listener has closed, or that it has said too much on, is not used again: what is
// posted next must not fail.
func TestConnectionThatIsOver(t *testing.T) {
	for name, end := range map[string]func(net.Conn){
		"closed": func(c net.Conn) { c.Close() },
		"reset": func(c net.Conn) {
			c.(*net.TCPConn).SetLinger(0)
			c.Close()
		},
		"one reply too many": func(c net.Conn) { io.WriteString(c, ok) },
	} {
		t.Run(name, func(t *testing.T) {
			over, heard := make(chan int, 1), make(chan struct{})
			url := wire(t, func(n int, c net.Conn, r *bufio.Reader) {
				if !read(r) {
					return
				}
				io.WriteString(c, ok)
				<-heard // or a reset might overtake the reply
				end(c)
				over <- n
				read(r)
			})
			d := newDeliverer(t, Options{})
			for want := range 3 {
				if a := answer(d, url, long); a.Result != sim.Replied {
					t.Fatalf("%#v", a)
				}
				heard <- struct{}{}
				if n := <-over; n != want+1 {
					t.Errorf("post %d went over connection %d", want+1, n)
				}
			}
			d.mu.Lock()
			defer d.mu.Unlock()
			if n := len(d.open); n != 1 {
				t.Errorf("%d connections are open", n)
			}
		})
	}
}

func TestIdleConnectionsGo(t *testing.T) {
	ended := make(chan struct{})
	url := wire(t, func(_ int, c net.Conn, r *bufio.Reader) {
		if read(r) {
			io.WriteString(c, ok)
		}
		read(r)
		close(ended)
	})
	d := newDeliverer(t, Options{})
	answer(d, url, long)
	for parked := false; !parked; { // when its worker has ended
		d.mu.Lock()
		for _, idle := range d.idle {
			parked = idle[0].expiry.Reset(0) // instead of four seconds
		}
		d.mu.Unlock()
		runtime.Gosched()
	}
	<-ended
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.idle)+len(d.open) != 0 {
		t.Errorf("%d idle, %d open", len(d.idle), len(d.open))
	}
}

func TestRepliesBeforeTheOneThatCounts(t *testing.T) {
	early := "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"
	for replies, want := range map[string]sim.Answer{
		early + ok:                     {Result: sim.Replied, Status: 200},
		strings.Repeat(early, 4) + ok:  {Result: sim.Replied, Status: 200},
		strings.Repeat(early, 20) + ok: {Result: sim.Other, Err: "5 replies with a status below 200, and no other"},
		"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\nhello": {Result: sim.Replied, Status: 101},
	} {
		url := wire(t, func(_ int, c net.Conn, r *bufio.Reader) {
			if read(r) {
				io.WriteString(c, replies)
				read(r)
			}
		})
		a := answer(newDeliverer(t, Options{}), url, long)
		if a.Took = 0; a != want {
			t.Errorf("%d bytes: %#v, want %#v", len(replies), a, want)
		}
	}
}

func TestHeaderWithoutEnd(t *testing.T) {
	url := wire(t, func(_ int, c net.Conn, r *bufio.Reader) {
		if !read(r) {
			return
		}
		_, err := io.WriteString(c, "HTTP/1.1 200 OK\r\n")
		for n := 0; err == nil; n++ {
			_, err = fmt.Fprintf(c, "X-Header-%d: %s\r\n", n, strings.Repeat("x", 1000))
		}
	})
	if a := answer(newDeliverer(t, Options{}), url, long); a.Result != sim.Other || !strings.Contains(a.Err, "longer than") {
		t.Errorf("%+v", a)
	}
}

// TestReplyThatEndsItsConnection, or whose end nobody waits for.
func TestReplyThatEndsItsConnection(t *testing.T) {
	for name, reply := range map[string]string{
		"close":          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		"HTTP/1.0":       "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
		"another tongue": "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: Upgrade\r\n\r\n",
		"too long":       fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", 2*maxReply, strings.Repeat("x", maxReply+1)),
	} {
		t.Run(name, func(t *testing.T) {
			over := make(chan int, 2)
			url := wire(t, func(n int, c net.Conn, r *bufio.Reader) {
				for read(r) {
					io.WriteString(c, reply)
					over <- n
				}
			})
			d := newDeliverer(t, Options{})
			for want := range 2 {
				if a := answer(d, url, long); a.Result != sim.Replied {
					t.Fatalf("%#v", a)
				}
				if n := <-over; n != want+1 {
					t.Errorf("post %d went over connection %d", want+1, n)
				}
			}
		})
	}
}

// TestDeadlineOfThePostBefore does not end the next one.
func TestDeadlineOfThePostBefore(t *testing.T) {
	url := wire(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for read(r) {
			io.WriteString(c, ok)
		}
	})
	d := newDeliverer(t, Options{})
	for range 2 {
		if a := answer(d, url, 0); a.Result != sim.Replied {
			t.Fatalf("%#v", a)
		}
		d.mu.Lock()
		for c := range d.open {
			c.SetDeadline(time.Unix(1, 0))
		}
		d.mu.Unlock()
	}
}

func TestLatestConnectionFirst(t *testing.T) {
	d := newDeliverer(t, Options{})
	pipe := func() *conn { c, _ := net.Pipe(); return &conn{Conn: c} }
	first, second := pipe(), pipe()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.putIdle("key", first)
	d.putIdle("key", second)
	if d.takeIdle("key") != second || d.takeIdle("key") != first || d.takeIdle("key") != nil || len(d.idle) != 0 {
		t.Errorf("%d are left", len(d.idle))
	}
}

func TestCloseEndsIdleConnections(t *testing.T) {
	ended := make(chan struct{})
	url := wire(t, func(_ int, c net.Conn, r *bufio.Reader) {
		for read(r) {
			io.WriteString(c, ok)
		}
		close(ended)
	})
	d := newPair(Options{})
	answer(d, url, long)
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(d.open) != 0 {
		t.Errorf("%d connections are open", len(d.open))
	}
	<-ended
}

// TestCloseWhileConnecting: a connection that is made just when Close has cut off all others ends too.
func TestCloseWhileConnecting(t *testing.T) {
	ended := make(chan error, 1)
	url := wire(t, func(_ int, c net.Conn, _ *bufio.Reader) {
		_, err := io.Copy(io.Discard, c)
		ended <- err
	})
	d := newPair(Options{})
	c, err := dial(t.Context(), newTarget(url), &d.guard, d.tls)
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.register(c); err != context.Canceled || len(d.open) != 0 {
		t.Fatalf("%v, and %d connections are open", err, len(d.open))
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestTarget(t *testing.T) {
	if idleTime >= 5*time.Second {
		t.Errorf("connections are kept for %s, longer than Node keeps them", idleTime)
	}
	for url, want := range map[string][2]string{
		"http://host/a":         {"http://host", "host:80"},
		"HTTPS://Host/a?b":      {"https://host", "Host:443"},
		"http://host:81":        {"http://host:81", "host:81"},
		"https://[::1]/a":       {"https://[::1]", "[::1]:443"},
		"https://[::1]:9001/":   {"https://[::1]:9001", "[::1]:9001"},
		"http://a:b@HOST:9001/": {"http://host:9001", "HOST:9001"},
	} {
		if to := newTarget(url); to.url == nil || to.key != want[0] || to.address != want[1] {
			t.Errorf("%s: %q at %q, want %q", url, to.key, to.address, want)
		}
	}
}
