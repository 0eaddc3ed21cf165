package server

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"tsim/internal/control"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// entrypoint is an address at which the server takes calls.
type entrypoint struct {
	http     *http.Server
	listener net.Listener
	url      string
}

// ListenError is an address at which the server cannot listen.
type ListenError struct {
	Addr    string
	Control bool // it is that of control alone
	Err     error
}

func (e *ListenError) Error() string { return e.Addr + ": " + e.Err.Error() }

// newEntrypoint listens at an address. Calls wait there until serve answers them.
func (s *Server) newEntrypoint(addr string, o *Options) (*entrypoint, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &entrypoint{
		listener: listener, url: address(addr, o.TLS, listener.Addr()),
		http: &http.Server{
			// Ends with the server, so that an advance of time does not keep it from ending.
			BaseContext:       func(net.Listener) context.Context { return s.ctx },
			ReadHeaderTimeout: s.bodies.header,
			ReadTimeout:       s.bodies.body,
			WriteTimeout:      s.bodies.write, // control, whose calls may take long, counts from when it writes
			IdleTimeout:       s.bodies.idle,
			ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
			TLSConfig:         o.TLS,
		},
	}, nil
}

// listen listens at the address of the simulated calls, and at that of control if it has its own.
func (s *Server) listen(o *Options) error {
	main, err := s.newEntrypoint(o.Addr, o)
	if err != nil {
		return &ListenError{o.Addr, false, err}
	}
	s.entrypoints = []*entrypoint{main}
	if o.ControlAddr != "" {
		own, err := s.newEntrypoint(o.ControlAddr, o)
		if err != nil {
			return errors.Join(&ListenError{o.ControlAddr, true, err}, main.listener.Close())
		}
		s.entrypoints = append(s.entrypoints, own)
	}
	s.token = o.ControlToken
	if s.token == "" && !o.ControlOpen && s.ControlExposed() {
		s.token = rand.Text()
	}
	control, simulated := s.controlHandler(o), thingspace.NewHandler(s.registry, o.Log, s.bodies.write, s.durable)
	main.http.Handler = s.bodies.guard(split(control, simulated))
	if own := s.control(); own != main {
		main.http.Handler, own.http.Handler = s.bodies.guard(simulated), s.bodies.guard(control)
	}
	return nil
}

// controlHandler serves the control surface, with what it needs of the packages that it does not know.
func (s *Server) controlHandler(o *Options) http.Handler {
	return control.New(control.Options{
		Registry: s.registry, Open: s.open, Fork: s.fork, Close: s.close, NewToken: newToken, Budgets: s.budgets.Use,
		Token: s.token, Hosts: o.ControlHosts, Durable: s.durable,
		Patience: s.bodies.write, Pprof: o.Pprof, Version: o.Version, Log: o.Log,
		Encode: func(box *sim.Sim, f *sim.Facts, callbackCount, threshold int, effect *rule.Callback) []byte {
			return thingspace.Encode(box.Compat(), f, callbackCount, threshold, effect)
		},
		FaultString: func(box *sim.Sim, fault euicc.Fault, told *rule.Fault) string {
			return thingspace.FaultString(box.Compat(), fault, told)
		},
		Record: s.record, Recordings: s.recordings.list,
		OpenAPI:    func() []byte { return thingspace.OpenAPI(o.Version) },
		Operations: thingspace.Operations(),
	})
}

// serve answers calls until the server is closed.
func (e *entrypoint) serve() error {
	if e.http.TLSConfig != nil {
		return e.http.ServeTLS(e.listener, "", "")
	}
	return e.http.Serve(e.listener)
}

// split gives control the paths below /tsim, and the simulated ThingSpace all others.
func split(control, simulated http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/tsim" || strings.HasPrefix(r.URL.Path, "/tsim/") {
			control.ServeHTTP(w, r)
			return
		}
		simulated.ServeHTTP(w, r)
	})
}

// address is the URL at which programs on this machine reach an entrypoint: one that listens on
// every interface also listens on the loopback.
func address(asked string, secure *tls.Config, at net.Addr) string {
	scheme := "http"
	if secure != nil {
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(at.String())
	if err != nil {
		return scheme + "://" + at.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
		// Listening on 0.0.0.0 is reported as [::] too, so what was asked for decides.
		if asked, _, _ := net.SplitHostPort(asked); asked == "::" {
			host = "::1"
		}
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}

// exposed says whether other machines may reach it.
func (e *entrypoint) exposed() bool {
	at, ok := e.listener.Addr().(*net.TCPAddr)
	return !ok || !at.IP.IsLoopback()
}
