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
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// door is one address at which the server is reached.
type door struct {
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

// openDoor listens at an address; nobody is let in before serve.
func (s *Server) openDoor(addr string, o *Options) (*door, error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return &door{
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

// openDoors listens at the address of the simulated calls, and at that of control if it has its own.
func (s *Server) openDoors(o *Options) error {
	front, err := s.openDoor(o.Addr, o)
	if err != nil {
		return &ListenError{o.Addr, false, err}
	}
	s.doors = []*door{front}
	if o.ControlAddr != "" {
		side, err := s.openDoor(o.ControlAddr, o)
		if err != nil {
			return errors.Join(&ListenError{o.ControlAddr, true, err}, front.listener.Close())
		}
		s.doors = append(s.doors, side)
	}
	s.token = o.ControlToken
	if s.token == "" && !o.ControlOpen && s.ControlExposed() {
		s.token = rand.Text()
	}
	own, simulated := s.own(o), thingspace.NewHandler(s.registry, o.Log)
	front.http.Handler = s.bodies.guard(split(own, simulated))
	if side := s.control(); side != front {
		front.http.Handler, side.http.Handler = s.bodies.guard(simulated), s.bodies.guard(own)
	}
	return nil
}

// own is the handler of tsim's own surface.
func (s *Server) own(o *Options) http.Handler {
	return control.New(control.Options{
		Registry: s.registry, Open: s.open, Close: s.close, NewToken: newToken, Budgets: s.budgets.Use,
		Token: s.token, Hosts: o.ControlHosts,
		Patience: s.bodies.write, Pprof: o.Pprof, Version: o.Version, Log: o.Log,
		Encode: func(box *sim.Sim, f *sim.Facts, attempt, max int) []byte {
			return thingspace.Encode(box.Compat(), f, attempt, max)
		},
		OpenAPI: func() []byte { return thingspace.OpenAPI(o.Version) },
	})
}

// serve answers calls until the server is closed.
func (d *door) serve() error {
	if d.http.TLSConfig != nil {
		return d.http.ServeTLS(d.listener, "", "")
	}
	return d.http.Serve(d.listener)
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

// address is the URL at which programs on this machine reach a door: one that listens on every
// interface also listens on the loopback.
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

// exposed says whether other machines may reach the door.
func (d *door) exposed() bool {
	at, ok := d.listener.Addr().(*net.TCPAddr)
	return !ok || !at.IP.IsLoopback()
}
