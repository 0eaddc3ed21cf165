// Package openapi writes down calls as a description in OpenAPI 3.1. Which calls there are, and the schemas of what
// they take, its caller says; what they answer it reads from the types that are sent.
package openapi

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
)

// object is a JSON object of the description.
type object = map[string]any

// API is what is described.
type API struct {
	Title, Version, About string
	Security              map[string]SecurityScheme // by name
	Schemas               map[string]map[string]any // schemas of JSON Schema (draft-07), by name
	Extensions            map[string]string         // keywords of their own that they have for texts -> what those are called here: x-…
	Calls                 []Call
}

// SecurityScheme is what a call may have to bring: HTTP authentication of that scheme, or a header.
type SecurityScheme struct{ HTTP, Header, About string }

// Call is one call of an API.
type Call struct {
	Method, Path string // with variables like {account}
	Name         string // its operationId; a second call of the same name gets a number
	Summary      string
	Security     []string            // names of the schemes, all of which it takes
	Request      Body                // none without media type
	Responses    map[string]Response // by status, or default
	Callback     *Callback
}

// Body is what goes over the wire.
type Body struct {
	MediaType string
	Schema    Schema
}

// Response is one of a call; no Schema says that it has no body.
type Response struct {
	About  string
	Schema Schema
}

// Callback is what becomes of a call later, POSTed to a URL.
type Callback struct {
	Name, URL, Summary string
	Schema             Schema
	Response           string // what a 2XX says
}

// Schema is that of a body.
type Schema func(*description) object

// Named is one of the API's schemas.
func Named(name string) Schema { return func(*description) object { return reference(name) } }

// Of is the schema of a value's type as encoding/json writes it. Structs are described under their names.
func Of(v any) Schema {
	return func(d *description) object { return d.schemaOfType(reflect.TypeOf(v)) }
}

// Given is a schema as it stands there.
func Given(schema map[string]any) Schema { return func(*description) object { return schema } }

// AnyOf fits what one of these fits; about, which may be "", says when which.
func AnyOf(about string, schemas ...Schema) Schema {
	return func(d *description) object {
		all := make([]any, len(schemas))
		for i, s := range schemas {
			all[i] = s(d)
		}
		one := object{"anyOf": all}
		if about != "" {
			one["description"] = about
		}
		return one
	}
}

// With is a schema of which one field is known better.
func With(base Schema, field string, is Schema) Schema {
	return func(d *description) object {
		return object{"allOf": []any{base(d), object{"properties": object{field: is(d)}}}}
	}
}

// description is what is collected while calls are described.
type description struct {
	schemas object
}

// Describe writes the description of an API, the same each time.
func Describe(a *API) []byte {
	d := description{schemas: object{}}
	for name, schema := range a.Schemas {
		d.schemas[name] = adapted(schema, a.Extensions)
	}
	paths := object{}
	names := make([]string, len(a.Calls))
	for i := range a.Calls {
		names[i] = a.Calls[i].Name
	}
	ids := OperationIDs(names)
	for i := range a.Calls {
		c := &a.Calls[i]
		if paths[c.Path] == nil {
			paths[c.Path] = object{}
		}
		paths[c.Path].(object)[strings.ToLower(c.Method)] = d.operation(c, ids[i])
	}
	doc := object{
		"openapi":    "3.1.0",
		"info":       object{"title": a.Title, "version": a.Version, "description": a.About},
		"servers":    []any{object{"url": "/"}},
		"paths":      paths,
		"components": object{"schemas": d.schemas, "securitySchemes": securitySchemes(a.Security)},
	}
	text, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		panic(err) // it is made of maps, lists and strings
	}
	return append(text, '\n')
}

func securitySchemes(schemes map[string]SecurityScheme) object {
	all := object{}
	for name, s := range schemes {
		scheme := object{"type": "http", "scheme": s.HTTP}
		if s.Header != "" {
			scheme = object{"type": "apiKey", "in": "header", "name": s.Header}
		}
		if s.About != "" {
			scheme["description"] = s.About
		}
		all[name] = scheme
	}
	return all
}

func (d *description) operation(c *Call, id string) object {
	security, responses := object{}, object{}
	for _, name := range c.Security {
		security[name] = []any{}
	}
	for status, a := range c.Responses {
		responses[status] = d.response(a)
	}
	op := object{
		"operationId": id, "summary": c.Summary, "security": []any{security}, "responses": responses,
	}
	if params := parameters(c.Path); params != nil {
		op["parameters"] = params
	}
	if c.Request.MediaType != "" {
		op["requestBody"] = d.requestBody(c.Request)
	}
	if b := c.Callback; b != nil {
		op["callbacks"] = object{b.Name: object{b.URL: object{"post": object{
			"summary":     b.Summary,
			"requestBody": d.requestBody(Body{jsonMedia, b.Schema}),
			"responses":   object{"2XX": object{"description": b.Response}},
		}}}}
	}
	return op
}

const jsonMedia = "application/json"

func (d *description) response(a Response) object {
	described := object{"description": a.About}
	if a.Schema != nil {
		described["content"] = object{jsonMedia: object{"schema": a.Schema(d)}}
	}
	return described
}

func (d *description) requestBody(b Body) object {
	return object{"required": true, "content": object{b.MediaType: object{"schema": b.Schema(d)}}}
}

// OperationIDs are the operationIds of calls with these names: one that is there already gets a number.
func OperationIDs(names []string) []string {
	ids, times := make([]string, len(names)), map[string]int{}
	for i, name := range names {
		if times[name]++; times[name] > 1 {
			name += fmt.Sprint("_", times[name])
		}
		ids[i] = name
	}
	return ids
}

var pathVariable = regexp.MustCompile(`\{([a-z]+)\}`)

func parameters(path string) []any {
	var all []any
	for _, m := range pathVariable.FindAllStringSubmatch(path, -1) {
		all = append(all, object{"name": m[1], "in": "path", "required": true, "schema": object{"type": "string"}})
	}
	return all
}

func reference(name string) object { return object{"$ref": "#/components/schemas/" + name} }
