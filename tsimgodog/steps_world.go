package tsimgodog

import (
	"context"
	"errors"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

var worldFamily = family{
	"The world",
	`What the sandbox of the scenario starts from, and what happens to its devices. Steps say it in any order before the first one that
needs the sandbox. Without any of them it is the built-in scenario ` + "`default`" + `. A device without a name is the one that the
scenario is about: steps that name no device mean it.`,
	[]step{
		{
			pattern: `the built-in scenario {text}`,
			doc:     "Starts from a built-in scenario. Its devices are called device-1, device-2 and so on, by EID; it is about the first one.",
			example: `
Given the built-in scenario "first-device"
And my listener is registered
When I activate the US profile of "device-1"
And 5 seconds pass
Then my listener hears
  | of | status  |
  | US | SUCCESS |`,
			do: func(_ context.Context, w *world, name string) error { return w.startFrom(name) },
		},
		{
			pattern: `the scenario`,
			doc:     "Starts from a scenario in YAML, as docs/scenario.md has it.",
			example: `
Given the scenario
  """
  name: mine
  credentials: [{appKey: key, appSecret: secret, username: user, password: pass}]
  accounts:
    - name: "0000123456-00001"
      fleets: [{count: 3, profiles: [{network: us, service: active, status: ENABLE}]}]
  """
Then the devices now have
  | devices | profile | status |
  | 3       | US      | ENABLE |`,
			do: func(_ context.Context, w *world, text *godog.DocString) error {
				return w.startFrom(text.Content + "\n")
			},
		},
		{
			pattern: `a device{named} with the profiles`,
			doc: `A device with these profiles. Those called US and Global are of these networks; others say theirs in the column network. Further
columns are those of a scenario's profile: suspended, plan, mdn, iccid, role, coverage.`,
			example: `
Given a device "van-7" with the profiles
  | profile | service | status  |
  | US      | active  | DISABLE |
  | Global  | active  | ENABLE  |
Then the device "van-7" now has
  | profile | status |
  | Global  | ENABLE |`,
			do: givenDevice,
		},
		{
			pattern: `{n} devices{named} with the profiles`,
			doc:     "So many devices that are alike. Of 500 devices \"van\", the first one is called van-1, and the last one van-500.",
			example: `
Given 500 devices "van" with the profiles
  | profile | service | status  |
  | US      | active  | ENABLE  |
  | Global  | active  | DISABLE |
And my listener is registered
When I suspend the Global profiles of 500 devices in one call
And time passes until nothing is owed
Then each of these devices was told of once, with "SUCCESS"
And the device "van-500" now has
  | profile | suspended |
  | Global  | profile   |`,
			do: givenFleet,
		},
		{
			pattern: `the service plans`,
			doc:     "The service plans of the account. Without this step, they are US Plan, Global Plan and Global Plus.",
			example: `
Given the service plans
  | name   | network |
  | Gold   | us      |
  | Silver | us      |
And a device with the profiles
  | profile | service | status | plan |
  | US      | active  | ENABLE | Gold |
When I change the plan of the US profile to "Silver"
And time passes until nothing is owed
Then the US profile has a number and the plan "Silver"`,
			do: givenPlans,
		},
		{
			pattern: `(my device|{text}) has the (EID|ICCID|IMEI|MDN) {text}`,
			doc:     "Gives a name to the device of an identifier, or makes it the one that the scenario is about.",
			example: `
Given the built-in scenario "roaming-outage"
And "truck" has the EID "89001012012341234012345678901321"
When 12 minutes pass
Then the device "truck" has lost its network`,
			do: giveName,
		},
		{
			pattern: `(my device|{text}) has identifiers that end in {text}`,
			doc:     "The same of the device whose EID, IMEI and ICCIDs all end in these digits: in the built-in scenario default, they choose what goes wrong.",
			example: `
Given my device has identifiers that end in "9016"
When I download the Global profile
And time passes until nothing is owed
Then the callbacks are
  | of     | status | fault               |
  | Global | Failed | Insufficient memory |`,
			do: giveNameByEnd,
		},
		{
			pattern: `the {profile} profile{of} is suspended on its own`,
			doc:     "The profile is suspended, as after a profile_suspend.",
			example: `
Given a device with the profiles
  | profile | service | status  |
  | Global  | active  | DISABLE |
And the Global profile is suspended on its own
When I suspend the Global profile
And time passes until nothing is owed
Then the callbacks are
  | of     | status | fault                        |
  | Global | Failed | Profile is already suspended |`,
			do: func(ctx context.Context, w *world, name, of string) error {
				return w.soon(ctx, func(ctx context.Context) error {
					d, err := w.device(ctx, of)
					if err != nil {
						return err
					}
					p, err := d.profile(name)
					if err != nil {
						return err
					}
					return w.patch(ctx, d, tsimclient.DevicePatch{Profiles: []tsimclient.ProfilePatch{{ICCID: p.iccid, Suspended: tsimclient.SuspendedProfile}}})
				})
			},
		},
		{
			pattern: `the device{device} (is switched off|is switched on|loses its network|has its network again)`,
			doc:     "What happens to a device: what the SM-SR has to do on its card waits while it is off or without a network.",
			example: `
Given a device "van-7" with the profiles
  | profile | service | status           |
  | US      | active  | ENABLE           |
  | Global  | active  | DOWNLOAD_DISABLE |
And my listener is registered
And the device "van-7" is switched off
When I enable the Global profile of "van-7"
And 10 minutes pass
And the device "van-7" is switched on
And time passes until nothing is owed
Then my listener hears
  | device | of     | status  |
  | van-7  | Global | warning |
  | van-7  | Global | SUCCESS |`,
			do: func(ctx context.Context, w *world, name, what string) error {
				return w.soon(ctx, func(ctx context.Context) error {
					d, err := w.device(ctx, name)
					if err != nil {
						return err
					}
					return w.patch(ctx, d, happens[what])
				})
			},
		},
		{
			pattern: `{n} of the devices (are switched off|are switched on|lose their network|have their network again)`,
			doc:     "The same of so many devices, the first ones.",
			example: `
Given 10 devices with the profiles
  | profile | service | status           |
  | US      | active  | ENABLE           |
  | Global  | active  | DOWNLOAD_DISABLE |
And 3 of the devices are switched off
When I enable the Global profiles of 10 devices in one call
And 10 seconds pass
Then the devices now have
  | devices | profile | status           |
  | 3       | Global  | DOWNLOAD_DISABLE |
  | 7       | Global  | ENABLE           |`,
			do: func(ctx context.Context, w *world, n int, what string) error {
				return w.soon(ctx, func(ctx context.Context) error {
					all, err := w.atLeast(ctx, n)
					for i := 0; err == nil && i < n; i++ {
						_, err = w.box.PatchDevice(ctx, all[i].EID, happens[what])
					}
					return err
				})
			},
		},
		{
			pattern: `listeners have {duration} to answer`,
			doc:     "How long listeners have to answer, on the clock on the wall. A short time makes listeners that hang cheap.",
			example: `
Given listeners have 50ms to answer
And a device with the profiles
  | profile | service | status  |
  | Global  | active  | DISABLE |
And my listener is registered
And my listener never answers
When I suspend the Global profile
And time passes until nothing is owed
Then every attempt ended with "timeout"`,
			do: func(_ context.Context, w *world, text string) error {
				d, err := duration(text)
				if err != nil {
					return err
				}
				return w.set(d.String(), "delivery", "timeout")
			},
		},
		{
			pattern: `{operation} takes {duration}`,
			doc:     "How long an operation takes from its acceptance to its execution. Without this step, it takes no time.",
			example: `
Given download takes 20 seconds
And a device with the profiles
  | profile | service | status         |
  | US      | active  | ENABLE         |
  | Global  | active  | NOT_DOWNLOADED |
When I download the Global profile
And 19 seconds pass
Then the device now has
  | profile | status         |
  | Global  | NOT_DOWNLOADED |
When 1 second passes
Then the device now has
  | profile | status           |
  | Global  | DOWNLOAD_DISABLE |`,
			do: func(_ context.Context, w *world, operation, text string) error {
				d, err := duration(text)
				if err != nil {
					return err
				}
				return w.set(d.String(), "latency", operation)
			},
		},
		{
			pattern: `ThingSpace takes {n} (calls a second|activations a minute)`,
			doc:     "A limit, beyond which calls are refused with 429.",
			example: `
Given ThingSpace takes 2 calls a second
When I list my listeners
And I list my listeners
And I list my listeners
Then the call is refused with 429 and "900800: Message throttled out"`,
			do: func(_ context.Context, w *world, n int, what string) error {
				return w.set(n, "limits", map[string]string{"calls a second": "callsPerSecond", "activations a minute": "activatesPerMinute"}[what])
			},
		},
		{
			pattern: `a line may (be provisioned|change its plan) {n} times a (day|month)`,
			doc:     "A limit of a line, beyond which an operation fails: provisioning is limited by the day, plans are by the month.",
			example: `
Given a line may be provisioned 1 times a day
And a device with the profiles
  | profile | service | status |
  | Global  | active  | ENABLE |
When I suspend the Global profile
And I resume the Global profile
And time passes until nothing is owed
Then the callbacks are
  | status  | fault                                             |
  | SUCCESS |                                                   |
  | Failed  | Too many provisioning actions for this line today |`,
			do: func(_ context.Context, w *world, what string, n int, per string) error {
				key := map[string]string{"be provisioned day": "provisioningPerLineAndDay", "change its plan month": "planChangesPerMonth"}[what+" "+per]
				if key == "" {
					return errors.New("provisioning is limited by the day, changes of plan are by the month")
				}
				return w.set(n, "limits", key)
			},
		},
		{
			pattern: `the sandbox is reset`,
			doc:     "Puts the sandbox back to its start: registrations, tokens, calls on record and all.",
			example: `
When I list my listeners
And the sandbox is reset
Then no call is on record`,
			do: func(ctx context.Context, w *world) error {
				if err := w.start(ctx); err != nil {
					return err
				}
				w.client.bearer, w.client.session = "", ""
				return w.box.Reset(ctx)
			},
		},
	},
}
