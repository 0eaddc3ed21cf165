// Package again says how a test is run again.
package again

import (
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
)

// Test is the line that runs a test of Go again, it alone, from anywhere in its module; with a seed, unless that is "".
func Test(name, seed string) string {
	parts := strings.Split(name, "/") // as go test does with its pattern
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	pattern := strings.ReplaceAll(strings.Join(parts, "/"), "'", `'\''`)
	line := strings.TrimSuffix(fmt.Sprintf("go test -count=1 -run '%s' %s", pattern, tested()), " ")
	if seed != "" {
		line = "TSIM_SEED=" + seed + " " + line
	}
	return line
}

// tested is the import path of the package under test, which its binary knows, unless go test was given
// files instead of a package: then it is "".
func tested() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Path == "" {
		return ""
	}
	return strings.TrimSuffix(info.Path, ".test") // which a package main does not have
}
