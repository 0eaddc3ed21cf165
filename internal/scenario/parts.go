package scenario

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
)

// Parts of a scenario can come one by one, in JSON from the control surface: in the same words, with the
// same errors.

var nameFits = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)

// Name says whether a sandbox can be called that: it stands in paths and files.
func Name(name string) bool { return nameFits.MatchString(name) }

// Refer loads what a text stands for: the name of a built-in scenario, or a scenario in YAML.
func Refer(text string, now time.Time) (config.Config, error) {
	if strings.ContainsAny(text, ":\n") {
		return loadUpTo(sent, "scenario", []byte(text), now)
	}
	src, err := Builtin(text)
	if err != nil {
		return config.Config{}, err
	}
	return Load(text+extension, src, now)
}

// ReadCompat reads the choices of compat into to: a preset, or a word per switch. They stand in the place
// that a JSON pointer names.
func ReadCompat(at string, src []byte, to *config.Compat) error {
	root, r, err := begin(at, src)
	if err != nil {
		return err
	}
	compat.read(r, root, to)
	return r.end("")
}

// placed is a device with the account that it belongs to.
var placed = table[config.Device]{
	what:   "a device",
	begin:  func(d *config.Device) { device.begin(&d.Card) },
	fields: placedFields(device.fields),
}

// placedFields are fields of a card, as those of a device with its account.
func placedFields(of []field[euicc.Card]) []field[config.Device] {
	fields := []field[config.Device]{may("account", func(d *config.Device) *string { return &d.Account }, someText)}
	for _, f := range of {
		fields = append(fields, field[config.Device]{key: f.key, read: func(r *reader, n *node, d *config.Device) { f.read(r, n, &d.Card) }})
	}
	return fields
}

// JSON is a part of a scenario that somebody has written in YAML, as JSON for those who send it: its keys in their order,
// its numbers in their letters. What is wrong is an *Error.
func JSON(file string, src []byte) ([]byte, error) {
	root, problems := parse(src, inFile)
	if len(problems) > 0 {
		return nil, failed(file, problems)
	}
	r := reader{}
	text := r.compact(root)
	return []byte(text), r.end(file)
}

// Devices reads one device, or a list of them, each with its account if it says so.
func Devices(src []byte) ([]config.Device, error) {
	root, r, err := begin("", src)
	if err != nil {
		return nil, err
	}
	all := make([]config.Device, 1)
	if root.kind == list {
		listOf(placed.value()).read(r, root, &all)
	} else {
		placed.read(r, root, &all[0])
	}
	return all, r.end("")
}

// OneDevice reads the device of an EID, which may say it too, or leave it out.
func OneDevice(src []byte, eid string) (config.Device, error) {
	root, r, err := begin("", src)
	if err != nil {
		return config.Device{}, err
	}
	d := config.Device{Card: euicc.Card{EID: eid}}
	one := optional(placed)
	one.begin = placed.begin
	one.read(r, root, &d)
	if len(r.problems) == 0 && d.EID != eid {
		r.wrong(root.get("eid"), "the eid is %s, and the path has %s", d.EID, bound.Short(eid))
	}
	return d, r.end("")
}

// Rules reads one rule, or a list of them. Which accounts there are is not known here.
func Rules(src []byte) ([]rule.Rule, error) {
	root, r, err := begin("", src)
	if err != nil {
		return nil, err
	}
	all := make([]rule.Rule, 1)
	if root.kind == list {
		ruleList.read(r, root, &all)
	} else {
		oneRule.read(r, root, &all[0])
	}
	return all, r.end("")
}

// OneRule reads the rule of a name, which may say it too, or leave it out.
func OneRule(src []byte, name string) (rule.Rule, error) {
	root, r, err := begin("", src)
	if err != nil {
		return rule.Rule{}, err
	}
	if root.kind == object && root.get("name") == nil {
		named := &node{kind: text, text: name, parent: root, key: "name"}
		root.entries = append(root.entries, entry{key: "name", value: named})
	}
	var one rule.Rule
	oneRule.read(r, root, &one)
	if len(r.problems) == 0 && one.Name != name {
		r.wrong(root.get("name"), "the name is %q, and the path has %q", one.Name, bound.Short(name))
	}
	return one, r.end("")
}

// optional is a table none of whose keys is needed, and which sets nothing by itself.
func optional[T any](t table[T]) table[T] {
	t.begin, t.end, t.fields = nil, nil, slices.Clone(t.fields)
	for i := range t.fields {
		t.fields[i].need = false
	}
	return t
}

// change is what of a card can be changed: all but its EID. Profiles are named by their ICCIDs, and
// those that are not named stay as they are.
var change = func() table[euicc.Card] {
	t := optional(device)
	t.what = "a change of a device"
	t.fields = slices.DeleteFunc(t.fields, func(f field[euicc.Card]) bool { return f.name == "eid" || f.name == "profiles" })
	t.fields = append(t.fields, field[euicc.Card]{key: key{name: "profiles"}, read: changeProfiles})
	return t
}()

var changedProfile = func() table[euicc.Profile] {
	t := optional(profile)
	t.what = "a change of a profile"
	return t
}()

func changeProfiles(r *reader, n *node, c *euicc.Card) {
	if n.kind != list {
		r.expected(n, "a list")
		return
	}
	if len(n.items) > mostProfiles {
		r.wrong(n, "%d items are too many; at most %d belong here", len(n.items), mostProfiles)
		return
	}
	for _, item := range n.items {
		id := item.get("iccid")
		if id == nil {
			r.wrong(item, "iccid is missing; it says which profile is to be changed")
			continue
		}
		p := c.Profile(id.text)
		if p == nil {
			r.wrong(id, "the device has no profile %s", id)
			continue
		}
		p.POL1, p.POL2 = cleared(item, "pol1", p.POL1), cleared(item, "pol2", p.POL2)
		changedProfile.read(r, item, p)
	}
}

// cleared is a policy, or none where another one is given, which is read on top of it.
func cleared(n *node, key string, p euicc.Policy) euicc.Policy {
	if n.get(key) != nil {
		return 0
	}
	return p
}

// Change reads a change of a device into it. It says where each profile is named, as JSON pointers by
// ICCID.
func Change(src []byte, c *euicc.Card) (named map[string]string, err error) {
	root, r, err := begin("", src)
	if err != nil {
		return nil, err
	}
	change.read(r, root, c)
	if err := r.end(""); err != nil {
		return nil, err
	}
	named = map[string]string{}
	if profiles := root.get("profiles"); profiles != nil {
		for _, item := range profiles.items {
			named[item.get("iccid").text] = item.pointer()
		}
	}
	return named, nil
}

// begin parses a part of a scenario, in the place that a JSON pointer names.
func begin(at string, src []byte) (*node, *reader, error) {
	root, problems := parseJSON(at, src)
	if len(problems) > 0 {
		return nil, nil, failed("", problems)
	}
	return root, &reader{}, nil
}

// end is what was wrong, or nil.
func (r *reader) end(file string) error {
	if len(r.problems) > 0 {
		return failed(file, r.problems)
	}
	return nil
}
