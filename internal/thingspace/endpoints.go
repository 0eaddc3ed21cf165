package thingspace

import (
	"net/http"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/openapi"
)

// endpoint is one row of the table: everything that makes a simulated call what it is.
type endpoint struct {
	method         string
	path           string // as gorilla/mux takes it, with a single slash after the version
	auth           auth
	schema         *bodySchema // of the body; nil for a call without a JSON body
	handle         func(*call) (reply, error)
	response       any    // a zero value of its body; nil for none
	documented     any    // the same with compat shapes: documented, where that is another
	pages          bool   // 202 while there is more
	credentials    bool   // its bodies have passwords or tokens
	formField      string // what its form has to have beside grant_type; "" for nothing
	deviceResponse any    // of a query: a zero value of what its callback has there
	name           string // of a row without a schema, for the description; with one, the schema has it
	operation      string // its operationId there
	word           string // the same without the number of a further path: what rules call it
	title          string // of its page, likewise
	// Of an action on devices:
	op       euicc.Op
	event    string // its eventType in the history
	callback *shape
	anyForm  bool         // devices may be bare lists of identifiers, or those of one device
	legacy   *bodySchema  // of the body, with compat setFallback: legacy; nil where that makes no difference
	kinds    []euicc.Kind // of identifiers, the only ones that its page supports; nil where it takes more
}

// auth says what a call has to bring.
type auth uint8

const (
	basic   auth = iota // an app key and secret, and a form: the OAuth endpoints
	bearer              // a bearer token
	session             // a bearer token and a session token
)

// endpoints is the whole simulated surface. To add a call is to add a row here.
var endpoints = withOperations(append([]endpoint{
	{
		method: http.MethodPost, path: "/api/ts/v1/oauth2/token", auth: basic, credentials: true, handle: issueToken, response: tokenReply{},
		name: "token", title: "Getting credentials",
	},
	{
		method: http.MethodPost, path: "/api/ts/v1/", auth: basic, credentials: true, handle: issueToken, response: tokenReply{}, // as the SDKs have it, too
		name: "token", title: "Getting credentials",
	},
	{
		method: http.MethodPost, path: "/api/ts/v1/oauth2/revoke", auth: basic, credentials: true, handle: revokeToken, formField: "token",
		name: "revoke", title: "Getting credentials",
	},
	{method: http.MethodPost, path: "/api/m2m/v1/session/login", auth: bearer, schema: schemaOf("login"), credentials: true, handle: login, response: sessionReply{}},
	{
		method: http.MethodPost, path: "/api/m2m/v1/session/logout", auth: session, credentials: true, handle: logout, response: sessionReply{},
		name: "logout", title: "End a connectivity management session",
	},
	{method: http.MethodPut, path: "/api/m2m/v1/session/password/actions/reset", auth: session, schema: schemaOf("password"), credentials: true, handle: resetPassword, response: passwordReply{}},
	{method: http.MethodPost, path: "/api/m2m/v1/callbacks/{account}", auth: session, schema: schemaOf("register"), credentials: true, handle: register, response: registered{}},
	{
		method: http.MethodGet, path: "/api/m2m/v1/callbacks/{account}", auth: session, credentials: true, handle: listListeners, response: []listenerItem{},
		name: "listeners", title: "List registered callback URLs",
	},
	{
		method: http.MethodDelete, path: "/api/m2m/v1/callbacks/{account}/name/{service}", auth: session, handle: deregister, response: registered{},
		name: "deregister", title: "Deregister a callback URL",
	},
	{
		method: http.MethodGet, path: "/api/m2m/v1/accounts/{account}", auth: session, handle: showAccount, response: accountReply{},
		name: "account", title: "Retrieve account information",
	},
	{
		method: http.MethodGet, path: "/api/m2m/v1/plans/{account}", auth: session, handle: listPlans, response: []planOf{},
		name: "plans", title: "List all service plans",
	},
	{ // where the SDKs for eSIMs ask for both, and expect the same answer
		method: http.MethodGet, path: "/api/v1/accounts/{account}", auth: session, handle: showDetails, response: accountDetails{},
		name: "account_details", title: "Retrieve account information",
	},
	{
		method: http.MethodGet, path: "/api/v1/plans/{account}", auth: session, handle: showDetails, response: accountDetails{},
		name: "plan_details", title: "List all service plans",
	},
	{
		method: http.MethodGet, path: "/api/m2m/v1/accounts/{account}/requests/{request}/status", auth: session, handle: statusOfRequest, response: requestStatus{},
		name: "status", title: "Get the status of an asynchronous request",
	},
	{
		method: http.MethodGet, path: "/api/m2m/v2/accounts/{account}/requests/{request}/status", auth: session, handle: statusOfRequestV2, response: requestStatusV2{},
		documented: documentedStatusV2{},
		name:       "status_v2", title: "Get the status of an asynchronous request (for eUICC)",
	},
	{method: http.MethodPost, path: "/api/m2m/v1/devices/actions/list", auth: session, schema: schemaOf("list"), handle: listDevices, response: deviceList{}, pages: true},
	{method: http.MethodPost, path: "/api/m2m/v1/devices/actions/add", auth: session, schema: schemaOf("add"), handle: addDevices, response: []addedDevice{}},
	{method: http.MethodPost, path: "/api/m2m/v1/devices/history/actions/list", auth: session, schema: schemaOf("history"), handle: showHistory, response: []historyReply{}, documented: historyReply{}, pages: true},
	{method: http.MethodPost, path: "/api/m2m/v2/devices/actions/list", auth: session, schema: schemaOf("list_v2"), handle: queryLines, response: acceptedReply{}, deviceResponse: lineList{}},
	{method: http.MethodPost, path: "/api/m2m/v2/devices/history/actions/list", auth: session, schema: schemaOf("history_v2"), handle: queryHistory, response: acceptedReply{}, deviceResponse: historyReply{}},
}, actions...))

// withOperations gives each row its operationId, and its word in rules.
func withOperations(rows []endpoint) []endpoint {
	names := make([]string, len(rows))
	for i := range rows {
		if names[i] = rows[i].name; rows[i].schema != nil {
			names[i] = rows[i].schema.name
		}
		rows[i].word = names[i]
	}
	for i, id := range openapi.OperationIDs(names) {
		rows[i].operation = id
	}
	return rows
}

// Operations lists the operationIds of the simulated calls.
func Operations() []string {
	all := make([]string, len(endpoints))
	for i := range endpoints {
		all[i] = endpoints[i].operation
	}
	return all
}

// actions are the operations on eUICC devices: what each one is called in the history, and the shape of its
// callback. Activate, Suspend and Restore are the history's own words; its page knows none for what only an
// eUICC does. The casing of each callback is taken from the sample on the page that stands behind the row, or
// where a page shows none from that of enable.
var actions = []endpoint{
	action(euicc.OpActivate, "Activate", activated),                                                         // page "Activate a device (eUICC)"
	action(euicc.OpActivateEnable, "Activate Enable", activated),                                            // page "Activate and enable a device": how it begins
	action(euicc.OpDownload, "Download", enabled).only(euicc.KindEID, euicc.KindICCID, euicc.KindIMEI),      // page "Download a Global profile"
	action(euicc.OpDownloadEnable, "Download Enable", enabled),                                              // inferred
	action(euicc.OpDownloadDisable, "Download Disable", enabled),                                            // inferred
	action(euicc.OpEnable, "Enable", enabled).only(euicc.KindEID, euicc.KindICCID, euicc.KindIMEI),          // page "Enable a profile"
	action(euicc.OpDisable, "Disable", enabled),                                                             // inferred
	action(euicc.OpDelete, "Delete", enabled),                                                               // inferred
	action(euicc.OpDeactivate, "Deactivate", enabled),                                                       // inferred
	action(euicc.OpServicePlan, "Change Service Plan", enabled),                                             // inferred
	action(euicc.OpRenewActivationCode, "Renew Activation Code", enabled),                                   // inferred
	action(euicc.OpProfileSuspend, "Suspend", suspended).only(euicc.KindICCID),                              // page "Suspend a profile"
	action(euicc.OpProfileResume, "Restore", enabled).only(euicc.KindICCID),                                 // inferred
	action(euicc.OpDeviceSuspend, "Suspend", wholeDevice).only(euicc.KindEID),                               // inferred: its counterpart
	action(euicc.OpDeviceResume, "Restore", wholeDevice).only(euicc.KindEID),                                // page "Resume a device (eUICC)"
	anyForm(action(euicc.OpSetFallback, "Set Fallback", fallenBack)),                                        // page "Set the fallback attribute"
	anyForm(action(euicc.OpSetFallback, "Set Fallback", fallenBack)).at("/api/v1/devices/profile/actions/"), // where the SDKs call it
	anyForm(action(euicc.OpSetFallback, "Set Fallback", fallenBack)).at("/m2m/v1/devices/profile/actions/"), // as an older copy of its page has it
}

var (
	activated   = shape{ids: kinds("iccid", "imei", "eid", "mdn"), active: "Active", credentials: true, euicc: true, carrier: true}
	enabled     = shape{ids: kinds("Iccid", "Imei", "Eid", "mdn")}
	suspended   = shape{ids: kinds("Eid", "Imei", "msisdn", "Iccid")}
	wholeDevice = shape{ids: kinds("Eid", "Iccid"), plan: true}
	fallenBack  = shape{ids: enabled.ids, legacy: true}
)

// action is the row of an operation: path and schema have its name.
func action(op euicc.Op, event string, callback shape) endpoint {
	return endpoint{
		method: http.MethodPost, auth: session, schema: schemaOf(op.String()), handle: submit, response: acceptedReply{}, op: op, event: event, callback: &callback,
	}.at("/api/m2m/v1/devices/profile/actions/")
}

// anyForm is the row of an action whose SDKs do not agree on what a device looks like, and whose pages do
// not on what names one.
func anyForm(e endpoint) endpoint {
	e.anyForm, e.legacy = true, schemaOf(e.op.String()+"_legacy")
	return e
}

// only is the row of an action whose page supports these kinds of identifiers only.
func (e endpoint) only(kinds ...euicc.Kind) endpoint {
	e.kinds = kinds
	return e
}

// at is the row at another place.
func (e endpoint) at(folder string) endpoint {
	e.path = folder + e.op.String()
	return e
}

// schemaIn is the schema of a row's body as compat has it.
func (e *endpoint) schemaIn(compat config.Compat) *bodySchema {
	if e.legacy != nil && compat.Value(config.SetFallback) == "legacy" {
		return e.legacy
	}
	return e.schema
}

// actionOf finds the row of an operation, for what it says of callbacks and history. The rows of one operation
// at several paths agree on that.
var actionOf = func() (all [euicc.NumOps]*endpoint) {
	for i := range actions {
		all[actions[i].op] = &actions[i]
	}
	return all
}()
