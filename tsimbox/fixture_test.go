package tsimbox_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	eid    = "89001012012341234012345678901224"
	lead   = "89148000000000000019"
	global = "89445000000000000019"
)

// world is a sandbox whose errors end the test.
type world struct {
	t   *testing.T
	box *tsimbox.Sandbox
}

func start(t *testing.T, o ...tsimbox.Option) *world {
	t.Helper()
	box, err := tsimbox.Start(t.Context(), o...)
	if err != nil {
		t.Fatal(err)
	}
	return ready(t, box)
}

// connect is a sandbox of its own on the server of another one.
func connect(t *testing.T, to *world, o ...tsimbox.Option) *world {
	t.Helper()
	box, err := tsimbox.Connect(t.Context(), to.box.URL, o...)
	if err != nil {
		t.Fatal(err)
	}
	return ready(t, box)
}

func ready(t *testing.T, box *tsimbox.Sandbox) *world {
	t.Cleanup(func() {
		if err := box.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &world{t, box}
}

func must[T any](t *testing.T, result T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func (w *world) listen(answers ...tsimbox.Answer) *tsimbox.Listener {
	w.t.Helper()
	l, err := w.box.Listen(w.t.Context(), answers...)
	return must(w.t, l, err)
}

func (w *world) listenFunc(f tsimbox.AnswerFunc) *tsimbox.Listener {
	w.t.Helper()
	l, err := w.box.ListenFunc(w.t.Context(), f)
	return must(w.t, l, err)
}

func (w *world) do(op tsimclient.Operation, ids tsimbox.IDs, o ...tsimbox.DoOption) string {
	w.t.Helper()
	request, err := w.box.Do(w.t.Context(), op, ids, o...)
	return must(w.t, request, err)
}

func (w *world) call(method, path string, body any) (int, []byte) {
	w.t.Helper()
	status, reply, err := w.box.Call(w.t.Context(), method, path, body)
	return status, must(w.t, reply, err)
}

func (w *world) advance(by time.Duration) {
	w.t.Helper()
	done, err := w.box.Advance(w.t.Context(), by)
	must(w.t, done, err)
}

func (w *world) settle() {
	w.t.Helper()
	done, err := w.box.Settle(w.t.Context())
	must(w.t, done, err)
}

func (w *world) callbacks(request string) []tsimclient.Callback {
	w.t.Helper()
	all, err := w.box.Callbacks(w.t.Context(), request)
	return must(w.t, all, err)
}

func (w *world) want(l *tsimbox.Listener, request string, want ...string) []tsimbox.Message {
	w.t.Helper()
	heard, err := l.Want(w.t.Context(), request, want...)
	return must(w.t, heard, err)
}
