package thingspace

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"tsim/internal/euicc"
)

// object is a JSON object of the description.
type object = map[string]any

// OpenAPI describes the simulated calls in OpenAPI 3.1: every row of the endpoint table, its schema,
// its answer and its callback. The version is tsim's.
func OpenAPI(version string) []byte {
	d := description{schemas: object{}, ids: map[string]int{}}
	d.requestSchemas()
	paths := object{}
	for i := range endpoints {
		e := &endpoints[i]
		if paths[e.path] == nil {
			paths[e.path] = object{}
		}
		paths[e.path].(object)[strings.ToLower(e.method)] = d.operation(e)
	}
	doc := object{
		"openapi": "3.1.0",
		"info": object{
			"title": "ThingSpace's eUICC API, as tsim simulates it", "version": version,
			"description": "The answers to actions and to the second versions of list and history are sent later, to the listener of DeviceProfileService. A path is also served with two slashes after its version. docs/fidelity.md says what is documented and what is inferred.",
		},
		"servers": []any{object{"url": "/"}},
		"paths":   paths,
		"components": object{
			"schemas": d.schemas,
			"securitySchemes": object{
				"application": object{"type": "http", "scheme": "basic", "description": "the app key and secret"},
				"bearer":      object{"type": "http", "scheme": "bearer"},
				"session":     object{"type": "apiKey", "in": "header", "name": "VZ-M2M-Token"},
			},
		},
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err) // it is made of maps, lists and strings
	}
	return append(text, '\n')
}

// description is what is collected while the rows are described.
type description struct {
	schemas object
	ids     map[string]int // how often an operationId was wanted
}

// securities says in OpenAPI's words what a call has to bring.
var securities = map[auth]object{
	basic:   {"application": []any{}},
	bearer:  {"bearer": []any{}},
	session: {"bearer": []any{}, "session": []any{}},
}

func (d *description) operation(e *endpoint) object {
	op := object{
		"operationId": d.id(e), "summary": e.about(), "security": []any{securities[e.auth]},
		"responses": d.responses(e),
	}
	if params := parameters(e.path); params != nil {
		op["parameters"] = params
	}
	switch {
	case e.schema != nil:
		op["requestBody"] = object{"required": true, "content": content("application/json", ref(e.schema.name()))}
	case e.auth == basic:
		op["requestBody"] = object{"required": true, "content": content("application/x-www-form-urlencoded", form)}
	}
	if body := d.callback(e); body != nil {
		op["callbacks"] = object{"DeviceProfileService": object{listenerURL: object{"post": object{
			"summary":     "What became of it, told to the listener that is registered for DeviceProfileService",
			"requestBody": object{"required": true, "content": content("application/json", body)},
			"responses":   object{"2XX": object{"description": "The callback is acknowledged; anything else brings another attempt."}},
		}}}}
	}
	return op
}

// listenerURL stands for the URL that the client has registered: no call that is answered by callback
// names it.
const listenerURL = "http://listener.example/callbacks"

// form is the body of the OAuth endpoints.
var form = object{
	"type": "object", "required": []any{"grant_type"},
	"properties": object{
		"grant_type": object{"type": "string", "enum": []any{"client_credentials"}},
		"scope":      object{"type": "string"}, "token": object{"type": "string"},
	},
}

// about is the title of the page that a row is taken from.
func (e *endpoint) about() string {
	if e.schema != nil {
		e.schema.compile()
		title, _ := e.schema.doc["title"].(string)
		return title
	}
	return e.title
}

// id names an operation: by its schema, or by what it is called in the table; a second row of the
// same name gets a number.
func (d *description) id(e *endpoint) string {
	id := e.name
	if e.schema != nil {
		id = e.schema.name()
	}
	if d.ids[id]++; d.ids[id] > 1 {
		id += fmt.Sprint("_", d.ids[id])
	}
	return id
}

func (s *schema) name() string { return strings.TrimSuffix(s.file, ".json") }

var pathVariable = regexp.MustCompile(`\{([a-z]+)\}`)

func parameters(path string) []any {
	var all []any
	for _, m := range pathVariable.FindAllStringSubmatch(path, -1) {
		all = append(all, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	return all
}

// responses are the answers of a call. A page of a list that is not the last one has 202.
func (d *description) responses(e *endpoint) object {
	good := object{"description": "What was asked for."}
	if e.answer != nil {
		body := d.schemaOf(e.answer)
		if e.asPage != nil {
			body = object{"anyOf": []any{body, d.schemaOf(e.asPage)}, "description": "The first, unless the sandbox has compat: {shapes: documented}."}
		}
		good["content"] = content("application/json", body)
	}
	own := d.schemaOf(refusal{})
	if e.auth == basic {
		own = d.schemaOf(oauthRefusal{})
	}
	refused := object{"anyOf": []any{own, d.schemaOf(gatewayRefusal{})}}
	all := object{
		"200":     good,
		"default": object{"description": "The call is refused, and nothing happened.", "content": content("application/json", refused)},
	}
	if e.pages {
		all[fmt.Sprint(http.StatusAccepted)] = object{"description": "There is more than this page.", "content": good["content"]}
	}
	return all
}

// callback is the body of a row's callback, or nil for a row without.
func (d *description) callback(e *endpoint) object {
	switch {
	case e.found != nil:
		return object{"allOf": []any{d.schemaOf(findingsBody{}), object{"properties": object{"deviceResponse": d.schemaOf(e.found)}}}}
	case e.callback == nil:
		return nil
	case e.op == euicc.OpSetFallback:
		return object{"anyOf": []any{d.schemaOf(callbackBody{}), d.schemaOf(olderBody{})}}
	}
	return d.schemaOf(callbackBody{})
}

func content(mediaType string, schema object) object {
	return object{mediaType: object{"schema": schema}}
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }
