package thingspace

import (
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// progressWords are the statuses of a request. The pages say Failed for the last one, the SDKs
// Failure, and they decode nothing else.
var progressWords = map[sim.Progress]string{sim.Undecided: "Pending", sim.Succeeded: "Success", sim.Failed: "Failure"}

type requestStatus struct {
	RequestID string `json:"requestId"`
	Status    string `json:"status"`
}

// The second version, device by device: as every SDK decodes it, and as its page has it.
type (
	requestStatusV2 struct {
		requestStatus
		SubRequests []subRequest `json:"subrequests"`
	}
	subRequest struct {
		ID     deviceID `json:"ids"`
		Status string   `json:"status"`
	}
	documentedStatusV2 struct {
		requestStatus
		SubRequests []documentedSubRequest `json:"subRequests"`
	}
	documentedSubRequest struct {
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
	if err != nil {
		return reply{}, err
	}
	whole := requestStatus{id, progressWords[status.Progress]}
	if c.sim.Compat().Value(config.Shapes) == "documented" {
		body := documentedStatusV2{whole, make([]documentedSubRequest, len(status.Entries))}
		for i, e := range status.Entries {
			body.SubRequests[i] = documentedSubRequest{listIDs(e.IDs), progressWords[e.Progress]}
		}
		return reply{body: body}, nil
	}
	body := requestStatusV2{whole, make([]subRequest, len(status.Entries))}
	for i, e := range status.Entries {
		body.SubRequests[i] = subRequest{mainID(e.IDs), progressWords[e.Progress]}
	}
	return reply{body: body}, nil
}

// mainID is the identifier that tells the most of those that are there: the ICCID says which profile, else
// the EID which device.
func mainID(ids euicc.IDs) deviceID {
	if ids.ICCID != "" {
		return deviceID{ids.ICCID, euicc.KindICCID.String()}
	}
	return append(listIDs(ids), deviceID{})[0]
}

// listIDs are the identifiers of a device that are there, with the kinds as requests spell them.
func listIDs(ids euicc.IDs) []deviceID {
	list := []deviceID{}
	for kind, id := range ids.All() {
		list = append(list, deviceID{id, kind.String()})
	}
	return list
}
