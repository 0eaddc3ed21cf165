package bdd

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"tsim/tsimgodog"
)

// listedStep is a step of the vocabulary, as editors and programs read it.
type listedStep struct {
	Family  string `json:"family"`
	Title   string `json:"title"`
	Pattern string `json:"pattern"`
	Doc     string `json:"doc"`
	Example string `json:"example"`
}

// StepLists are the ways to list the vocabulary: for people, for programs, and as step definitions that do nothing, from which the
// Cucumber extensions of editors learn the steps.
func StepLists() []string { return []string{"text", "json", "javascript"} }

// ListSteps prints the vocabulary in one of the StepLists.
func ListSteps(out io.Writer, how string) error {
	var all []listedStep
	for _, s := range tsimgodog.Vocabulary() {
		all = append(all, listedStep(s))
	}
	if how == "json" {
		to := json.NewEncoder(out)
		to.SetEscapeHTML(false)
		to.SetIndent("", "  ")
		return to.Encode(all)
	}
	var b strings.Builder
	if how == "javascript" {
		b.WriteString("// The steps of tsim for editors, made by tsim bdd --list-steps=javascript.\n" +
			"const { Given } = require('@cucumber/cucumber')\n")
	}
	family := ""
	for _, s := range all {
		if s.Family != family {
			family = s.Family
			b.WriteString(map[string]string{"text": "\n" + family + "\n", "javascript": "\n// " + family + "\n"}[how])
		}
		if how == "javascript" {
			fmt.Fprintf(&b, "Given(/%s/, () => {})\n", strings.ReplaceAll(s.Pattern, "/", `\/`))
		} else {
			fmt.Fprintf(&b, "  %s\n", s.Title)
		}
	}
	_, err := io.WriteString(out, strings.TrimPrefix(b.String(), "\n"))
	return err
}
