package bdd

import (
	"slices"
	"strings"
)

// parseTags reads a tag expression of Cucumber, such as "@slow and not (@wip or @broken)".
func parseTags(text string) (func(*testCase) bool, error) {
	p := tagParser{text: text, words: strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text))}
	is, err := p.either()
	if err == nil && len(p.words) > 0 {
		err = p.wrong()
	}
	return is, err
}

type tagParser struct {
	text  string
	words []string // that are still to be read
}

func (p *tagParser) wrong() error {
	at := "its end"
	if len(p.words) > 0 {
		at = "\"" + p.words[0] + "\""
	}
	return usage("--tags %q: expected tags such as \"@slow and not (@wip or @broken)\", and not what is at %s", p.text, at)
}

// take reads a word, if it is the next one.
func (p *tagParser) take(word string) bool {
	is := len(p.words) > 0 && p.words[0] == word
	if is {
		p.words = p.words[1:]
	}
	return is
}

func (p *tagParser) either() (func(*testCase) bool, error) {
	left, err := p.both()
	for err == nil && p.take("or") {
		a, b := left, left
		if b, err = p.both(); err == nil {
			left = func(c *testCase) bool { return a(c) || b(c) }
		}
	}
	return left, err
}

func (p *tagParser) both() (func(*testCase) bool, error) {
	left, err := p.one()
	for err == nil && p.take("and") {
		a, b := left, left
		if b, err = p.one(); err == nil {
			left = func(c *testCase) bool { return a(c) && b(c) }
		}
	}
	return left, err
}

func (p *tagParser) one() (func(*testCase) bool, error) {
	switch {
	case p.take("not"):
		is, err := p.one()
		return func(c *testCase) bool { return !is(c) }, err
	case p.take("("):
		is, err := p.either()
		if err == nil && !p.take(")") {
			err = p.wrong()
		}
		return is, err
	case len(p.words) > 0 && strings.HasPrefix(p.words[0], "@"):
		tag := p.words[0]
		p.words = p.words[1:]
		return func(c *testCase) bool { return slices.Contains(c.tags, tag) }, nil
	}
	return nil, p.wrong()
}
