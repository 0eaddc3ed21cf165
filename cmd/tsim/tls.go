package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"tsim/internal/tlsca"
)

// tlsFlags say whether tsim serves https, and with which certificate.
type tlsFlags struct {
	on        bool
	dir       string
	hosts     []string
	cert, key string
}

func (f *tlsFlags) declare(flags *pflag.FlagSet) {
	flags.BoolVar(&f.on, "tls", false, "serve https, with a certificate of tsim's own CA ('tsim ca' prints it)")
	flags.StringSliceVar(&f.hosts, "tls-host", nil, "a further name or IP address for the certificate; may be repeated")
	addTLSDir(flags, &f.dir)
	flags.StringVar(&f.cert, "tls-cert", "", "serve https with this certificate (a PEM file, chain included) instead")
	flags.StringVar(&f.key, "tls-key", "", "the key of --tls-cert (a PEM file)")
}

// addTLSDir adds the flag that serve, ca and health share.
func addTLSDir(flags *pflag.FlagSet, dir *string) {
	flags.StringVar(dir, "tls-dir", "", "where tsim's CA is kept (default: tsim in your configuration directory)")
}

// check says which flags do not go together.
func (f *tlsFlags) check() error {
	switch {
	case f.cert != "" && f.key == "":
		return errors.New("--tls-cert needs --tls-key, the file with its private key")
	case f.key != "" && f.cert == "":
		return errors.New("--tls-key needs --tls-cert, the file with its certificate")
	case f.cert != "" && len(f.hosts) > 0:
		return errors.New("--tls-host is for the certificate that tsim makes, and --tls-cert brings another one")
	case len(f.hosts) > 0 && !f.on:
		return errors.New("--tls-host needs --tls")
	}
	for _, host := range f.hosts {
		if net.ParseIP(host) == nil && (host == "" || strings.ContainsAny(host, ":/[] ")) {
			return fmt.Errorf("--tls-host %q: expected a name or an IP address, without scheme and port", host)
		}
	}
	return nil
}

// config is the TLS of a server at addr, nil for none, and the file that a client has to trust.
func (f *tlsFlags) config(addrs ...string) (c *tls.Config, trust string, err error) {
	switch {
	case f.cert != "":
		cert, err := tls.LoadX509KeyPair(f.cert, f.key)
		if err != nil {
			return nil, "", fmt.Errorf("--tls-cert %s with --tls-key %s: %w", f.cert, f.key, err)
		}
		return serving(cert), f.cert, nil
	case !f.on:
		return nil, "", nil
	}
	names := f.names(addrs)
	ca, err := openCA(f.dir, names)
	if err != nil {
		return nil, "", err
	}
	cert, err := ca.Leaf(names, time.Now())
	if err != nil {
		return nil, "", err
	}
	return serving(cert), ca.Path(), nil
}

func serving(cert tls.Certificate) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
}

// names are what clients may call the server: ThingSpace's own name too, for those that have it built
// in and are sent here by a hosts file.
func (f *tlsFlags) names(addrs []string) []string {
	names := []string{"localhost", "127.0.0.1", "::1", "thingspace.verizon.com"}
	var hosts []string
	for _, addr := range addrs {
		host, _, _ := net.SplitHostPort(addr)
		hosts = append(hosts, host)
	}
	for _, name := range append(hosts, f.hosts...) {
		everywhere := net.ParseIP(name).IsUnspecified()
		if name != "" && !everywhere && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// tlsDir is where the CA is kept.
func tlsDir(dir string) (string, error) {
	if dir != "" {
		return dir, nil
	}
	return tlsca.DefaultDir()
}

// openCA is the CA in dir, made for these names if there is none; "" is this user's.
func openCA(dir string, names []string) (*tlsca.CA, error) {
	dir, err := tlsDir(dir)
	if err != nil {
		return nil, err
	}
	return tlsca.Open(dir, names, time.Now())
}
