package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"tsim/internal/deliver"
	"tsim/internal/tlsca"
)

// callbackFlags say which https listeners are trusted, and where callbacks may go.
type callbackFlags struct {
	ca       string
	insecure bool
	allow    allowFlag
}

func (f *callbackFlags) declare(flags *pflag.FlagSet) {
	flags.StringVar(&f.ca, "callback-ca", "", "trust these CAs of https listeners too (a PEM file)")
	flags.BoolVar(&f.insecure, "callback-insecure", false, "do not check the certificates of https listeners")
	flags.Var(&f.allow, "callback-allow", "post callbacks nowhere but to this network, address or host; may be repeated (default: anywhere but to tsim itself)")
}

func (f *callbackFlags) check() error {
	if f.ca != "" && f.insecure {
		return errors.New("--callback-ca and --callback-insecure exclude each other: check certificates, or do not")
	}
	return nil
}

// config is the TLS of callbacks, nil for what the system says.
func (f *callbackFlags) config() (*tls.Config, error) {
	switch {
	case f.insecure:
		return &tls.Config{InsecureSkipVerify: true}, nil
	case f.ca == "":
		return nil, nil
	}
	pool, err := tlsca.Pool(f.ca)
	if err != nil {
		return nil, fmt.Errorf("--callback-ca: %w", err)
	}
	return &tls.Config{RootCAs: pool}, nil
}

// allowFlag is a flag that may be repeated: where callbacks may go.
type allowFlag []deliver.Allowed

func (a *allowFlag) Type() string   { return "CIDR|host" }
func (a *allowFlag) String() string { return "" }

// Set takes one place, or several with commas between them.
func (a *allowFlag) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		one, err := deliver.ParseAllowed(word)
		if err != nil {
			return err
		}
		*a = append(*a, one)
	}
	return nil
}
