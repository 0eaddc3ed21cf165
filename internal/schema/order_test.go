package schema

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// pointerOf is the place that a refusal names.
func pointerOf(refusal string) string {
	before, _, _ := strings.Cut(refusal, ": found ")
	return before[strings.LastIndexByte(before, ' ')+1:]
}

const (
	goodEID   = `{"kind":"eid","id":"89001012012341234012345678901224"}`
	goodICCID = `{"kind":"iccid","id":"89445000000000000019"}`
)

// TestFirstMistake: of several mistakes the first is told, as somebody finds it who reads the body from
// the front. What is wrong is so where it begins; what is missing is so where its object or list ends.
func TestFirstMistake(t *testing.T) {
	tests := []struct{ name, file, body, want string }{
		{"devices before accountName", "enable", `{"devices":[{"deviceIds":[{"kind":"icid","id":"1"}]}],"accountName":5}`, "/devices/0/deviceIds/0/kind"},
		{"accountName before devices", "enable", `{"accountName":5,"devices":[{"deviceIds":[{"kind":"icid","id":"1"}]}]}`, "/accountName"},
		{"wrong before missing", "enable", `{"devices":[{"deviceIds":[]}]}`, "/devices/0/deviceIds"},
		{"only missing", "enable", `{"servicePlan":"p"}`, "/accountName"},
		{"wrong after what is missing within", "enable", `{"devices":[{}],"servicePlan":7}`, "/devices/0/deviceIds"},
		{"wrong before what is missing within", "enable", `{"servicePlan":7,"devices":[{}]}`, "/servicePlan"},
		{"a kind that is wrong in a list that lacks one", "enable", `{"accountName":"a","devices":[{"deviceIds":[` + goodICCID + `,{"kind":"edi","id":"1"}]}]}`, "/devices/0/deviceIds/1/kind"},
		{"an id that is wrong in a list that lacks one", "enable", `{"accountName":"a","devices":[{"deviceIds":[{"kind":"iccid","id":"1"}]}]}`, "/devices/0/deviceIds/0/id"},
		{"a list that lacks one before one that is none", "enable", `{"accountName":"a","devices":[{"deviceIds":[` + goodICCID + `]},{"deviceIds":7}]}`, "/devices/0/deviceIds"},
		{"id before kind", "enable", `{"accountName":"a","devices":[{"deviceIds":[{"id":5,"kind":"edi"}]}]}`, "/devices/0/deviceIds/0/id"},
		{"kind before id", "enable", `{"accountName":"a","devices":[{"deviceIds":[{"kind":"edi","id":5}]}]}`, "/devices/0/deviceIds/0/kind"},
		{"in numbers", "device_suspend", `{"accountName":"a","devices":[` + strings.Repeat(`{"deviceIds":[`+goodEID+`]},`, 9) + `7,8,9]}`, "/devices/9"},
		{"white space", "enable", "\t{ \"servicePlan\"\n:\r7 , \"accountName\" : [ ] , \"devices\" : { } } ", "/servicePlan"},
		{"unknown fields on the way", "enable", `{"x":{"servicePlan":"}\"]","y":[[{}]]},"devices":{"x":[1,-2.5e3,true,null]},"accountName":""}`, "/devices"},
		{"quotes in a string", "enable", `{"x":"\"","accountName":5,"servicePlan":5}`, "/accountName"},
		{"quotes in a key", "enable", `{"\"x":"\\","servicePlan":5,"accountName":5}`, "/servicePlan"},
		{"escaped keys", "enable", `{"devi\u0063es":[5],"accountName":5}`, "/devices/0"},
		{"keys that only look alike", "enable", `{"\"accountName":5,"devices":[5],"accountName":5}`, "/devices/0"},
		{"a key twice, the last one counts", "enable", `{"accountName":7,"devices":[5],"accountName":6}`, "/devices/0"},
		{"a list twice, the last one counts", "enable", `{"devices":[7,7],"accountName":6,"devices":[{},{}]}`, "/accountName"},
		{"an object for a list", "enable", `{"devices":{"0":5},"servicePlan":5,"devices":[5]}`, "/servicePlan"},
		{"in any form", "setfallbackattribute", `{"devices":[[{"kind":"eid","id":"1"}],{}],"accountName":""}`, "/devices/0/0/id"},
		{"in the period of a history", "history", `{"latest":5,"earliest":5}`, "/latest"},
		{"times that are none", "history", `{"latest":"yesterday","earliest":"today","deviceId":` + goodICCID + `}`, "/latest"},
		{"a time that is none before a number", "history_v2", `{"earliest":"2030-02-30T00:00:00Z","latest":5,"accountName":"a"}`, "/earliest"},
		{"in a filter", "list", `{"maxNumberOfDevices":-1,"filter":{"deviceIdentifierFilters":[{}]},"accountName":""}`, "/maxNumberOfDevices"},
		{"at the same place", "login", `{}`, "/password"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := pointerOf(refused(load(t, test.file), test.body)); got != test.want {
				t.Errorf("%s\ngot  %s\nwant %s", test.body, got, test.want)
			}
		})
	}
}

// TestFirstPlantedMistake plants mistakes in a body that is otherwise in order, and knows from the
// writing of it which one comes first.
func TestFirstPlantedMistake(t *testing.T) {
	schemas := map[string]*Schema{}
	for _, name := range []string{"enable", "activate", "deactivate", "setfallbackattribute"} {
		schemas[name] = load(t, name)
	}
	often(t, func(t *rapid.T) {
		name := rapid.SampledFrom(slices.Sorted(maps.Keys(schemas))).Draw(t, "schema")
		s := schemas[name]
		p := planter{T: t}
		p.body(name)
		body := p.text.String()
		if got := refused(s, body); p.endless != strings.HasSuffix(got, "is out of every range") ||
			!p.endless && ((got == "") != (p.first == "") || got != "" && pointerOf(got) != p.first) {
			t.Fatalf("%s: %s\ngot  %s\nwant %s", name, body, got, p.first)
		}
	})
}

// TestItemAlone: what is said of the one item in which the fast path stopped is what is said of the whole body,
// and it is said whenever the first mistake is in that item, unless the keys behind it need a closer look.
func TestItemAlone(t *testing.T) {
	schemas := map[string]*Schema{}
	for _, name := range []string{"enable", "activate", "profile_suspend", "renew_activation_code"} {
		schemas[name] = load(t, name)
	}
	spoke := 0
	often(t, func(t *rapid.T) {
		name := rapid.SampledFrom(slices.Sorted(maps.Keys(schemas))).Draw(t, "schema")
		s := schemas[name]
		p := planter{T: t}
		p.body(name)
		body := p.text.String()
		fast := readFast(s, body)
		alone, whole := "", refused(s, body)
		if fast.sure && whole != "" {
			t.Fatalf("%s: %s\nthe fast path is sure of what is refused: %s", name, body, whole)
		}
		if fast.sure {
			return
		}
		if alone = say(s.CheckItem([]byte(body), fast.stop)); alone != "" {
			spoke++
		}
		want := ""
		if at := fast.stop; at.Item >= 0 && !strings.Contains(body[at.Offset:], `"devices"`) && !strings.Contains(body[at.Offset:], `\`) &&
			strings.HasPrefix(pointerOf(whole)+"/", fmt.Sprintf("/devices/%d/", at.Item)) {
			want = whole
		}
		if alone != want {
			t.Fatalf("%s: %s\none item alone: %s\nthe whole body: %s", name, body, alone, whole)
		}
	})
	if spoke == 0 {
		t.Error("it never spoke")
	}
}

// TestPlacesCostLittle: to find the places, a body is read once, and nothing is kept of it, however long
// and deep it is.
func TestPlacesCostLittle(t *testing.T) {
	allocations := func(n int) float64 {
		body := []byte(`{"devices":[{}],"x":` + strings.Repeat(`[{"devices":[`, n) + strings.Repeat("]}]", n) +
			`,"y":[` + strings.Repeat(`"\"",`, 100*n) + `0],` + strings.Repeat(`"z":-1e3 , `, 100*n) + `"accountName":5}`)
		doc := decode(t, string(body)) // Parse would refuse it for its size
		wrong := Violation{within: "/accountName", Pointer: "/accountName"}
		if first := earliest(body, doc, []Violation{wrong, wrong}); first.Pointer != wrong.Pointer {
			t.Fatalf("the only one is %s", first.Pointer)
		}
		all := []Violation{wrong, {within: "/devices/0", Pointer: "/devices/0/deviceIds", missing: true}}
		if first := earliest(body, doc, all); first.Pointer != "/devices/0/deviceIds" {
			t.Fatalf("the first is %s", first.Pointer)
		}
		return testing.AllocsPerRun(5, func() { earliest(body, doc, all) })
	}
	if few, many := allocations(1), allocations(3000); few != many || many > 20 {
		t.Errorf("%g allocations for a small body, %g for a large one", few, many)
	}
}

// often checks a property ten times as often as usual.
func often(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	for range 10 {
		rapid.Check(t, property)
	}
}

// planter writes a body, with mistakes here and there; first is the pointer of the first one.
type planter struct {
	*rapid.T
	text    strings.Builder
	first   string
	endless bool // there is a number that is out of every range
}

func (p *planter) seldom(name string) bool { return rapid.IntRange(0, 11).Draw(p.T, name) == 0 }

// found notes a mistake at the place that the writing has come to.
func (p *planter) found(pointer string) {
	if p.first == "" {
		p.first = pointer
	}
}

// write writes a text, after white space now and then.
func (p *planter) write(text string) {
	p.text.WriteString(rapid.SampledFrom([]string{"", "", "", " ", "\n\t"}).Draw(p.T, "space") + text)
}

// member is one of an object: how its value is written, or whether it is left out where it is needed.
type member struct {
	key   string
	left  bool
	value func(pointer string)
}

// object writes members in any order, among unknown ones, and some of them twice. What is left out is
// missing at the end; of several, the one that comes first in the alphabet is told.
func (p *planter) object(pointer string, members ...member) {
	p.write("{")
	var missing []string
	comma := ""
	for _, m := range rapid.Permutation(members).Draw(p.T, "order") {
		if m.left {
			missing = append(missing, m.key)
			continue
		}
		p.write(comma)
		comma = ","
		if p.seldom("unknown") {
			value := rapid.SampledFrom([]string{`1`, `"]}"`, `[{"devices":[]}]`, `{"kind":5}`, `"\\"`, `"\",\""`, `1e9999`}).Draw(p.T, "value")
			p.endless = p.endless || value == `1e9999`
			p.write(`"x":` + value + `,`)
		}
		if p.seldom("twice") {
			p.write(p.key(m.key) + `:[{"deviceIds":[7]}],`)
		}
		p.write(p.key(m.key))
		p.write(":")
		m.value(pointer + "/" + m.key)
	}
	if slices.Sort(missing); len(missing) > 0 {
		p.found(pointer + "/" + missing[0])
	}
	p.write("}")
}

// key is a key as JSON may write it.
func (p *planter) key(key string) string {
	if p.seldom("escape") {
		return fmt.Sprintf(`"\u%04x%s"`, key[0], key[1:])
	}
	return `"` + key + `"`
}

// some is a value that is right, or now and then one that is wrong.
func (p *planter) some(right, wrong string) func(string) {
	return func(pointer string) {
		if p.seldom("wrong") {
			p.found(pointer)
			right = wrong
		}
		p.write(right)
	}
}

// list writes a list of up to three items; an empty one lacks some.
func (p *planter) list(pointer string, item func(string)) {
	p.write("[")
	n := rapid.IntRange(0, 3).Draw(p.T, "items")
	for i := range n {
		if i > 0 {
			p.write(",")
		}
		item(pointer + "/" + strconv.Itoa(i))
	}
	if n == 0 {
		p.found(pointer)
	}
	p.write("]")
}

func (p *planter) body(file string) {
	device := func(pointer string) { p.object(pointer, member{"deviceIds", p.seldom("left out"), p.ids}) }
	if file == "setfallbackattribute" {
		device = p.ids
	}
	members := []member{
		{"accountName", p.seldom("left out"), p.some(`"0000123456-00001"`, `""`)},
		{"devices", p.seldom("left out"), func(pointer string) { p.list(pointer, device) }},
		{"servicePlan", false, p.some(`"p"`, `null`)},
	}
	switch file {
	case "activate":
		members = append(members, member{"mdnZipCode", false, p.some(`"98801"`, `"9880"`)}, member{"smsrOid", false, p.some(`""`, `[]`)})
	case "deactivate":
		members = append(members, member{"etfWaiver", false, p.some(`true`, `"true"`)}, member{"reasonCode", false, p.some(`"FF"`, `1e3`)})
	}
	p.object("", members...)
}

// ids writes the identifiers of a device: all that any call needs, or none at all.
func (p *planter) ids(pointer string) {
	p.write("[")
	if p.seldom("lacking") {
		p.found(pointer)
		p.write("]")
		return
	}
	for i, right := range []struct{ kind, id, wrong string }{
		{"iccid", "89445000000000000019", "894450000000000000190"}, {"imei", "490154203237518", "49015420323751"},
		{"EID", "89001012012341234012345678901224", "8900101201234123401234567890122"},
	} {
		if i > 0 {
			p.write(",")
		}
		kind := func(string) { p.write(`"` + right.kind + `"`) }
		id := p.some(`"`+right.id+`"`, `"`+right.wrong+`"`)
		noKind := p.seldom("no kind")
		if noKind || p.seldom("wrong kind") {
			kind = func(pointer string) {
				p.found(pointer)
				p.write(rapid.SampledFrom([]string{`"icid"`, `5`, `null`}).Draw(p.T, "kind"))
			}
			id = p.some(`"1"`, `{}`) // any string will do
		}
		p.object(pointer+"/"+strconv.Itoa(i), member{"kind", noKind, kind}, member{"id", p.seldom("left out"), id})
	}
	p.write("]")
}
