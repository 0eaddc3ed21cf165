package bdd

import (
	"encoding/json"
	"fmt"
	"io"

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

// ListSteps prints the vocabulary: for people, by family, or as JSON.
func ListSteps(out io.Writer, asJSON bool) error {
	var all []listedStep
	family := ""
	for _, s := range tsimgodog.Vocabulary() {
		all = append(all, listedStep(s))
		if asJSON {
			continue
		}
		if s.Family != family {
			if family != "" {
				fmt.Fprintln(out)
			}
			fmt.Fprintln(out, s.Family)
			family = s.Family
		}
		fmt.Fprintln(out, "  "+s.Title)
	}
	if !asJSON {
		return nil
	}
	to := json.NewEncoder(out)
	to.SetEscapeHTML(false)
	to.SetIndent("", "  ")
	return to.Encode(all)
}
