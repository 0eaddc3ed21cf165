package tsimbox

import (
	"encoding/json"

	"tsim/internal/euicc"
)

// Message is what a listener is told at one attempt to deliver a callback. What it does not have is empty.
type Message struct {
	RequestID          string
	Status             string // SUCCESS, Failed or warning
	FaultCode          string // the faultcode of one that failed
	FaultString        string // its faultstring
	State              string // of the profile or the device
	ProfileStatus      string
	ProfileRole        string
	Plan               string // the servicePlan
	EID, ICCID         string
	IMEI, MDN          string
	Count              int    // which attempt it is, from 1
	Username, Password string // of the registration
	Body               []byte // all of it, as it came
}

// ReadMessage reads the body of a callback. The casing of the keys differs from endpoint to endpoint; here it is one.
func ReadMessage(body []byte) (Message, error) {
	type id struct{ Kind, ID, Identifier string }
	var wire struct {
		RequestID          string
		Username, Password string
		DeviceIDs          []id
		Device             []id // as compat setFallback: legacy has it
		DeviceResponse     struct {
			DeviceProfileResponse struct{ State, ProfileStatus, ProfileRole, ServicePlan string }
		}
		FaultResponse struct{ FaultCode, FaultString string }
		Status        string
		CallbackCount int
	}
	err := json.Unmarshal(body, &wire)
	p := &wire.DeviceResponse.DeviceProfileResponse
	m := Message{
		RequestID: wire.RequestID, Status: wire.Status, FaultCode: wire.FaultResponse.FaultCode, FaultString: wire.FaultResponse.FaultString,
		State: p.State, ProfileStatus: p.ProfileStatus, ProfileRole: p.ProfileRole, Plan: p.ServicePlan,
		Count: wire.CallbackCount, Username: wire.Username, Password: wire.Password, Body: body,
	}
	var ids euicc.IDs
	for _, id := range append(wire.DeviceIDs, wire.Device...) {
		if kind, ok := euicc.ParseKind(id.Kind); ok {
			ids.Set(kind, id.ID+id.Identifier)
		}
	}
	m.EID, m.ICCID, m.IMEI, m.MDN = ids.EID, ids.ICCID, ids.IMEI, ids.MDN
	return m, err
}
