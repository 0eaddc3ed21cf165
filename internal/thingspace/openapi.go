package thingspace

import (
	"encoding/json"
	"fmt"

	"tsim/internal/euicc"
	"tsim/internal/openapi"
)

// OpenAPI describes the simulated calls in OpenAPI 3.1: every row of the endpoint table, its schema,
// its response and its callback. The version is tsim's.
func OpenAPI(version string) []byte {
	api := openapi.API{
		Title: "ThingSpace's eUICC API, as tsim simulates it", Version: version,
		About: "The answers to actions and to the second versions of list and history are sent later, to the listener of DeviceProfileService. A path is also served with two slashes after its version. docs/fidelity.md says what is documented and what is inferred.",
		Security: map[string]openapi.SecurityScheme{
			"application": {HTTP: "basic", About: "the app key and secret"},
			"bearer":      {HTTP: "bearer"},
			"session":     {Header: sessionHeader},
		},
		Schemas: map[string]map[string]any{}, Extensions: map[string]string{"code": "x-thingspace-code"},
	}
	add := func(name string, schema any) {
		if api.Schemas[name] != nil {
			panic(fmt.Sprintf("two schemas are called %s", name)) // a test describes them all
		}
		api.Schemas[name] = schema.(map[string]any)
	}
	for name, definition := range schemaSet().Definitions() {
		add(name, definition)
	}
	for i := range endpoints {
		e := &endpoints[i]
		api.Calls = append(api.Calls, e.described())
		for _, s := range []*bodySchema{e.schema, e.legacy} {
			if s == nil || api.Schemas[s.name] != nil {
				continue
			}
			var doc map[string]any
			if err := json.Unmarshal(mustRead(s.name), &doc); err != nil {
				panic(err) // embedded: a test compiles them all
			}
			add(s.name, doc)
		}
	}
	return openapi.Describe(&api)
}

// credentials says in words of OpenAPI what a call has to bring.
var credentials = map[auth][]string{
	basic: {"application"}, bearer: {"bearer"}, session: {"bearer", "session"},
}

// described is a row as OpenAPI sees it.
func (e *endpoint) described() openapi.Call {
	c := openapi.Call{
		Method: e.method, Path: e.path, Name: e.name, Summary: e.title, Security: credentials[e.auth], Responses: e.responses(),
	}
	switch {
	case e.schema != nil:
		c.Name, c.Summary = e.schema.name, e.schema.compiled().Title()
		c.Request = openapi.Body{MediaType: "application/json", Schema: openapi.Named(e.schema.name)}
		if e.legacy != nil {
			c.Request.Schema = openapi.AnyOf("", c.Request.Schema, openapi.Named(e.legacy.name))
		}
	case e.auth == basic:
		c.Request = openapi.Body{MediaType: "application/x-www-form-urlencoded", Schema: openapi.Given(form)}
	}
	if body := e.callbackSchema(); body != nil {
		c.Callback = &openapi.Callback{
			Name: "DeviceProfileService", URL: listenerURL, Schema: body,
			Summary:  "What became of it, told to the listener that is registered for DeviceProfileService",
			Response: "The callback is acknowledged; anything else brings another attempt.",
		}
	}
	return c
}

// listenerURL stands for the URL that the client has registered: no call that is answered by callback
// names it.
const listenerURL = "http://listener.example/callbacks"

// form is the body of the OAuth endpoints.
var form = map[string]any{
	"type": "object", "required": []any{"grant_type"},
	"properties": map[string]any{
		"grant_type": map[string]any{"type": "string", "enum": []any{"client_credentials"}},
		"scope":      map[string]any{"type": "string"}, "token": map[string]any{"type": "string"},
	},
}

// responses are those of a call. A page of a list that is not the last one has 202.
func (e *endpoint) responses() map[string]openapi.Response {
	good := openapi.Response{About: "What was asked for."}
	if e.response != nil {
		good.Schema = openapi.Of(e.response)
		if e.documented != nil {
			good.Schema = openapi.AnyOf("The first, unless the sandbox has compat: {shapes: documented}.", good.Schema, openapi.Of(e.documented))
		}
	}
	own := openapi.Of(refusal{})
	if e.auth == basic {
		own = openapi.Of(oauthRefusal{})
	}
	all := map[string]openapi.Response{
		"200":     good,
		"default": {About: "The call is refused, and nothing happened.", Schema: openapi.AnyOf("", own, openapi.Of(gatewayRefusal{}))},
	}
	if e.pages {
		all["202"] = openapi.Response{About: "There is more than this page.", Schema: good.Schema}
	}
	return all
}

// callbackSchema is that of the body of a row's callback, or nil for a row without.
func (e *endpoint) callbackSchema() openapi.Schema {
	switch {
	case e.deviceResponse != nil:
		return openapi.With(openapi.Of(findingsBody{}), "deviceResponse", openapi.Of(e.deviceResponse))
	case e.callback == nil:
		return nil
	case e.op == euicc.OpSetFallback:
		return openapi.AnyOf("", openapi.Of(callbackBody{}), openapi.Of(olderBody{}))
	}
	return openapi.Of(callbackBody{})
}
