package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

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
	flags := cmd.Flags()
	flags.SortFlags = false
	addAddr(flags, &f.addr)
	addControlAddr(flags, &f.control)
	flags.BoolVar(&f.tls, "tls", false, "it serves https")
	addTLSDir(flags, &f.dir)
	flags.StringVar(&f.cert, "tls-cert", "", "it serves https with this certificate (a PEM file)")
	return cmd
}

// ask returns a line that says that the server is well.
func (f *healthFlags) ask(ctx context.Context) (string, error) {
	flag, addr := "--addr", f.addr
	if f.control != "" {
		flag, addr = "--control-addr", f.control
	}
	host, port, _ := net.SplitHostPort(addr)
	if port == "0" { // which a server takes for a free one
		return "", usageError{fmt.Errorf("%s %q: %w", flag, addr, errAddress)}
	}
	ip := net.ParseIP(host)
	switch {
	case host == "" || host == "0.0.0.0":
		host, ip = "127.0.0.1", net.IPv4(127, 0, 0, 1)
	case ip != nil && ip.IsUnspecified():
		host, ip = "::1", net.IPv6loopback
	}
	at := net.JoinHostPort(host, port)
	if !f.tls && f.cert == "" {
		return get(ctx, "http://"+at, nil)
	}
	if host == "localhost" || ip.IsLoopback() {
		return get(ctx, "https://"+at, &tls.Config{InsecureSkipVerify: true})
	}
	trust, err := f.trust()
	if err != nil {
		return "", err
	}
	return get(ctx, "https://"+at, trust)
}

// trust is for a server elsewhere: what the system trusts, and the certificate that serve would have.
func (f *healthFlags) trust() (*tls.Config, error) {
	file := f.cert
	if file == "" {
		dir, err := tlsDir(f.dir)
		if err != nil {
			return nil, err
		}
		file = tlsca.PublicFile(dir)
	}
	pool, err := tlsca.Pool(file)
	return &tls.Config{RootCAs: pool}, err
}

func get(ctx context.Context, url string, trust *tls.Config) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	// A transport of its own, because it is this server that is asked and no proxy.
	client := tsimclient.Client{BaseURL: url, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}}
	h, err := client.Health(ctx)
	var told *tsimclient.Error
	switch {
	case errors.As(err, &told) && told.Status == http.StatusBadRequest && trust == nil:
		return "", fmt.Errorf("%s is not well, or it serves https: then say --tls", url)
	case errors.Is(err, context.DeadlineExceeded):
		return "", fmt.Errorf("%s does not answer within %s", url, healthTime)
	case err != nil:
		return "", fmt.Errorf("%s is not well: %w", url, err)
	case h.Status != "ok":
		return "", fmt.Errorf("%s is not well: its status is %q", url, h.Status)
	}
	return fmt.Sprintf("%s is well: tsim %s", url, h.Version), nil
}
