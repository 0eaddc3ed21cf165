package thingspace

import (
	"net/http"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// maxRecords is how many records an answer has ("Retrieve device provisioning history").
const maxRecords = 500

type (
	historyReply struct {
		HasMoreData         bool          `json:"hasMoreData"`
		ProvisioningHistory []historyItem `json:"provisioningHistory"`
	}
	historyItem struct {
		OccurredAt         string     `json:"occurredAt"`
		Status             string     `json:"status"`
		EventBy            string     `json:"eventBy"`
		EventType          string     `json:"eventType"`
		ServicePlan        string     `json:"servicePlan"`
		MDN                string     `json:"mdn"`
		MSISDN             string     `json:"msisdn"`
		ExtendedAttributes []keyValue `json:"extendedAttributes"`
	}
)

// showHistory is POST …/v1/devices/history/actions/list ("Retrieve device provisioning history"):
// oldest first; who wants more asks again from where it ended.
func showHistory(c *call) (reply, error) {
	from, to := period(c.doc)
	device := readIDs([]any{c.doc.(map[string]any)["deviceId"]})
	records, more, err := c.sim.History(&sim.HistoryFilter{Devices: []euicc.IDs{device}, From: from, To: to}, maxRecords)
	page := historyReply{more, historyItems(records)}
	rep := reply{body: []historyReply{page}} // a list of one page: so all the SDKs decode it
	if c.sim.Compat().Value(config.Shapes) == "documented" {
		rep.body = page
	}
	if more {
		rep.status = http.StatusAccepted
	}
	return rep, err
}

func historyItems(records []sim.Record) []historyItem {
	items := make([]historyItem, len(records))
	for i, r := range records {
		ids := euicc.IDs{MDN: r.MDN}
		items[i] = historyItem{
			OccurredAt: wireTime(r.At), Status: "Success", EventBy: r.By, EventType: actionOf[r.Op].event, ServicePlan: r.Plan,
			MDN: r.MDN, MSISDN: ids.Get(euicc.KindMSISDN), ExtendedAttributes: []keyValue{{"EID", r.EID}, {"ICCID", r.ICCID}},
		}
		if r.Failed {
			items[i].Status = "Failed"
		}
	}
	return items
}
