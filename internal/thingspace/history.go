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

// eventTypes are the provisioning actions of the history. Activate, Suspend and Restore are the
// page's; it knows none for what only an eUICC does.
var eventTypes = [euicc.NumOps]string{
	euicc.OpActivate:            "Activate",
	euicc.OpActivateEnable:      "Activate Enable",
	euicc.OpDownload:            "Download",
	euicc.OpDownloadEnable:      "Download Enable",
	euicc.OpDownloadDisable:     "Download Disable",
	euicc.OpEnable:              "Enable",
	euicc.OpDisable:             "Disable",
	euicc.OpDelete:              "Delete",
	euicc.OpSetFallback:         "Set Fallback",
	euicc.OpDeactivate:          "Deactivate",
	euicc.OpServicePlan:         "Change Service Plan",
	euicc.OpRenewActivationCode: "Renew Activation Code",
	euicc.OpProfileSuspend:      "Suspend",
	euicc.OpProfileResume:       "Restore",
	euicc.OpDeviceSuspend:       "Suspend",
	euicc.OpDeviceResume:        "Restore",
}

// showHistory is POST …/v1/devices/history/actions/list ("Retrieve device provisioning history"):
// oldest first; who wants more asks again from where it ended.
func showHistory(c *call) (reply, error) {
	from, to := period(c.doc)
	device := idsIn([]any{c.doc.(map[string]any)["deviceId"]})
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
		items[i] = historyItem{
			OccurredAt: wireTime(r.At), Status: "Success", EventBy: r.By, EventType: eventTypes[r.Op], ServicePlan: r.Plan,
			MDN: r.MDN, ExtendedAttributes: []keyValue{{"EID", r.EID}, {"ICCID", r.ICCID}},
		}
		if r.Failed {
			items[i].Status = "Failed"
		}
		if r.MDN != "" {
			items[i].MSISDN = "1" + r.MDN
		}
	}
	return items
}
