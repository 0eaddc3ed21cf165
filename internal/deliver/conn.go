package deliver

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// What is read of a reply at the most. A connection whose reply has more is given up.
const (
	maxReply = 64 << 10 // the body
	maxHead  = 1 << 20  // all before it
	slack    = 4 << 10  // how chunks are written, and trailers
	maxEarly = 5        // replies like 100 Continue, before the one that counts
)

// idleTime is how long a connection is kept that has nothing to carry. It is less than the five seconds
// of Node's server, the shortest keep-alive in common use: a connection that the listener closes just as
// it is used looks like a failed attempt.
const idleTime = 4 * time.Second

// conn is a connection to a listener, which carries one post after another. How HTTP is written and read
// is net/http's business. An http.Transport would hand every post to two goroutines and back, which
// costs as much as the post.
type conn struct {
	net.Conn          // with TLS, when there is any
	tcp      net.Conn // below that
	in       io.LimitedReader
	r        *bufio.Reader
	w        *bufio.Writer
	written  int         // of the post that it carries
	used     bool        // it has carried one
	since    time.Time   // its last reply
	expiry   *time.Timer // while it is idle
}

// dial connects to a target until ctx ends, if the guard lets it.
func dial(ctx context.Context, to *target, guard *Guard, cfg *tls.Config) (*conn, error) {
	// No proxy: listeners are often on this very machine.
	dialer := net.Dialer{ControlContext: guard.control(to.url.Hostname())}
	tcp, err := dialer.DialContext(ctx, "tcp", to.address)
	if err != nil {
		return nil, err
	}
	c := &conn{Conn: tcp, tcp: tcp, since: time.Now()}
	if to.url.Scheme == "https" {
		cfg = cfg.Clone()
		if cfg.ServerName == "" {
			cfg.ServerName = to.url.Hostname()
		}
		secure := tls.Client(tcp, cfg)
		if err := secure.HandshakeContext(ctx); err != nil {
			_ = tcp.Close()
			return nil, err
		}
		c.Conn = secure
	}
	c.in.R = c.Conn
	c.r, c.w = bufio.NewReader(&c.in), bufio.NewWriter(c)
	deadline, _ := ctx.Deadline()
	_ = c.SetDeadline(deadline) // fails when it is closed, which the post sees too
	return c, nil
}

// usable says whether another post may go over the connection, which has to end by the deadline: the
// listener has not closed it, and has said nothing that it was not asked.
func (c *conn) usable(deadline time.Time) bool {
	if c.Conn != c.tcp { // TLS may have read more than was asked for: another reply, or its end
		_ = c.SetReadDeadline(time.Unix(1, 0)) // so that nothing but that is looked at
		if _, err := c.r.Peek(1); !errors.Is(err, os.ErrDeadlineExceeded) {
			return false
		}
	}
	_ = c.SetDeadline(deadline) // fails when it is closed, which the next step sees too
	return c.r.Buffered() == 0 && quiet(c.tcp, time.Since(c.since))
}

func (c *conn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.written += n
	return n, err
}

// untouched says whether a post that failed cannot have reached the listener, which had closed a kept
// connection already: nothing of the post was written, which is when net/http's Transport makes a POST
// again too, or the close says that nothing of it was received (not so of TLS, whose end comes before the
// close). Whatever may have been read, by a listener that then closes or resets, is not sent again: the
// listener may have done what it says.
func (c *conn) untouched(err error) bool {
	silent := c.used && c.in.N == maxHead && isAny(err, resets)
	return silent && (c.written == 0 || c.Conn == c.tcp && errors.Is(err, io.ErrUnexpectedEOF) && unread(c.tcp) >= c.written)
}

// post makes one post and answers the status of the reply. It says whether the connection can carry
// another.
func (c *conn) post(to *target, body []byte) (status int, again bool, err error) {
	req := &http.Request{
		Method: http.MethodPost, URL: to.url, Host: to.url.Host, Header: to.header,
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
	}
	c.written = 0
	unsent := req.Write(c.w)
	if unsent == nil {
		unsent = c.w.Flush()
	}
	// A listener may answer, and close, before it has read everything.
	resp, err := c.reply(req)
	if err != nil {
		return 0, false, err
	}
	// One byte more, because the connection can be used again only when the end has been seen. How reading
	// ends does not matter otherwise: the listener has answered. What is not read is not closed either, as
	// that would read it.
	_, err = io.CopyN(io.Discard, resp.Body, maxReply+1)
	c.since, c.used = time.Now(), true
	whole := errors.Is(err, io.EOF)
	return resp.StatusCode, unsent == nil && whole && !resp.Close && resp.StatusCode != http.StatusSwitchingProtocols, nil
}

// reply reads the reply that counts.
func (c *conn) reply(req *http.Request) (*http.Response, error) {
	c.in.N = maxHead
	for range maxEarly {
		resp, err := http.ReadResponse(c.r, req)
		switch {
		case err != nil && c.in.N <= 0:
			return nil, errLongHead
		case err != nil:
			return nil, err
		case resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols:
			c.in.N += maxReply + slack
			return resp, nil
		}
	}
	return nil, errEarly
}

// target is a URL as it was parsed, once for all of its posts.
type target struct {
	url     *url.URL // nil for what is no URL: it goes through a queue as well, to be answered like everything else
	key     string   // what shares a queue, and connections: posts to one server
	address string   // of that server
	header  http.Header
}

var usualPort = map[string]string{"http": "80", "https": "443"}

func newTarget(rawURL string) *target {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || usualPort[u.Scheme] == "" {
		return &target{}
	}
	t := &target{
		url: u, key: strings.ToLower(u.Scheme + "://" + u.Host),
		address: net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), usualPort[u.Scheme])),
		header:  http.Header{"Content-Type": {"application/json"}, "User-Agent": {"tsim"}},
	}
	if u.User != nil {
		password, _ := u.User.Password()
		r := http.Request{Header: t.header}
		r.SetBasicAuth(u.User.Username(), password)
	}
	return t
}
