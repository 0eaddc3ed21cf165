package thingspace

import (
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// findingsBody is the callback of a query. The pages of both are cut off where it begins: a list with
// requestId, a history with username, password and requestId. The rest is as everywhere.
type findingsBody struct {
	Username             *string        `json:"username,omitempty"`
	Password             *config.Secret `json:"password,omitempty"`
	RequestID            string         `json:"requestId"`
	DeviceIDs            []deviceID     `json:"deviceIds,omitempty"`
	DeviceResponse       any            `json:"deviceResponse,omitempty"`
	FaultResponse        *faultResponse `json:"faultResponse,omitempty"`
	Status               string         `json:"status"`
	CallbackCount        int            `json:"callbackCount"`
	MaxCallbackThreshold int            `json:"maxCallbackThreshold"`
}

type (
	lineList struct {
		HasMoreData bool       `json:"hasMoreData"`
		Devices     []lineItem `json:"devices"`
	}
	lineItem struct {
		AccountName        string     `json:"accountName"`
		DeviceIDs          []deviceID `json:"deviceIds"`
		CarrierName        string     `json:"carrierName"`
		ServicePlan        string     `json:"servicePlan"`
		ProvisioningStatus string     `json:"provisioningStatus"`
		ProfileStatus      string     `json:"profileStatus"`
		ProfileRole        string     `json:"profileRole"`
	}
)

// encodeFindings is the body of a query's callback at one of its attempts.
func encodeFindings(compat config.Compat, f *sim.Facts, callbackCount, threshold int) []byte {
	found, q := f.Findings, f.Request.Query
	body := findingsBody{RequestID: f.Request.ID, Status: f.Outcome.Status().String(), CallbackCount: callbackCount, MaxCallbackThreshold: threshold}
	if q.History != nil || f.Listener.Username != "" || f.Listener.Password != "" {
		body.Username, body.Password = &f.Listener.Username, &f.Listener.Password
	}
	var asked []euicc.IDs
	switch {
	case q.Lines != nil:
		asked = q.Lines.Devices
		body.DeviceResponse = lineList{found.More, lineItems(found.Lines)}
	case f.Outcome.Fault != euicc.OK:
		asked = q.History.Devices
		body.FaultResponse = fault(compat, f)
	default:
		asked = q.History.Devices
		body.DeviceResponse = historyReply{found.More, historyItems(found.Records)}
	}
	for _, ids := range asked {
		body.DeviceIDs = append(body.DeviceIDs, listIDs(ids)...)
	}
	return encodeJSON(body)
}

func lineItems(lines []sim.Line) []lineItem {
	items := make([]lineItem, len(lines))
	for i := range lines {
		l := &lines[i]
		p := &l.Profile
		items[i] = lineItem{
			AccountName: l.Account, DeviceIDs: listIDs(euicc.IDs{EID: l.EID, ICCID: p.ICCID, IMEI: l.IMEI, MDN: p.MDN}),
			CarrierName: defaultCarrier, ServicePlan: p.Plan, ProvisioningStatus: provisioningStates[p.State()][0],
			ProfileStatus: p.Status.String(), ProfileRole: p.Role.String(),
		}
	}
	return items
}
