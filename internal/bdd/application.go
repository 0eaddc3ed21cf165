package bdd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// application is the application under test, which a command starts: for each scenario, or once for all of them.
type application struct {
	o *suite

	// Of one for the whole run, which has one scenario at a time; all nil before the first one.
	home    *tsimbox.Sandbox // of the server for all sandboxes; nil if there is one already
	front   *front
	process *process // nil also after it has ended on its own
	account string
}

// newApplication prepares for the application of a run. All sandboxes of one application are on one server, because there each has
// a name of its own, and with it requestIds that none before has had: an application that knows them would take them for repeated.
func newApplication(ctx context.Context, o *suite) (a *application, err error) {
	a = &application{o: o}
	if o.PerRun && o.Server == "" {
		a.home, err = tsimbox.Start(ctx)
	}
	return a, err
}

// server is where the scenarios have their sandboxes; "" for one each.
func (a *application) server() string {
	if a == nil || a.home == nil {
		return ""
	}
	return a.home.URL
}

// start starts the application for a scenario, or hands over to it the one that runs. It returns what ends that, and keeps what the
// application has printed meanwhile. A nil application is none.
func (a *application) start(ctx context.Context, box *tsimbox.Sandbox, r *result) (url string, stop func() error, err error) {
	if a == nil {
		return "", func() error { return nil }, nil
	}
	if a.o.PerRun {
		return a.share(ctx, box, r)
	}
	p, err := a.launch(ctx, box.URL, box.Credential, box.Account)
	if err != nil {
		return "", nil, err
	}
	return p.url, func() error {
		r.died = p.hasDied(r.hasFailed())
		p.stop()
		r.output = p.out.take()
		return nil
	}, nil
}

// share lets the one application of the run use the sandbox of a scenario.
func (a *application) share(ctx context.Context, box *tsimbox.Sandbox, r *result) (url string, stop func() error, err error) {
	if a.front == nil {
		if a.front, err = newFront(box.Credential); err != nil {
			return "", nil, err
		}
		a.account = box.Account
	}
	if box.Account != a.account {
		return "", nil, fmt.Errorf("the application was started for the account %s, and this scenario has %s: start it with --app-per scenario", a.account, box.Account)
	}
	if err := a.front.attach(ctx, box); err != nil {
		return "", nil, err
	}
	if a.process == nil {
		if a.process, err = a.launch(ctx, a.front.url, a.front.given, a.account); err != nil {
			a.process = nil
			a.front.detach()
			return "", nil, err
		}
	}
	return a.process.url, func() error {
		r.died = a.process.hasDied(r.hasFailed())
		r.output = a.process.out.take()
		a.front.detach()
		if r.died {
			a.process.stop()
			a.process = nil
			a.front.forget()
		}
		return nil
	}, nil
}

// stop stops what runs still.
func (a *application) stop() (err error) {
	if a == nil {
		return nil
	}
	if a.process != nil {
		a.process.stop()
	}
	if a.front != nil {
		err = a.front.close()
	}
	if a.home != nil {
		err = errors.Join(err, a.home.Close(context.Background()))
	}
	return err
}

// launch starts the command with the variables that it needs for a sandbox, and waits until its port answers.
func (a *application) launch(ctx context.Context, url string, c tsimclient.Credential, account string) (*process, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd := shell(a.o.App)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { // TSIM_CONTROL_TOKEN and TSIM_SEED are not for it
		return strings.HasPrefix(v, "TSIM_") || strings.HasPrefix(v, "PORT=")
	})
	cmd.Env = append(cmd.Env, "TSIM_URL="+url, "TSIM_APP_KEY="+c.AppKey, "TSIM_APP_SECRET="+c.AppSecret, "TSIM_USERNAME="+c.Username,
		"TSIM_PASSWORD="+c.Password, "TSIM_ACCOUNT="+account, "PORT="+port)
	p := &process{cmd: cmd, url: "http://127.0.0.1:" + port, ended: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.out, &p.out
	cmd.WaitDelay = grace // what it has started may hold its output open
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	if err := p.answers(ctx, "127.0.0.1:"+port, a.o.AppWait); err != nil {
		p.stop()
		return nil, fmt.Errorf("%s: %w; it has printed\n%s", a.o.App, err, p.out.take())
	}
	return p, nil
}

// freePort is a port of the loopback on which nobody listens now.
func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port), nil
}

// grace is how long an application has to end when it is asked to.
const grace = 5 * time.Second

// process is an application that runs, with all that it has started.
type process struct {
	cmd   *exec.Cmd
	url   string
	out   tail
	ended chan struct{}
	err   error // of its end
}

// answers waits until something listens at the port.
func (p *process) answers(ctx context.Context, addr string, patience time.Duration) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", addr)
		if err == nil {
			return conn.Close()
		}
		select {
		case <-p.ended:
			return fmt.Errorf("it has ended (%s) before its port answered", p.cmd.ProcessState)
		case <-ctx.Done():
			return ctx.Err()
		case <-deadline.C:
			return fmt.Errorf("nothing listens at %s, which is its PORT, after %s", addr, patience)
		case <-again.C:
		}
	}
}

func (p *process) hasEnded() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// hasDied says whether the application has ended on its own, or is about to. After a failure it is looked at more closely: a process
// that ends still takes connections for a moment, but it closes them, and one that lives waits for a request.
func (p *process) hasDied(failed bool) bool {
	if p.hasEnded() {
		return true
	}
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(p.url, "http://"), time.Second)
	if err == nil && failed {
		if err = conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err == nil {
			_, err = conn.Read(make([]byte, 1))
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = nil
		}
	}
	if conn != nil {
		_ = conn.Close()
	}
	if err == nil {
		return false
	}
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-p.ended:
	case <-patience.C: // it lives, and does not listen, which is as good
	}
	return true
}

// stop asks the process and all that it has started to end, and ends them when they do not.
func (p *process) stop() {
	if !p.hasEnded() {
		askToEnd(p.cmd)
	}
	patience := time.NewTimer(grace)
	defer patience.Stop()
	select {
	case <-p.ended:
	case <-patience.C:
	}
	end(p.cmd) // also what it has left behind
	<-p.ended
}

// tail is the end of what was printed.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 16 << 10

func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text...)
	if more := len(t.text) - tailSize; more > 0 {
		t.text = t.text[more:]
		if at := bytes.IndexByte(t.text, '\n'); at >= 0 {
			t.text = t.text[at+1:]
		}
	}
	return len(text), nil
}

// take is what was printed since it was taken the last time.
func (t *tail) take() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := string(t.text)
	t.text = nil
	return text
}
