package control

import (
	"fmt"
	"net/http"

	"tsim/internal/bound"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// Hold chooses the callbacks to hold, those to come included; what is empty chooses all.
type Hold struct {
	Request   string `json:"request,omitempty"`
	Account   string `json:"account,omitempty"`
	Operation string `json:"operation,omitempty"`
	EID       string `json:"eid,omitempty"`
	ICCID     string `json:"iccid,omitempty"`
	Level     string `json:"level,omitempty"` // LevelProfile or LevelDevice
}

// Holding is a hold that is in force, and how many callbacks it holds now.
type Holding struct {
	ID uint64 `json:"id"`
	Hold
	Callbacks int    `json:"callbacks"`
	Note      string `json:"note,omitempty"` // what could surprise about it
}

// HoldList is a page of holds; Next is what to pass as after for the next one.
type HoldList struct {
	Holds []Holding `json:"holds"`
	Next  string    `json:"next,omitempty"`
}

// Released is how many callbacks were released.
type Released struct {
	Callbacks int `json:"callbacks"`
}

// match is what the conditions choose.
func (h *Hold) match() (sim.Match, error) {
	m := sim.Match{Request: h.Request, Account: h.Account, EID: h.EID, ICCID: h.ICCID}
	if h.Operation != "" {
		op, ok := euicc.Parse[euicc.Op](h.Operation)
		if !ok {
			return m, bad(suggest(h.Operation, euicc.Words[euicc.Op](), "operations"), "no operation %q", bound.Short(h.Operation))
		}
		m.Op = &op
	}
	switch device := h.Level == LevelDevice; h.Level {
	case LevelDevice, LevelProfile:
		m.Device = &device
	case "":
	default:
		levels := []string{LevelDevice, LevelProfile}
		return m, bad(suggest(h.Level, levels, "levels"), "no level %q", bound.Short(h.Level))
	}
	return m, nil
}

func holdingView(h sim.Holding) Holding {
	v := Holding{ID: h.ID, Hold: Hold{Request: h.Request, Account: h.Account, EID: h.EID, ICCID: h.ICCID}, Callbacks: h.Callbacks}
	if h.Op != nil {
		v.Operation = h.Op.String()
	}
	if h.Device != nil {
		v.Level = LevelProfile
		if *h.Device {
			v.Level = LevelDevice
		}
	}
	if v.Hold == (Hold{}) {
		v.Note = "it has no condition: it holds every callback, those to come included"
	}
	return v
}

func makeHold(c *call) (any, error) {
	var h Hold
	if err := c.decodeOptional(&h); err != nil {
		return nil, err
	}
	m, err := h.match()
	if err != nil {
		return nil, err
	}
	holding, err := c.box.HoldAll(m)
	if err != nil {
		return nil, err
	}
	return answer{http.StatusCreated, holdingView(holding)}, nil
}

func listHolds(c *call) (any, error) {
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	return pages(c.box, "holds", after, limit, c.box.Holds, func(h *sim.Holding) uint64 { return h.ID }, func(h *sim.Holding) any {
		return holdingView(*h)
	}), nil
}

func liftHold(c *call) (any, error) {
	id, ok := number(c.path("id"))
	if !ok {
		return nil, &Error{Status: http.StatusNotFound, Msg: fmt.Sprintf("no hold %q", bound.Short(c.path("id"))), Hint: "holds are numbered from 1"}
	}
	released, err := c.box.Lift(id)
	if err != nil {
		return nil, err
	}
	return Released{released}, nil
}

func releaseAll(c *call) (any, error) { return Released{c.box.ReleaseAll()}, nil }
