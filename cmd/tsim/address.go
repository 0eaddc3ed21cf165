package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"

	"github.com/spf13/pflag"
)

// address is a flag: where to listen, or whom to ask.
type address struct {
	at   *string
	none bool // it may be empty
}

var errAddress = errors.New("expected host:port, such as 127.0.0.1:8080")

func (a address) Type() string { return "host:port" }

func (a address) String() string {
	if a.at == nil { // pflag asks a zero one what no value looks like
		return ""
	}
	return *a.at
}

func (a address) Set(text string) error {
	if !hostAndPort(text) && (text != "" || !a.none) {
		return errAddress
	}
	*a.at = text
	return nil
}

func hostAndPort(text string) bool {
	_, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	return err == nil && port != ""
}

// addAddr adds the flag that says where tsim listens; serve and health agree on it.
func addAddr(flags *pflag.FlagSet, addr *string) {
	addAddress(flags, addr, "addr", "127.0.0.1:8080", "where tsim listens; for serve, port 0 takes a free one")
}

// addControlAddr adds the flag that says where control is; serve and health agree on it, too.
func addControlAddr(flags *pflag.FlagSet, addr *string) {
	addAddress(flags, addr, "control-addr", "", "where control is served, and nowhere else (default: at --addr, under /tsim)")
}

func addAddress(flags *pflag.FlagSet, addr *string, name, value, usage string) {
	*addr = value
	flags.Var(address{addr, value == ""}, name, usage)
}

// cannotListen says why nobody can listen at the address of a flag, and what would be right.
func cannotListen(flag, addr string, err error) error {
	host, port, _ := net.SplitHostPort(addr)
	system, known := errors.AsType[syscall.Errno](err)
	name, unknown := errors.AsType[*net.DNSError](err)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s is taken already; choose another with %s (port 0 takes a free one)", addr, flag)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("%s %s: %s is no address of this machine; 0.0.0.0 stands for all that it has", flag, addr, host)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s %s: this user may not listen at port %s; ports from 1024 on are for everybody", flag, addr, port)
	case unknown && name.IsNotFound:
		return fmt.Errorf("%s %s: there is no host %s", flag, addr, host)
	case known:
		return fmt.Errorf("%s %s: %w", flag, addr, system)
	}
	return fmt.Errorf("%s %s: %w", flag, addr, err)
}
