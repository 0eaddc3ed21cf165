package tsimbox

import (
	"context"

	"tsim/tsimclient"
)

// Rules are the rules of the sandbox in the order in which they are asked, with what they have done.
func (s *Sandbox) Rules(ctx context.Context) ([]tsimclient.RuleReport, error) {
	list, err := s.Control.Rules(ctx)
	return list.Rules, err
}

// Rule is the rule of a name, with what it has done.
func (s *Sandbox) Rule(ctx context.Context, name string) (tsimclient.RuleReport, error) {
	return s.Control.Rule(ctx, name)
}

// AddRules puts rules in front of those that there are, in their order, all or none. A Reset takes them away.
func (s *Sandbox) AddRules(ctx context.Context, rules ...tsimclient.Rule) error {
	_, err := s.Control.AddRules(ctx, rules...)
	return err
}

// AddMisfortune puts the rules of a name, such as "duplicates", in front of those that there are. A Reset takes them away.
func (s *Sandbox) AddMisfortune(ctx context.Context, name string) error {
	_, err := s.Control.AddMisfortune(ctx, name)
	return err
}

// DeleteRule takes out the rule of a name. What it has struck goes on as it says.
func (s *Sandbox) DeleteRule(ctx context.Context, name string) error {
	_, err := s.Control.DeleteRule(ctx, name)
	return err
}

// DeleteRules takes out the rules of a misfortune, or all rules with "".
func (s *Sandbox) DeleteRules(ctx context.Context, misfortune string) error {
	_, err := s.Control.DeleteRules(ctx, misfortune)
	return err
}

// RestartRules puts the counts of all rules to 0.
func (s *Sandbox) RestartRules(ctx context.Context) error {
	_, err := s.Control.RestartRules(ctx)
	return err
}
