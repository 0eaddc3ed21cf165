package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"tsim/internal/control"
)

// controlFlags say where the control surface is, whom it obeys, and whether it shows profiles.
type controlFlags struct {
	addr, token string
	open        bool
	hosts       []string
	pprof       bool
}

func (f *controlFlags) declare(flags *pflag.FlagSet) {
	addControlAddr(flags, &f.addr)
	flags.StringVar(&f.token, "control-token", "", "what control asks for as a bearer token (default: one that the start page shows, if other machines may reach control); better given as its variable, which no list of processes shows")
	flags.BoolVar(&f.open, "control-open", false, "control asks for no token, even if other machines may reach it")
	flags.StringSliceVar(&f.hosts, "control-host", nil, "a name by which control may be called without a token, beside localhost and IP addresses; may be repeated")
	flags.BoolVar(&f.pprof, "pprof", false, "serve the profiles of tsim itself under /tsim/debug/pprof/, beside control")
}

// check says what is wrong without telling the token.
func (f *controlFlags) check() error {
	if strings.ContainsFunc(f.token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("--control-token cannot be sent in a header: expected letters, digits and signs of ASCII, without spaces")
	}
	if f.open && f.token != "" {
		return errors.New("--control-open and --control-token exclude each other: let everybody in, or ask for a token")
	}
	for _, host := range f.hosts {
		if !control.IsHost(host) {
			return fmt.Errorf("--control-host %q: expected a name such as tsim, without scheme and port", host)
		}
	}
	return nil
}
