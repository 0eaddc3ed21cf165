package sim

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"tsim/internal/config"
)

var update = flag.Bool("update", false, "rewrite testdata/state.golden; read the diff")

// TestShapeOfState: the shape of a State, and what its numbers stand for, are those of its version.
func TestShapeOfState(t *testing.T) {
	const file = "testdata/state.golden"
	shape := shapeOf(reflect.TypeFor[State]())
	golden, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	first, was, _ := strings.Cut(string(golden), "\n")
	version := fmt.Sprintf("version %d", StateVersion)
	switch {
	case was == shape && first == version:
	case !*update:
		t.Errorf("A State has another shape than %s says of %s. If a tsim with that was published, what it wrote cannot be read any more: "+
			"make StateVersion one more. Then run go test ./internal/sim -run TestShapeOfState -update, and read the diff. Gone is:\n%s\nand new:\n%s",
			file, first, onlyIn(was, shape), onlyIn(shape, was))
	default:
		if err := os.WriteFile(file, []byte(version+"\n"+shape), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// onlyIn is the lines of a text that another one does not have.
func onlyIn(text, other string) string {
	has := strings.Split(other, "\n")
	return strings.Join(slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool { return slices.Contains(has, line) }), "\n")
}

// shapeOf is all types that a type is made of, and the words that its numbers stand for.
func shapeOf(root reflect.Type) string {
	lines := map[string]bool{}
	var walk func(of reflect.Type)
	walk = func(of reflect.Type) {
		if last, ok := lastWords[of]; ok {
			lines[of.String()+" = "+strings.Join(wordsOf(of, last), ", ")] = true
			return
		}
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(of.Elem())
		case reflect.Struct:
			if of == reflect.TypeFor[IDList]() || !strings.HasPrefix(of.PkgPath(), "tsim/") {
				return // it tells itself as a text
			}
			for f := range of.Fields() {
				if line := fmt.Sprintf("%s.%s %s", of, f.Name, f.Type); f.IsExported() && !lines[line] {
					lines[line] = true
					walk(f.Type)
				}
			}
		}
	}
	walk(root)
	for _, s := range config.Switches() {
		lines[fmt.Sprintf("config.Compat[%d] = %s: %s", s, s, strings.Join(s.Words(), ", "))] = true
	}
	all := make([]string, 0, len(lines))
	for line := range lines {
		all = append(all, line)
	}
	slices.Sort(all)
	return strings.Join(all, "\n") + "\n"
}

// wordsOf are the words of a type up to a number, or numbers where it has none.
func wordsOf(of reflect.Type, last uint64) (words []string) {
	for n := range last + 1 {
		v := reflect.New(of).Elem()
		v.SetUint(n)
		words = append(words, fmt.Sprint(v.Interface()))
	}
	return words
}
