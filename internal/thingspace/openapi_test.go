package thingspace_test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/rogpeppe/go-internal/txtar"

	"tsim/internal/thingspace"
)

func describe(t *testing.T) *openapi3.T {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(thingspace.OpenAPI("test"))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// The description is OpenAPI 3.1, and the same each time.
func TestOpenAPI(t *testing.T) {
	doc := describe(t)
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1.") {
		t.Errorf("it is OpenAPI %s", doc.OpenAPI)
	}
	if !bytes.Equal(thingspace.OpenAPI("test"), thingspace.OpenAPI("test")) {
		t.Error("it is not the same each time")
	}
	ids := map[string]string{}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			if first := ids[op.OperationID]; first != "" || op.OperationID == "" || op.Summary == "" {
				t.Errorf("%s %s is called %q (%q), as %s is", method, path, op.OperationID, op.Summary, first)
			}
			ids[op.OperationID] = method + " " + path
		}
	}
}

// Whatever goes over the wire in the golden cases fits the description: every request that is
// accepted, every reply, every callback.
func TestGoldenCasesFitTheDescription(t *testing.T) {
	doc := describe(t)
	files, err := filepath.Glob("testdata/golden/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden cases (%v)", err)
	}
	seen := struct{ requests, replies, callbacks int }{}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(archive.Files[0].Data, []byte("\nrules:")) {
			continue // what rules do to replies and callbacks is not described, nor meant to be
		}
		fit := fitting{t: t, doc: doc, file: filepath.Base(file), asked: map[string]*openapi3.Operation{}}
		for _, section := range archive.Files {
			text := string(section.Data)
			switch section.Name {
			case "scenario":
				fit.asPage = strings.Contains(text, "shapes: documented")
			case "call":
				fit.call(text)
			case "reply":
				seen.replies++
				if fit.reply(text) {
					seen.requests++
				}
			case "callbacks":
				seen.callbacks += fit.callbacks(section.Data)
			}
		}
	}
	if seen.requests < 50 || seen.replies < 100 || seen.callbacks < 40 {
		t.Errorf("the golden cases have only %+v", seen)
	}
}

// fitting holds one golden case to the description.
type fitting struct {
	t      *testing.T
	doc    *openapi3.T
	file   string
	asPage bool                // compat shapes: documented
	op     *openapi3.Operation // of the latest call; nil for what is not described
	body   string
	asked  map[string]*openapi3.Operation // by requestId
}

func (f *fitting) call(text string) {
	head, body, _ := strings.Cut(strings.TrimSuffix(text, "\n"), "\n\n")
	line, _, _ := strings.Cut(head, "\n")
	method, path, _ := strings.Cut(line, " ")
	path = strings.Replace(path, "/v1//", "/v1/", 1)
	f.op, f.body = nil, body
	for template, item := range f.doc.Paths.Map() {
		pattern := "^" + regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(template, "[^/]+") + "$"
		if op := item.GetOperation(methodOf(method)); op != nil && regexp.MustCompile(pattern).MatchString(path) {
			f.op = op
		}
	}
}

// methodOf is a method that the library knows; it does not take others.
func methodOf(method string) string {
	switch method {
	case "GET", "POST", "PUT", "DELETE":
		return method
	}
	return "TRACE"
}

// reply looks at a reply, and when that is an acceptance at the request before it.
func (f *fitting) reply(text string) bool {
	if f.op == nil {
		return false
	}
	status, err := strconv.Atoi(text[:3])
	if err != nil {
		f.t.Fatal(err)
	}
	_, body, _ := strings.Cut(text, "\n")
	for strings.HasPrefix(body, "Allow: ") || strings.HasPrefix(body, "RevokedAccessToken: ") {
		_, body, _ = strings.Cut(body, "\n")
	}
	response := f.op.Responses.Status(status)
	if response == nil {
		response = f.op.Responses.Default()
	}
	if media := response.Value.Content.Get("application/json"); media != nil {
		schema := media.Schema
		if shapes := schema.Value.AnyOf; status/100 == 2 && len(shapes) > 0 && !f.asPage {
			schema = shapes[0] // the default
		}
		f.fits("the reply", schema, []byte(body))
	} else if strings.TrimSpace(body) != "" {
		f.t.Errorf("%s: %s answers what is not described: %s", f.file, f.op.OperationID, body)
	}
	if status/100 != 2 || f.op.RequestBody == nil || f.op.RequestBody.Value.Content["application/json"] == nil {
		return false
	}
	f.fits("the request", f.op.RequestBody.Value.Content["application/json"].Schema, []byte(f.body))
	var accepted struct{ RequestID string }
	if json.Unmarshal([]byte(body), &accepted) == nil && accepted.RequestID != "" {
		f.asked[accepted.RequestID] = f.op
	}
	return true
}

func (f *fitting) callbacks(text []byte) (n int) {
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); n++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			f.t.Fatal(err)
		}
		var of struct{ RequestID string } // RequestId too
		if err := json.Unmarshal(raw, &of); err != nil || f.asked[of.RequestID] == nil {
			f.t.Errorf("%s: a callback of no request (%v): %s", f.file, err, raw)
			continue
		}
		op := f.asked[of.RequestID]
		callback := op.Callbacks["DeviceProfileService"]
		if callback == nil {
			f.t.Errorf("%s: %s has no callback in the description", f.file, op.OperationID)
			continue
		}
		for _, item := range callback.Value.Map() {
			f.fits("the callback", item.Post.RequestBody.Value.Content.Get("application/json").Schema, raw)
		}
	}
	return n
}

func (f *fitting) fits(what string, schema *openapi3.SchemaRef, body []byte) {
	f.t.Helper()
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		f.t.Errorf("%s: %s: %v: %s", f.file, what, err, body)
		return
	}
	if err := schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
		f.t.Errorf("%s: %s of %s does not fit the description: %v\n%s", f.file, what, f.op.OperationID, err, body)
	}
}
