package control

import (
	"fmt"
	"net/http"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// steer is the handler of one thing that can be done to a callback.
func steer(do sim.Steering) func(*call) (any, error) {
	return func(c *call) (any, error) {
		id, err := c.callbackID()
		if err != nil {
			return nil, err
		}
		cb, err := c.box.Steer(id, do)
		if err != nil {
			return nil, err
		}
		return c.callbackView(&cb), nil
	}
}

func fire(c *call) (any, error) {
	id, err := c.callbackID()
	if err != nil {
		return nil, err
	}
	cb, err := c.box.Fire(c.ctx, id)
	if err != nil && c.ctx.Err() != nil {
		err = &tsimclient.Error{Status: http.StatusServiceUnavailable, Message: "the callback was sent, but its answer was not waited for"}
	}
	if err != nil {
		return nil, err
	}
	return c.callbackView(&cb), nil
}

func (c *call) callbackID() (uint64, error) { return c.callbackNumber("id") }

// callbackNumber is the number of a callback in a part of the path.
func (c *call) callbackNumber(part string) (uint64, error) {
	id, ok := number(c.path(part))
	if !ok {
		return 0, &tsimclient.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("no callback %q", bound.Short(c.path(part))), Hint: "callbacks are numbered from 1"}
	}
	return id, nil
}
