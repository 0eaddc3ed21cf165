package thingspace

import (
	"slices"
	"strings"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// provisioningStates are the words of provisioningStatusFilter that lines can have; the others are
// known, and no line has them ("Retrieve the global device list (for eUICC)"). The first word of a
// state is the one that the list answers.
var provisioningStates = [...][]string{
	euicc.StatePreActive: {"PRE_ACTIVE"},
	euicc.StateActive:    {"ACTIVE", "ACTIVATED"},
	euicc.StateSuspended: {"SUSPEND"},
	euicc.StateDeactive:  {"DEACTIVE", "DEACTIVATED"},
}

// queryLines is POST …/v2/devices/actions/list ("Retrieve the global device list (for eUICC)").
func queryLines(c *call) (reply, error) {
	f := &sim.LineFilter{Account: text(c.doc, "accountName"), Devices: filterIDs(c.doc)}
	if word := text(c.doc, "provisioningStatusFilter"); word != "" {
		state := slices.IndexFunc(provisioningStates[:], func(words []string) bool { return slices.Contains(words, word) })
		f.State, f.Nothing = new(euicc.State), state < 0
		*f.State = euicc.State(max(state, 0))
	}
	if word := text(c.doc, "profileStatusFilter"); word != "" {
		status, ok := euicc.Parse[euicc.Status](word)
		f.Status = &status
		f.Nothing = f.Nothing || !ok
	}
	carrier := text(c.doc, "carrierNameFilter")
	f.Nothing = f.Nothing || carrier != "" && !strings.EqualFold(carrier, defaultCarrier)
	return submitQuery(c, &sim.Query{Lines: f})
}

// queryHistory is POST …/v2/devices/history/actions/list ("Retrieve device provisioning history (for
// eUICC)").
func queryHistory(c *call) (reply, error) {
	from, to := period(c.doc)
	return submitQuery(c, &sim.Query{History: &sim.HistoryFilter{
		Account: text(c.doc, "accountName"), Devices: filterIDs(c.doc), From: from, To: to,
	}})
}

// submitQuery accepts a query; its answer comes by callback.
func submitQuery(c *call, q *sim.Query) (reply, error) {
	r, err := c.sim.Submit(c.withRule(sim.Request{Account: text(c.doc, "accountName"), Query: q, Session: c.session}))
	if err != nil {
		return reply{}, err
	}
	return reply{body: acceptedReply{r.ID}, accepted: r, from: c.sim}, nil
}

// filterIDs reads deviceFilter: a list of identifiers, any of which counts. An example has one object.
func filterIDs(doc any) []euicc.IDs {
	filter := doc.(map[string]any)["deviceFilter"]
	list, many := filter.([]any)
	if !many && filter != nil {
		list = []any{filter}
	}
	var devices []euicc.IDs
	for _, id := range list {
		devices = append(devices, readIDs([]any{id}))
	}
	return devices
}
