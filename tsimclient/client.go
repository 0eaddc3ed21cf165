// Package tsimclient steers tsim: it is the client of the control surface, which a server has under /tsim/v1, with all
// that goes over the wire there. docs/control.md is the reference of the surface itself.
//
//	c := tsimclient.Client{BaseURL: "http://127.0.0.1:8080"}
//	done, err := c.Advance(ctx, tsimclient.Advance{By: "5m"})
//
// Every method is one call of the surface, but for those whose names begin with All, which ask for page after page, and
// FollowEvents, which goes on and on. Nothing else is repeated: what failed has failed. Times are simulated ones, unless
// something else is said. Durations are written as Go writes them: "15m", "1h30m", "0.5s".
package tsimclient

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Prefix is the path below which the control surface is.
const Prefix = "/tsim/v1"

// DefaultSandbox is the name of the sandbox that every server has.
const DefaultSandbox = "default"

// Client steers one sandbox of a server. Several goroutines may use it at once. The errors of its methods are *Error,
// with the error of the context or of the network behind it, if any.
type Client struct {
	BaseURL    string       // of the server, like http://127.0.0.1:8080
	Sandbox    string       // its name; "" for DefaultSandbox
	Token      string       // that the server asks for; "" if it asks for none
	HTTPClient *http.Client // nil for http.DefaultClient
}

// MaxLimit is the largest Limit of a Page.
const MaxLimit = 5000

// Page chooses a part of a list; the zero value is the first page.
type Page struct {
	After string // the Next of the page before
	Limit int    // how many at the most, up to MaxLimit; 0 leaves it to the server, which takes 100
}

func (p Page) values() url.Values {
	v := url.Values{}
	if p.After != "" {
		v.Set("after", p.After)
	}
	if p.Limit != 0 {
		v.Set("limit", strconv.Itoa(p.Limit))
	}
	return v
}

// with is the query of a page of what a filter chooses. A filter is a struct of strings, numbers and pointers to what may
// be zero, by its JSON.
func (p Page) with(filter any) url.Values {
	v := p.values()
	text, _ := json.Marshal(filter) // which is made of what always can be
	fields := map[string]any{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	_ = d.Decode(&fields)
	for name, value := range fields {
		v.Set(name, fmt.Sprint(value))
	}
	return v
}

// all asks for page after page. It never keeps quiet about what it leaves out.
func all[T any](what string, most int, fetch func(Page) ([]T, string, error)) ([]T, error) {
	var items []T
	page := Page{Limit: min(max(most, 1), MaxLimit)}
	for {
		more, next, err := fetch(page)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		if len(items) > most || len(items) == most && next != "" {
			return nil, &Error{Message: fmt.Sprintf("there are more than %d %s", most, what), Hint: "ask for pages instead"}
		}
		if next == "" {
			return items, nil
		}
		page.After = next
	}
}

// path is where a part of the sandbox is.
func (c *Client) path(part ...string) string {
	parts := []string{"/sandboxes", url.PathEscape(cmp.Or(c.Sandbox, DefaultSandbox))}
	for _, p := range part {
		parts = append(parts, url.PathEscape(p))
	}
	return strings.Join(parts, "/")
}

func number(n uint64) string { return strconv.FormatUint(n, 10) }

// do asks one endpoint.
func do[T any](ctx context.Context, c *Client, method, path string, query url.Values, body any) (T, error) {
	var reply T
	text, err := c.ask(ctx, method, path, query, body)
	if err != nil {
		return reply, err
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		return reply, &Error{Status: http.StatusOK, Message: "the answer is not one of tsim: " + err.Error(), Hint: "is it tsim that listens at " + c.BaseURL + "?", err: err}
	}
	return reply, nil
}

// ask asks one endpoint, for the text of its answer.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body any) ([]byte, error) {
	var text bytes.Buffer
	err := c.copy(ctx, method, path, query, body, &text)
	return text.Bytes(), err
}

// copy asks one endpoint, and writes the text of its answer as it comes.
func (c *Client) copy(ctx context.Context, method, path string, query url.Values, body any, to io.Writer) error {
	req, err := c.request(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	resp, err := c.send(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	return read(resp, to)
}

// send sends a request, for an answer that is a 2xx. Whoever gets it closes its body.
func (c *Client) send(req *http.Request) (*http.Response, error) {
	resp, err := cmp.Or(c.HTTPClient, http.DefaultClient).Do(req)
	if err != nil {
		told := &Error{Message: err.Error(), Hint: "is tsim running at " + c.BaseURL + "?", err: err}
		if req.Context().Err() != nil {
			told.Hint = "" // it was the caller who gave up
		}
		return nil, told
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer func() { _ = resp.Body.Close() }()
	var refusal bytes.Buffer
	if err := read(resp, &refusal); err != nil {
		return nil, err
	}
	return nil, refused(resp.StatusCode, refusal.Bytes())
}

func read(resp *http.Response, to io.Writer) error {
	if _, err := io.Copy(to, resp.Body); err != nil {
		return &Error{Status: resp.StatusCode, Message: "the answer of tsim is cut short: " + err.Error(), err: err}
	}
	return nil
}

// request is one of an endpoint. A body that is an io.Reader is sent as it is, any other one as JSON.
func (c *Client) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	if !strings.HasPrefix(c.BaseURL, "http://") && !strings.HasPrefix(c.BaseURL, "https://") {
		return nil, &Error{Message: fmt.Sprintf("the address %q of tsim does not begin with http:// or https://", c.BaseURL), Hint: "it is like http://127.0.0.1:8080"}
	}
	address := strings.TrimSuffix(c.BaseURL, "/") + Prefix + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	content, streamed := body.(io.Reader)
	if body != nil && !streamed {
		b, err := json.Marshal(body)
		if err != nil {
			return nil, &Error{Message: err.Error(), err: err}
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return nil, &Error{Message: err.Error(), err: err}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	return req, nil
}
