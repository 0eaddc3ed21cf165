package scenario

import (
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/rule"
	"tsim/internal/spell"
	"tsim/scenarios"
)

// Set is a named set of rules: a misfortune that somebody can have by its name.
type Set struct {
	Name    string
	About   string // what happens
	For     string // who should try it
	Good    string // what a good client does
	Outcome bool   // it changes where a good client ends, not only what it is told on its way
	Rules   []rule.Rule
}

// ruleList is rules in the order in which they are asked.
var ruleList = upTo(rule.MaxRules, oneRule)

// set is a file of scenarios/misfortunes.
var set = table[Set]{
	what: "a set of rules",
	fields: []field[Set]{
		need("name", func(s *Set) *string { return &s.Name }, sandboxName),
		need("about", func(s *Set) *string { return &s.About }, oneLine),
		need("for", func(s *Set) *string { return &s.For }, oneLine),
		need("good", func(s *Set) *string { return &s.Good }, oneLine),
		need("changes", func(s *Set) *bool { return &s.Outcome }, choice([]string{"telling", "outcome"},
			func(word string) (bool, bool) { return word == "outcome", word == "telling" || word == "outcome" })),
		need("rules", func(s *Set) *[]rule.Rule { return &s.Rules }, ruleList),
	},
	end: func(r *reader, n *node, s *Set) {
		names := map[string]bool{}
		for i := range s.Rules {
			u := &s.Rules[i]
			u.Set = s.Name
			if at := n.get("rules").items[i].get("name"); at != nil && u.Name != s.Name && !strings.HasPrefix(u.Name, s.Name+".") {
				r.wrong(at, "a rule of this set is %s, or begins with %s., so that it is in no other set", s.Name, s.Name)
			} else if at != nil && names[u.Name] {
				r.wrong(at, "rule %q is there already", u.Name)
			}
			names[u.Name] = true
		}
	},
}

// oneLine is text for a line of a list.
var oneLine = matching(`^.*\S.*$`, "text of one line")

const misfortunes = "misfortunes/"

// Sets lists the named sets of rules.
func Sets() []string {
	files, err := fs.Glob(scenarios.Files, misfortunes+"*"+extension)
	if err != nil {
		panic(err) // of the pattern, which is ours
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(strings.TrimPrefix(f, misfortunes), extension)
	}
	return files
}

// SetText is the text of the set of a name. The error for a name that is none lists those that there are.
func SetText(name string) ([]byte, error) {
	if names := Sets(); !slices.Contains(names, name) {
		return nil, fmt.Errorf("no set of rules %q; there are %s%s", bound.Short(name), strings.Join(names, ", "), spell.DidYouMean(name, names))
	}
	return scenarios.Files.ReadFile(misfortunes + name + extension)
}

// LoadSet reads the set of a name; the error is that of SetText for a name that is none.
func LoadSet(name string) (Set, error) {
	src, err := SetText(name)
	if err != nil {
		return Set{}, err
	}
	return readSet(misfortunes+name+extension, src)
}

// readSet reads a file of a set. What is wrong is an *Error.
func readSet(file string, src []byte) (s Set, err error) {
	root, problems := parse(src, inFile)
	if len(problems) > 0 {
		return Set{}, failed(file, problems)
	}
	r := reader{}
	set.read(&r, root, &s)
	return s, r.end(file)
}

// setName is one of the Sets.
var setName = word(Sets()...)

func readRules(r *reader, n *node, c *config.Config) { ruleList.read(r, n, &c.Rules) }

func writeRules(c, _ *config.Config) *node {
	own, _ := splitRules(c.Rules)
	if len(own) == 0 {
		return nil
	}
	return ruleList.write(&own, nil)
}

func writeWith(c, _ *config.Config) *node {
	_, sets := splitRules(c.Rules)
	if len(sets) == 0 {
		return nil
	}
	return listOf(setName).write(&sets, nil)
}

// splitRules finds the sets that stand whole behind all other rules, where readWith puts them. A set that stands elsewhere, or
// of which something was changed, is rules like all others.
func splitRules(rules []rule.Rule) (own []rule.Rule, sets []string) {
	for own = rules; len(own) > 0; {
		s, err := LoadSet(own[len(own)-1].Set)
		begin := len(own) - len(s.Rules)
		if err != nil || begin < 0 || !reflect.DeepEqual(own[begin:], s.Rules) {
			break
		}
		own, sets = own[:begin], append(sets, s.Name)
	}
	slices.Reverse(sets)
	return own, sets
}

// readWith puts the rules of sets behind those of the scenario.
func readWith(r *reader, n *node, c *config.Config) {
	var names []string
	listOf(setName).read(r, n, &names)
	for i, name := range names {
		var rules []rule.Rule
		var err error
		switch {
		case r.full():
			return
		case name == "": // which is known
		case slices.Contains(names[:i], name): // each is loaded once, however often it is named
			err = twice(name)
		default:
			rules, err = joined(c.Rules, name)
		}
		if err != nil {
			r.wrong(n.items[i], "%s", err)
		}
		c.Rules = append(c.Rules, rules...)
	}
}

func twice(set string) error { return fmt.Errorf("the set %s is there already", set) }

// joined are the rules of a set that stand beside others, or why they cannot.
func joined(others []rule.Rule, name string) ([]rule.Rule, error) {
	s, err := LoadSet(name)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for i := range others {
		if others[i].Set == name {
			return nil, twice(name)
		}
		names[others[i].Name] = true
	}
	for i := range s.Rules {
		if own := s.Rules[i].Name; names[own] {
			return nil, fmt.Errorf("the set %s has a rule %q, and one is called like that already", name, own)
		}
	}
	return s.Rules, nil
}

// With puts the rules of named sets in front of those of a configuration, in the order of the names. When one of them cannot
// be there, nothing changes.
func With(cfg *config.Config, names []string) error {
	all := slices.Clone(cfg.Rules)
	var added []rule.Rule
	for _, name := range names {
		rules, err := joined(all, name)
		if err != nil {
			return err
		}
		all, added = append(all, rules...), append(added, rules...)
	}
	if len(all) > rule.MaxRules {
		return fmt.Errorf("a sandbox has at most %d rules, and with %s it has %d", rule.MaxRules, strings.Join(names, ", "), len(all))
	}
	cfg.Rules = append(added, cfg.Rules...)
	return nil
}
