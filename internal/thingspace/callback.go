package thingspace

import (
	"bytes"
	"cmp"
	"encoding/json"
	"strings"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/sim"
)

// shape is how the callbacks of one endpoint are spelled.
type shape struct {
	ids         []kindSpelling // in this order
	active      string         // the word for the state ACTIVE; "" for that very word
	credentials bool           // username and password are there even when the listener has none
	plan        bool           // servicePlan
	euicc       bool           // the euicc… fields of a success
	carrier     bool           // carrierName
	legacy      bool           // has an older spelling, see compat setFallback
}

// kindSpelling is a kind of identifier in the casing of an endpoint.
type kindSpelling struct {
	kind euicc.Kind
	word string
}

// kinds are those that the words name.
func kinds(words ...string) []kindSpelling {
	all := make([]kindSpelling, len(words))
	for i, word := range words {
		kind, ok := euicc.ParseKind(word)
		if !ok {
			panic("no kind of identifier is called " + word) // a row of the endpoint table
		}
		all[i] = kindSpelling{kind, word}
	}
	return all
}

// defaultCarrier is the carrier of a request that names none (page "Deactivate a device", eUICC).
const defaultCarrier = "Verizon Wireless"

// The wire structs of a callback; the order of the fields is the order on the wire.
type (
	callbackBody struct {
		Username             *string         `json:"username,omitempty"`
		Password             *config.Secret  `json:"password,omitempty"`
		RequestID            string          `json:"requestId"`
		DeviceIDs            []deviceID      `json:"deviceIds"`
		DeviceResponse       *deviceResponse `json:"deviceResponse,omitempty"`
		FaultResponse        *faultResponse  `json:"faultResponse,omitempty"`
		Status               string          `json:"status"`
		CallbackCount        int             `json:"callbackCount"`
		MaxCallbackThreshold int             `json:"maxCallbackThreshold"`
	}
	deviceID struct {
		ID   string `json:"id"`
		Kind string `json:"kind"`
	}
	deviceResponse struct {
		DeviceProfileResponse profileResponse `json:"deviceProfileResponse"`
	}
	profileResponse struct {
		DeviceIdentifierCollection []deviceID `json:"deviceIdentifierCollection"`
		State                      string     `json:"state"`
		ServicePlan                *string    `json:"servicePlan,omitempty"`
		ProfileStatus              string     `json:"profileStatus,omitempty"`
		euiccStatus
		SubAddressStatus string `json:"euiccSubAddressUpdateStatus,omitempty"`
		SubAddressCode   string `json:"euiccSubAddressUpdateStatusCode,omitempty"`
		SubAddressDesc   string `json:"euiccSubAddressUpdateStatusDesc,omitempty"`
		CarrierName      string `json:"carrierName,omitempty"`
		ProfileRole      string `json:"profileRole,omitempty"`
	}
	faultResponse struct {
		Code   string `json:"faultcode"`
		String string `json:"faultstring"`
		euiccStatus
	}
	euiccStatus struct {
		Status string `json:"euiccStatus,omitempty"`
		Code   string `json:"euiccStatusCode,omitempty"`
		Desc   string `json:"euiccStatusDesc,omitempty"`
	}
)

// Encode is the body of a callback at one of its attempts, as it is sent: effect is what a rule does to that, or nil.
// Nothing but callbackCount changes from attempt to attempt.
func Encode(compat config.Compat, f *sim.Facts, callbackCount, threshold int, effect *rule.Callback) []byte {
	body := encodeMessage(compat, f, callbackCount, threshold)
	if effect == nil {
		return body
	}
	if effect.Merge != "" {
		body = mergePatch(body, []byte(effect.Merge))
	}
	if effect.Truncates {
		body = body[:min(effect.Truncate, len(body))]
	}
	return body
}

func encodeMessage(compat config.Compat, f *sim.Facts, callbackCount, threshold int) []byte {
	if f.Request.Query != nil {
		return encodeFindings(compat, f, callbackCount, threshold)
	}
	shape := actionOf[f.Request.Op].callback
	body := callbackBody{
		RequestID: f.Request.ID, DeviceIDs: shape.identify(f),
		Status: f.Outcome.Status().String(), CallbackCount: callbackCount, MaxCallbackThreshold: threshold,
	}
	switch l := f.Listener; {
	case l.Username != "" || l.Password != "":
		body.Username, body.Password = &l.Username, &l.Password
	case shape.credentials && f.Outcome.Fault == euicc.OK:
		body.Username, body.Password = &f.Request.By, &l.Password // "the username making the request"
	case shape.credentials:
		body.Username, body.Password = &l.Username, &l.Password // as the one published fault has them
	}
	if f.Outcome.Fault != euicc.OK {
		body.FaultResponse = fault(compat, f)
	} else {
		body.DeviceResponse = &deviceResponse{shape.response(compat, f, body.DeviceIDs)}
	}
	if shape.legacy && compat.Value(config.SetFallback) == "legacy" {
		return encodeJSON(body.older(f))
	}
	return encodeJSON(body)
}

// olderBody is a callback of the page "Set fallback attribute" of the older portal, which spells what
// comes first in its own way. What its sample does not show is as everywhere.
type olderBody struct {
	Username             string          `json:"username"`
	Password             config.Secret   `json:"password"`
	RequestID            string          `json:"RequestId"`
	Device               []olderID       `json:"Device"`
	DeviceResponse       *deviceResponse `json:"deviceResponse,omitempty"`
	FaultResponse        *faultResponse  `json:"faultResponse,omitempty"`
	Status               string          `json:"status"`
	CallbackCount        int             `json:"callbackCount"`
	MaxCallbackThreshold int             `json:"maxCallbackThreshold"`
}

type olderID struct {
	Kind       string `json:"Kind"`
	Identifier string `json:"Identifier"`
}

func (b *callbackBody) older(f *sim.Facts) olderBody {
	o := olderBody{
		Username: f.Listener.Username, Password: f.Listener.Password, RequestID: b.RequestID,
		DeviceResponse: b.DeviceResponse, FaultResponse: b.FaultResponse, Status: b.Status,
		CallbackCount: b.CallbackCount, MaxCallbackThreshold: b.MaxCallbackThreshold,
	}
	for _, id := range b.DeviceIDs {
		o.Device = append(o.Device, olderID{strings.ToLower(id.Kind), id.ID})
	}
	return o
}

// response is what a success says of the profile, or of the device as a whole: then of its LEAD, where the
// sample beside the note on devices with several profiles is followed (compat deviceCallback).
func (s *shape) response(compat config.Compat, f *sim.Facts, ids []deviceID) profileResponse {
	out, p := &f.Outcome, &f.Outcome.Profile
	r := profileResponse{DeviceIdentifierCollection: ids, State: out.State.String()}
	if out.State == euicc.StateActive && s.active != "" {
		r.State = s.active
	}
	if out.Device && (compat.Value(config.DeviceCallback) == "short" || p.ICCID == "") {
		return r
	}
	r.ProfileStatus, r.ProfileRole = p.Status.String(), p.Role.String()
	if f.Request.Op == euicc.OpDownload && compat.Value(config.DownloadStatus) == "sample" {
		r.ProfileStatus = euicc.StatusEnable.String()
	}
	if s.plan {
		r.ServicePlan = &p.Plan
	}
	if warning, ok := warnings[out.Warning]; ok {
		r.euiccStatus = warning
	} else if s.euicc { // the values of the sample on the page "Activate a device (eUICC)"
		r.euiccStatus = euiccStatus{"EXECUTED_SUCCESS", "1.2.365", "EUICC device profile has been updated"}
		r.SubAddressStatus, r.SubAddressCode, r.SubAddressDesc = "EXECUTED_SUCCESS", "1", "SUCCESS: Address has been updated"
	}
	if s.carrier {
		r.CarrierName = f.Request.Carrier
		if r.CarrierName == "" {
			r.CarrierName = defaultCarrier
		}
	}
	return r
}

// warnings are what the SM-SR says of an operation that is done with a reservation, or not done yet
// (SGP.02 status codes).
var warnings = map[euicc.Warning]euiccStatus{
	euicc.NotEnabled:  {"EXECUTED_WITHWARNING", "8.4.4.2", "Profile is downloaded, and could not be enabled"},
	euicc.Unreachable: {"EXECUTED_WITHWARNING", "1.6.5.1", "Device cannot be reached; trying again"},
}

// fault is the faultResponse of an operation that was refused ("Callback error messages").
func fault(compat config.Compat, f *sim.Facts) *faultResponse {
	wire, known, code := faultOf(f.Outcome.Fault, f.Told)
	if wire.code != "" { // and not one of a rule's own
		code = strings.Replace(code, "PLAN", f.Request.Plan, 1)
	}
	r := &faultResponse{Code: service + code, String: FaultString(compat, f.Outcome.Fault, f.Told)}
	if status, reason, ok := strings.Cut(wire.euicc, " "); ok {
		r.euiccStatus = euiccStatus{status, reason, known.Sentence()}
	}
	if told := f.Told; told != nil && told.Status != "" {
		r.euiccStatus = euiccStatus{told.Status, told.Reason, told.Describes}
	}
	return r
}

// faultOf is how a fault is spelled: that of a guard, or what a rule tells, which may be one of those.
func faultOf(f euicc.Fault, told *rule.Fault) (wire wireError, known euicc.Fault, code string) {
	if told != nil {
		f, _ = euicc.ParseSentence(told.Message)
	}
	wire = wireErrors[sim.FaultKind(f)]
	if told != nil && (told.Code != "" || f == euicc.OK) {
		return wireError{}, f, cmp.Or(strings.TrimPrefix(told.Code, service), unexpected)
	}
	return wire, f, wire.code
}

// unexpected is the dotted code of what no page knows.
const unexpected = "REQUEST_FAILED.UnexpectedError"

// FaultString is the faultstring that callbacks have for a fault; told is what a rule tells in its place, or nil.
func FaultString(compat config.Compat, f euicc.Fault, told *rule.Fault) string {
	_, known, code := faultOf(f, told)
	text := known.Sentence()
	if told != nil {
		text = told.Message
	}
	if compat.Value(config.FaultPrefix) != "on" {
		return text
	}
	class, _, _ := strings.Cut(code, ".")
	return class + ". " + text
}

// identify lists the identifiers that the endpoint tells, as far as they are known.
func (s *shape) identify(f *sim.Facts) []deviceID {
	p := &f.Outcome.Profile
	ids := euicc.IDs{EID: f.Card.EID, ICCID: p.ICCID, IMEI: f.Card.IMEI, MDN: p.MDN}
	list := make([]deviceID, 0, len(s.ids))
	for _, as := range s.ids {
		if id := ids.Get(as.kind); id != "" {
			list = append(list, deviceID{id, as.word})
		}
	}
	return list
}

// encodeJSON is JSON as ThingSpace sends it: < > and & as they are.
func encodeJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // wire structs always can be
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
