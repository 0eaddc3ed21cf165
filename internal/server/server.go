// Package server puts the floors below together: it listens, hands calls to thingspace and control,
// lets time pass, and sends what a sandbox has to tell. Commands and tests start it the same way.
package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"tsim/internal/control"
	"tsim/internal/deliver"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// Options say what to serve.
type Options struct {
	Addr      string // host:port; port 0 takes a free one
	Config    sim.Config
	Version   string
	Log       *slog.Logger
	TLS       *tls.Config // with a certificate, to serve https; nil for http
	Callbacks *tls.Config // for https listeners; nil for the CAs of the system
}

// Server is a running tsim.
type Server struct {
	http     *http.Server
	url      string
	deliver  *deliver.Deliverer
	log      *slog.Logger
	started  time.Time
	registry *sim.Registry
	ctx      context.Context // of the drivers of time, and of every call of control
	stopTime context.CancelFunc
	failed   chan error

	mu        sync.Mutex
	sandboxes map[*sim.Sim]*sandbox
}

// Start listens, and serves the configuration as the sandbox "default".
func Start(o Options) (*Server, error) {
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		url: address(o, listener.Addr()), log: o.Log, started: time.Now(), ctx: ctx, stopTime: cancel,
		deliver: deliver.New(deliver.Options{TLS: o.Callbacks}), failed: make(chan error, 1),
		registry: sim.NewRegistry(), sandboxes: map[*sim.Sim]*sandbox{},
	}
	o.Config.Name = sim.Default
	if _, err := s.open(o.Config, 0); err != nil {
		cancel()
		return nil, errors.Join(err, listener.Close())
	}
	encode := func(box *sim.Sim, f *sim.Facts, attempt, max int) []byte {
		return thingspace.Encode(box.Compat(), f, attempt, max)
	}
	s.http = &http.Server{
		// Ends with the server, so that an advance of time does not keep it from ending.
		BaseContext: func(net.Listener) context.Context { return ctx },
		Handler: split(
			control.New(control.Options{
				Registry: s.registry, Encode: encode, Open: s.open, Close: s.close, Version: o.Version, Log: o.Log,
				OpenAPI: func() []byte { return thingspace.OpenAPI(o.Version) },
			}),
			thingspace.NewHandler(s.registry, o.Log),
		),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
		TLSConfig:         o.TLS,
	}
	go func() {
		if err := s.serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.failed <- err
		}
	}()
	return s, nil
}

// serve answers calls until the server is closed.
func (s *Server) serve(l net.Listener) error {
	if s.http.TLSConfig != nil {
		return s.http.ServeTLS(l, "", "")
	}
	return s.http.Serve(l)
}

// address is the URL at which programs on this machine reach the server: one that listens on every
// interface also listens on the loopback.
func address(o Options, at net.Addr) string {
	scheme := "http"
	if o.TLS != nil {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return scheme + "://" + at.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		// Listening on 0.0.0.0 is reported as [::] too, so what was asked for decides.
		if asked, _, _ := net.SplitHostPort(o.Addr); asked == "::" {
			host = "::1"
		}
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// split gives tsim's own surface its paths, and ThingSpace all others.
func split(own, simulated http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/tsim" || strings.HasPrefix(r.URL.Path, "/tsim/") {
			own.ServeHTTP(w, r)
			return
		}
		simulated.ServeHTTP(w, r)
	})
}

// URL is where the server is reached from this machine.
func (s *Server) URL() string { return s.url }

// Failed tells of an error that ended the server.
func (s *Server) Failed() <-chan error { return s.failed }

// Close stops time, takes no more calls, and gives calls and deliveries in flight until ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.stopTime()
	s.mu.Lock() // no sandbox is opened any more
	for _, b := range s.sandboxes {
		if b.expiry != nil {
			b.expiry.Stop()
		}
		<-b.driven
	}
	s.mu.Unlock()
	err := s.http.Shutdown(ctx)
	return errors.Join(err, s.deliver.Close(ctx))
}
