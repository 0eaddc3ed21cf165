package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/rule"
	"tsim/internal/scenario"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func listRules(c *call) (any, error) { return ruleList(c.box.Rules()), nil }

func ruleList(rules []sim.RuleReport) tsimclient.RuleList {
	list := tsimclient.RuleList{Rules: make([]tsimclient.RuleReport, len(rules))}
	for i := range rules {
		list.Rules[i] = ruleReportView(&rules[i])
	}
	return list
}

func showRule(c *call) (any, error) {
	r, err := c.box.Rule(c.path("rule"))
	if err != nil {
		return nil, err
	}
	return ruleReportView(&r), nil
}

func addRules(c *call) (any, error) {
	rules, err := c.readRules()
	if err != nil {
		return nil, err
	}
	if err := c.box.AddRules(rules); err != nil {
		return nil, c.ofRules(err)
	}
	return replyWithStatus{http.StatusCreated, c.among(rules)}, nil
}

func setRules(c *call) (any, error) {
	rules, err := c.readRules()
	if err != nil {
		return nil, err
	}
	if err := c.box.SetRules(rules); err != nil {
		return nil, c.ofRules(err)
	}
	return c.among(rules), nil
}

// among are the reports of some rules, those that are still there.
func (c *call) among(rules []rule.Rule) tsimclient.RuleList {
	return ruleList(slices.DeleteFunc(c.box.Rules(), func(r sim.RuleReport) bool {
		return !slices.ContainsFunc(rules, func(is rule.Rule) bool { return is.Name == r.Name })
	}))
}

func putRule(c *call) (any, error) {
	if err := c.isJSON(likeRule); err != nil {
		return nil, err
	}
	name := c.path("rule")
	to, err := scenario.OneRule(c.body, name)
	if err != nil {
		return nil, misread(err, asItIs)
	}
	if is, err := c.box.Rule(name); err == nil {
		to.Set = is.Set // of which it stays a part, however it is changed
	}
	isNew, err := c.box.PutRule(to)
	if err != nil {
		return nil, misread(err, alone)
	}
	is, err := c.box.Rule(name)
	switch {
	case err != nil:
		return nil, err
	case isNew:
		return replyWithStatus{http.StatusCreated, ruleReportView(&is)}, nil
	}
	return ruleReportView(&is), nil
}

func deleteRule(c *call) (any, error) {
	name := c.path("rule")
	if err := c.box.RemoveRule(name); err != nil {
		return nil, err
	}
	return tsimclient.Deleted{Deleted: name}, nil
}

func deleteRules(c *call) (any, error) {
	set, given := c.query.Get("with"), c.query.Has("with")
	if known := scenario.Sets(); given && !slices.Contains(known, set) {
		return nil, bad(suggest(set, known, "misfortunes"), "no misfortune %q", bound.Short(set))
	}
	return tsimclient.RulesRemoved{Rules: c.box.RemoveRules(set)}, nil
}

func restartRule(c *call) (any, error) {
	if err := c.box.RestartRule(c.path("rule")); err != nil {
		return nil, err
	}
	return showRule(c)
}

func restartRules(c *call) (any, error) {
	if err := c.box.RestartRule(""); err != nil {
		return nil, err
	}
	return listRules(c)
}

func listMisfortunes(*call) (any, error) {
	list := tsimclient.MisfortuneList{Misfortunes: []tsimclient.Misfortune{}}
	for _, name := range scenario.Sets() {
		s, err := scenario.LoadSet(name)
		if err != nil {
			return nil, err
		}
		v := tsimclient.Misfortune{Name: s.Name, About: s.About, For: s.For, Good: s.Good, Changes: tsimclient.ChangesTelling}
		if s.Outcome {
			v.Changes = tsimclient.ChangesOutcome
		}
		list.Misfortunes = append(list.Misfortunes, v)
	}
	return list, nil
}

const likeRule = `a rule as in a scenario, in JSON, a list of rules, or {"with":"duplicates"}`

// readRules reads what the body has: a rule, a list of rules, or the names of misfortunes, whose rules they are then.
func (c *call) readRules() ([]rule.Rule, error) {
	if err := c.isJSON(likeRule); err != nil {
		return nil, err
	}
	var named map[string]json.RawMessage
	if json.Unmarshal(c.body, &named) == nil && named["with"] != nil {
		var body struct {
			With json.RawMessage `json:"with"`
		}
		if err := c.decode(&body); err != nil {
			return nil, err
		}
		return rulesOfSets(body.With)
	}
	rules, err := scenario.Rules(c.body)
	if err != nil {
		return nil, misread(err, asItIs)
	}
	return rules, nil
}

// rulesOfSets are the rules of one set, or of a list of them.
func rulesOfSets(with json.RawMessage) ([]rule.Rule, error) {
	names := make([]string, 1)
	if json.Unmarshal(with, &names[0]) != nil && json.Unmarshal(with, &names) != nil || len(names) == 0 {
		return nil, bad(suggest("", scenario.Sets(), "misfortunes"), "field \"with\" is the name of a misfortune, or a list of names")
	}
	var cfg config.Config
	if err := scenario.With(&cfg, names); err != nil {
		return nil, bad("GET "+misfortunes+" lists them", "%v", err)
	}
	return cfg.Rules, nil
}

// ofRules is what is wrong with the rules of the body, in their places there.
func (c *call) ofRules(err error) error {
	fact, is := errors.AsType[*sim.Error](err)
	switch {
	case is && fact.Kind == sim.Conflict:
		return &tsimclient.Error{
			Status: http.StatusConflict, Message: bound.Cut(fact.Msg, longest(fact)),
			Hint: "DELETE removes a rule, all of them, or with ?with=NAME those of a misfortune",
		}
	case bytes.HasPrefix(bytes.TrimSpace(c.body), []byte("[")):
		return misread(err, asItIs)
	}
	return misread(err, alone)
}

// alone is a problem of a rule that stands in no list.
func alone(p config.Problem) config.Problem {
	p.Pointer = strings.TrimPrefix(p.Pointer, "/0")
	return p
}

// addSpecRules puts rules in front of those of the scenario: first those that stand in the body, then those of misfortunes.
func addSpecRules(cfg *config.Config, n *tsimclient.ScenarioSpec) error {
	if err := scenario.With(cfg, n.With); err != nil {
		return bad("GET "+misfortunes+" lists the misfortunes", "with: %v", err)
	}
	if len(n.Rules) == 0 {
		return nil
	}
	const at = "/rules"
	rules, err := scenario.Rules(n.Rules)
	if wrong, ok := errors.AsType[*scenario.Error](err); ok {
		problems := make([]config.Problem, len(wrong.Problems))
		for i, p := range wrong.Problems {
			problems[i] = config.Problem{Pointer: at + p.Pointer(), Msg: p.Msg}
		}
		return sim.Impossible(problems)
	}
	if err != nil {
		return bad("", "%s: %v", at, err)
	}
	cfg.Rules = append(rules, cfg.Rules...)
	return sim.Impossible(cfg.Problems()) // of these rules, which come first, because all else is known to be right
}
