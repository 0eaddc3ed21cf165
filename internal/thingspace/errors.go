package thingspace

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/schema"
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
	sim.FaultKind(euicc.DeviceNotFound):      {code: "REQUEST_FAILED.DeviceNotFound"},           // [D] code
	sim.FaultKind(euicc.OfAnotherAccount):    {code: "INPUT_INVALID.Device.Account.Invalid"},    // [D]
	sim.FaultKind(euicc.IdentifiersMismatch): {code: "INPUT_INVALID.Device.Identifier.Invalid"}, // [D] code
	sim.FaultKind(euicc.GlobalOnly):          {code: "REQUEST_FAILED.ProfileNotSupported"},      // [S] rule
	sim.FaultKind(euicc.PlanMismatch):        {code: "REQUEST_FAILED.PLAN.NotFound"},            // [S] rule, [D] code
	sim.FaultKind(euicc.NotActive):           {code: "INPUT_INVALID.DeviceState.Invalid"},       // [D] code
	sim.FaultKind(euicc.AlreadyActive):       {code: "REQUEST_FAILED.DeviceAlreadyActive"},      // [D]
	sim.FaultKind(euicc.AlreadySuspended):    {code: "REQUEST_FAILED.ProfileAlreadySuspended"},  // [D] text
	sim.FaultKind(euicc.AlreadyResumed):      {code: "REQUEST_FAILED.ProfileAlreadyResumed"},    // [S] text
	sim.FaultKind(euicc.Suspended):           {code: "REQUEST_FAILED.ProfileSuspended"},         // [I]
	sim.FaultKind(euicc.NotDownloaded):       {code: "REQUEST_FAILED.ProfileNotDownloaded"},     // [I]
	sim.FaultKind(euicc.AlreadyDownloaded):   {code: "REQUEST_FAILED.ProfileAlreadyDownloaded"}, // [I]
	sim.FaultKind(euicc.AlreadyEnabled):      {code: "REQUEST_FAILED.ProfileAlreadyEnabled"},    // [I]
	sim.FaultKind(euicc.AlreadyDisabled):     {code: "REQUEST_FAILED.ProfileAlreadyDisabled"},   // [I]
	sim.FaultKind(euicc.StillEnabled):        {code: "REQUEST_FAILED.ProfileNotDisabled"},       // [D] rule
	sim.FaultKind(euicc.StillActive):         {code: "REQUEST_FAILED.ProfileNotDeactivated"},    // [D] rule
	sim.FaultKind(euicc.LeadNotConnected):    {code: "REQUEST_FAILED.LeadNotConnected"},         // [S] rule
	sim.FaultKind(euicc.NoFallback):          {code: "REQUEST_FAILED.NoFallbackProfile"},        // [I]
	sim.FaultKind(euicc.HybridUnsupported):   {code: "REQUEST_FAILED.ProfileNotSupported"},      // [I]
	sim.FaultKind(euicc.DayLimit): {
		code: "REQUEST_FAILED.ProvisioningLimitExceeded", // [D] rule
	},
	sim.FaultKind(euicc.MonthLimit): {
		code: "REQUEST_FAILED.PlanChangeLimitExceeded", // [D] rule
	},
	sim.FaultKind(euicc.HasFallback): {
		code: "REQUEST_FAILED.FallbackProfile", euicc: "FAILED 8.2.3.3.8", // [G]
	},
	sim.FaultKind(euicc.UpdateInProgress): {
		code: "REQUEST_FAILED.ProfileUpdateInProgress", euicc: "FAILED 1.2.4.4", // [G]
	},
	sim.FaultKind(euicc.Expired): {
		code: "REQUEST_FAILED.RequestExpired", euicc: "EXPIRED 1.6.5.3", // [S] rule, [G]
	},
	sim.FaultKind(euicc.NoMemory): {
		code: "REQUEST_FAILED.InsufficientMemory", euicc: "FAILED 8.1.4.8", // [G]
	},
	sim.FaultKind(euicc.RefusedByPOL1): {
		code: "REQUEST_FAILED.RefusedByPolicy", euicc: "FAILED 8.2.2.3.8", // [G]
	},
	sim.FaultKind(euicc.RefusedByPOL2): {
		code: "REQUEST_FAILED.RefusedByPolicy", euicc: "FAILED 8.2.3.3.8", // [G]
	},
	sim.FaultKind(euicc.NoConnectivity): {
		code: "REQUEST_FAILED.NoConnectivity", euicc: "FAILED 8.4.4.2", // [G]
	},

	// Told at once, about the call.
	sim.BearerMissing:        {status: 401, code: "900902", text: "Missing Credentials"},                                                              // [D]
	sim.BearerInvalid:        {status: 401, code: "900901", text: "Invalid Credentials"},                                                              // [D] expired ones too
	sim.Throttled:            {status: 429, code: "900800", text: "Message throttled out"},                                                            // [I] the gateway product's catalogue
	sim.SessionMissing:       {status: 400, code: "REQUEST_FAILED.SessionToken.Format"},                                                               // [D]
	sim.SessionInvalid:       {status: 400, code: "INPUT_INVALID.SessionToken.Invalid"},                                                               // [D]
	sim.SessionExpired:       {status: 400, code: "REQUEST_FAILED.SessionToken.Expired"},                                                              // [D]
	sim.PasswordInvalid:      {status: 400, code: "INPUT_INVALID.Password.Invalid"},                                                                   // [I]
	sim.UserLocked:           {status: 400, code: "REQUEST_FAILED.User.Locked"},                                                                       // [D] rule
	sim.AccountAmbiguous:     {status: 400, code: "REQUEST_FAILED.MultipleAccounts"},                                                                  // [D]
	sim.AccountMissing:       {status: 400, code: "INPUT_INVALID.Account.NotDefined"},                                                                 // [D]
	sim.AccountUnknown:       {status: 400, code: "REQUEST_FAILED.AccountNotFound"},                                                                   // [D]
	sim.TooManyDevices:       {status: 400, code: "INPUT_INVALID.MaxRequestsExceeded"},                                                                // [D]
	sim.DeviceUnknown:        {status: 400, code: "REQUEST_FAILED.DeviceNotFound"},                                                                    // [D]
	sim.RequestUnknown:       {status: 400},                                                                                                           // [I]
	sim.TooManyAdded:         {status: 400, code: "INPUT_INVALID.NumberofDevices"},                                                                    // [D]
	sim.ServiceUnknown:       {status: 400},                                                                                                           // [I]
	sim.ListenerUnknown:      {status: 400},                                                                                                           // [I]
	sim.SchemaViolated:       {status: 400},                                                                                                           // the schema has the code
	sim.BodyBlank:            {status: 400, code: "INPUT_INVALID.RequestUndefined", text: "Request cannot be blank. Please provide request details."}, // [D]
	sim.NotJSON:              {status: 400, oauth: "invalid_request"},
	sim.BodyTooLarge:         {status: 413, oauth: "invalid_request"},
	sim.MediaTypeUnsupported: {status: 415, oauth: "invalid_request"},
	sim.MethodNotAllowed:     {status: 405, oauth: "invalid_request"},
	sim.PathUnknown:          {status: 404},
	sim.Overloaded:           {status: 503, oauth: "temporarily_unavailable"},                                            // tsim's own
	sim.ClientMissing:        {status: 401, oauth: "invalid_client", code: "900902", text: "Missing Credentials"},        // RFC 6749, [D] code
	sim.ClientInvalid:        {status: 401, oauth: "invalid_client"},                                                     // RFC 6749
	sim.GrantMissing:         {status: 400, oauth: "invalid_request", text: "Missing grant_type parameter value"},        // RFC 6749, [D] text
	sim.GrantUnsupported:     {status: 400, oauth: "unsupported_grant_type", text: "Missing grant_type parameter value"}, // RFC 6749, [D] text
	sim.TokenRequestInvalid:  {status: 400, oauth: "invalid_request"},                                                    // RFC 6749
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

// refusal is a call that is not carried out, on the wire of every endpoint but OAuth: with the HTTP
// status (the "Failure Responses" of every eUICC action page), or with a dotted code ("Synchronous error
// messages").
type refusal struct {
	ErrorCode    string `json:"errorCode"`
	ErrorMessage string `json:"errorMessage"`
}

// oauthRefusal is one on the wire of the OAuth endpoints (RFC 6749, 5.2).
type oauthRefusal struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// gatewayRefusal is how the gateway in front of the platform tells of a bearer ("Synchronous error
// messages", its second table), and of too many calls. Its code is a string.
type gatewayRefusal struct {
	Fault struct {
		Code        string `json:"code"`
		Message     string `json:"message"`
		Description string `json:"description"`
	} `json:"fault"`
}

// violationError is a refusal by a schema, with the code that stands there.
type violationError struct {
	fact      *sim.Error
	violation *schema.Violation
}

func newViolationError(v *schema.Violation) violationError {
	return violationError{&sim.Error{Kind: sim.SchemaViolated, Msg: v.Error()}, v}
}

func (e violationError) Error() string { return prefixed(e.violation.Code, e.fact.Error()) }

func (e violationError) Unwrap() error { return e.fact }

// maskError is an error as it may be kept and logged, if that is another one: what was found in a body, and what is
// quoted of a call, may be a secret. It notes what the error points to.
func (c *call) maskError(err error) (masked error, is bool) {
	if e, is := errors.AsType[violationError](err); is {
		c.pointer = e.violation.Pointer
		v := *e.violation
		if found := []byte(v.Found); v.Found == "nothing" || !c.row.credentials && !mayHaveSecrets(found) {
			return nil, false
		}
		v.Found = mask
		return newViolationError(&v), true
	}
	fact, known := errors.AsType[*sim.Error](err)
	if !known {
		return nil, false
	}
	msg := maskMessage(c.row, fact.Msg)
	return &sim.Error{Kind: fact.Kind, Msg: msg, Err: fact.Err}, msg != fact.Msg
}

// refusalText is the code and the message of a refusal's body.
func refusalText(body any) (code, message string) {
	switch b := body.(type) {
	case refusal:
		return b.ErrorCode, b.ErrorMessage
	case oauthRefusal:
		return b.Error, b.Description
	case gatewayRefusal:
		return b.Fault.Code, b.Fault.Message + ": " + b.Fault.Description
	}
	return "", ""
}

// maxMessage is how many characters a message may have: what is repeated in it of a call may be long.
const maxMessage = 1000

// refuse spells an error, on the wire of a path's rows. One that is no sim.Error is a bug: it is told in
// general terms, and ok is false so that the log gets the rest.
func refuse(err error, compat config.Compat, rows []*endpoint) (r reply, ok bool) {
	fact, known := errors.AsType[*sim.Error](err)
	if !known || wireErrors[fact.Kind].status == 0 {
		fact = sim.Errorf(0, "internal error of tsim; its log says more")
	}
	msg := bound.Cut(fact.Msg, maxMessage)
	wire, ok := wireErrors[fact.Kind]
	if !ok {
		wire = wireError{status: http.StatusInternalServerError, oauth: "server_error"}
	}
	if violation, has := errors.AsType[violationError](err); has {
		wire.code = violation.violation.Code
	}
	return reply{status: wire.status, body: wire.spell(msg, compat, rows)}, ok
}

// spell is the body of a refusal, on the wire of a path's rows.
func (w wireError) spell(msg string, compat config.Compat, rows []*endpoint) any {
	documented := compat.Value(config.Errors) == "documented"
	action := rows != nil && rows[0].callback != nil
	switch {
	case rows != nil && rows[0].auth == basic:
		return w.oauthBody(documented, msg)
	case documented:
		return w.digits(msg)
	case w.status == http.StatusUnauthorized || w.status == http.StatusTooManyRequests:
		return w.gateway(msg)
	case compat.Value(config.Errors) == "likely" && action && !strings.Contains(w.code, ".SessionToken."):
		return w.digits(msg)
	}
	return w.dotted(msg)
}

// digits is a refusal with the HTTP status as its code, and the dotted one in its message.
func (w wireError) digits(msg string) refusal {
	return refusal{strconv.Itoa(w.status), prefixed(w.code, w.sentence(msg))}
}

// dotted is a refusal with a dotted code.
func (w wireError) dotted(msg string) refusal {
	code := w.code
	if code == "" {
		code = unexpected // its meaning there: something is missing, wrong or unknown
	}
	if strings.Contains(code, ".") {
		code = service + code
	}
	return refusal{code, w.sentence(msg)}
}

// gateway is a refusal in the words of the gateway.
func (w wireError) gateway(msg string) (g gatewayRefusal) {
	g.Fault.Code, g.Fault.Message, g.Fault.Description = w.code, cmp.Or(w.text, gatewayText(w.code), http.StatusText(w.status)), msg
	return g
}

// gatewayText is what the gateway says with a code; "" if that is unknown.
func gatewayText(code string) string {
	for _, w := range wireErrors {
		if w.code == code {
			return w.text
		}
	}
	return ""
}

// oauthBody is a refusal of a token request as RFC 6749 has it, or in words of ThingSpace's own, where there
// are some ("Synchronous error messages", its table of the gateway).
func (w wireError) oauthBody(documented bool, msg string) any {
	switch {
	case documented || w.text == "":
		return oauthRefusal{w.oauth, msg}
	case w.code != "":
		return w.gateway(msg)
	}
	return oauthRefusal{"invalid_request", w.text}
}

// sentence is what is said of a fact: in ThingSpace's words first, where it has some.
func (w wireError) sentence(msg string) string {
	if w.text == "" {
		return msg
	}
	return strings.TrimSuffix(w.text, ".") + ": " + msg
}
