package control

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
	"time"

	"tsim/internal/sim"
)

// Client steers one sandbox of a server. Its methods answer what the endpoint of the same name does;
// their errors are *Error, with the error of the context or of the network behind it, if any.
type Client struct {
	Base    string       // of the server, like http://127.0.0.1:8080
	Sandbox string       // "" for the sandbox "default"
	Token   string       // that the server was started with, if any
	HTTP    *http.Client // nil for http.DefaultClient
}

// Health says whether the server is there, and its version.
func (c *Client) Health(ctx context.Context) (Health, error) {
	return do[Health](ctx, c, "GET", "/health", nil, nil)
}

// MakeSandbox makes a sandbox on the server, whichever one the client is for.
func (c *Client) MakeSandbox(ctx context.Context, n NewSandbox) (Sandbox, error) {
	return do[Sandbox](ctx, c, "POST", "/sandboxes", nil, n)
}

// Sandboxes lists a page of sandboxes, by name.
func (c *Client) Sandboxes(ctx context.Context, page Page) (SandboxList, error) {
	return do[SandboxList](ctx, c, "GET", "/sandboxes", page.values(), nil)
}

// Delete removes the sandbox.
func (c *Client) Delete(ctx context.Context) (Deleted, error) {
	return do[Deleted](ctx, c, "DELETE", c.path(""), nil, nil)
}

// Info says what the sandbox is and how much is in it.
func (c *Client) Info(ctx context.Context) (Sandbox, error) {
	return do[Sandbox](ctx, c, "GET", c.path(""), nil, nil)
}

// Reset puts the sandbox back to its start, except for what is to be kept: KeepListeners, KeepTokens.
func (c *Client) Reset(ctx context.Context, keep ...string) (Sandbox, error) {
	return do[Sandbox](ctx, c, "POST", c.path("/reset"), nil, Reset{keep})
}

// Clock says what time it is in the sandbox.
func (c *Client) Clock(ctx context.Context) (Clock, error) {
	return do[Clock](ctx, c, "GET", c.path("/clock"), nil, nil)
}

// SetClock chooses what moves time.
func (c *Client) SetClock(ctx context.Context, set SetClock) (Clock, error) {
	return do[Clock](ctx, c, "PUT", c.path("/clock"), nil, set)
}

// Advance lets time pass, and answers when all that was due is done. It ends early when ctx does.
func (c *Client) Advance(ctx context.Context, how Advance) (Advanced, error) {
	return do[Advanced](ctx, c, "POST", c.path("/clock/advance"), nil, how)
}

// Page chooses a part of a list; the zero value is the first page.
type Page struct {
	After string // the Next of the page before
	Limit int    // how many at the most; 0 leaves it to the server
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

// Devices lists a page of devices, by EID.
func (c *Client) Devices(ctx context.Context, page Page) (DeviceList, error) {
	return do[DeviceList](ctx, c, "GET", c.path("/devices"), page.values(), nil)
}

// AllDevices lists all devices; it is an error if there are more than most.
func (c *Client) AllDevices(ctx context.Context, most int) ([]Device, error) {
	return all("devices", most, func(p Page) ([]Device, string, error) {
		list, err := c.Devices(ctx, p)
		return list.Devices, list.Next, err
	})
}

// Device is the device of an EID.
func (c *Client) Device(ctx context.Context, eid string) (Device, error) {
	return do[Device](ctx, c, "GET", c.path("/devices/"+url.PathEscape(eid)), nil, nil)
}

// AddDevices adds devices, written as in a scenario: anything that is JSON for one or for a list.
func (c *Client) AddDevices(ctx context.Context, devices any) (DeviceList, error) {
	return do[DeviceList](ctx, c, "POST", c.path("/devices"), nil, devices)
}

// PutDevice makes a device what it is said to be, written as in a scenario.
func (c *Client) PutDevice(ctx context.Context, eid string, device any) (Device, error) {
	return do[Device](ctx, c, "PUT", c.path("/devices/"+url.PathEscape(eid)), nil, device)
}

// DeleteDevice removes a device.
func (c *Client) DeleteDevice(ctx context.Context, eid string) (Deleted, error) {
	return do[Deleted](ctx, c, "DELETE", c.path("/devices/"+url.PathEscape(eid)), nil, nil)
}

// PatchDevice changes a device, or switches it or its network on or off.
func (c *Client) PatchDevice(ctx context.Context, eid string, change PatchDevice) (Device, error) {
	return do[Device](ctx, c, "PATCH", c.path("/devices/"+url.PathEscape(eid)), nil, change)
}

// CallbackFilter chooses callbacks; empty fields choose all.
type CallbackFilter struct {
	Request string
	State   string
}

// Callbacks lists a page of callbacks, oldest first.
func (c *Client) Callbacks(ctx context.Context, f CallbackFilter, page Page) (CallbackList, error) {
	query := page.values()
	if f.Request != "" {
		query.Set("request", f.Request)
	}
	if f.State != "" {
		query.Set("state", f.State)
	}
	return do[CallbackList](ctx, c, "GET", c.path("/callbacks"), query, nil)
}

// AllCallbacks lists all callbacks of a filter; it is an error if there are more than most.
func (c *Client) AllCallbacks(ctx context.Context, f CallbackFilter, most int) ([]Callback, error) {
	return all("callbacks", most, func(p Page) ([]Callback, string, error) {
		list, err := c.Callbacks(ctx, f, p)
		return list.Callbacks, list.Next, err
	})
}

// Callback is the callback of a number.
func (c *Client) Callback(ctx context.Context, id uint64) (Callback, error) {
	return do[Callback](ctx, c, "GET", c.path("/callbacks/"+strconv.FormatUint(id, 10)), nil, nil)
}

// Steer does something to a callback, by the last part of the path of its endpoint: hold, release, fire, drop, duplicate,
// resend.
func (c *Client) Steer(ctx context.Context, id uint64, what string) (Callback, error) {
	return do[Callback](ctx, c, "POST", c.path("/callbacks/"+strconv.FormatUint(id, 10)+"/"+what), nil, nil)
}

// Hold holds the callbacks that match, those to come included.
func (c *Client) Hold(ctx context.Context, h Hold) (Holding, error) {
	return do[Holding](ctx, c, "POST", c.path("/holds"), nil, h)
}

// Holds lists a page of holds, oldest first.
func (c *Client) Holds(ctx context.Context, page Page) (HoldList, error) {
	return do[HoldList](ctx, c, "GET", c.path("/holds"), page.values(), nil)
}

// Lift lifts one hold, and releases the callbacks that no other one holds.
func (c *Client) Lift(ctx context.Context, id uint64) (Released, error) {
	return do[Released](ctx, c, "DELETE", c.path("/holds/"+strconv.FormatUint(id, 10)), nil, nil)
}

// ReleaseAll lifts every hold, and releases all callbacks that are held.
func (c *Client) ReleaseAll(ctx context.Context) (Released, error) {
	return do[Released](ctx, c, "DELETE", c.path("/holds"), nil, nil)
}

// Take takes the oldest attempt that waits in a mailbox, and waits for one that long of the wall clock.
// Its Callback is 0 when there was none.
func (c *Client) Take(ctx context.Context, account, service string, wait time.Duration) (Mail, error) {
	return do[Mail](ctx, c, "POST", c.mailbox(account, service), nil, TakeMail{wait.String()})
}

// AnswerMail says with which HTTP status an attempt of a mailbox is answered.
func (c *Client) AnswerMail(ctx context.Context, account, service string, callback uint64, status int) (Callback, error) {
	return do[Callback](ctx, c, "POST", c.mailbox(account, service)+"/"+strconv.FormatUint(callback, 10), nil, MailAnswer{status})
}

func (c *Client) mailbox(account, service string) string {
	return c.path("/mailbox/" + url.PathEscape(account) + "/" + url.PathEscape(service))
}

// Requests lists a page of requests, oldest first.
func (c *Client) Requests(ctx context.Context, page Page) (RequestList, error) {
	return do[RequestList](ctx, c, "GET", c.path("/requests"), page.values(), nil)
}

// Request is the story of a request, with a page of its entries.
func (c *Client) Request(ctx context.Context, id string, page Page) (Request, error) {
	return do[Request](ctx, c, "GET", c.path("/requests/"+url.PathEscape(id)), page.values(), nil)
}

// Explain is the story of a request for people, with its first entries.
func (c *Client) Explain(ctx context.Context, id string) (string, error) {
	text, err := c.ask(ctx, "GET", c.path("/requests/"+url.PathEscape(id)), url.Values{"format": {"text"}}, nil)
	return string(text), err
}

// Wait returns as soon as something holds; when its time is over, its Error says what did happen.
func (c *Client) Wait(ctx context.Context, w Wait) (Waited, error) {
	return do[Waited](ctx, c, "POST", c.path("/wait"), nil, w)
}

// Events lists a page of events, oldest first.
func (c *Client) Events(ctx context.Context, page Page) (EventList, error) {
	return do[EventList](ctx, c, "GET", c.path("/events"), page.values(), nil)
}

// AllEvents lists all events; it is an error if there are more than most.
func (c *Client) AllEvents(ctx context.Context, most int) ([]Event, error) {
	return all("events", most, func(p Page) ([]Event, string, error) {
		list, err := c.Events(ctx, p)
		return list.Events, list.Next, err
	})
}

// all asks for page after page. It never keeps quiet about what it leaves out.
func all[T any](what string, most int, fetch func(Page) ([]T, string, error)) ([]T, error) {
	var items []T
	page := Page{Limit: min(max(most, 1), maxLimit)}
	for {
		more, next, err := fetch(page)
		if err != nil {
			return nil, err
		}
		items = append(items, more...)
		if len(items) > most || len(items) == most && next != "" {
			return nil, &Error{Msg: fmt.Sprintf("there are more than %d %s", most, what), Hint: "ask for pages instead"}
		}
		if next == "" {
			return items, nil
		}
		page.After = next
	}
}

// path is where a part of the sandbox is.
func (c *Client) path(part string) string {
	return "/sandboxes/" + url.PathEscape(cmp.Or(c.Sandbox, sim.Default)) + part
}

// do asks one endpoint.
func do[T any](ctx context.Context, c *Client, method, path string, query url.Values, body any) (T, error) {
	var reply T
	text, err := c.ask(ctx, method, path, query, body)
	if err != nil {
		return reply, err
	}
	if err := json.Unmarshal(text, &reply); err != nil {
		return reply, &Error{Status: http.StatusOK, Msg: "the answer is not one of tsim: " + err.Error(), Hint: "is it tsim that listens at " + c.Base + "?", err: err}
	}
	return reply, nil
}

// ask asks one endpoint, for the text of its answer.
func (c *Client) ask(ctx context.Context, method, path string, query url.Values, body any) ([]byte, error) {
	req, err := c.request(ctx, method, path, query, body)
	if err != nil {
		return nil, &Error{Msg: err.Error(), err: err}
	}
	resp, err := cmp.Or(c.HTTP, http.DefaultClient).Do(req)
	if err != nil {
		told := &Error{Msg: err.Error(), Hint: "is tsim running at " + c.Base + "?", err: err}
		if ctx.Err() != nil {
			told.Hint = "" // it was the caller who gave up
		}
		return nil, told
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, &Error{Status: resp.StatusCode, Msg: "the answer of tsim is cut short: " + err.Error(), err: err}
	}
	if resp.StatusCode/100 != 2 {
		return nil, refused(resp.StatusCode, text)
	}
	return text, nil
}

func (c *Client) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	address := strings.TrimSuffix(c.Base, "/") + prefix + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var content io.Reader
	if body != nil {
		b, err := encode(body)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	return req, nil
}

// refused is the Error of an answer that is not a 2xx, whether or not tsim wrote it.
func refused(status int, text []byte) *Error {
	told := &Error{Status: status}
	if err := json.Unmarshal(text, told); err != nil || told.Msg == "" {
		told.Msg = fmt.Sprintf("the answer was %d %s, in words that are not those of tsim", status, http.StatusText(status))
	}
	return told
}
