package thingspace

import (
	"bytes"
	"encoding/json"
	"slices"
)

// member is one of an object of JSON, its value as it is written there.
type member struct {
	name  string
	value json.RawMessage
}

// mergePatch is a document with a JSON merge patch (RFC 7396) applied to it: its own members stay in their order, new
// ones follow in that of the patch, and numbers stay as they are written. Both are JSON.
func mergePatch(document, patch []byte) []byte {
	changes, is := members(patch)
	if !is {
		return compact(patch)
	}
	merged, _ := members(document) // what is no object has none
	for _, change := range changes {
		i := slices.IndexFunc(merged, func(m member) bool { return m.name == change.name })
		switch {
		case string(change.value) == "null" && i >= 0:
			merged = slices.Delete(merged, i, i+1)
		case string(change.value) == "null":
		case i >= 0:
			merged[i].value = mergePatch(merged[i].value, change.value)
		default:
			merged = append(merged, member{change.name, mergePatch(nil, change.value)})
		}
	}
	var b bytes.Buffer
	for i, m := range merged {
		b.WriteByte("{,"[min(i, 1)])
		b.Write(encodeJSON(m.name))
		b.WriteByte(':')
		b.Write(m.value)
	}
	if len(merged) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes()
}

// members are those of an object, if a value is one.
func members(value []byte) (all []member, is bool) {
	d := json.NewDecoder(bytes.NewReader(value))
	if first, err := d.Token(); err != nil || first != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		var m member
		name, err := d.Token()
		if err == nil {
			err = d.Decode(&m.value)
		}
		if err != nil {
			return nil, false
		}
		m.name, _ = name.(string)
		all = append(all, m)
	}
	return all, true
}

// compact is JSON without spaces.
func compact(value []byte) []byte {
	var b bytes.Buffer
	if err := json.Compact(&b, value); err != nil {
		return value
	}
	return b.Bytes()
}
