package schema

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/xeipuuv/gojsonschema"
)

// The library words each of its errors with a template, those of branches that did not fit included,
// and most of the price of a refusal is that. Nobody reads these texts: wording.go has others.
func init() { gojsonschema.Locale = terse{} }

type terse struct{ gojsonschema.DefaultLocale }

func (terse) ArrayContains() string       { return "contains" }
func (terse) ConditionElse() string       { return "else" }
func (terse) ConditionThen() string       { return "then" }
func (terse) DoesNotMatchPattern() string { return "pattern" }
func (terse) InvalidType() string         { return "type" }
func (terse) NumberAllOf() string         { return "allOf" }
func (terse) Required() string            { return "required" }

// format is a format of a set.
type format func(string) bool

// IsFormat says whether a value has the format.
func (f format) IsFormat(value any) bool {
	text, _ := value.(string)
	return f(text)
}

// validator is a schema as the library has compiled it.
type validator struct{ schema *gojsonschema.Schema }

func newValidator(s *Set, text []byte) (validator, error) {
	for name, f := range s.options.Formats {
		gojsonschema.FormatCheckers.Add(name, format(f))
	}
	loader := gojsonschema.NewSchemaLoader()
	loader.Draft = gojsonschema.Draft7
	loader.AutoDetect = false
	if err := loader.AddSchemas(gojsonschema.NewBytesLoader(s.shared)); err != nil {
		return validator{}, fmt.Errorf("the shared definitions: %w", err)
	}
	schema, err := loader.Compile(gojsonschema.NewBytesLoader(text))
	return validator{schema}, err
}

// failure is an error of the library.
type failure struct{ e gojsonschema.ResultError }

// kind is the library's word for what is wrong.
func (f failure) kind() string { return f.e.Type() }

// pointer is that of the value that does not fit.
func (f failure) pointer() string { return strings.TrimPrefix(f.e.Context().String("/"), "(root)") }

// property is the one that is required.
func (f failure) property() string { return fmt.Sprint(f.e.Details()["property"]) }

// pattern is the one that is not matched.
func (f failure) pattern() string { return f.e.Details()["pattern"].(*regexp.Regexp).String() }

// validate tells everything that the library finds wrong with a document.
func (v validator) validate(doc any, each func(failure)) error {
	result, err := v.schema.Validate(gojsonschema.NewRawLoader(doc))
	if err != nil {
		return err
	}
	for _, e := range result.Errors() {
		each(failure{e})
	}
	return nil
}
