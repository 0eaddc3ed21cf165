package thingspace

import (
	"net/http"

	"tsim/internal/euicc"
)

// endpoint is one row of the table: everything that makes a simulated call what it is.
type endpoint struct {
	method string
	path   string // as gorilla/mux takes it, with a single slash after the version
	auth   auth
	schema *schema // of the body; nil for a call without a JSON body
	handle func(*call) (reply, error)
	// Of an action on devices:
	op       euicc.Op
	callback *shape
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
	{method: http.MethodPost, path: "/api/ts/v1/oauth2/token", auth: basic, handle: issueToken},
	{method: http.MethodPost, path: "/api/ts/v1/oauth2/revoke", auth: basic, handle: revokeToken},
	{method: http.MethodPost, path: "/api/m2m/v1/session/login", auth: bearer, schema: of("login"), handle: login},
	{method: http.MethodPost, path: "/api/m2m/v1/session/logout", auth: session, handle: logout},
	{method: http.MethodPost, path: "/api/m2m/v1/callbacks/{account}", auth: session, schema: of("register"), handle: register},
	{method: http.MethodGet, path: "/api/m2m/v1/callbacks/{account}", auth: session, handle: listListeners},
	{method: http.MethodDelete, path: "/api/m2m/v1/callbacks/{account}/name/{service}", auth: session, handle: deregister},
}, actions...)

// actions are the operations on eUICC devices. The casing of each one's callback is its own: it is
// taken from the sample on its page.
var actions = []endpoint{
	action(euicc.OpActivate, shape{ // page "Activate a device (eUICC)"
		ids: ids("iccid", "imei", "eid", "mdn"), active: "Active", credentials: true, euicc: true, carrier: true,
	}),
	action(euicc.OpDownload, shape{ids: ids("Iccid", "Imei", "Eid", "mdn")}),          // page "Download a Global profile"
	action(euicc.OpEnable, shape{ids: ids("Iccid", "Imei", "Eid", "mdn")}),            // page "Enable a profile"
	action(euicc.OpProfileSuspend, shape{ids: ids("Eid", "Imei", "msisdn", "Iccid")}), // page "Suspend a profile"
	action(euicc.OpDeviceSuspend, shape{ids: ids("Eid", "Iccid"), plan: true}),        // inferred: as device_resume
	action(euicc.OpDeviceResume, shape{ids: ids("Eid", "Iccid"), plan: true}),         // page "Resume a device (eUICC)"
}

// action is the row of an operation: path and schema have its name.
func action(op euicc.Op, callback shape) endpoint {
	return endpoint{
		method: http.MethodPost, path: "/api/m2m/v1/devices/profile/actions/" + op.String(), auth: session,
		schema: of(op.String()), handle: submit, op: op, callback: &callback,
	}
}

func of(name string) *schema { return &schema{file: name + ".json"} }

// shapes finds the callback shape of an operation.
var shapes = func() (all [euicc.NumOps]*shape) {
	for i := range actions {
		all[actions[i].op] = actions[i].callback
	}
	return all
}()
