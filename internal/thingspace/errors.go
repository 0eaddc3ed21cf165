package thingspace

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// wireError is how a fact is told: at once, as the refusal of a call, or later, as the faultResponse
// of a callback.
type wireError struct {
	status int    // HTTP status of a refusal; 0 for what is only told later
	code   string // dotted code, without the name of the service; PLAN stands for the plan's name
	text   string // the sentence that ThingSpace uses; "" to tell the error's own
	euicc  string // what the SM-SR says: its status, subject and reason; "" where it does not speak
	oauth  string // the error of RFC 6749, on the OAuth endpoints
}

// wireErrors is the one place where a fact gets its spelling. Sources: [S] an eUICC action page,
// [D] another ThingSpace page (synchronous errors, callback errors, device states, gateway errors),
// [G] the SGP.02 status codes, [I] inferred: no page names it.
var wireErrors = map[sim.Kind]wireError{
	// Told later, about one device.
	sim.FaultKind(euicc.DeviceNotFound):      {code: "REQUEST_FAILED.DeviceNotFound", text: "Device not found"},                                    // [D] code
	sim.FaultKind(euicc.IdentifiersMismatch): {code: "INPUT_INVALID.Device.Identifier.Invalid", text: "Identifiers do not match"},                  // [D] code
	sim.FaultKind(euicc.GlobalOnly):          {code: "REQUEST_FAILED.ProfileNotSupported", text: "Operation is supported for Global profile only"}, // [S] rule
	sim.FaultKind(euicc.PlanMismatch):        {code: "REQUEST_FAILED.PLAN.NotFound", text: "Service plan does not match the profile"},              // [S] rule, [D] code
	sim.FaultKind(euicc.NotActive):           {code: "INPUT_INVALID.DeviceState.Invalid", text: "Profile is not active"},                           // [D] code
	sim.FaultKind(euicc.AlreadyActive):       {code: "REQUEST_FAILED.DeviceAlreadyActive", text: "Profile is already active"},                      // [D] code
	sim.FaultKind(euicc.AlreadySuspended):    {code: "REQUEST_FAILED.ProfileAlreadySuspended", text: "Profile is already suspended"},               // [D] text
	sim.FaultKind(euicc.AlreadyResumed):      {code: "REQUEST_FAILED.ProfileAlreadyResumed", text: "Profile is already resumed"},                   // [S] text
	sim.FaultKind(euicc.Suspended):           {code: "REQUEST_FAILED.ProfileSuspended", text: "Profile is suspended"},                              // [I]
	sim.FaultKind(euicc.NotDownloaded):       {code: "REQUEST_FAILED.ProfileNotDownloaded", text: "Profile is not downloaded"},                     // [I]
	sim.FaultKind(euicc.AlreadyDownloaded):   {code: "REQUEST_FAILED.ProfileAlreadyDownloaded", text: "Profile is already downloaded"},             // [I]
	sim.FaultKind(euicc.AlreadyEnabled):      {code: "REQUEST_FAILED.ProfileAlreadyEnabled", text: "Profile is already enabled"},                   // [I]
	sim.FaultKind(euicc.LeadNotConnected):    {code: "REQUEST_FAILED.LeadNotConnected", text: "Verizon US profile is not connected"},               // [S] rule
	sim.FaultKind(euicc.UpdateInProgress): {
		code: "REQUEST_FAILED.ProfileUpdateInProgress", text: "Profile update in progress", euicc: "FAILED 1.2.4.4", // [G]
	},
	sim.FaultKind(euicc.Expired): {
		code: "REQUEST_FAILED.RequestExpired", text: "Request expired", euicc: "EXPIRED 1.6.5.3", // [S] rule, [G]
	},

	// Told at once, about the call.
	sim.BearerMissing:        {status: 401, code: "900902", text: "Missing Credentials"},                                                              // [D]
	sim.BearerInvalid:        {status: 401, code: "900901", text: "Invalid Credentials"},                                                              // [D] expired ones too
	sim.SessionMissing:       {status: 400, code: "REQUEST_FAILED.SessionToken.Format"},                                                               // [D]
	sim.SessionInvalid:       {status: 400, code: "INPUT_INVALID.SessionToken.Invalid"},                                                               // [D]
	sim.SessionExpired:       {status: 400, code: "REQUEST_FAILED.SessionToken.Expired"},                                                              // [D]
	sim.PasswordInvalid:      {status: 400, code: "INPUT_INVALID.Password.Invalid"},                                                                   // [I]
	sim.UserLocked:           {status: 400, code: "REQUEST_FAILED.User.Locked"},                                                                       // [D] rule
	sim.AccountMissing:       {status: 400, code: "INPUT_INVALID.Account.NotDefined"},                                                                 // [D]
	sim.AccountUnknown:       {status: 400, code: "REQUEST_FAILED.AccountNotFound"},                                                                   // [D]
	sim.TooManyDevices:       {status: 400, code: "INPUT_INVALID.MaxRequestsExceeded"},                                                                // [D]
	sim.ServiceUnknown:       {status: 400},                                                                                                           // [I]
	sim.ListenerUnknown:      {status: 400},                                                                                                           // [I]
	sim.SchemaViolated:       {status: 400},                                                                                                           // the schema has the code
	sim.BodyBlank:            {status: 400, code: "INPUT_INVALID.RequestUndefined", text: "Request cannot be blank. Please provide request details."}, // [D]
	sim.NotJSON:              {status: 400, oauth: "invalid_request"},
	sim.BodyTooLarge:         {status: 413, oauth: "invalid_request"},
	sim.MediaTypeUnsupported: {status: 415, oauth: "invalid_request"},
	sim.MethodNotAllowed:     {status: 405, oauth: "invalid_request"},
	sim.PathUnknown:          {status: 404},
	sim.ClientInvalid:        {status: 401, oauth: "invalid_client"},         // RFC 6749
	sim.GrantUnsupported:     {status: 400, oauth: "unsupported_grant_type"}, // RFC 6749
	sim.TokenRequestInvalid:  {status: 400, oauth: "invalid_request"},        // RFC 6749
}

// service is the prefix of every dotted code ("Callback error messages").
const service = "UnifiedWebService."

// prefixed puts a dotted code in front of a message. Codes of the gateway are bare numbers.
func prefixed(code, msg string) string {
	switch {
	case code == "":
		return msg
	case strings.Contains(code, "."):
		return service + code + ": " + msg
	}
	return code + ": " + msg
}

// refusal is a call that is not carried out, on the wire of every endpoint but OAuth (the "Failure
// Responses" of every eUICC action page).
type refusal struct {
	ErrorCode    string `json:"errorCode"` // the HTTP status, as a string
	ErrorMessage string `json:"errorMessage"`
}

// oauthRefusal is one on the wire of the OAuth endpoints (RFC 6749, 5.2).
type oauthRefusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// refuse spells an error. One that is no sim.Error is a bug: it is told in general terms, and ok is
// false so that the log gets the rest.
func refuse(err error, oauth bool) (r reply, ok bool) {
	status, msg, wire := http.StatusInternalServerError, "internal error of tsim; its log says more", wireError{}
	var fact *sim.Error
	if errors.As(err, &fact) {
		if wire = wireErrors[fact.Kind]; wire.status != 0 {
			ok, status, msg = true, wire.status, fact.Msg
			if wire.text != "" {
				msg = strings.TrimSuffix(wire.text, ".") + ": " + msg
			}
			msg = prefixed(wire.code, msg)
		}
	}
	if !oauth {
		return reply{status: status, body: refusal{strconv.Itoa(status), msg}}, ok
	}
	if wire.oauth == "" {
		wire.oauth = "server_error"
	}
	return reply{status: status, body: oauthRefusal{wire.oauth, msg}}, ok
}
