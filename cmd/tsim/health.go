package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/internal/tlsca"
	"tsim/tsimclient"
)

// healthTime is how long a healthy server may take to say so.
const healthTime = 3 * time.Second

// healthFlags say which server is asked: they are those of serve, so that the variables of a
// container tell both the same.
type healthFlags struct {
	addr, control, dir, cert string
	tls                      bool
}

func newHealth() *cobra.Command {
	var f healthFlags
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask a running tsim whether it is well",
		Long: `health asks the tsim at --addr whether it is well, or at --control-addr if its control surface
has an address of its own: exit code 0 and a line that says so, or 1 and what is wrong. It is
the health check of the container image. It has the flags and variables of serve that say where
and how that listens, and asks 127.0.0.1 when serve listens everywhere.

On the loopback it does not check the certificate of a server with TLS.`,
		Example: `  tsim health
  tsim health --addr 127.0.0.1:8443 --tls`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd, os.Environ()); err != nil {
				return err
			}
			told, err := f.ask(cmd.Context())
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), told)
			return err
		},
	}
	f.declare(cmd.Flags())
	return cmd
}

func (f *healthFlags) declare(flags *pflag.FlagSet) {
	flags.SortFlags = false
	addAddr(flags, &f.addr)
	addControlAddr(flags, &f.control)
	flags.BoolVar(&f.tls, "tls", false, "it serves https")
	addTLSDir(flags, &f.dir)
	flags.StringVar(&f.cert, "tls-cert", "", "it serves https with this certificate (a PEM file)")
}

// ask returns a line that says that the server is well.
func (f *healthFlags) ask(ctx context.Context) (string, error) {
	at, err := f.url("--control-addr", f.control)
	if err != nil {
		return "", err
	}
	parsed, err := url.Parse(at)
	if err != nil {
		return "", err
	}
	host := parsed.Hostname()
	if parsed.Scheme == "http" {
		return get(ctx, at, nil)
	}
	if loopback(host) {
		return get(ctx, at, &tls.Config{InsecureSkipVerify: true})
	}
	trust, _, err := f.trust()
	if err != nil {
		return "", err
	}
	return get(ctx, at, trust)
}

// url is the address of a server that listens at the value of a flag, or with "" at --addr.
func (f *healthFlags) url(flag, addr string) (string, error) {
	if addr == "" {
		flag, addr = "--addr", f.addr
	}
	host, port, _ := net.SplitHostPort(addr)
	if port == "0" { // which a server takes for a free one
		return "", usageError{fmt.Errorf("%s %q: %w", flag, addr, errAddress)}
	}
	ip := net.ParseIP(host)
	switch {
	case host == "" || host == "0.0.0.0":
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		host = "::1"
	}
	scheme := "http://"
	if f.tls || f.cert != "" {
		scheme = "https://"
	}
	return scheme + net.JoinHostPort(host, port), nil
}

// loopback says whether a host is this machine, and no other reaches it there.
func loopback(host string) bool {
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// trust is for a server elsewhere: what the system trusts, and the certificate that serve would have, in a file.
func (f *healthFlags) trust() (trust *tls.Config, file string, err error) {
	file = f.cert
	if file == "" {
		dir, err := tlsDir(f.dir)
		if err != nil {
			return nil, "", err
		}
		file = tlsca.PublicFile(dir)
	}
	pool, err := tlsca.Pool(file)
	return &tls.Config{RootCAs: pool}, file, err
}

func get(ctx context.Context, at string, trust *tls.Config) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	// A transport of its own, because it is this server that is asked and no proxy.
	client := tsimclient.Client{BaseURL: at, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}}
	h, err := client.Health(ctx)
	var told *tsimclient.Error
	switch {
	case errors.As(err, &told) && told.Status == http.StatusBadRequest && trust == nil:
		return "", fmt.Errorf("%s is not well, or it serves https: then say --tls", at)
	case errors.Is(err, context.DeadlineExceeded):
		return "", fmt.Errorf("%s does not answer within %s", at, healthTime)
	case err != nil:
		return "", fmt.Errorf("%s is not well: %w", at, err)
	case h.Status != "ok":
		return "", fmt.Errorf("%s is not well: its status is %q", at, h.Status)
	}
	return fmt.Sprintf("%s is well: tsim %s", at, h.Version), nil
}
