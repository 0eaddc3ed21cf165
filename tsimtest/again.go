package tsimtest

import (
	"fmt"
	"os"
	"regexp"
	"runtime/debug"
	"strings"
)

// again is the line that runs a test again, it alone, from anywhere in its module.
func again(test string) string {
	parts := strings.Split(test, "/") // as go test does with its pattern
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	pattern := strings.ReplaceAll(strings.Join(parts, "/"), "'", `'\''`)
	line := strings.TrimSuffix(fmt.Sprintf("go test -count=1 -run '%s' %s", pattern, tested()), " ")
	if seed := os.Getenv("TSIM_SEED"); seed != "" { // otherwise the test itself, or its scenario, says it again
		line = "TSIM_SEED=" + seed + " " + line
	}
	return "run it again: " + line
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
