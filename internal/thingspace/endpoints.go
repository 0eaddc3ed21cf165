package thingspace

import (
	"net/http"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// endpoint is one row of the table: everything that makes a simulated call what it is.
type endpoint struct {
	method string
	path   string // as gorilla/mux takes it, with a single slash after the version
	auth   auth
	schema *schema // of the body; nil for a call without a JSON body
	handle func(*call) (reply, error)
	answer any    // a zero value of its body; nil for none
	asPage any    // the same with compat shapes: documented, where that is another
	pages  bool   // 202 while there is more
	found  any    // of a query: a zero value of what its callback has as deviceResponse
	name   string // of a row without a schema, for the description; with one, the schema has it
	title  string // of its page, likewise
	// Of an action on devices:
	op       euicc.Op
	callback *shape
	anyForm  bool     // devices may be bare lists of identifiers, or those of one device
	legacy   *schema  // of the body, with compat setFallback: legacy; nil where that makes no difference
	kinds    []string // of identifiers, the only ones that its page supports; nil where it takes more
}

// auth says what a call has to bring.
type auth uint8

const (
	basic   auth = iota // an app key and secret, and a form: the OAuth endpoints
	bearer              // a bearer token
	session             // a bearer token and a session token
)

// endpoints is the whole simulated surface. To add a call is to add a row here.
var endpoints = append([]endpoint{
	{
		method: http.MethodPost, path: "/api/ts/v1/oauth2/token", auth: basic, handle: issueToken, answer: tokenReply{},
		name: "token", title: "Getting credentials",
	},
	{
		method: http.MethodPost, path: "/api/ts/v1/", auth: basic, handle: issueToken, answer: tokenReply{}, // as the SDKs have it, too
		name: "token", title: "Getting credentials",
	},
	{
		method: http.MethodPost, path: "/api/ts/v1/oauth2/revoke", auth: basic, handle: revokeToken,
		name: "revoke", title: "Getting credentials",
	},
	{method: http.MethodPost, path: "/api/m2m/v1/session/login", auth: bearer, schema: of("login"), handle: login, answer: sessionReply{}},
	{
		method: http.MethodPost, path: "/api/m2m/v1/session/logout", auth: session, handle: logout, answer: sessionReply{},
		name: "logout", title: "End a connectivity management session",
	},
	{method: http.MethodPut, path: "/api/m2m/v1/session/password/actions/reset", auth: session, schema: of("password"), handle: resetPassword, answer: passwordReply{}},
	{method: http.MethodPost, path: "/api/m2m/v1/callbacks/{account}", auth: session, schema: of("register"), handle: register, answer: registered{}},
	{
		method: http.MethodGet, path: "/api/m2m/v1/callbacks/{account}", auth: session, handle: listListeners, answer: []listenerItem{},
		name: "listeners", title: "List registered callback URLs",
	},
	{
		method: http.MethodDelete, path: "/api/m2m/v1/callbacks/{account}/name/{service}", auth: session, handle: deregister, answer: registered{},
		name: "deregister", title: "Deregister a callback URL",
	},
	{
		method: http.MethodGet, path: "/api/m2m/v1/accounts/{account}", auth: session, handle: showAccount, answer: accountReply{},
		name: "account", title: "Retrieve account information",
	},
	{
		method: http.MethodGet, path: "/api/m2m/v1/plans/{account}", auth: session, handle: listPlans, answer: []planOf{},
		name: "plans", title: "List all service plans",
	},
	{ // where the SDKs for eSIMs ask for both, and expect the same answer
		method: http.MethodGet, path: "/api/v1/accounts/{account}", auth: session, handle: showDetails, answer: accountDetails{},
		name: "account_details", title: "Retrieve account information",
	},
	{
		method: http.MethodGet, path: "/api/v1/plans/{account}", auth: session, handle: showDetails, answer: accountDetails{},
		name: "plan_details", title: "List all service plans",
	},
	{
		method: http.MethodGet, path: "/api/m2m/v1/accounts/{account}/requests/{request}/status", auth: session, handle: statusOfRequest, answer: requestStatus{},
		name: "status", title: "Get the status of an asynchronous request",
	},
	{
		method: http.MethodGet, path: "/api/m2m/v2/accounts/{account}/requests/{request}/status", auth: session, handle: statusOfRequestV2, answer: requestStatusV2{},
		asPage: documentedStatusV2{},
		name:   "status_v2", title: "Get the status of an asynchronous request (for eUICC)",
	},
	{method: http.MethodPost, path: "/api/m2m/v1/devices/actions/list", auth: session, schema: of("list"), handle: listDevices, answer: deviceList{}, pages: true},
	{method: http.MethodPost, path: "/api/m2m/v1/devices/actions/add", auth: session, schema: of("add"), handle: addDevices, answer: []addedDevice{}},
	{method: http.MethodPost, path: "/api/m2m/v1/devices/history/actions/list", auth: session, schema: of("history"), handle: showHistory, answer: []historyReply{}, asPage: historyReply{}, pages: true},
	{method: http.MethodPost, path: "/api/m2m/v2/devices/actions/list", auth: session, schema: of("list_v2"), handle: askLines, answer: acceptedReply{}, found: lineList{}},
	{method: http.MethodPost, path: "/api/m2m/v2/devices/history/actions/list", auth: session, schema: of("history_v2"), handle: askHistory, answer: acceptedReply{}, found: historyReply{}},
}, actions...)

// actions are the operations on eUICC devices. The casing of each one's callback is its own: it is
// taken from the sample on its page, or where a page shows none from that of enable.
var actions = []endpoint{
	action(euicc.OpActivate, activated),                                                     // page "Activate a device (eUICC)"
	action(euicc.OpActivateEnable, activated),                                               // page "Activate and enable a device": how it begins
	action(euicc.OpDownload, enabled).only("eid", "iccid", "imei"),                          // page "Download a Global profile"
	action(euicc.OpDownloadEnable, enabled),                                                 // inferred
	action(euicc.OpDownloadDisable, enabled),                                                // inferred
	action(euicc.OpEnable, enabled).only("eid", "iccid", "imei"),                            // page "Enable a profile"
	action(euicc.OpDisable, enabled),                                                        // inferred
	action(euicc.OpDelete, enabled),                                                         // inferred
	action(euicc.OpDeactivate, enabled),                                                     // inferred
	action(euicc.OpServicePlan, enabled),                                                    // inferred
	action(euicc.OpRenewActivationCode, enabled),                                            // inferred
	action(euicc.OpProfileSuspend, suspended).only("iccid"),                                 // page "Suspend a profile"
	action(euicc.OpProfileResume, enabled).only("iccid"),                                    // inferred
	action(euicc.OpDeviceSuspend, wholeDevice).only("eid"),                                  // inferred: its counterpart
	action(euicc.OpDeviceResume, wholeDevice).only("eid"),                                   // page "Resume a device (eUICC)"
	anyForm(action(euicc.OpSetFallback, fallenBack)),                                        // page "Set the fallback attribute"
	anyForm(action(euicc.OpSetFallback, fallenBack)).at("/api/v1/devices/profile/actions/"), // where the SDKs call it
	anyForm(action(euicc.OpSetFallback, fallenBack)).at("/m2m/v1/devices/profile/actions/"), // as an older copy of its page has it
}

var (
	activated   = shape{ids: kinds("iccid", "imei", "eid", "mdn"), active: "Active", credentials: true, euicc: true, carrier: true}
	enabled     = shape{ids: kinds("Iccid", "Imei", "Eid", "mdn")}
	suspended   = shape{ids: kinds("Eid", "Imei", "msisdn", "Iccid")}
	wholeDevice = shape{ids: kinds("Eid", "Iccid"), plan: true}
	fallenBack  = shape{ids: enabled.ids, legacy: true}
)

// action is the row of an operation: path and schema have its name.
func action(op euicc.Op, callback shape) endpoint {
	return endpoint{
		method: http.MethodPost, auth: session, schema: of(op.String()), handle: submit, answer: acceptedReply{}, op: op, callback: &callback,
	}.at("/api/m2m/v1/devices/profile/actions/")
}

// anyForm is the row of an action whose SDKs do not agree on what a device looks like, and whose pages do
// not on what names one.
func anyForm(e endpoint) endpoint {
	e.anyForm, e.legacy = true, of(e.op.String()+"_legacy")
	return e
}

// only is the row of an action whose page supports these kinds of identifiers only.
func (e endpoint) only(kinds ...string) endpoint {
	e.kinds = kinds
	return e
}

// at is the row at another place.
func (e endpoint) at(folder string) endpoint {
	e.path = folder + e.op.String()
	return e
}

// schemaIn is the schema of a row's body as compat has it.
func (e *endpoint) schemaIn(compat config.Compat) *schema {
	if e.legacy != nil && compat.Value(config.SetFallback) == "legacy" {
		return e.legacy
	}
	return e.schema
}

func of(name string) *schema { return &schema{file: name + ".json"} }

// shapes finds the callback shape of an operation.
var shapes = func() (all [euicc.NumOps]*shape) {
	for i := range actions {
		all[actions[i].op] = actions[i].callback
	}
	return all
}()
