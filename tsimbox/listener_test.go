package tsimbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// soon is a delivery timeout that a test can wait for, and that a busy machine answers in; never is one that no test
// waits for.
const (
	soon  = 500 * time.Millisecond
	never = time.Hour
)

// attempts are the answers of a callback as tsim got them: a status, or what happened instead.
func (w *world) attempts(request string) string {
	w.t.Helper()
	var all []string
	for _, c := range w.callbacks(request) {
		for _, a := range c.Attempts {
			all = append(all, fmt.Sprint(a.Status, a.Error))
		}
	}
	return strings.Join(all, " ")
}

func TestListenerAnswersInTurn(t *testing.T) {
	w := start(t)
	heard := w.listen(503, 302, 204)
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.settle()
	all := w.want(heard, request, "SUCCESS", "SUCCESS", "SUCCESS")
	if got, want := w.attempts(request), "503 302 204"; got != want || all[2].Count != 3 {
		t.Errorf("the attempts ended with %s, want %s; the last is %+v", got, want, all[2])
	}
	again := w.do("profile_resume", tsimbox.IDs{ICCID: global}) // the last answer is for ever
	w.settle()
	w.want(heard, again, "SUCCESS")
}

func TestListenerHangs(t *testing.T) {
	t.Parallel()
	w := start(t, tsimbox.DeliveryTimeout(soon))
	heard := w.listen(tsimbox.Hang, 200)
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.settle()
	w.want(heard, request, "SUCCESS", "SUCCESS")
	if got, want := w.attempts(request), "0timeout 200"; got != want {
		t.Errorf("the attempts ended with %s, want %s", got, want)
	}
}

// What hangs does not keep a sandbox from ending.
func TestCloseEndsWhatHangs(t *testing.T) {
	w := start(t, tsimbox.Clock(tsimclient.ClockAuto), tsimbox.DeliveryTimeout(never))
	came := make(chan struct{})
	w.listenFunc(func(context.Context, tsimbox.Message) tsimbox.Answer {
		close(came)
		return tsimbox.Hang
	})
	w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	<-came
	if err := w.box.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestListenerResets(t *testing.T) {
	w := start(t)
	heard := w.listen(tsimbox.Disconnect, 200)
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.settle()
	w.want(heard, request, "SUCCESS", "SUCCESS")
	if got, want := w.attempts(request), "0reset 200"; got != want {
		t.Errorf("the attempts ended with %s, want %s", got, want)
	}
	heard.Answer(tsimbox.InTurn(tsimbox.Disconnect))
	if res, err := http.Post(heard.URL, "application/json", strings.NewReader("{}")); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("the connection ended, and was not reset: %v, %v", res, err)
	}
}

// A listener that answers in time, but not at once; and one whose answer comes too late for the first attempt.
func TestListenerIsLate(t *testing.T) {
	t.Parallel()
	w := start(t)
	heard := w.listenFunc(tsimbox.Late(time.Millisecond, 503, 200))
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.settle()
	w.want(heard, request, "SUCCESS", "SUCCESS")
	if got, want := w.attempts(request), "503 200"; got != want {
		t.Errorf("the attempts ended with %s, want %s", got, want)
	}
	if first := w.callbacks(request)[0].Attempts[0]; first.MS < 1 {
		t.Errorf("the first attempt took %v ms", first.MS)
	}

	w = start(t, tsimbox.DeliveryTimeout(soon))
	heard = w.listenFunc(tsimbox.Late(never, 200))
	request = w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.advance(time.Minute)
	heard.Answer(tsimbox.InTurn())
	w.settle()
	w.want(heard, request, "SUCCESS", "SUCCESS")
	if got, want := w.attempts(request), "0timeout 200"; got != want {
		t.Errorf("the attempts ended with %s, want %s", got, want)
	}
}

// A function sees the callback, and may use the sandbox.
func TestListenerAnswersByAFunction(t *testing.T) {
	w := start(t)
	next := make(chan string, 1)
	heard := w.listenFunc(func(ctx context.Context, c tsimbox.Message) tsimbox.Answer {
		if c.Count < 2 {
			return http.StatusServiceUnavailable
		}
		if c.State == "SUSPENDED" {
			request, err := w.box.Do(ctx, tsimclient.OpProfileResume, tsimbox.IDs{ICCID: c.ICCID})
			if err != nil {
				t.Error(err)
			}
			next <- request
		}
		return http.StatusOK
	})
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.settle()
	w.want(heard, request, "SUCCESS", "SUCCESS")
	if all := w.want(heard, <-next, "SUCCESS", "SUCCESS"); all[1].State != "ACTIVE" {
		t.Errorf("it was resumed: %+v", all[1])
	}
}

func TestListenerThatIsGone(t *testing.T) {
	w := start(t)
	heard := w.listen()
	for range 2 {
		if err := heard.Close(); err != nil {
			t.Error(err)
		}
	}
	request := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.advance(time.Minute)
	w.want(heard, request)
	if got, want := w.attempts(request), "0refused"; got != want {
		t.Errorf("the attempts ended with %s, want %s", got, want)
	}
}

// An answer that HTTP does not have is a mistake of the test, and told as one.
func TestAnswersThatCannotBe(t *testing.T) {
	w := start(t)
	if _, err := w.box.Listen(t.Context(), 200, 100); err == nil || err.Error() != "a listener cannot answer 100; what it can is a status from 200 to 599, Hang or Disconnect" {
		t.Errorf("100: %v", err)
	}
	w.listenFunc(func(context.Context, tsimbox.Message) tsimbox.Answer { return 0 })
	w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.advance(time.Minute)
	if err := w.box.Close(t.Context()); err == nil || err.Error() != "the listener was told to answer 0; what it can is a status from 200 to 599, Hang or Disconnect" {
		t.Errorf("0: %v", err)
	}
	if _, err := w.box.Listen(t.Context()); err == nil || err.Error() != "the sandbox is closed" {
		t.Errorf("closed: %v", err)
	}
}

// A function that panics belongs to the test, which is told so, with the place, and not once for each attempt. It keeps
// nobody else from answering.
func TestFunctionThatPanics(t *testing.T) {
	w := start(t)
	heard := w.listenFunc(func(context.Context, tsimbox.Message) tsimbox.Answer { panic("my bug") })
	request := w.do("device_suspend", tsimbox.IDs{EID: eid})
	w.advance(time.Minute)
	heard.Answer(func(context.Context, tsimbox.Message) tsimbox.Answer { panic("my other bug") })
	w.settle()
	if got, want := w.attempts(request), "0reset 0reset 0reset 0reset"; !strings.HasPrefix(got, want) {
		t.Errorf("the attempts ended with %s, want %s", got, want)
	}
	err := w.box.Close(t.Context())
	if err == nil {
		t.Fatal("nothing was told")
	}
	const panicked = "the function that answers for the listener panicked: my "
	if text := err.Error(); !strings.HasPrefix(text, panicked+"bug\ngoroutine ") || !strings.Contains(text, "tsimbox_test.TestFunctionThatPanics.func1(") ||
		strings.Count(text, panicked) != 1 || !strings.HasSuffix(text, "\nand 11 more of the same listener") {
		t.Errorf("it says\n%s", text)
	}
}

// A listener without a function is a mistake at the place where it was made.
func TestNoFunction(t *testing.T) {
	w := start(t)
	const want = "a listener needs a function that answers, such as InTurn(200), and this one is nil"
	if _, err := w.box.ListenFunc(t.Context(), nil); err == nil || err.Error() != want {
		t.Errorf("ListenFunc: %v", err)
	}
	heard := w.listen()
	defer func() {
		if got := fmt.Sprint(recover()); got != want {
			t.Errorf("Answer: %v", got)
		}
	}()
	heard.Answer(nil)
}

// What comes and is no callback is told at the end, and what is no JSON does not go unnoticed.
func TestCallbackThatCannotBeRead(t *testing.T) {
	w := start(t)
	heard := w.listen()
	res, err := http.Post(heard.URL, "application/json", strings.NewReader("{"))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
	heard.Heard("of a request")
	if err := w.box.Close(t.Context()); err == nil || err.Error() != "a callback came that cannot be read: unexpected end of JSON input in {" {
		t.Errorf("%v", err)
	}
}

// Each casing is read, faults have a code and a string, and a callback has what its listener registered with.
func TestCallbacksAreRead(t *testing.T) {
	w := start(t, tsimbox.Scenario(small+"compat: {setFallback: legacy}\n"))
	heard := w.listen()
	if err := w.box.Register(t.Context(), tsimbox.Registration{URL: heard.URL, Username: "user", Password: "pass"}); err != nil {
		t.Fatal(err)
	}
	only, both := tsimbox.IDs{ICCID: global}, tsimbox.IDs{EID: eid, ICCID: global}
	good := tsimbox.Message{Status: "SUCCESS", State: "SUSPENDED", ProfileStatus: "DISABLE", ProfileRole: "LOCAL"}
	for _, c := range []struct {
		op   tsimclient.Operation
		ids  tsimbox.IDs
		want tsimbox.Message
	}{
		{"profile_suspend", only, good},
		{"setfallbackattribute", both, good},
		{"profile_suspend", only, tsimbox.Message{
			Status: "Failed", FaultCode: "UnifiedWebService.REQUEST_FAILED.ProfileAlreadySuspended", FaultString: "Profile is already suspended",
		}},
	} {
		request := w.do(c.op, c.ids)
		w.settle()
		all := heard.Heard(request)
		if len(all) != 1 || len(all[0].Body) == 0 {
			t.Fatalf("%s: heard %+v", c.op, all)
		}
		want := c.want
		want.RequestID, want.EID, want.ICCID, want.IMEI, want.MDN = request, eid, global, "490154203237518", "5415550101"
		want.Count, want.Username, want.Password, want.Body = 1, "user", "pass", all[0].Body
		if !reflect.DeepEqual(all[0], want) {
			t.Errorf("%s: heard %+v\nwant %+v", c.op, all[0], want)
		}
	}
	// A list has another shape; what it has in common is read.
	_, reply := w.call("POST", "/api/m2m/v2/devices/actions/list", map[string]any{"accountName": w.box.Account})
	var accepted struct{ RequestID string }
	if err := json.Unmarshal(reply, &accepted); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.want(heard, accepted.RequestID, "SUCCESS")
}

const small = `name: small
credentials: [{appKey: k, appSecret: s, username: u, password: p}]
accounts:
  - name: A-1
    plans: [{name: US Plan, network: us}, {name: Global Plan, network: global}, {name: Global Plus, network: global}]
    devices:
      - eid: "` + eid + `"
        imei: "490154203237518"
        profiles:
          - {iccid: "` + lead + `", network: us, service: active, status: ENABLE, mdn: "5415550100"}
          - {iccid: "` + global + `", network: global, service: active, status: DISABLE, mdn: "5415550101"}
`
