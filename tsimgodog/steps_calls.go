package tsimgodog

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/cucumber/godog"

	"tsim/internal/euicc"
	"tsim/tsimclient"
)

// oneDevice begins examples.
const oneDevice = `
Given a device "van-7" with the profiles
  | profile | service | status  |
  | US      | active  | DISABLE |
  | Global  | active  | ENABLE  |
`

// fiveDevices begins examples of bulks.
const fiveDevices = `
Given 5 devices "van" with the profiles
  | profile | service | status  |
  | US      | active  | ENABLE  |
  | Global  | active  | DISABLE |
And my listener is registered
`

var callFamily = family{
	"Calls of ThingSpace",
	`For suites without a client of their own. I log in when I make my first call, and not again by myself. What I ask for can be refused:
that is seen in the reply, and fails no step.`,
	[]step{
		{
			pattern: `I log in`,
			doc:     "Opens a session; before that, it gets a bearer token if it has none.",
			example: `
When I log in
Then the call is accepted`,
			do: func(ctx context.Context, w *world) error { return w.logIn(ctx, "") },
		},
		{
			pattern: `I am logged in`,
			doc:     "Logs in unless that was done before. Tokens are as old as that.",
			example: oneDevice + `And I am logged in
When 60 minutes pass
And I suspend the Global profile
Then the call is refused with 401 and "900901: Invalid Credentials"`,
			do: func(ctx context.Context, w *world) error { return w.loggedIn(ctx) },
		},
		{
			pattern: `I log in with a wrong password {n} times`,
			doc:     "Five in a row lock the user.",
			example: `
When I log in with a wrong password 5 times
And I log in
Then the call is refused with 400 and "is locked after 5 wrong passwords in a row"`,
			do: func(ctx context.Context, w *world, n int) error {
				for range n {
					if err := w.logIn(ctx, "wrong"); err != nil {
						return err
					}
				}
				return nil
			},
		},
		{
			pattern: `I get a new bearer token`,
			doc:     "Sessions go on as they were.",
			example: `
Given I am logged in
When 61 minutes pass
And I get a new bearer token
And I log in
Then the call is accepted`,
			do: func(ctx context.Context, w *world) error { return w.token(ctx) },
		},
		{
			pattern: `I {verb} the {profile} profile{of}(?: with the plan {text})?(?: for the account {text})?`,
			doc:     "Asks for an operation on one profile, with the identifiers that its page asks for. To suspend and to resume is profile_suspend and profile_resume.",
			example: oneDevice + `
When I suspend the Global profile of "van-7"
Then the call is accepted
When time passes until nothing is owed
Then the device "van-7" now has
  | profile | suspended |
  | Global  | profile   |`,
			do: func(ctx context.Context, w *world, verb, name, of, plan, account string) error {
				return w.act(ctx, operation(verb), name, of, plan, account)
			},
		},
		{
			pattern: `I {verb} the profile {text}`,
			doc:     "The same with nothing but an ICCID, whatever that is.",
			example: oneDevice + `
When I suspend the profile "123"
Then the call is refused with 400 and "found \"123\", expected an ICCID of 19 or 20 digits"`,
			do: func(ctx context.Context, w *world, verb, iccid string) error {
				return w.ask(ctx, "", operation(verb), "", ids{id(euicc.KindICCID, iccid)})
			},
		},
		{
			pattern: `I change the plan of the {profile} profile{of} to {text}`,
			doc:     "Asks for serviceplan.",
			example: oneDevice + `
When I change the plan of the Global profile to "Global Plus"
And time passes until nothing is owed
Then the Global profile has a number and the plan "Global Plus"`,
			do: func(ctx context.Context, w *world, name, of, plan string) error {
				return w.act(ctx, tsimclient.OpServicePlan, name, of, plan, "")
			},
		},
		{
			pattern: `I make the {profile} profile{of} the one to fall back to`,
			doc:     "Asks for setfallbackattribute.",
			example: oneDevice + `
When I make the US profile the one to fall back to
And time passes until nothing is owed
And the device loses its network
Then the device now has
  | profile | status |
  | US      | ENABLE |`,
			do: func(ctx context.Context, w *world, name, of string) error {
				return w.act(ctx, tsimclient.OpSetFallback, name, of, "", "")
			},
		},
		{
			pattern: `I renew the activation code of the {profile} profile{of}`,
			doc:     "Asks for renew_activation_code.",
			example: oneDevice + `
When I renew the activation code of the US profile
Then the call is accepted`,
			do: func(ctx context.Context, w *world, name, of string) error {
				return w.act(ctx, tsimclient.OpRenewActivationCode, name, of, "", "")
			},
		},
		{
			pattern: `I (suspend|resume) the device{device}`,
			doc:     "Asks for device_suspend or device_resume, by EID.",
			example: oneDevice + `And my listener is registered
When I suspend the device "van-7"
And time passes until nothing is owed
Then my listener hears
  | device | of     | status  | state     |
  | van-7  | US     | SUCCESS | SUSPENDED |
  | van-7  | Global | SUCCESS | SUSPENDED |
  | van-7  | device | SUCCESS | SUSPENDED |`,
			do: func(ctx context.Context, w *world, verb, name string) error {
				d, err := w.device(ctx, name)
				if err != nil {
					return err
				}
				return w.ask(ctx, "", tsimclient.Operation("device_"+verb), "", ids{id(euicc.KindEID, d.eid)})
			},
		},
		{
			pattern: `I (suspend|resume) an unknown device`,
			doc:     "The same with an EID that no device has.",
			example: oneDevice + `
When I resume an unknown device
And time passes until nothing is owed
Then the callbacks are
  | of     | status | fault            |
  | device | Failed | Device not found |`,
			do: func(ctx context.Context, w *world, verb string) error {
				return w.ask(ctx, "", tsimclient.Operation("device_"+verb), "", ids{id(euicc.KindEID, strings.Repeat("9", 32))})
			},
		},
		{
			pattern: `I activate the device{device} by its EID`,
			doc:     "The EID alone means the US profile.",
			example: `
Given the built-in scenario "first-device"
When I activate the device by its EID
And time passes until nothing is owed
Then the device now has
  | profile | service |
  | US      | active  |`,
			do: func(ctx context.Context, w *world, name string) error {
				d, err := w.device(ctx, name)
				if err != nil {
					return err
				}
				return w.ask(ctx, "", tsimclient.OpActivate, "", ids{id(euicc.KindEID, d.eid)})
			},
		},
		{
			pattern: `I {verb} the {profile} profiles of {n} devices in one call`,
			doc:     "The first so many devices, by EID, in one call.",
			example: fiveDevices + `
When I suspend the Global profiles of 5 devices in one call
And time passes until nothing is owed
Then my listener hears 5 times "SUCCESS"`,
			do: func(ctx context.Context, w *world, verb, name string, n int) error {
				return w.bulk(ctx, verb, []map[string]string{{"devices": fmt.Sprint(n), "profile": name}})
			},
		},
		{
			pattern: `I (suspend|resume) all devices in one call`,
			doc:     "device_suspend or device_resume of all devices.",
			example: fiveDevices + `
When I suspend all devices in one call
And time passes until nothing is owed
Then my listener hears 15 times "SUCCESS"`,
			do: func(ctx context.Context, w *world, verb string) error {
				return w.bulk(ctx, verb, []map[string]string{{"devices": "all"}})
			},
		},
		{
			pattern: `I {verb} these in one call`,
			doc: `Devices by name, or so many of them (each row goes on where the one before has ended), or all; with the profile that is meant,
no profile for the whole device, or unknown for one that no device has.`,
			example: fiveDevices + `
When I suspend these in one call
  | devices | profile |
  | 2       | Global  |
  | 1       | US      |
  | van-1   | Global  |
  | 1       | unknown |
And time passes until nothing is owed
Then my listener hears, in any order
  | times | status  | fault                                          |
  | 2     | SUCCESS |                                                |
  | 1     | Failed  | Operation is supported for Global profile only |
  | 1     | Failed  | Profile is already suspended                   |
  | 1     | Failed  | Device not found                               |`,
			do: func(ctx context.Context, w *world, verb string, table *godog.Table) error {
				chosen, err := rows(table, "devices", "profile")
				if err != nil {
					return err
				}
				return w.bulk(ctx, verb, chosen)
			},
		},
		{
			pattern: `I {verb} the profiles that my listener has heard to be {text}`,
			doc:     "All profiles of which a callback has said that it went well and that they are in this state, in one call.",
			example: oneDevice + `And my listener is registered
When I suspend the Global profile
And time passes until nothing is owed
And I resume the profiles that my listener has heard to be "SUSPENDED"
And time passes until nothing is owed
Then the device now has
  | profile | suspended |
  | Global  | none      |`,
			do: func(ctx context.Context, w *world, verb, state string) error {
				var list []ids
				for _, m := range w.listener.all() {
					if m.Status == string(tsimclient.CallbackSuccess) && m.State == state && m.ProfileRole != "" {
						list = append(list, identifiersOf(operation(verb), m.EID, m.IMEI, m.ICCID))
					}
				}
				return w.ask(ctx, "", operation(verb), "", list...)
			},
		},
		{
			pattern: `I ask again for those that failed`,
			doc:     "The operation of the latest request once more, for those of which the callbacks that no step has looked at yet, or the latest ones that one has, say that they failed; in one call.",
			example: fiveDevices + `And the rule
  """
  name: two-fail
  when: {operation: profile_suspend, first: 2}
  outcome: {fault: Profile update in progress}
  """
When I suspend the Global profiles of 5 devices in one call
And time passes until nothing is owed
And I ask again for those that failed
And time passes until nothing is owed
Then the devices now have
  | devices | profile | suspended |
  | 5       | Global  | profile   |`,
			do: func(ctx context.Context, w *world) error {
				op, err := w.operation(ctx, w.request)
				if err != nil {
					return err
				}
				var list []ids
				for _, m := range w.listener.all() {
					if m.RequestID == w.request && m.Status == string(tsimclient.CallbackFailed) {
						list = append(list, identifiersOf(op, m.EID, m.IMEI, m.ICCID))
					}
				}
				if len(list) == 0 {
					return errors.New("my listener has heard of none that failed of the latest request")
				}
				return w.ask(ctx, "", op, "", list...)
			},
		},
		{
			pattern: `I make the same call again`,
			doc:     "The latest call once more, with the tokens of now.",
			example: oneDevice + `And my listener is registered
When I suspend the Global profile
And I make the same call again
And time passes until nothing is owed
Then my listener hears 1 times "Profile is already suspended"`,
			do: func(ctx context.Context, w *world) error {
				if w.client.last == nil {
					return errors.New("no call was made yet")
				}
				return w.client.last(ctx)
			},
		},
		{
			pattern: `I list my listeners`,
			doc:     "Asks for the listeners of the account.",
			example: `
When I list my listeners
Then the call is accepted`,
			do: func(ctx context.Context, w *world) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				return w.call(ctx, http.MethodGet, "/api/m2m/v1/callbacks/"+w.box.Account, nil)
			},
		},
		{
			pattern: `I deregister my listener`,
			doc:     "Nobody listens to DeviceProfileService any more.",
			example: oneDevice + `And my listener is registered
When I deregister my listener
And I suspend the Global profile
And time passes until nothing is owed
Then the callback is unheard`,
			do: func(ctx context.Context, w *world) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				return w.call(ctx, http.MethodDelete, "/api/m2m/v1/callbacks/"+w.box.Account+"/name/"+tsimclient.DeviceProfileService, nil)
			},
		},
		{
			pattern: `I ask for the status of that request`,
			doc:     "How far the latest request has come.",
			example: oneDevice + `
When I suspend the Global profile
And I ask for the status of that request
Then the request is "Pending"`,
			do: func(ctx context.Context, w *world) error {
				if w.request == "" {
					return errors.New("no request was accepted yet")
				}
				return w.call(ctx, http.MethodGet, "/api/m2m/v1/accounts/"+w.box.Account+"/requests/"+w.request+"/status", nil)
			},
		},
		{
			pattern: `I ask for all devices whose profiles are {text}`,
			doc:     "The list of devices with a profileStatus, which a callback brings.",
			example: oneDevice + `And my listener is registered
When I ask for all devices whose profiles are "ENABLE"
And time passes until nothing is owed
Then my listener hears
  | /deviceResponse/devices/# |
  | 1                         |`,
			do: func(ctx context.Context, w *world, status string) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				body := map[string]any{"accountName": w.box.Account, "profileStatusFilter": status}
				return w.call(ctx, http.MethodPost, "/api/m2m/v2/devices/actions/list", body)
			},
		},
		{
			pattern: `I add a device with the US profile {text}`,
			doc:     "Adds a device to the account, with an EID and an IMEI that it has not seen before.",
			example: `
When I add a device with the US profile "89148000000000000993"
Then the call is accepted`,
			do: func(ctx context.Context, w *world, iccid string) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				eid, imei := number(900)
				device := map[string]any{"deviceIds": ids{id(euicc.KindEID, eid), id(euicc.KindIMEI, imei), id(euicc.KindICCID, iccid)}}
				body := map[string]any{"accountName": w.box.Account, "state": "preactive", "devicesToAdd": []any{device}}
				return w.call(ctx, http.MethodPost, "/api/m2m/v1/devices/actions/add", body)
			},
		},
		{
			pattern: `I ask for the history of the profile {text}`,
			doc:     "All that was provisioned of it, in the first year of simulated time.",
			example: oneDevice + `
When I suspend the Global profile
And time passes until nothing is owed
And I ask for the history of the profile "{van-7.Global.iccid}"
Then the reply has
  | /0/provisioningHistory/#           | 1       |
  | /0/provisioningHistory/0/eventType | Suspend |`,
			do: func(ctx context.Context, w *world, iccid string) error {
				info, err := w.info(ctx)
				if err != nil {
					return err
				}
				const form = "2006-01-02T15:04:05Z"
				body := map[string]any{
					"deviceId": id(euicc.KindICCID, iccid), "earliest": info.Start.UTC().Format(form), "latest": info.Start.AddDate(1, 0, 0).UTC().Format(form),
				}
				return w.call(ctx, http.MethodPost, "/api/m2m/v1/devices/history/actions/list", body)
			},
		},
	},
}

func (w *world) info(ctx context.Context) (tsimclient.Sandbox, error) {
	if err := w.start(ctx); err != nil {
		return tsimclient.Sandbox{}, err
	}
	return w.box.Control.Info(ctx)
}

// operation is what a request is about.
func (w *world) operation(ctx context.Context, request string) (tsimclient.Operation, error) {
	op, ok := w.operated[request]
	if ok {
		return op, nil
	}
	r, err := w.box.Control.Request(ctx, request, tsimclient.Page{Limit: 1})
	if err == nil {
		w.operated[request] = r.Operation
	}
	return r.Operation, err
}
