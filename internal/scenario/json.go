package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"

	"tsim/internal/bound"
)

// JSON is YAML, and a file of JSON is read as such. What a program has sent is read as JSON proper: it
// has no lines that somebody would look at, and may have letters that YAML does not take.

// parseJSON reads a part of JSON, in the place that a JSON pointer names.
func parseJSON(at string, src []byte) (*node, []Problem) {
	root := &node{key: at}
	if _, e := bound.JSON(src, bound.Limits{Values: sent}); e != nil {
		return nil, []Problem{root.problem(fmt.Sprintf("%s, at byte %d", e.Msg, e.At))}
	}
	if err := json.Unmarshal(src, new(json.RawMessage)); err != nil {
		return nil, []Problem{root.problem("this is not JSON: " + err.Error())}
	}
	t := jsonTree{tokens: json.NewDecoder(bytes.NewReader(src))}
	t.tokens.UseNumber()
	t.value(root)
	return root, t.problems
}

// ofJSON is a value that was read before, as JSON.
func ofJSON(src string) *node {
	root, problems := parseJSON("", []byte(src))
	if len(problems) > 0 {
		panic(failed("", problems)) // it was read
	}
	return root
}

// jsonTree turns the tokens of JSON into nodes.
type jsonTree struct {
	tokens   *json.Decoder
	problems []Problem
}

func (t *jsonTree) next() json.Token {
	token, err := t.tokens.Token()
	if err != nil {
		panic(err) // it is JSON
	}
	return token
}

func (t *jsonTree) place() place { return place{column: int(t.tokens.InputOffset())} }

// value reads the next value into n.
func (t *jsonTree) value(n *node) {
	token := t.next()
	n.place = t.place()
	switch v := token.(type) {
	case string:
		n.kind, n.text = text, v
	case json.Number:
		n.kind, n.text = number, v.String()
	case bool:
		n.kind, n.text = boolean, strconv.FormatBool(v)
	case json.Delim:
		if v == '[' {
			t.items(n)
		} else {
			t.entries(n)
		}
		t.next() // its end
	}
}

func (t *jsonTree) items(n *node) {
	n.kind = list
	for i := 0; t.tokens.More(); i++ {
		item := &node{parent: n, index: i}
		t.value(item)
		n.items = append(n.items, item)
	}
}

func (t *jsonTree) entries(n *node) {
	n.kind = object
	seen := map[string]bool{}
	for t.tokens.More() {
		key := t.next().(string)
		e := entry{key, &node{parent: n, key: key}, t.place()}
		t.value(e.value)
		switch {
		case seen[key]:
			t.problems = kept(t.problems, func() Problem { return e.problem("this key is here already") })
		case len(n.entries) == mostKeys:
			t.problems = kept(t.problems, func() Problem { return e.problem(tooManyKeys) })
			seen[key] = true
		default:
			seen[key] = true
			n.entries = append(n.entries, e)
		}
	}
}
