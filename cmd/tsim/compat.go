package main

import (
	"fmt"
	"slices"
	"strings"

	"tsim/internal/config"
)

// compatFlag is a flag that may be repeated: the name of a preset, or switch=word. What it says is
// done to the scenario's compat, in order.
type compatFlag []func(*config.Compat)

func (c *compatFlag) Type() string   { return "switch=word" }
func (c *compatFlag) String() string { return "" }

// Set takes one choice, or several with commas between them.
func (c *compatFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		choose, err := compatChoice(word)
		if err != nil {
			return err
		}
		*c = append(*c, choose)
	}
	return nil
}

func compatChoice(text string) (func(*config.Compat), error) {
	if preset, ok := config.CompatPreset(text); ok {
		return func(c *config.Compat) { *c = preset }, nil
	}
	name, word, _ := strings.Cut(text, "=")
	for _, s := range config.Switches() {
		if s.String() != name {
			continue
		}
		if !slices.Contains(s.Words(), word) {
			return nil, fmt.Errorf("expected %s=%s", name, strings.Join(s.Words(), " or "+name+"="))
		}
		return func(c *config.Compat) { c.Set(s, word) }, nil
	}
	return nil, fmt.Errorf("expected %s, or switch=word with one of these: %s",
		strings.Join(config.CompatPresets(), ", "), strings.Join(compatSwitches(), ", "))
}

func compatSwitches() (names []string) {
	for _, s := range config.Switches() {
		names = append(names, s.String())
	}
	return names
}
