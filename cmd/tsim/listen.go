package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"tsim/internal/config"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// listenFlags say where listen listens, and what it does with a callback.
type listenFlags struct {
	addr, service, public, forward string
	mailbox, unregistered, verbose bool
	status, once                   int
	delay                          duration
}

func newListen() *cobra.Command {
	var r remote
	var f listenFlags
	cmd := &cobra.Command{
		Use:   "listen",
		Short: "Register a listener, print each callback that arrives, and answer it",
		Long: `listen registers itself for the callbacks of an account, prints each one as it comes, and answers
it: with 200, with --status, or with what --forward-to has answered. When it ends, it removes its
registration. Of a bulk it prints some lines a second, and sums up the rest.

Where tsim cannot reach it, because one of them is on another machine, it fetches its callbacks from
a mailbox. With --no-register it needs no server: somebody else registers its URL, any path will do.
In a container, listen on 0.0.0.0 so that tsim in another one can reach it.`,
		Example: `  tsim listen
  tsim listen --forward-to http://127.0.0.1:3000/callbacks
  tsim listen --status 500 --delay 2s --once 3
  tsim listen --mailbox -o json
  tsim listen --no-register --addr 0.0.0.0:9001`,
	}
	flags := cmd.Flags()
	r.output.words = []string{"text", "json"} // there is nothing that control answers
	r.verb(cmd, func(b *box, _ []string) error {
		if err := f.check(cmd); err != nil {
			return usageError{err}
		}
		return f.listen(b, &r.thingspace)
	})
	addAddress(flags, &f.addr, "addr", "127.0.0.1:9001", "where to listen; port 0 takes a free one")
	flags.StringVar(&f.service, "service", config.ProfileService, "the callback service")
	flags.StringVar(&f.forward, "forward-to", "", "post each callback to this URL, and answer as it does")
	f.status = http.StatusOK
	flags.Var(statusFlag{&f.status}, "status", "what to answer")
	flags.Var(&f.delay, "delay", "how long to wait before the answer")
	flags.Var(fill(&f.once), "once", "end after so many callbacks")
	flags.BoolVarP(&f.verbose, "verbose", "v", false, "print bodies, too")
	flags.BoolVar(&f.mailbox, "mailbox", false, "fetch the callbacks from a mailbox, and listen nowhere")
	flags.StringVar(&f.public, "public-url", "", "the URL by which tsim reaches it, if that is another one")
	flags.BoolVar(&f.unregistered, "no-register", false, "only listen; somebody else registers its URL")
	r.declareThingSpace(cmd)
	flags.Lookup("output").Usage = "how callbacks are printed: text, json (default: text on a terminal, or else a line of JSON each)"
	completeWith(cmd, "service", cobra.FixedCompletions(config.Services, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// check says which flags do not go together.
func (f *listenFlags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	switch {
	case f.mailbox && (f.unregistered || f.public != "" || given("addr")):
		return errors.New("--mailbox goes without --addr, --public-url and --no-register: it listens nowhere")
	case f.unregistered && f.public != "":
		return errors.New("--no-register and --public-url exclude each other: register that URL, or none")
	case f.forward != "" && given("status"):
		return errors.New("--forward-to and --status exclude each other: answer as the other one does, or with a status")
	}
	for flag, value := range map[string]string{"--forward-to": f.forward, "--public-url": f.public} {
		if u, err := url.Parse(value); value != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("%s %q: expected a URL, such as http://127.0.0.1:3000/callbacks", flag, value)
		}
	}
	return nil
}

// listen prints callbacks until somebody ends it.
func (f *listenFlags) listen(b *box, who *thingspaceFlags) error {
	ctx, end := context.WithCancel(b.ctx)
	defer end()
	e := &ear{flags: f, end: end, paper: newPaper(b, f)}
	defer e.paper.flush()
	if f.mailbox {
		return e.fetchFor(ctx, b, who)
	}
	at, err := net.Listen("tcp", f.addr)
	if err != nil {
		return cannotListen("--addr", f.addr, err)
	}
	if f.unregistered {
		e.paper.note("Listening for callbacks on http://%s (stop with Ctrl-C)", at.Addr())
		return e.serve(ctx, at)
	}
	to, reachable := f.public, true
	if to == "" {
		to, reachable = reachedAt(at.Addr(), b.url)
	}
	if !reachable { // nobody else does, either
		_ = at.Close()
		e.paper.note("%s does not reach %s, so the callbacks come by mailbox.", b.url, at.Addr())
		return e.fetchFor(ctx, b, who)
	}
	leave, err := e.register(b, who, to)
	if err != nil {
		_ = at.Close()
		return err
	}
	defer leave()
	return e.serve(ctx, at)
}

// fetchFor takes callbacks from a mailbox, which it registers.
func (e *ear) fetchFor(ctx context.Context, b *box, who *thingspaceFlags) error {
	leave, err := e.register(b, who, config.Mailbox)
	if err != nil {
		return err
	}
	defer leave()
	return e.fetch(ctx, &b.Client)
}

// reachedAt is the URL by which a server reaches who listens at an address, if it does.
func reachedAt(at net.Addr, server string) (string, bool) {
	there, err := url.Parse(server)
	tcp, ok := at.(*net.TCPAddr)
	if err != nil || !ok {
		return "", false
	}
	ip, local := tcp.IP, loopback(there.Hostname())
	switch {
	case ip.IsUnspecified() && local:
		ip = net.IPv4(127, 0, 0, 1)
	case ip.IsUnspecified(): // the address of this machine that the server sees; nothing is sent for that
		way, err := net.Dial("udp", net.JoinHostPort(there.Hostname(), "9"))
		if err != nil {
			return "", false
		}
		ip = way.LocalAddr().(*net.UDPAddr).IP
		_ = way.Close()
	case ip.IsLoopback() && !local:
		return "", false
	}
	return "http://" + net.JoinHostPort(ip.String(), fmt.Sprint(tcp.Port)) + "/", true
}

// register registers a URL, and returns what takes that back.
func (e *ear) register(b *box, who *thingspaceFlags, to string) (leave func(), err error) {
	client, err := b.client(who)
	if err != nil {
		return nil, err
	}
	before, err := e.registered(b, client)
	if err != nil {
		return nil, err
	}
	body := map[string]string{"name": e.flags.service, "url": to}
	if err := b.call(client, http.MethodPost, "/api/m2m/v1/callbacks/"+client.Account, body, new(any)); err != nil {
		return nil, err
	}
	e.account = client.Account
	where := to
	if to == config.Mailbox {
		where = "the mailbox"
	}
	e.paper.note("Listening for callbacks on %s, registered for %s of %s (stop with Ctrl-C)", where, e.flags.service, e.account)
	if before != "" && before != to {
		e.paper.note("It takes the place of %s.", before)
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(b.ctx), shutdownTime)
		defer cancel()
		b.ctx = ctx
		now, err := e.registered(b, client)
		if err == nil && now == to { // and nobody else has come instead
			err = b.call(client, http.MethodDelete, "/api/m2m/v1/callbacks/"+e.account+"/name/"+e.flags.service, nil, new(any))
		}
		if _, gone := errors.AsType[net.Error](err); err != nil && !gone { // of a server that has ended nothing is left
			e.paper.note("The registration is still there: %v", err)
		}
	}, nil
}

// registered is the URL that is registered for the service; "" for none.
func (e *ear) registered(b *box, client *tsimbox.Sandbox) (string, error) {
	var all []struct{ ServiceName, URL string }
	err := b.call(client, http.MethodGet, "/api/m2m/v1/callbacks/"+client.Account, nil, &all)
	for _, l := range all {
		if l.ServiceName == e.flags.service {
			return config.Redact(l.URL), err
		}
	}
	return "", err
}

// serve hears callbacks at an address, until ctx ends.
func (e *ear) serve(ctx context.Context, at net.Listener) error {
	server := &http.Server{Handler: e, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(at) }()
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

// fetchTime is how long the server waits for a callback before it is asked again.
const fetchTime = time.Minute

// fetch hears callbacks from the mailbox, until ctx ends.
func (e *ear) fetch(ctx context.Context, control *tsimclient.Client) error {
	for {
		mail, err := control.TakeMail(ctx, e.account, e.flags.service, fetchTime)
		if err == nil && mail.Callback > 0 {
			status, ok := e.hear(ctx, mail.Body, nil)
			if !ok {
				return nil
			}
			// What was heard is answered, even if this is the end.
			_, err = control.AnswerMail(context.WithoutCancel(ctx), e.account, e.flags.service, mail.Callback, status)
		}
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		}
	}
}

// statusFlag is a flag: a status of HTTP that ends a call.
type statusFlag struct{ to *int }

func (s statusFlag) Type() string { return "number" }

func (s statusFlag) String() string {
	if s.to == nil { // pflag asks a zero one what no value looks like
		return ""
	}
	return fmt.Sprint(*s.to)
}

func (s statusFlag) Set(text string) error {
	var n int
	if fill(&n).Set(text) != nil || n < 200 || n > 599 {
		return errors.New("expected a status of HTTP, 200 to 599")
	}
	*s.to = n
	return nil
}
