package main

import (
	"testing"

	"tsim/internal/config"
)

func TestCompatFlag(t *testing.T) {
	var f compatFlag
	for _, text := range []string{"platform", "faultPrefix=off,downloadStatus=sample"} {
		if err := f.Set(text); err != nil {
			t.Fatal(err)
		}
	}
	var c config.Compat
	c.Set(config.Identifiers, "strict") // of the scenario; a preset says all anew
	for _, choose := range f {
		choose(&c)
	}
	for s, want := range map[config.Switch]string{
		config.Errors: "platform", config.FaultPrefix: "off", config.DownloadStatus: "sample", config.Ports: "verizon", config.Identifiers: "digits",
	} {
		if got := c.Value(s); got != want {
			t.Errorf("%s is %s, want %s", s, got, want)
		}
	}
	for text, want := range map[string]string{
		"plattform":    "expected documented, likely, platform, or switch=word with one of these: downloadStatus, errors, faultPrefix, setFallback, deviceCallback, deleteRequires, identifiers, ports, shapes",
		"errors":       "expected errors=documented or errors=likely or errors=platform",
		"errors=other": "expected errors=documented or errors=likely or errors=platform",
	} {
		if err := f.Set(text); err == nil || err.Error() != want {
			t.Errorf("--compat %s: %v", text, err)
		}
	}
}
