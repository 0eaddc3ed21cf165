package control

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"tsim/internal/sim"
)

// An HTTP archive, version 1.2, as http://www.softwareishard.com/blog/har-12-spec/ has it. -1 is for what is not known.
type (
	harCall struct {
		Started  time.Time   `json:"startedDateTime"`
		Time     float64     `json:"time"` // milliseconds
		Request  harRequest  `json:"request"`
		Response harResponse `json:"response"`
		Cache    struct{}    `json:"cache"`
		Timings  harTimings  `json:"timings"`
		Call     uint64      `json:"_call"` // its number
		At       time.Time   `json:"_at,omitzero"`
		Comment  string      `json:"comment,omitempty"`
	}
	harRequest struct {
		Method      string    `json:"method"`
		URL         string    `json:"url"`
		HTTPVersion string    `json:"httpVersion"`
		Cookies     []harPair `json:"cookies"`
		Headers     []harPair `json:"headers"`
		QueryString []harPair `json:"queryString"`
		PostData    *harPost  `json:"postData,omitempty"`
		HeadersSize int       `json:"headersSize"`
		BodySize    int       `json:"bodySize"`
	}
	harResponse struct {
		Status      int        `json:"status"`
		StatusText  string     `json:"statusText"`
		HTTPVersion string     `json:"httpVersion"`
		Cookies     []harPair  `json:"cookies"`
		Headers     []harPair  `json:"headers"`
		Content     harContent `json:"content"`
		RedirectURL string     `json:"redirectURL"`
		HeadersSize int        `json:"headersSize"`
		BodySize    int        `json:"bodySize"`
	}
	harPair struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	harPost struct {
		MimeType string    `json:"mimeType"`
		Params   []harPair `json:"params"`
		Text     string    `json:"text"`
		Comment  string    `json:"comment,omitempty"`
	}
	harContent struct {
		Size     int    `json:"size"`
		MimeType string `json:"mimeType"`
		Text     string `json:"text,omitempty"`
		Comment  string `json:"comment,omitempty"`
	}
	harTimings struct {
		Send    float64 `json:"send"`
		Wait    float64 `json:"wait"`
		Receive float64 `json:"receive"`
	}
)

// har makes a list of entries an archive.
func (c *call) har(l *list) *list {
	version, _ := json.Marshal(c.o.Version)
	l.head, l.tail = `{"log":{"version":"1.2","creator":{"name":"tsim","version":`+string(version)+`},`, "}"
	l.nextName = "_next"
	return l
}

func harEntry(v *sim.Call) harCall {
	ms := float64(v.Wall.Took.Microseconds()) / 1000
	at := url.URL{Scheme: "http", Host: cmp.Or(v.Host, "localhost"), Path: v.Path, RawQuery: v.Query}
	if v.TLS {
		at.Scheme = "https"
	}
	const protocol = "HTTP/1.1"
	e := harCall{
		Started: v.Wall.Came.UTC(), Time: ms, Timings: harTimings{Wait: ms}, Call: v.Number,
		Request: harRequest{
			Method: v.Method, URL: at.String(), HTTPVersion: protocol, Cookies: []harPair{}, Headers: []harPair{}, QueryString: []harPair{},
			HeadersSize: -1, BodySize: v.Request.Size,
		},
		Response: harResponse{
			Status: v.Status, StatusText: http.StatusText(v.Status), HTTPVersion: protocol, Cookies: []harPair{}, Headers: []harPair{},
			Content:     harContent{Size: v.Reply.Size, MimeType: v.Reply.Type, Text: string(v.Reply.Text), Comment: comment(&v.Reply)},
			HeadersSize: -1, BodySize: v.Reply.Size,
		},
	}
	if v.At != 0 {
		e.At = v.At.Time()
	}
	if v.Rule != "" {
		e.Comment = "rule: " + v.Rule
	}
	all := headers(v)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		e.Request.Headers = append(e.Request.Headers, harPair{name, all[name]})
	}
	query := at.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		for _, value := range query[name] {
			e.Request.QueryString = append(e.Request.QueryString, harPair{name, value})
		}
	}
	if v.Request.Size > 0 {
		e.Request.PostData = &harPost{MimeType: v.Request.Type, Params: []harPair{}, Text: string(v.Request.Text), Comment: comment(&v.Request)}
	}
	if v.Reply.Type != "" {
		e.Response.Headers = append(e.Response.Headers, harPair{"Content-Type", v.Reply.Type})
	}
	return e
}

// comment says of a body that is not whole what became of it.
func comment(b *sim.CallBody) string {
	if b.Kept == sim.KeptWhole {
		return ""
	}
	return "kept: " + b.Kept.String()
}
