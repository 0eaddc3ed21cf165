// Command crash kills tsim, again and again and at random moments, while clients call it, listeners answer it and control
// steers it, and checks after each start that nothing is lost that was replied to:
//
//	go run ./internal/crash -kills 1000
//
// It builds the binary and serves with --state. Every client remembers the replies it has got, and the listener what it
// has acknowledged. In the end it prints what it has seen. Exit code 1: something was lost, or came again; the directory with
// the state stays then, and -seed draws the same commands and moments, though no two machines kill at the same instruction.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

func main() {
	kills := flag.Int("kills", 25, "how often tsim is killed")
	seed := flag.Uint64("seed", uint64(time.Now().UnixNano()), "of what is drawn")
	clients := flag.Int("clients", 6, "how many clients there are, each with a sandbox of its own")
	binary := flag.String("tsim", "", "use this binary instead of building one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	dir, err := os.MkdirTemp("", "tsim-crash-")
	if err == nil {
		err = run(ctx, dir, *binary, *kills, *clients, *seed)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "crash: %v\ncrash: -seed %d; what was kept is in %s\n", err, *seed, dir)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "crash:", err)
	}
}

// world is all that a run knows.
type world struct {
	dir, binary, state string
	seed               uint64
	listener           *listener
	clients            []*client
	figures            figures
	names              sync.Map // of sandboxes, ever
	ids                sync.Map // requestIds, ever
}

// figures are what a run has seen. Those of the clients are added up in the end.
type figures struct {
	kills, torn, snapshots int
	ready                  []time.Duration // from the start of a process to its address
}

func run(ctx context.Context, dir, binary string, kills, clients int, seed uint64) error {
	w := &world{dir: dir, binary: binary, state: filepath.Join(dir, "state"), seed: seed}
	if err := w.build(ctx); err != nil {
		return err
	}
	var err error
	if w.listener, err = listen(seed); err != nil {
		return err
	}
	defer w.listener.close()
	if err := os.WriteFile(w.scenario(), []byte(scenario(w.listener.url)), 0o600); err != nil {
		return err
	}
	for n := range clients {
		w.clients = append(w.clients, &client{w: w, number: n})
	}
	began := time.Now()
	draw := newLuck(seed, 0)
	for life := range kills {
		if err := w.live(ctx, life, draw, life%50 == 49); err != nil {
			return fmt.Errorf("life %d: %w", life, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	if err := w.last(ctx, kills); err != nil {
		return fmt.Errorf("after the last kill: %w", err)
	}
	w.print(time.Since(began))
	return nil
}

func (w *world) scenario() string { return filepath.Join(w.dir, "scenario.yaml") }

// build builds tsim as it is released, unless there is a binary already.
func (w *world) build(ctx context.Context) error {
	if w.binary != "" {
		return nil
	}
	w.binary = filepath.Join(w.dir, "tsim")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", w.binary, "tsim/cmd/tsim")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building tsim: %w\n%s", err, out)
	}
	return nil
}

// live starts tsim, checks what there is, puts load on it and kills it.
func (w *world) live(ctx context.Context, life int, draw *luck, thorough bool) error {
	long := []string{"16KiB", "256KiB", "4MiB"}[draw.below(3)]
	sync := []string{"always", "always", "interval", "off"}[draw.below(4)] // a process that is killed has lost nothing that it has written
	after := time.Duration(10+draw.below(50)) * time.Millisecond
	p, err := w.start(ctx, "--state-log", long, "--state-sync", sync)
	if err != nil {
		return err
	}
	defer p.kill()
	if err := w.each(func(c *client) error { return c.check(ctx, p.url, life, thorough) }); err != nil {
		return errors.Join(err, p.log())
	}
	loaded := make(chan error, 1)
	go func() { loaded <- w.each(func(c *client) error { return c.load(ctx) }) }()
	select {
	case <-time.After(after):
	case <-p.ended:
		return errors.Join(errors.New("tsim ended by itself"), p.log())
	case err := <-loaded:
		return errors.Join(err, p.log())
	}
	p.kill()
	w.figures.kills++
	if err := <-loaded; err != nil {
		return errors.Join(err, p.log())
	}
	w.listener.drain()
	return w.listener.wrong()
}

// last starts tsim once more, checks all that there is, and ends it as a user does.
func (w *world) last(ctx context.Context, life int) error {
	for _, what := range []string{"killed", "stopped"} {
		p, err := w.start(ctx)
		if err != nil {
			return err
		}
		defer p.kill()
		if err := w.each(func(c *client) error { return c.check(ctx, p.url, life, true) }); err != nil {
			return errors.Join(fmt.Errorf("after it was %s: %w", what, err), p.log())
		}
		if err := p.stop(); err != nil {
			return errors.Join(err, p.log())
		}
		w.listener.drain()
	}
	return w.listener.wrong()
}

// each does something for all clients at once.
func (w *world) each(f func(*client) error) error {
	errs := make([]error, len(w.clients))
	var all sync.WaitGroup
	for i, c := range w.clients {
		all.Go(func() {
			if errs[i] = f(c); errs[i] != nil {
				errs[i] = fmt.Errorf("client %d, sandbox %q: %w", i, c.sandbox, errs[i])
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (w *world) print(took time.Duration) {
	var sum counts
	for _, c := range w.clients {
		sum.add(&c.counts)
	}
	ready := slices.Sorted(slices.Values(w.figures.ready))
	fmt.Printf("%d kills in %s, seed %d: 0 lost, 0 repeated after an acknowledgement that was recorded\n", w.figures.kills, took.Round(time.Second), w.seed)
	fmt.Printf("  replied to    %d actions, %d logins, %d control commands\n", sum.actions, sum.logins, sum.commands)
	fmt.Printf("  in doubt      %d calls had no reply when tsim was killed; %d of them were in effect, as far as that can be told\n", sum.doubts, sum.inEffect)
	fmt.Printf("  checked       %d requests, %d events, %d cards, %d deliveries that were recorded\n", sum.requests, sum.events, sum.cards, sum.delivered)
	fmt.Printf("  the listener  %s\n", w.listener.figures())
	fmt.Printf("  the log       %d torn tails were cut, %d generations\n", w.figures.torn, w.figures.snapshots)
	fmt.Printf("  ready after   %s (median), %s (longest)\n", ready[len(ready)/2].Round(time.Millisecond), ready[len(ready)-1].Round(time.Millisecond))
}

// scenario is what the sandboxes are made of: an account with a few devices, tokens that last, and listeners that are asked
// again soon, for time passes quickly.
func scenario(url string) string {
	return strings.ReplaceAll(`name: crash
clock: real
speed: 1000
seed: 7
latency: {profile_suspend: {uniform: [1s, 20s]}, profile_resume: 1s, device_suspend: {uniform: [1s, 5s]}, device_resume: 2s}
tokens: {bearer: 100000h, session: 100000h}
credentials: [{appKey: crash-key, appSecret: crash-secret, username: crash, password: crash-pass}]
accounts:
  - name: "0000123456-00001"
    fleets: [{count: 8, profiles: [{network: us, service: active, status: DISABLE}, {network: global, service: active, status: ENABLE}]}]
listeners:
  - {account: "0000123456-00001", service: DeviceProfileService, url: "URL"}
`, "URL", url)
}
