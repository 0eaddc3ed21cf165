package deliver

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tsim/internal/sim"
)

// maxReply is how much of a reply is read. A connection whose reply is longer is given up.
const maxReply = 64 << 10

func newTransport(o Options) *http.Transport {
	t := &http.Transport{
		// No Proxy: callbacks go straight to listeners that are often on this very machine.
		DialContext:         (&net.Dialer{KeepAlive: 30 * time.Second}).DialContext,
		MaxIdleConnsPerHost: o.Concurrency,
		// Less than the five seconds of Node's server, the shortest keep-alive in common use: a
		// connection that the listener closes just as it is used looks like a failed attempt.
		IdleConnTimeout:    4 * time.Second,
		DisableCompression: true, // and with it the header Accept-Encoding
		Protocols:          new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	if o.TLS != nil {
		t.TLSClientConfig = o.TLS.Clone()
	}
	return t
}

// post makes one post.
func (d *Deliverer[P]) post(p *Post) sim.Answer {
	start := time.Now()
	timeout := p.Timeout
	if timeout <= 0 {
		timeout = DefaultTimeout
	}
	ctx, cancel := context.WithTimeout(d.ctx, timeout)
	defer cancel()
	d.mu.Lock()
	to := d.target(p.URL)
	d.mu.Unlock()
	status, err := d.roundTrip(ctx, to.url, p.Body)
	for range 2 {
		if err == nil || !unsent(err) {
			break
		}
		status, err = d.roundTrip(ctx, to.url, p.Body)
	}
	a := sim.Answer{Result: sim.Replied, Status: status, Took: time.Since(start)}
	if err != nil {
		a.Result, a.Status, a.Err = classify(err), 0, d.text(err, timeout)
	}
	return a
}

// roundTrip sends one request and answers the status of the reply. It asks the transport and not an
// http.Client, because a redirect is a status like any other, even one without a proper Location.
func (d *Deliverer[P]) roundTrip(ctx context.Context, to *url.URL, body []byte) (int, error) {
	if to == nil {
		return 0, errURL
	}
	req := (&http.Request{
		Method: http.MethodPost, URL: to, Host: to.Host, ContentLength: int64(len(body)),
		Body: io.NopCloser(bytes.NewReader(body)),
		// The transport sends again by itself what it could not send at all.
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil },
		Header:  http.Header{"Content-Type": {"application/json"}, "User-Agent": {"tsim"}},
	}).WithContext(ctx)
	if u := to.User; u != nil {
		password, _ := u.Password()
		req.SetBasicAuth(u.Username(), password)
	}
	resp, err := d.transport.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	// After 101 the body is the bare connection, which nothing would stop us from reading forever.
	if resp.StatusCode != http.StatusSwitchingProtocols {
		// One byte more, because the connection can be used again only when the end has been seen. How
		// reading ends does not matter: the listener has answered.
		_, _ = io.CopyN(io.Discard, resp.Body, maxReply+1)
	}
	_ = resp.Body.Close()
	return resp.StatusCode, nil
}

// unsent says whether nothing was sent because the listener had closed the idle connection that was
// to be used, so that sending again cannot deliver twice. net/http does not export this error.
func unsent(err error) bool {
	return strings.HasSuffix(err.Error(), "http: server closed idle connection")
}
