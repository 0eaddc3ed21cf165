package heavy

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/rogpeppe/go-internal/txtar"
)

// GoldenBodies are the bodies of all calls of the golden cases of ThingSpace's wire, as seeds for fuzz tests. They are
// looked for from the folder of a package in internal/. It fails when there are none.
func GoldenBodies() (all []string, err error) {
	const golden = "../thingspace/testdata/golden/*.txtar"
	files, err := filepath.Glob(golden)
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no golden cases at %s", golden)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			return nil, err
		}
		for _, section := range archive.Files {
			if _, body, ok := strings.Cut(string(section.Data), "\n\n"); ok && section.Name == "call" && body != "" {
				all = append(all, body)
			}
		}
	}
	return all, nil
}
