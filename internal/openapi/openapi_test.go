package openapi_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"tsim/internal/openapi"
)

type thing struct {
	Name   string   `json:"name"`
	Parts  []*thing `json:"parts,omitempty"`
	Amount int      `json:"amount"`
}

func example() *openapi.API {
	call := openapi.Call{
		Method: "POST", Path: "/things/{owner}", Name: "make", Summary: "Make a thing", Security: []string{"who"},
		Request: openapi.Body{MediaType: "application/json", Schema: openapi.Named("make")},
		Responses: map[string]openapi.Response{
			"200":     {About: "Made.", Schema: openapi.AnyOf("The first.", openapi.Of(thing{}), openapi.Of([]thing{}))},
			"default": {About: "Not made."},
		},
		Callback: &openapi.Callback{
			Name: "made", URL: "http://listener.example", Summary: "It is made", Response: "Heard.",
			Schema: openapi.With(openapi.Of(thing{}), "amount", openapi.Given(map[string]any{"type": "number"})),
		},
	}
	again := call
	again.Path = "/v2/things"
	return &openapi.API{
		Title: "Things", Version: "1", About: "What there is.", Calls: []openapi.Call{call, again},
		Security:   map[string]openapi.SecurityScheme{"who": {HTTP: "bearer"}, "key": {Header: "Key", About: "a key"}},
		Extensions: map[string]string{"code": "x-things-code"},
		Schemas: map[string]map[string]any{
			"make": {"$id": "make.json", "type": "object", "properties": map[string]any{"code": map[string]any{"$ref": "shared.json#/definitions/code"}}},
			"code": {"$schema": "draft-07", "type": "string", "code": "CODE.Invalid"},
		},
	}
}

// A description is OpenAPI 3.1, and says what the calls say.
func TestDescribe(t *testing.T) {
	text := openapi.Describe(example())
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Error(err)
	}
	if again := openapi.Describe(example()); !bytes.Equal(again, text) {
		t.Error("it is not the same each time")
	}
	var all struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
			RequestBody any
			Callbacks   map[string]any
		}
		Components struct {
			Schemas         map[string]any
			SecuritySchemes map[string]any
		}
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	first, second := all.Paths["/things/{owner}"]["post"], all.Paths["/v2/things"]["post"]
	if first.OperationID != "make" || second.OperationID != "make_2" {
		t.Errorf("the calls are %q and %q", first.OperationID, second.OperationID)
	}
	if len(first.Parameters) != 1 || first.Parameters[0].Name != "owner" || second.Parameters != nil {
		t.Errorf("they have the parameters %v and %v", first.Parameters, second.Parameters)
	}
	for what, c := range map[string]struct {
		got  any
		want string
	}{
		"a struct, which has itself inside": {
			all.Components.Schemas["thing"],
			`{"properties":{"amount":{"type":"integer"},"name":{"type":"string"},"parts":{"items":{"$ref":"#/components/schemas/thing"},"type":"array"}},"required":["name","amount"],"type":"object"}`,
		},
		"a schema that refers to another": {
			all.Components.Schemas["make"], `{"properties":{"code":{"$ref":"#/components/schemas/code"}},"type":"object"}`,
		},
		"a schema with a code": {all.Components.Schemas["code"], `{"type":"string","x-things-code":"CODE.Invalid"}`},
		"a header":             {all.Components.SecuritySchemes["key"], `{"description":"a key","in":"header","name":"Key","type":"apiKey"}`},
		"a request":            {first.RequestBody, `{"content":{"application/json":{"schema":{"$ref":"#/components/schemas/make"}}},"required":true}`},
		"a callback": {
			first.Callbacks["made"],
			`{"http://listener.example":{"post":{"requestBody":{"content":{"application/json":{"schema":{"allOf":[{"$ref":"#/components/schemas/thing"},{"properties":{"amount":{"type":"number"}}}]}}},"required":true},"responses":{"2XX":{"description":"Heard."}},"summary":"It is made"}}}`,
		},
	} {
		if got, _ := json.Marshal(c.got); string(got) != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", what, got, c.want)
		}
	}
}
