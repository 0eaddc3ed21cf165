package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"tsim/internal/bound"
)

// This file is the only one that knows the YAML library.

// parse reads the one document of a file. It takes no view of what the values mean, only of what no
// scenario can have: a key twice, a merge, a tag.
func parse(src []byte, values int) (*node, []Problem) {
	if bytes.Count(src, []byte("\n%TAG")) > mostDirectives {
		return nil, []Problem{{Line: 1, Msg: fmt.Sprintf("the file has more than %d directives %%TAG; a scenario needs none", mostDirectives)}}
	}
	decoder := yaml.NewDecoder(bytes.NewReader(src))
	first, err := document(decoder)
	switch {
	case errors.Is(err, io.EOF) || err == nil && first.Kind == yaml.ScalarNode && first.Tag == "!!null":
		return nil, []Problem{{Line: 1, Msg: "the file is empty; a scenario has at least a name and credentials"}}
	case err != nil:
		return nil, []Problem{syntax(err, src)}
	}
	switch second, err := document(decoder); {
	case err == nil:
		return nil, []Problem{{Line: second.Line, Column: second.Column, Msg: "a second document begins here; a file holds one scenario"}}
	case !errors.Is(err, io.EOF):
		return nil, []Problem{syntax(err, src)}
	}
	t := tree{anchored: map[*yaml.Node]*node{}, most: values}
	root := t.node(first, node{})
	return root, t.problems
}

// document is the next document's value.
func document(decoder *yaml.Decoder) (value *yaml.Node, err error) {
	// The library's parser has been seen to panic at malformed files; to us they are just that.
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	var doc yaml.Node
	if err := decoder.Decode(&doc); err != nil {
		return nil, err
	}
	return doc.Content[0], nil
}

// fromZero are the errors for which the library counts lines from 0: those of its parser, as opposed
// to its scanner.
var fromZero = regexp.MustCompile(`^did not find expected (key|node content|'-' indicator|',' or|<document start>)`)

// syntax takes the line out of an error of the library: "yaml: line 3: did not find expected key".
func syntax(err error, src []byte) Problem {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(msg, "line "); ok {
		if number, what, ok := strings.Cut(rest, ": "); ok {
			line, _ = strconv.Atoi(number)
			msg = what
		}
		if fromZero.MatchString(msg) {
			line++
		}
	}
	// Here the library names no line at all.
	if anchor, ok := strings.CutPrefix(msg, "unknown anchor '"); ok {
		anchor, _, _ = strings.Cut(anchor, "'")
		before, _, _ := bytes.Cut(src, []byte("*"+anchor))
		line = 1 + bytes.Count(before, []byte("\n"))
	}
	last := 1 + bytes.Count(bytes.TrimRight(src, " \t\r\n"), []byte("\n"))
	return Problem{Line: min(line, last), Msg: "this is not YAML: " + bound.Cut(msg, 200)}
}

// mostDirectives is how many directives a file has at the most: for each, the library looks at all before it.
const mostDirectives = 16

// tree turns the library's nodes into ours.
type tree struct {
	problems []Problem
	anchored map[*yaml.Node]*node
	most     int // values, and those that aliases repeat: a few lines of aliases of aliases could stand for billions
	values   int
	repeated int
	depth    int
}

func (t *tree) wrong(y *yaml.Node, at *node, format string, args ...any) {
	t.problems = kept(t.problems, func() Problem { return Problem{y.Line, y.Column, fmt.Sprintf(format, args...), at} })
}

// node is a value; at says where it stands among the others.
func (t *tree) node(y *yaml.Node, at node) *node {
	n := &node{parent: at.parent, key: at.key, index: at.index, place: place{y.Line, y.Column}, size: 1}
	if t.values++; t.values > t.most {
		if t.values == t.most+1 {
			t.wrong(y, n, "more than %d values are in this file", t.most)
		}
		return n
	}
	if t.depth == bound.Depth {
		t.wrong(y, n, "more than %d lists and maps stand in each other here", bound.Depth)
		return n
	}
	t.depth++
	defer func() { t.depth-- }()
	switch y.Kind {
	case yaml.AliasNode:
		return t.alias(y, n)
	case yaml.MappingNode:
		n.kind = object
		t.entries(y, n)
	case yaml.SequenceNode:
		n.kind = list
		for i, item := range y.Content {
			n.items = append(n.items, t.node(item, node{parent: n, index: i}))
			n.size += n.items[i].size
		}
	default:
		n.text = y.Value
	}
	switch y.Tag {
	case "!!map", "!!seq", "!!null":
	case "!!str", "!!timestamp":
		n.kind = text
	case "!!int", "!!float":
		n.kind = number
	case "!!bool":
		n.kind = boolean
	default:
		t.wrong(y, n, "the tag %s has no meaning in a scenario; leave it out", bound.Short(y.Tag))
	}
	if y.Anchor != "" {
		t.anchored[y] = n
	}
	return n
}

// entries reads the keys of a mapping and their values.
func (t *tree) entries(y *yaml.Node, n *node) {
	lines := map[string]int{}
	for i := 0; i+1 < len(y.Content); i += 2 {
		key, value := y.Content[i], y.Content[i+1]
		first, twice := lines[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode:
			t.wrong(key, n, "a key is a word")
		case key.Tag == "!!merge":
			t.wrong(key, n, "merge keys (<<) are not understood; write the keys out, or use an alias for a whole value")
		case twice:
			t.wrong(key, n, "the key %q is here already, on line %d", bound.Short(key.Value), first)
		case len(n.entries) == mostKeys:
			t.wrong(key, n, "%s", tooManyKeys)
			return
		default:
			lines[key.Value] = key.Line
			v := t.node(value, node{parent: n, key: key.Value})
			n.entries = append(n.entries, entry{key.Value, v, place{key.Line, key.Column}})
			n.size += v.size
		}
	}
}

// alias is what the alias y names, at the place of the alias.
func (t *tree) alias(y *yaml.Node, here *node) *node {
	target := t.anchored[y.Alias]
	if target == nil { // not read to its end yet
		t.wrong(y, here, "the alias *%s stands inside of what it names", bound.Short(y.Value))
		return here
	}
	t.repeated += target.size
	if t.repeated > t.most {
		if t.repeated-target.size <= t.most {
			t.wrong(y, here, "aliases repeat more than %d values in this file", t.most)
		}
		return here
	}
	n := *target
	n.parent, n.key, n.index, n.place, n.alias = here.parent, here.key, here.index, here.place, true
	return &n
}

// WithDeliveryTimeout is the text of a scenario with another delivery.timeout. Whatever else is wrong with it stays so.
func WithDeliveryTimeout(src []byte, timeout time.Duration) ([]byte, error) {
	root, err := document(yaml.NewDecoder(bytes.NewReader(src)))
	if err != nil || root.Kind != yaml.MappingNode {
		return src, nil // which whoever loads it says
	}
	delivery := valueOf(root, "delivery", &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"})
	if delivery.Kind != yaml.MappingNode {
		return nil, errors.New("delivery is no map of keys in this scenario; expected one such as {attempts: 4}, or nothing")
	}
	for i := 0; i+1 < len(delivery.Content); i += 2 {
		if delivery.Content[i].Value == "timeout" {
			delivery.Content = slices.Delete(delivery.Content, i, i+2)
			break
		}
	}
	valueOf(delivery, "timeout", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: timeout.String()})
	return yaml.Marshal(root)
}

// valueOf is the value of a key in a mapping, or else the one that it gets.
func valueOf(mapping *yaml.Node, key string, otherwise *yaml.Node) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, otherwise)
	return otherwise
}

// render writes the values of a map as YAML, for people. An empty line stands before each that takes several lines.
func render(to *bytes.Buffer, root *node) error {
	for i, e := range root.entries {
		y := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{drawnText(e.key, false), drawn(e.value, false)}}
		if y.Content[1].Kind != yaml.ScalarNode && y.Content[1].Style != yaml.FlowStyle || i == 0 && to.Len() > 0 {
			to.WriteByte('\n')
		}
		encoder := yaml.NewEncoder(to)
		encoder.SetIndent(2)
		if err := encoder.Encode(y); err != nil {
			return err
		}
	}
	return nil
}

// drawn is a value as the library's node; inLine says that it stands within braces.
func drawn(n *node, inLine bool) *yaml.Node {
	y := &yaml.Node{Value: n.text}
	if (n.kind == list || n.kind == object) && n.width() <= widest {
		y.Style, inLine = yaml.FlowStyle, true
	}
	switch n.kind {
	case list:
		y.Kind, y.Tag = yaml.SequenceNode, "!!seq"
		for _, item := range n.items {
			y.Content = append(y.Content, drawn(item, inLine))
		}
	case object:
		y.Kind, y.Tag = yaml.MappingNode, "!!map"
		for _, e := range n.entries {
			y.Content = append(y.Content, drawnText(e.key, inLine), drawn(e.value, inLine))
		}
	case text:
		return drawnText(n.text, inLine)
	case number:
		y.Kind = yaml.ScalarNode
		if tag := y.ShortTag(); tag != "!!int" && tag != "!!float" {
			y.Tag = "!!float" // one that is too large for the library
		}
		return y
	case boolean:
		y.Kind, y.Tag = yaml.ScalarNode, "!!bool"
	default:
		y.Kind, y.Tag, y.Value = yaml.ScalarNode, "!!null", "null"
	}
	return y
}

// drawnText is a text: by its lines where it has some, and with quotes where it would be something else without them.
func drawnText(s string, inLine bool) *yaml.Node {
	y := &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	switch tag := y.ShortTag(); {
	case tag == "!!timestamp": // which is read as text
	case strings.Contains(s, "\n") && lines.MatchString(s):
		y.Style = yaml.LiteralStyle
	case tag != "!!str", older.MatchString(s), numeral.MatchString(s), !bare.MatchString(s), inLine && strings.ContainsAny(s, ",:?[]{}"):
		y.Style = yaml.DoubleQuotedStyle
	}
	return y
}

// bare is a text that needs no quotes, unless it means something else by itself, and numeral one that looks like a number to
// people, as accounts do.
var (
	bare    = regexp.MustCompile(`^[\pL\pN_/.(]([^\pC\pZ:#]|[ :][^\pC\pZ:#])*$`)
	numeral = regexp.MustCompile(`^[0-9][0-9.:-]*$`)
)

// lines is a text that a person would write by its lines: no blanks at an end of one, none of them empty at the end, no letters
// that nobody sees.
var lines = regexp.MustCompile(`^[!-~]([ -~]*[!-~])?(\n+[ -~]*[!-~])*\n?$`)

// YAML is JSON as YAML, for people: the same values, with their keys in the same order.
func YAML(text []byte) ([]byte, error) {
	root, err := document(yaml.NewDecoder(bytes.NewReader(text)))
	if err != nil {
		return nil, err
	}
	plain(root)
	var out bytes.Buffer
	e := yaml.NewEncoder(&out)
	e.SetIndent(2)
	err = e.Encode(root)
	return out.Bytes(), err
}

// older are the words that are booleans to the YAML before 1.2, which many still read.
var older = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off)$`)

// plain takes the braces and quotes of JSON away, where YAML can do without them; what would be something else without
// quotes keeps them, which the library sees to for all but older words.
func plain(y *yaml.Node) {
	switch {
	case y.Kind == yaml.ScalarNode && older.MatchString(y.Value):
		y.Style = yaml.DoubleQuotedStyle
	case y.Kind != yaml.ScalarNode && len(y.Content) == 0:
		y.Style = yaml.FlowStyle // [] and {}
	default:
		y.Style = 0
	}
	for _, child := range y.Content {
		plain(child)
	}
}
