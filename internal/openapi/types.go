package openapi

import (
	"reflect"
	"strings"
)

// adapted is a draft-07 schema as OpenAPI 3.1 takes it: what the schemas use means the same in both, but they refer
// to each other by files, and may have words of their own, which extensions renames.
func adapted(node any, extensions map[string]string) any {
	switch n := node.(type) {
	case object:
		out := object{}
		for word, v := range n {
			switch word {
			case "$schema", "$id", "definitions":
			case "$ref":
				if text, ok := v.(string); ok {
					out[word] = "#/components/schemas/" + text[strings.LastIndexByte(text, '/')+1:]
				}
			default:
				if _, text := v.(string); text && extensions[word] != "" {
					word = extensions[word]
				}
				out[word] = adapted(v, extensions)
			}
		}
		return out
	case []any:
		out := make([]any, len(n))
		for i, v := range n {
			out[i] = adapted(v, extensions)
		}
		return out
	}
	return node
}

// schemaOfType is the schema of a type as encoding/json writes it; structs go by their names.
func (d *description) schemaOfType(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		return d.schemaOfType(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": d.schemaOfType(t.Elem())}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Uint64:
		return object{"type": "integer"}
	case reflect.Interface:
		return object{}
	case reflect.String:
		return object{"type": "string"}
	case reflect.Struct:
		if t.Name() == "" {
			return d.structOf(t)
		}
		if d.schemas[t.Name()] == nil {
			d.schemas[t.Name()] = object{} // for structs that have themselves inside
			d.schemas[t.Name()] = d.structOf(t)
		}
		return reference(t.Name())
	}
	panic("no schema for " + t.String()) // a wire struct has nothing else
}

// structOf is the schema of a struct, by its JSON tags. What can be left out is not required.
func (d *description) structOf(t reflect.Type) object {
	properties, required := object{}, []any{}
	var walk func(t reflect.Type)
	walk = func(t reflect.Type) {
		for f := range t.Fields() {
			if f.Anonymous {
				walk(f.Type)
				continue
			}
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			properties[name] = d.schemaOfType(f.Type)
			if options != "omitempty" {
				required = append(required, name)
			}
		}
	}
	walk(t)
	return object{"type": "object", "properties": properties, "required": required}
}
