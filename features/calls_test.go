package features

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

// callSteps are the words for what is on record of an application's calls.
func callSteps(sc *godog.ScenarioContext, w *world) {
	sc.When(`^the sandbox is reset$`, func() error {
		_, err := w.box.Control.Reset(context.Background())
		return err
	})
	sc.When(`^I wait for a call for (\S+) while my application makes it$`, w.waitForCall)
	sc.Then(`^it comes$`, func() error { return w.waited })
	sc.Then(`^my application logged in once$`, func() error { return w.wantCalls(1, tsimclient.CallFilter{Operation: "login", Refused: &no}) })
	sc.Then(`^it got one token$`, func() error { return w.wantCalls(1, tsimclient.CallFilter{Operation: "token", Status: 200}) })
	sc.Then(`^it asked for (\S+) of (\d+) devices in one call$`, func(op string, n int) error {
		return w.wantCalls(1, tsimclient.CallFilter{Operation: tsimclient.Operation(op), Devices: &n})
	})
	sc.Then(`^it was accepted and has a requestId$`, func() error {
		if call := w.calls[0]; call.Status != 200 || call.Request == "" {
			return fmt.Errorf("the call is %+v", call)
		}
		return nil
	})
	sc.Then(`^it did not ask for (\S+) of (\d+) devices in one call$`, func(op string, n int) (err error) {
		w.counted, err = w.box.Control.CountCalls(context.Background(), tsimclient.CallsWanted{
			CallFilter: tsimclient.CallFilter{Operation: tsimclient.Operation(op), Devices: &n},
		})
		if err == nil && w.counted.Count > 0 {
			err = fmt.Errorf("it did so %d times", w.counted.Count)
		}
		return err
	})
	sc.Then(`^what is near differs in "([^"]*)"$`, func(want string) error {
		if near := w.counted.Nearest; len(near) == 0 || strings.Join(near[0].Differs, "; ") != want {
			return fmt.Errorf("near is %+v", near)
		}
		return nil
	})
	sc.Then(`^(\d+) calls for (\S+) were refused with (\d+)$`, func(n int, op string, status int) error {
		return w.wantCalls(n, tsimclient.CallFilter{Operation: tsimclient.Operation(op), Status: status})
	})
	sc.Then(`^a call for (\S+) was refused with (\d+) and points to "([^"]*)"$`, func(op string, status int, pointer string) error {
		err := w.wantCalls(1, tsimclient.CallFilter{Operation: tsimclient.Operation(op), Status: status, Refused: &yes})
		if err == nil && w.calls[0].Pointer != pointer {
			err = fmt.Errorf("it points to %q", w.calls[0].Pointer)
		}
		return err
	})
	sc.Then(`^what was sent of it has "([^"]*)"$`, func(text string) error {
		call, err := w.box.Control.Call(context.Background(), w.calls[0].N)
		if err == nil && !strings.Contains(call.Sent.Text, text) {
			err = fmt.Errorf("it is %s", call.Sent.Text)
		}
		return err
	})
	sc.Then(`^no call is on record$`, func() error { return w.wantCalls(0, tsimclient.CallFilter{}) })
	sc.Then(`^no password, secret or token is on record$`, w.noSecrets)
}

// wantCalls holds the record to so many calls.
func (w *world) wantCalls(n int, f tsimclient.CallFilter) (err error) {
	w.calls, err = w.box.WantCalls(context.Background(), n, f)
	return err
}

// waitForCall asks for the Global profile of a device while it waits for that.
func (w *world) waitForCall(op string) error {
	if err := w.start(); err != nil {
		return err
	}
	done := make(chan error)
	go func() {
		_, err := w.box.Control.Wait(context.Background(), tsimclient.Wait{For: tsimclient.For{
			Calls: &tsimclient.CallsWanted{CallFilter: tsimclient.CallFilter{Operation: tsimclient.Operation(op)}},
		}})
		done <- err
	}()
	err := w.bulk(1, 0, 0)
	w.waited = <-done
	return err
}

// noSecrets looks for what the application has sent and got.
func (w *world) noSecrets() error {
	all, err := w.box.Calls(context.Background(), tsimclient.CallFilter{})
	if err == nil && len(all) == 0 {
		err = errors.New("no call is on record")
	}
	for _, c := range all {
		full, failed := w.box.Control.Call(context.Background(), c.N)
		text := fmt.Sprintf("%+v", full)
		for _, secret := range []string{`"pass"`, `"wrong"`, w.bearer, w.session} {
			if secret != "" && strings.Contains(text, secret) {
				err = fmt.Errorf("%s is on record: %s", secret, text)
			}
		}
		err = errors.Join(err, failed)
	}
	return err
}
