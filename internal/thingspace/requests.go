package thingspace

import (
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// progressWords are the statuses of a request. The pages say Failed for the last one, the SDKs
// Failure, and they decode nothing else.
var progressWords = map[sim.Progress]string{sim.Undecided: "Pending", sim.Succeeded: "Success", sim.Failed: "Failure"}

type (
	requestStatus struct {
		RequestID string `json:"requestId"`
		Status    string `json:"status"`
	}
	requestStatusV2 struct {
		RequestID   string       `json:"requestId"`
		Status      string       `json:"status"`
		SubRequests []subRequest `json:"subRequests"`
	}
	subRequest struct {
		IDs    []deviceID `json:"ids"`
		Status string     `json:"status"`
	}
)

// statusOfRequest is GET …/v1/accounts/{account}/requests/{request}/status ("Get the status of an
// asynchronous request").
func statusOfRequest(c *call) (reply, error) {
	id := c.vars["request"]
	status, err := c.sim.Status(c.vars["account"], id)
	return reply{body: requestStatus{id, progressWords[status.Progress]}}, err
}

// statusOfRequestV2 is the same of /v2 (page for eUICC), device by device.
func statusOfRequestV2(c *call) (reply, error) {
	id := c.vars["request"]
	status, err := c.sim.Status(c.vars["account"], id)
	body := requestStatusV2{id, progressWords[status.Progress], make([]subRequest, len(status.Entries))}
	for i, e := range status.Entries {
		body.SubRequests[i] = subRequest{idsOf(e.IDs), progressWords[e.Progress]}
	}
	return reply{body: body}, err
}

// idsOf are the identifiers of a device that are there, with the kinds as requests spell them.
func idsOf(ids euicc.IDs) []deviceID {
	list := []deviceID{}
	for _, id := range []deviceID{{ids.EID, "eid"}, {ids.ICCID, "iccid"}, {ids.IMEI, "imei"}, {ids.MDN, "mdn"}} {
		if id.ID != "" {
			list = append(list, id)
		}
	}
	return list
}
