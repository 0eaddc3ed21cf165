package tsimclient_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

const global = "89445000000000000019"

// running is a tsim with a listener, and a client of its control surface: for "tsim serve" on this machine, that is
// tsimclient.Client{BaseURL: "http://127.0.0.1:8080"}.
func running() (*tsimbox.Sandbox, *tsimclient.Client) {
	box, err := tsimbox.Start(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if _, err := box.Listen(context.Background()); err != nil {
		log.Fatal(err)
	}
	return box, box.Control
}

// suspend is what an application does.
func suspend(box *tsimbox.Sandbox) (request string) {
	request, err := box.Do(context.Background(), tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: global})
	if err != nil {
		log.Fatal(err)
	}
	return request
}

// Let five minutes pass; what is due in them is delivered when the call returns.
func ExampleClient_Advance() {
	ctx := context.Background()
	box, c := running()
	defer func() { _ = box.Close(ctx) }()

	suspend(box)
	done, err := c.Advance(ctx, tsimclient.Advance{By: "5m"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(done.Now.Sub(done.From), done.Delivered, "delivered", done.Pending, "pending")
	// Output:
	// 5m0s 1 delivered 0 pending
}

// Keep the callback back, look at it, and let it go.
func ExampleClient_Hold() {
	ctx := context.Background()
	box, c := running()
	defer func() { _ = box.Close(ctx) }()

	hold, err := c.HoldAll(ctx, tsimclient.HoldFilter{Operation: tsimclient.OpProfileSuspend})
	if err != nil {
		log.Fatal(err)
	}
	request := suspend(box)
	done, err := c.Advance(ctx, tsimclient.Advance{Until: tsimclient.Idle})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("held:", done.Held)
	held, err := c.AllCallbacks(ctx, tsimclient.CallbackFilter{Request: request}, 10)
	if err != nil {
		log.Fatal(err)
	}
	fired, err := c.Fire(ctx, held[0].ID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(held[0].State, "and then", fired.State, fired.Attempts[0].Status)
	if _, err := c.LiftHold(ctx, hold.ID); err != nil {
		log.Fatal(err)
	}
	// Output:
	// held: 1
	// held and then delivered 200
}

// A wait that is in vain says why.
func ExampleClient_Wait() {
	ctx := context.Background()
	box, c := running()
	defer func() { _ = box.Close(ctx) }()

	request := suspend(box)
	_, err := c.Wait(ctx, tsimclient.Wait{For: tsimclient.For{Request: request, Callbacks: 1}, Timeout: "1ms"})
	if told, ok := errors.AsType[*tsimclient.Error](err); ok {
		fmt.Println(told.Status, told.Message)
		fmt.Println(told.Pending[0].Operation, "is pending")
	}
	if _, err := c.Advance(ctx, tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
		log.Fatal(err)
	}
	_, err = c.Wait(ctx, tsimclient.Wait{For: tsimclient.For{Request: request, Callbacks: 1}})
	fmt.Println(err)
	// Output:
	// 408 it has not come true within 1ms
	// profile_suspend is pending
	// <nil>
}

// What happened, and because of what.
func ExampleClient_Events() {
	ctx := context.Background()
	box, c := running()
	defer func() { _ = box.Close(ctx) }()

	request := suspend(box)
	if _, err := c.Advance(ctx, tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
		log.Fatal(err)
	}
	list, err := c.Events(ctx, tsimclient.EventFilter{}, tsimclient.Page{})
	if err != nil {
		log.Fatal(err)
	}
	for _, e := range list.Events {
		if e.Request == request {
			fmt.Println(e.Kind)
		}
	}
	// Output:
	// request.accepted
	// operation.succeeded
	// attempt.sent
	// attempt.acknowledged
}

// A device that loses its power, and a reset that gives it back.
func ExampleClient_PatchDevice() {
	ctx := context.Background()
	box, c := running()
	defer func() { _ = box.Close(ctx) }()

	const eid = "89001012012341234012345678901224"
	d, err := c.PatchDevice(ctx, eid, tsimclient.DevicePatch{Powered: new(false)})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("powered:", d.Powered)
	if _, err := c.Reset(ctx, tsimclient.KeepListeners, tsimclient.KeepTokens); err != nil {
		log.Fatal(err)
	}
	if d, err = c.Device(ctx, eid); err != nil {
		log.Fatal(err)
	}
	fmt.Println("powered:", d.Powered)
	// Output:
	// powered: false
	// powered: true
}
