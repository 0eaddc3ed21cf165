package control

import (
	"fmt"
	"net/http"

	"tsim/internal/bound"
	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// holdFilter is what the conditions choose.
func holdFilter(h *tsimclient.HoldFilter) (sim.HoldFilter, error) {
	m := sim.HoldFilter{Request: h.Request, Account: h.Account, EID: h.EID, ICCID: h.ICCID}
	if h.Operation != "" {
		word := string(h.Operation)
		op, ok := euicc.Parse[euicc.Op](word)
		if !ok {
			return m, bad(suggest(word, euicc.Words[euicc.Op](), "operations"), "no operation %q", bound.Short(word))
		}
		m.Op = &op
	}
	switch device := h.Level == tsimclient.LevelDevice; h.Level {
	case tsimclient.LevelDevice, tsimclient.LevelProfile:
		m.Device = &device
	case "":
	default:
		word, levels := string(h.Level), []string{string(tsimclient.LevelDevice), string(tsimclient.LevelProfile)}
		return m, bad(suggest(word, levels, "levels"), "no level %q", bound.Short(word))
	}
	return m, nil
}

func holdingView(h sim.Holding) tsimclient.Hold {
	v := tsimclient.Hold{ID: h.ID, HoldFilter: tsimclient.HoldFilter{Request: h.Request, Account: h.Account, EID: h.EID, ICCID: h.ICCID}, Callbacks: h.Callbacks}
	if h.Op != nil {
		v.Operation = tsimclient.Operation(h.Op.String())
	}
	if h.Device != nil {
		v.Level = tsimclient.LevelProfile
		if *h.Device {
			v.Level = tsimclient.LevelDevice
		}
	}
	if v.HoldFilter == (tsimclient.HoldFilter{}) {
		v.Note = "it has no condition: it holds every callback, those to come included"
	}
	return v
}

func makeHold(c *call) (any, error) {
	var h tsimclient.HoldFilter
	if err := c.decodeOptional(&h); err != nil {
		return nil, err
	}
	m, err := holdFilter(&h)
	if err != nil {
		return nil, err
	}
	holding, err := c.box.HoldAll(m)
	if err != nil {
		return nil, err
	}
	return replyWithStatus{http.StatusCreated, holdingView(holding)}, nil
}

func listHolds(c *call) (any, error) {
	after, limit, err := c.page()
	if err != nil {
		return nil, err
	}
	return pages(c.box, "holds", after, limit, c.box.Holds, func(h *sim.Holding) uint64 { return h.ID }, nil, func(h *sim.Holding) any {
		return holdingView(*h)
	}), nil
}

func liftHold(c *call) (any, error) {
	id, ok := number(c.path("id"))
	if !ok {
		return nil, &tsimclient.Error{Status: http.StatusNotFound, Message: fmt.Sprintf("no hold %q", bound.Short(c.path("id"))), Hint: "holds are numbered from 1"}
	}
	released, err := c.box.Lift(id)
	if err != nil {
		return nil, err
	}
	return tsimclient.Released{Callbacks: released}, nil
}

func releaseAll(c *call) (any, error) { return tsimclient.Released{Callbacks: c.box.ReleaseAll()}, nil }
