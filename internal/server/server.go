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
	"sync"
	"time"

	"tsim/internal/config"
	"tsim/internal/deliver"
	"tsim/internal/sim"
	"tsim/internal/store"
)

// Options say what to serve.
type Options struct {
	Addr         string   // host:port; port 0 takes a free one
	ControlAddr  string   // the same for control alone; "" to serve it at Addr too
	ControlToken string   // what control asks for as a bearer token; "" for nothing, or for one that is made
	ControlOpen  bool     // no token is made, even if other machines may reach control
	ControlHosts []string // the names by which control may be called, beside localhost, if it asks for no token
	Pprof        bool     // serve the profiles of the process beside control
	Config       config.Config
	From         *sim.State   // the sandbox "default" goes on from there, with the credentials of Config; nil to begin it
	Budgets      *sim.Budgets // what all sandboxes may have together; nil for the usual limits
	Version      string
	Log          *slog.Logger
	TLS          *tls.Config // with a certificate, to serve https; nil for http
	Callbacks    *tls.Config // for https listeners; nil for the CAs of the system

	Record     string // a file in which the sandbox "default" is recorded; "" for none
	RecordSize int64  // after so many bytes it goes on in another one; 0 for never

	CallbackAllow []deliver.Allowed // all that is posted to; nil for anything

	State StateOptions

	limits *limits // nil for the default ones
}

// Server is a running tsim.
type Server struct {
	entrypoints []*entrypoint // of the simulated calls, then of control if it has its own
	token       string        // that control asks for
	deliver     *deliver.Deliverer[sim.AttemptID]
	log         *slog.Logger
	started     time.Time
	registry    *sim.Registry
	ctx         context.Context // of the drivers of time, and of every call of control
	stopTime    context.CancelFunc
	failed      chan error
	bodies      bodies
	budgets     *sim.Budgets
	keeper      *store.Keeper // nil if nothing is kept
	durable     sim.Durable
	version     string
	recordings  recordings

	mu        sync.Mutex
	sandboxes map[*sim.Sim]*sandbox
}

// Start listens at the addresses of the options, and serves the configuration as the sandbox "default".
func Start(o Options) (*Server, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Server{
		log: o.Log, started: time.Now(), ctx: ctx, stopTime: cancel,
		failed:   make(chan error, 2), // one for each entrypoint
		registry: sim.NewRegistry(), sandboxes: map[*sim.Sim]*sandbox{}, budgets: o.Budgets, version: o.Version,
	}
	if s.budgets == nil {
		s.budgets = sim.NewBudgets()
	}
	s.bodies.limits = defaultLimits
	if o.limits != nil {
		s.bodies.limits = *o.limits
	}
	if o.State.Dir != "" {
		s.durable = sim.Durable{Ready: s.ready, Kept: s.kept}
	}
	if err := s.listen(&o); err != nil {
		cancel()
		return nil, err
	}
	s.deliver = deliver.New[sim.AttemptID](deliver.Options{TLS: o.Callbacks, Guard: s.guard(o.CallbackAllow)})
	o.Config.Name = sim.Default
	err := s.begin(&o)
	if err == nil && o.Record != "" {
		err = s.recordDefault(o.Record, o.RecordSize)
	}
	if err != nil {
		for _, e := range s.entrypoints {
			err = errors.Join(err, e.listener.Close())
		}
		return nil, errors.Join(err, s.Close(context.Background())) // ctx has ended then, which nobody needs to hear of
	}
	for _, e := range s.entrypoints {
		go func() {
			if err := e.serve(); !errors.Is(err, http.ErrServerClosed) {
				s.failed <- err
			}
		}()
	}
	return s, nil
}

// guard keeps callbacks from the server itself, and from what else they must not reach.
func (s *Server) guard(allow []deliver.Allowed) deliver.Guard {
	g := deliver.Guard{Exposed: s.entrypoints[0].exposed(), Allow: allow}
	for _, e := range s.entrypoints {
		if at, ok := e.listener.Addr().(*net.TCPAddr); ok {
			g.Own = append(g.Own, at.AddrPort())
		}
	}
	return g
}

// URL is where the server is reached from this machine.
func (s *Server) URL() string { return s.entrypoints[0].url }

// ControlURL is where its control surface is reached from this machine.
func (s *Server) ControlURL() string { return s.control().url }

// ControlExposed says whether other machines may reach its control surface.
func (s *Server) ControlExposed() bool { return s.control().exposed() }

// ControlToken is what its control surface asks for as a bearer token: what the options say, or one that
// was made because other machines may reach it; "" for nothing.
func (s *Server) ControlToken() string { return s.token }

func (s *Server) control() *entrypoint { return s.entrypoints[len(s.entrypoints)-1] }

// Config is what the sandbox "default" started from: what the options say, unless another one was kept.
func (s *Server) Config() config.Config {
	box, err := s.registry.Sandbox(sim.Default)
	if err != nil {
		return config.Config{} // the server is closed
	}
	return box.Config()
}

// Clock is the time of the sandbox "default" now, and what moves it.
func (s *Server) Clock() sim.Clock {
	box, err := s.registry.Sandbox(sim.Default)
	if err != nil {
		return sim.Clock{} // the server is closed
	}
	return box.Clock()
}

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
	var err error
	for _, e := range s.entrypoints {
		err = errors.Join(err, e.http.Shutdown(ctx))
	}
	err = errors.Join(err, s.deliver.Close(ctx))
	s.recordings.close()
	if s.keeper != nil {
		err = errors.Join(err, s.keeper.Close())
	}
	return err
}
