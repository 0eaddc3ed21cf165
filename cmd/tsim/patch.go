package main

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"tsim/internal/spell"
	"tsim/tsimclient"
)

// patch makes a change of a device, or of the profile of an ICCID, of words such as powered=false. The words that a field
// takes are checked by control.
func patch(iccid string, words []string) (change tsimclient.DevicePatch, err error) {
	of := tsimclient.ProfilePatch{ICCID: iccid}
	to := any(&change)
	if iccid != "" {
		to = &of
	}
	fields := patchFields(to)
	for _, word := range words {
		name, value, ok := strings.Cut(word, "=")
		field, known := fields[name]
		if !ok || !known {
			return change, fmt.Errorf("%q: expected FIELD=VALUE with one of %s%s", word, strings.Join(sortedNames(fields), ", "), spell.DidYouMean(name, sortedNames(fields)))
		}
		if field.Kind() == reflect.Slice {
			for one := range strings.SplitSeq(value, ",") {
				field.Set(reflect.Append(field, reflect.ValueOf(tsimclient.Policy(one))))
			}
			continue
		}
		if err := (filled{field}).Set(value); err != nil {
			return change, fmt.Errorf("%s %q: %w", name, value, err)
		}
	}
	if iccid != "" {
		change.Profiles = []tsimclient.ProfilePatch{of}
	}
	return change, nil
}

// patchFields are the fields of a change that are set by words.
func patchFields(change any) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	v := reflect.ValueOf(change).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name != "iccid" && name != "profiles" {
			fields[name] = v.Field(i)
		}
	}
	return fields
}

// completeField offers the fields of a device, or of a profile.
func completeField(ofProfile bool) (found []cobra.Completion) {
	change := any(&tsimclient.DevicePatch{})
	if ofProfile {
		change = &tsimclient.ProfilePatch{}
	}
	for _, name := range sortedNames(patchFields(change)) {
		found = append(found, name+"=")
	}
	return found
}

func sortedNames[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
