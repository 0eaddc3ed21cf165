package control

import (
	"fmt"
	"net/http"

	"tsim/internal/euicc"
	"tsim/internal/sim"
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
		err = &Error{Status: http.StatusServiceUnavailable, Msg: "the callback was sent, but its answer was not waited for"}
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
		return 0, &Error{Status: http.StatusNotFound, Msg: fmt.Sprintf("no callback %q", c.path(part)), Hint: "callbacks are numbered from 1"}
	}
	return id, nil
}

// Hold chooses the callbacks to hold, those to come included; what is empty chooses all.
type Hold struct {
	Request   string `json:"request,omitempty"`
	Account   string `json:"account,omitempty"`
	Operation string `json:"operation,omitempty"`
	EID       string `json:"eid,omitempty"`
	ICCID     string `json:"iccid,omitempty"`
	Level     string `json:"level,omitempty"` // LevelProfile or LevelDevice
}

// Steered is how many callbacks were held or released.
type Steered struct {
	Callbacks int `json:"callbacks"`
}

func holdAll(c *call) (any, error) {
	var h Hold
	if err := c.decodeOptional(&h); err != nil {
		return nil, err
	}
	m := sim.Match{Request: h.Request, Account: h.Account, EID: h.EID, ICCID: h.ICCID}
	if h.Operation != "" {
		op, ok := euicc.Parse[euicc.Op](h.Operation)
		if !ok {
			return nil, bad(suggest(h.Operation, euicc.Words[euicc.Op](), "operations"), "no operation %q", h.Operation)
		}
		m.Op = &op
	}
	switch device := h.Level == LevelDevice; h.Level {
	case LevelDevice, LevelProfile:
		m.Device = &device
	case "":
	default:
		levels := []string{LevelDevice, LevelProfile}
		return nil, bad(suggest(h.Level, levels, "levels"), "no level %q", h.Level)
	}
	return Steered{c.box.HoldAll(m)}, nil
}

func releaseAll(c *call) (any, error) { return Steered{c.box.ReleaseAll()}, nil }
