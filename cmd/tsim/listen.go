package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/spf13/cobra"
)

func newListen() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Print each callback that arrives, and answer 200",
		Long: `listen is a listener for callbacks: it prints each one as it arrives and acknowledges it.
Register its URL with POST /api/m2m/v1/callbacks/{account}; any path will do.

In a container, listen on 0.0.0.0 so that tsim in another one can reach it.`,
		Example: `  tsim listen
  tsim listen --addr 0.0.0.0:9001`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return listen(cmd.Context(), addr, cmd.OutOrStdout())
		},
	}
	addAddress(cmd.Flags(), &addr, "addr", "127.0.0.1:9001", "where to listen; port 0 takes a free one")
	return cmd
}

// listen prints callbacks until ctx ends.
func listen(ctx context.Context, addr string, out io.Writer) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return cannotListen("--addr", addr, err)
	}
	fmt.Fprintf(out, "Listening for callbacks on http://%s (stop with Ctrl-C)\n", l.Addr())
	server := &http.Server{Handler: printer(out), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	if err := server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// printer prints each callback, one after the other, and acknowledges it.
func printer(out io.Writer) http.Handler {
	var mu sync.Mutex
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		const most = 1 << 20 // no callback is nearly as long
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			http.Error(w, "a callback has at most 1 MiB", http.StatusRequestEntityTooLarge)
			return
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		var pretty bytes.Buffer
		if json.Indent(&pretty, body, "", "  ") != nil {
			pretty.Write(body)
		}
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(out, "\n%s %s %s\n%s\n", time.Now().Format("15:04:05"), r.Method, r.URL.Path, pretty.Bytes())
	})
}
