package main

import (
	"errors"
	"strings"

	"github.com/spf13/pflag"
)

// controlFlags say where the control surface is, whom it obeys, and whether it shows profiles.
type controlFlags struct {
	addr, token string
	pprof       bool
}

func (f *controlFlags) declare(flags *pflag.FlagSet) {
	addControlAddr(flags, &f.addr)
	flags.StringVar(&f.token, "control-token", "", "what control asks for as a bearer token; better given as its variable, which no list of processes shows")
	flags.BoolVar(&f.pprof, "pprof", false, "serve the profiles of tsim itself under /tsim/debug/pprof/, beside control")
}

// check says what is wrong without telling the token.
func (f *controlFlags) check() error {
	if strings.ContainsFunc(f.token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("--control-token cannot be sent in a header: expected letters, digits and signs of ASCII, without spaces")
	}
	return nil
}
