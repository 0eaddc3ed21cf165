package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestMisspeltVariables(t *testing.T) {
	root := newRoot()
	each(root, (*cobra.Command).InitDefaultHelpFlag) // as they are when a command runs
	known := variables(root)
	for name, want := range map[string]string{
		"TSIM_CLOK": "TSIM_CLOCK", "TSIM_clock": "TSIM_CLOCK", "TSIM_LOGLEVEL": "TSIM_LOG_LEVEL", "TSIM_LOG_LEVL": "TSIM_LOG_LEVEL",
		"TSIM_CONTOL_TOKEN": "TSIM_CONTROL_TOKEN", "TSIM_SEEED": "TSIM_SEED", "TSIM_TLS_CRET": "TSIM_TLS_CERT",
		"TSIM_CLOCK": "", "TSIM_SEED": "", "TSIM_CONTROL_TOKEN": "", "CLOK": "", "XTSIM_CLOK": "",
		"TSIM": "", "TSIM_": "", "TSIM_URL": "", "TSIM_HOST": "", "TSIM_VERSION": "", "TSIM_IMAGE": "", "TSIM_HELM": "",
	} {
		if got := misspelt(name, known); got != want {
			t.Errorf("%s is taken for %q, want %q", name, got, want)
		}
	}
	if err := fromEnvironment(newServe(), []string{"TSIM_CLOK="}); err != nil {
		t.Errorf("an empty variable is as good as none: %v", err)
	}
}

// Kubernetes hands every container variables that are named after the services beside it, which may be called tsim, or
// like the first words of a variable of tsim.
func TestVariablesOfServices(t *testing.T) {
	known, services := variables(newRoot()), []string{}
	for _, name := range known {
		for words := strings.Split(name, "_"); len(words) > 0; words = words[:len(words)-1] {
			services = append(services, strings.Join(words, "_"))
		}
	}
	for _, service := range services {
		for _, rest := range []string{
			"_SERVICE_HOST", "_SERVICE_PORT", "_SERVICE_PORT_HTTP", "_SERVICE_PORT_CONTROL", "_PORT", "_PORT_8080_TCP",
			"_PORT_8080_TCP_PROTO", "_PORT_8080_TCP_PORT", "_PORT_8080_TCP_ADDR", "_PORT_53_UDP_ADDR",
		} {
			if got := misspelt(service+rest, known); got != "" {
				t.Errorf("%s is taken for %s", service+rest, got)
			}
		}
	}
	if !slices.Contains(services, "TSIM") || !slices.Contains(services, "TSIM_TLS") {
		t.Errorf("the services are %q", services)
	}
}
