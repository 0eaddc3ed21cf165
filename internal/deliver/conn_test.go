package deliver

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

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
	for name, after := range map[string]string{"closed": "", "one reply too many": ok} {
		t.Run(name, func(t *testing.T) {
			over := make(chan int, 1)
			url := wire(t, func(n int, c net.Conn, r *bufio.Reader) {
				if !read(r) {
					return
				}
				io.WriteString(c, ok+after)
				if after == "" {
					c.Close()
				}
				over <- n
				read(r)
			})
			d := newDeliverer(t, Options{})
			for want := range 3 {
				if a := answer(d, url, long); a.Result != sim.Replied {
					t.Fatalf("%+v", a)
				}
				if n := <-over; n != want+1 {
					t.Errorf("post %d went over connection %d", want+1, n)
				}
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
			t.Errorf("%d bytes: %+v, want %+v", len(replies), a, want)
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
