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
	maxReply   = 64 << 10 // the body
	maxHead    = 1 << 20  // all before it
	framing    = 4 << 10  // what surrounds the body: sizes of chunks, and trailers
	maxInterim = 5        // replies like 100 Continue, before the final one
)

// idleTime is how long a connection is kept that has nothing to carry. It is less than the five seconds
// of Node's server, the shortest keep-alive in common use: a connection that the listener closes just as
// it is used looks like a failed attempt.
const idleTime = 4 * time.Second

// conn is a connection to a listener, which carries one post after another. net/http writes the requests and reads the
// replies. An http.Transport is not used, because it hands every post to two goroutines of its own and back, which
// costs as much as the post: docs/decisions/0014 has the figures, and says when to use one after all.
type conn struct {
	net.Conn          // with TLS, when there is any
	tcp      net.Conn // below that
	in       io.LimitedReader
	r        *bufio.Reader
	w        *bufio.Writer
	written  int             // bytes of the post that it carries
	used     bool            // it has carried one
	since    time.Time       // its last reply
	expiry   *time.Timer     // while it is idle
	closed   <-chan struct{} // with the Deliverer
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

// usable says whether another post, which has to end by the deadline, may go over a connection that was idle: the
// listener has not closed it, and has sent nothing that would be taken for the reply to the next post.
func (c *conn) usable(deadline time.Time) bool {
	if c.Conn != c.tcp {
		// TLS reads whole records: what came behind the last reply, or the end of the connection, may be in its buffer
		// already, where the look at the socket below does not find it. A deadline that has passed shows the buffer
		// without reading from the socket.
		_ = c.SetReadDeadline(time.Unix(1, 0))
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

// unreceived says whether a post that failed with err surely did not reach the listener, so that it may be sent again
// over another connection. A listener may close a kept connection at the very moment when the next post is written. But
// it may also have read the post, done what it says, and closed or reset the connection without a reply; such a post
// must not be sent again, because the listener would get it twice.
//
// The post did not arrive if the connection ended without a byte of reply, and one of these is true:
//   - Nothing of the post was written. net/http's Transport sends a POST again in this case, too.
//   - The other side closed the connection in the ordinary way, and the system still counts all bytes of the post as
//     not received. A reset does not say what was received, nor does the end of a TLS connection, because that is
//     a message of its own that comes before the close.
func (c *conn) unreceived(err error) bool {
	if !c.used || c.in.N != maxHead || !isAny(err, resets) {
		return false
	}
	return c.written == 0 || c.Conn == c.tcp && errors.Is(err, io.ErrUnexpectedEOF) && unread(c.tcp) >= c.written
}

// post makes one post and returns the status of the reply, and whether the connection can carry another post.
func (c *conn) post(to *target, p *Post) (status int, reusable bool, err error) {
	req := &http.Request{
		Method: http.MethodPost, URL: to.url, Host: to.url.Host, Header: to.header,
		Body: io.NopCloser(bytes.NewReader(p.Body)), ContentLength: int64(len(p.Body)),
	}
	if len(p.Body) == 0 {
		req.Body = http.NoBody // or it would count as one of an unknown length
	}
	c.written = 0
	var writeErr error
	if p.Pace > 0 || p.Cut {
		writeErr = c.writeSlowly(req, p)
	} else if writeErr = req.Write(c.w); writeErr == nil {
		writeErr = c.w.Flush()
	}
	if isAny(writeErr, givenUp) {
		return 0, false, writeErr
	}
	// Whether or not everything was written: a listener may answer, and close, before it has read everything.
	resp, err := c.reply(req)
	if err != nil {
		return 0, false, err
	}
	// The connection can be used again only when the end of the body has been seen, so one byte more is asked for than
	// the longest body has. Otherwise it does not matter how reading ends: the listener has answered. The body is not
	// closed, because Close reads the rest of it.
	_, err = io.CopyN(io.Discard, resp.Body, maxReply+1)
	c.since, c.used = time.Now(), true
	whole := errors.Is(err, io.EOF)
	return resp.StatusCode, writeErr == nil && whole && !resp.Close && resp.StatusCode != http.StatusSwitchingProtocols, nil
}

// reply reads the final reply, and skips interim ones before it.
func (c *conn) reply(req *http.Request) (*http.Response, error) {
	c.in.N = maxHead
	for range maxInterim {
		resp, err := http.ReadResponse(c.r, req)
		switch {
		case err != nil && c.in.N <= 0:
			return nil, errLongHead
		case err != nil:
			return nil, err
		case resp.StatusCode >= 200 || resp.StatusCode == http.StatusSwitchingProtocols:
			c.in.N += maxReply + framing
			return resp, nil
		}
	}
	return nil, errInterim
}

// target is a URL as it was parsed, once for all of its posts.
type target struct {
	url     *url.URL // nil for what is no URL: such posts are queued as well, and fail when their turn has come
	key     string   // scheme and host: posts with the same one share a queue, and idle connections
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
