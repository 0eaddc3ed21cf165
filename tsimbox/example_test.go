package tsimbox_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// check stands for what a program does about an error.
func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// Suspend a profile, and hear the callback.
func Example() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx)
	check(err)
	defer func() { check(box.Close(ctx)) }()

	heard, err := box.Listen(ctx)
	check(err)
	request, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
	check(err)
	_, err = box.Settle(ctx)
	check(err)
	all, err := heard.Want(ctx, request, "SUCCESS")
	check(err)
	fmt.Println(all[0].State, all[0].ICCID)

	again, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
	check(err)
	_, err = box.Settle(ctx)
	check(err)
	fmt.Println(heard.Heard(again)[0].FaultString)
	// Output:
	// SUSPENDED 89445000000000000019
	// Profile is already suspended
}

// Many tests on one server: each has a sandbox of its own, with fresh credentials.
func ExampleConnect() {
	ctx := context.Background()
	server, err := tsimbox.Start(ctx) // or "tsim serve" somewhere else
	check(err)
	defer func() { check(server.Close(ctx)) }()

	box, err := tsimbox.Connect(ctx, server.URL, tsimbox.Scenario("two-networks"), tsimbox.Seed(7))
	check(err)
	defer func() { check(box.Close(ctx)) }()
	fmt.Println(box.Name != server.Name, box.AppKey != server.AppKey, box.Seed)
	// Output:
	// true true 7
}

// A listener that refuses twice: the callback comes again every five minutes.
func ExampleSandbox_Listen() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx)
	check(err)
	defer func() { check(box.Close(ctx)) }()

	heard, err := box.Listen(ctx, http.StatusServiceUnavailable, tsimbox.Disconnect, http.StatusOK)
	check(err)
	request, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
	check(err)
	_, err = box.Settle(ctx)
	check(err)
	delivered, err := box.Callbacks(ctx, request)
	check(err)
	attempts := delivered[0].Attempts
	for i, c := range heard.Heard(request) {
		a := attempts[i]
		fmt.Printf("%d after %s: %d %q\n", c.Count, a.At.Sub(attempts[0].At), a.Status, a.Error)
	}
	// Output:
	// 1 after 0s: 503 ""
	// 2 after 5m0s: 0 "reset"
	// 3 after 10m0s: 200 ""
}

// A listener that decides when it sees the callback.
func ExampleSandbox_ListenFunc() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx)
	check(err)
	defer func() { check(box.Close(ctx)) }()

	heard, err := box.ListenFunc(ctx, func(_ context.Context, c tsimbox.Message) tsimbox.Answer {
		if c.Count == 1 {
			return tsimbox.Disconnect
		}
		return http.StatusOK
	})
	check(err)
	request, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
	check(err)
	_, err = box.Settle(ctx)
	check(err)
	fmt.Println(len(heard.Heard(request)), "attempts")
	// Output:
	// 2 attempts
}

// The callback of the device, which is the last one, before those of its profiles: hold all of a request, send one by
// hand, and release the others.
func ExampleSandbox_HoldAll() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx)
	check(err)
	defer func() { check(box.Close(ctx)) }()

	heard, err := box.Listen(ctx)
	check(err)
	request, err := box.Do(ctx, tsimclient.OpDeviceSuspend, tsimbox.IDs{EID: "89001012012341234012345678901224"})
	check(err)
	_, err = box.HoldAll(ctx, tsimclient.HoldFilter{Request: request})
	check(err)
	_, err = box.Settle(ctx)
	check(err)
	held, err := box.Callbacks(ctx, request)
	check(err)
	_, err = box.Fire(ctx, held[2].ID)
	check(err)
	check(box.ReleaseAll(ctx))
	_, err = box.Settle(ctx)
	check(err)
	all := heard.Heard(request)
	fmt.Printf("%d callbacks; the first one is of the EID %s and has the role %q\n", len(all), all[0].EID, all[0].ProfileRole)
	// Output:
	// 3 callbacks; the first one is of the EID 89001012012341234012345678901224 and has the role ""
}

// All devices of a fleet in one call.
func ExampleSandbox_DoAll() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx, tsimbox.Scenario(`name: fleet
credentials: [{appKey: key, appSecret: secret, username: user, password: pass}]
accounts:
  - name: "0000123456-00001"
    plans: [{name: Global Plan, network: global}]
    fleets: [{count: 500, profiles: [{network: global, service: active, status: ENABLE}]}]
`))
	check(err)
	defer func() { check(box.Close(ctx)) }()

	heard, err := box.Listen(ctx)
	check(err)
	fleet, err := box.Fleet(ctx)
	check(err)
	devices := make([]tsimbox.IDs, len(fleet))
	for i, d := range fleet {
		devices[i] = tsimbox.IDs{ICCID: d.ICCIDs[0]}
	}
	request, err := box.DoAll(ctx, tsimclient.OpProfileSuspend, devices)
	check(err)
	_, err = box.Settle(ctx)
	check(err)
	check(box.WantEach(ctx, request, map[string][]string{tsimbox.Others: {"SUCCESS"}}))
	fmt.Println(len(heard.Heard(request)), "callbacks")
	// Output:
	// 500 callbacks
}

// A call for two devices, one of which is suspended already.
func ExampleSandbox_WantEach() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx)
	check(err)
	defer func() { check(box.Close(ctx)) }()

	const first, second = "89445000000000000019", "89445000000000000027"
	_, err = box.Listen(ctx)
	check(err)
	_, err = box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: second})
	check(err)
	request, err := box.DoAll(ctx, tsimclient.OpProfileSuspend, []tsimbox.IDs{{ICCID: first}, {ICCID: second}})
	check(err)
	_, err = box.Settle(ctx)
	check(err)
	fmt.Println(box.WantEach(ctx, request, map[string][]string{
		tsimbox.Others: {"SUCCESS"},
		second:         {"Profile is already suspended"},
	}))
	// Output:
	// <nil>
}

// An application that has an endpoint of its own: tsim knows what it told it, and whether that was acknowledged.
func ExampleSandbox_Want() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx)
	check(err)
	defer func() { check(box.Close(ctx)) }()

	down := true
	application := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if down {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer application.Close()
	check(box.Register(ctx, tsimbox.Registration{URL: application.URL}))
	first, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
	check(err)
	_, err = box.Settle(ctx)
	check(err)
	down = false
	second, err := box.Do(ctx, tsimclient.OpProfileResume, tsimbox.IDs{ICCID: "89445000000000000019"})
	check(err)
	_, err = box.Settle(ctx)
	check(err)

	_, err = box.Want(ctx, first, "SUCCESS, archived") // no attempt was acknowledged
	check(err)
	all, err := box.Want(ctx, second, "SUCCESS")
	check(err)
	fmt.Println(all[0].State)
	// Output:
	// ACTIVE
}

// Waiting for an event, where time moves by itself.
func ExampleSandbox_Wait() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx, tsimbox.Clock(tsimclient.ClockAuto))
	check(err)
	defer func() { check(box.Close(ctx)) }()

	_, err = box.Listen(ctx)
	check(err)
	request, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
	check(err)
	waited, err := box.Wait(ctx, tsimclient.For{Request: request, Kind: tsimclient.EventAttemptAcknowledged}, 10*time.Second)
	check(err)
	fmt.Println(waited.Event.Kind, waited.Event.Detail)
	// Output:
	// attempt.acknowledged 200
}

// An error about a request has its story.
func ExampleRequestError() {
	ctx := context.Background()
	box, err := tsimbox.Start(ctx)
	check(err)
	defer func() { check(box.Close(ctx)) }()

	heard, err := box.Listen(ctx)
	check(err)
	request, err := box.Do(ctx, tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: "89445000000000000019"})
	check(err)
	_, err = heard.Want(ctx, request, "SUCCESS") // but no time has passed
	if told, ok := errors.AsType[*tsimbox.RequestError](err); ok {
		fmt.Println(told.Err)
	}
	// Output:
	// the listener heard [] of the request, want ["SUCCESS"]
}
