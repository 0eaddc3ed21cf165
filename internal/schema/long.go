package schema

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// longList is the one list of a schema that may have many items.
type longList struct {
	field string // "" for none
	// asOne are the keys of an item that make the list one value instead of many: the schema begins with an "if"
	// that asks for them in every item. A list may be looked at in parts only as long as that "if" comes out for a
	// part as for the whole.
	asOne []string
}

// longList is the one of a schema that is being compiled.
func (s *Schema) longList() longList {
	properties := s.Properties()
	for _, field := range s.set.options.LongLists {
		list, ok := properties[field].(map[string]any)
		if !ok {
			continue
		}
		l := longList{field: field}
		for _, n := range s.set.expand([]map[string]any{list}) {
			condition, _ := n["if"].(map[string]any)
			items, _ := condition["items"].(map[string]any)
			required, _ := items["required"].([]any)
			for _, key := range required {
				l.asOne = append(l.asOne, key.(string))
			}
		}
		return l
	}
	return longList{}
}

// LongList is the field of the schema's long list, "" when it has none.
func (s *Schema) LongList() string { return s.long.field }

// isOne says whether a list is one value instead of many.
func (l longList) isOne(list []any) bool {
	return l.asOne != nil && !slices.ContainsFunc(list, l.apart)
}

// apart says whether an item is one that no list has that is one value.
func (l longList) apart(item any) bool {
	fields, _ := item.(map[string]any)
	return slices.ContainsFunc(l.asOne, func(key string) bool { _, has := fields[key]; return !has })
}

// batch is how many items of a long list the validator sees at a time. It looks at all that it is given and
// words all that it finds, and nobody hears of what comes after the first item that is not in order.
const batch = 64

// violations is what is wrong with a document. Of a long list, that is what is wrong with the first item that is
// not in order: the list is looked at stretch by stretch until there is one, and then that item with all the
// rest of the document.
func (s *Schema) violations(doc any) ([]Violation, error) {
	fields, _ := doc.(map[string]any)
	list, _ := fields[s.long.field].([]any)
	if len(list) <= batch || s.long.isOne(list) {
		return s.validate(doc)
	}
	var witness []any // says in each stretch that the list is not one value
	if s.long.asOne != nil {
		witness = list[slices.IndexFunc(list, s.long.apart):][:1]
	}
	first := -1
	for from := 0; from < len(list) && first < 0; from += batch {
		part := list[from:min(from+batch, len(list))]
		found, err := s.validate(map[string]any{s.long.field: slices.Concat(part, witness)})
		if err != nil {
			return nil, err
		}
		for _, v := range found {
			if i, _, ok := s.long.item(v.Pointer); ok && i < len(part) && (first < 0 || from+i < first) {
				first = from + i
			}
		}
	}
	short := maps.Clone(fields)
	short[s.long.field] = append([]any{list[max(first, 0)]}, witness...)
	found, err := s.validate(short)
	return s.long.moved(found, first), err
}

// item splits a pointer into the index of an item of the list, and what follows.
func (l longList) item(pointer string) (index int, rest string, ok bool) {
	below, ok := strings.CutPrefix(pointer, "/"+l.field+"/")
	if !ok {
		return 0, "", false
	}
	digits, _, _ := strings.Cut(below, "/")
	index, err := strconv.Atoi(digits)
	return index, below[len(digits):], err == nil
}

// moved puts violations of item 0 at another index, and leaves out those of other items; with an index below 0
// those of all items.
func (l longList) moved(found []Violation, to int) (kept []Violation) {
	for _, v := range found {
		if i, rest, ok := l.item(v.Pointer); ok {
			if i > 0 || to < 0 {
				continue
			}
			v.Pointer = "/" + l.field + "/" + strconv.Itoa(to) + rest
		}
		if i, rest, ok := l.item(v.within); ok && i == 0 {
			v.within = "/" + l.field + "/" + strconv.Itoa(to) + rest
		}
		kept = append(kept, v)
	}
	return kept
}

// CheckItem looks for a violation in the one item in which the fast path stopped. All before it is valid, so it is
// the first of the body. nil says that there is none, or that it takes Check to say; the body is within the limits
// of the set.
//
// This is for large bodies only, which Check would decode whole, and look at stretch by stretch: see decision 16.
func (s *Schema) CheckItem(body []byte, at Stop) (*Violation, error) {
	if at.Item < 0 {
		return nil, nil
	}
	// What the fast path has read is JSON without numbers; the rest has to be so in its place.
	rest := body[at.Offset:]
	if !json.Valid(append([]byte(`{"":[`), rest...)) || hasHugeNumber(rest) {
		return nil, nil
	}
	if bytes.Contains(rest, []byte(`"`+s.long.field+`"`)) || bytes.IndexByte(rest, '\\') >= 0 {
		return nil, nil // the list may be there twice, and the last one counts
	}
	r := reader{text: rest}
	r.skip()
	alone := slices.Concat([]byte(`{"`+s.long.field+`":[`), rest[:r.at], []byte(`]}`))
	doc, err := Parse(alone, s.set.options.Limits)
	if err != nil {
		return nil, nil
	}
	found, err := s.validate(doc)
	if err != nil {
		return nil, err
	}
	v := earliest(alone, doc, found)
	if v == nil {
		return nil, nil
	}
	if _, _, inItem := s.long.item(v.Pointer); !inItem {
		return nil, nil // the item is in order
	}
	return &s.long.moved([]Violation{*v}, at.Item)[0], nil
}
