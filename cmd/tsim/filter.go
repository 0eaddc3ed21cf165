package main

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// The filters of tsimclient are structs: each of their fields is a flag here, as it is a query parameter there.

// filterUsage says what each field chooses.
var filterUsage = map[string]string{
	"account":   "of this account",
	"agent":     "with this header User-Agent; a * stands for any text, a ! in front chooses all others",
	"after":     "after the event of this number",
	"callback":  "about the callback of this number",
	"callbacks": "so many callbacks in the state, instead of all",
	"device":    "about a device: an EID, ICCID, IMEI or MDN",
	"devices":   "that name so many devices",
	"eid":       "about the device of this EID",
	"from":      "from this simulated time on, like 2030-01-01T12:00:00Z",
	"iccid":     "about the profile of this ICCID",
	"kind":      "of this kind",
	"level":     "about this: profile or device",
	"method":    "with this method of HTTP",
	"operation": "of this operation",
	"path":      "at this path; a * stands for any text",
	"refused":   "refused or not: true or false",
	"request":   "of this requestId",
	"rule":      "with which this rule has interfered",
	"state":     "in this state",
	"status":    "answered with this status of HTTP",
	"text":      "with this text in one of the bodies",
	"to":        "up to this simulated time, included",
}

// filterWords are the words of those that have some.
var filterWords = map[string]func() []string{
	"kind":      func() []string { return wordsOf(sim.EventKinds()) },
	"level":     func() []string { return []string{string(tsimclient.LevelProfile), string(tsimclient.LevelDevice)} },
	"operation": func() []string { return wordsOf(euicc.Ops()) },
	"state":     func() []string { return wordsOf(sim.CallbackStates()) },
	"method":    func() []string { return []string{"GET", "POST", "PUT", "DELETE"} },
	"refused":   func() []string { return []string{"true", "false"} },
}

func wordsOf[T fmt.Stringer](all []T) []string {
	words := make([]string, len(all))
	for i, v := range all {
		words[i] = v.String()
	}
	return words
}

// addFilter adds the flags that fill a filter, but for some. What is wrong with a word says control, which knows them all.
func (r *remote) addFilter(cmd *cobra.Command, filter any, but ...string) {
	v := reflect.ValueOf(filter).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name == "" || name == "calls" || slices.Contains(but, name) {
			continue
		}
		cmd.Flags().Var(filled{v.Field(i)}, name, filterUsage[name])
		if words := filterWords[name]; words != nil {
			completeWith(cmd, name, cobra.FixedCompletions(words(), cobra.ShellCompDirectiveNoFileComp))
		} else if what := filterOffers[name]; what != nil {
			completeWith(cmd, name, r.offer(what))
		}
	}
}

// filled is a flag that fills a field of a struct.
type filled struct{ field reflect.Value }

// fill is a flag that fills what to points to.
func fill(to any) filled { return filled{reflect.ValueOf(to).Elem()} }

func (f filled) kind() reflect.Kind {
	t := f.field.Type()
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind()
}

func (f filled) Type() string {
	switch f.kind() {
	case reflect.Bool:
		return "true|false"
	case reflect.String:
		return "text"
	}
	return "number"
}

func (f filled) String() string {
	if !f.field.IsValid() || f.field.IsZero() {
		return ""
	}
	return fmt.Sprint(reflect.Indirect(f.field))
}

func (f filled) Set(text string) error {
	to := f.field
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	switch f.kind() {
	case reflect.Bool:
		if text != "true" && text != "false" {
			return fmt.Errorf("expected true or false")
		}
		to.SetBool(text == "true")
	case reflect.Int:
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			return fmt.Errorf("expected a whole number from 0")
		}
		to.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return fmt.Errorf("expected a whole number from 0")
		}
		to.SetUint(n)
	default:
		to.SetString(text)
	}
	return nil
}
