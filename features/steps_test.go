package features

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

// steps is the vocabulary of the stories.
func steps(sc *godog.ScenarioContext) {
	w := newWorld()
	sc.After(func(ctx context.Context, _ *godog.Scenario, _ error) (context.Context, error) {
		return ctx, w.close(context.WithoutCancel(ctx))
	})

	bulkSteps(sc, w)
	questionSteps(sc, w)
	callSteps(sc, w)
	builtinSteps(sc, w)
	misfortuneSteps(sc, w)
	sc.Given(`^a device with the profiles$`, w.givenProfiles)
	sc.Given(`^the (US|Global) profile is suspended on its own$`, w.givenSuspended)
	sc.Given(`^the device is switched off$`, func() { w.off = true })
	sc.Given(`^listeners have (\S+) to answer$`, func(timeout string) { w.timeout = timeout })
	sc.Given(`^ThingSpace takes (\d+) calls a second$`, func(n string) { w.limits = "callsPerSecond: " + n })
	sc.Given(`^ThingSpace takes (\d+) activations a minute$`, func(n string) { w.limits = "activatesPerMinute: " + n })
	sc.Given(`^a line may be provisioned (\d+) times a day$`, func(n string) { w.limits = "provisioningPerLineAndDay: " + n })
	sc.Given(`^a line may change its plan (\d+) times a month$`, func(n string) { w.limits = "planChangesPerMonth: " + n })
	sc.Given(`^my listener is registered$`, func() error { return w.listen(map[string]string{}) })
	sc.Given(`^my listener is registered with the username "([^"]*)" and the password "([^"]*)"$`, func(user, pass string) error {
		return w.listen(map[string]string{"username": user, "password": pass})
	})
	sc.Given(`^my listener is a mailbox$`, func() error { return w.listen(map[string]string{"url": "mailbox:"}) })
	sc.Given(`^my listener answers (\d+) three times and then (\d+)$`, func(first, then int) { w.answers = []int{first, first, first, then} })
	sc.Given(`^my listener always answers (\d+)$`, func(status int) { w.answers = []int{status} })
	sc.Given(`^my listener never answers$`, func() { w.answers = []int{0} })

	sc.When(`^I activate the device by its EID$`, func() error { return w.ask("activate", "", ids("eid", w.device.eid)) })
	sc.When(`^I (activate|activate_enable|download|download_enable|download_disable|enable|disable|delete|deactivate|suspend|resume) the (US|Global) profile$`, func(verb, profile string) error { return w.act(verb, profile, "") })
	sc.When(`^I change the plan of the (US|Global) profile to "([^"]*)"$`, func(profile, plan string) error { return w.act("serviceplan", profile, plan) })
	sc.When(`^I make the (US|Global) profile the one to fall back to$`, func(profile string) error { return w.act("setfallbackattribute", profile, "") })
	sc.When(`^I renew the activation code of the (US|Global) profile$`, func(profile string) error { return w.act("renew_activation_code", profile, "") })
	sc.When(`^the device is switched on$`, func() error { return w.patch(tsimclient.DevicePatch{Powered: &yes}) })
	sc.When(`^the device loses its network$`, func() error { return w.patch(tsimclient.DevicePatch{Connected: &no}) })
	sc.When(`^I (activate|download|enable) the (US|Global) profile with the plan "([^"]*)"$`, w.act)
	sc.When(`^I suspend the Global profile and an unknown one$`, func() error {
		return w.ask("profile_suspend", "", ids("iccid", w.device.iccids["Global"]), ids("iccid", unknownICCID(0)))
	})
	sc.When(`^I suspend the Global profile for the account "([^"]*)"$`, func(other string) error {
		return w.askAccount(other, "profile_suspend", "", ids("iccid", w.device.iccids["Global"]))
	})
	sc.When(`^I suspend the profile "([^"]*)"$`, func(iccid string) error { return w.ask("profile_suspend", "", ids("iccid", iccid)) })
	sc.When(`^I (suspend|resume) the device$`, func(verb string) error { return w.ask("device_"+verb, "", ids("eid", w.device.eid)) })
	sc.When(`^I resume an unknown device$`, func() error { return w.ask("device_resume", "", ids("eid", strings.Repeat("9", 32))) })
	sc.When(`^I list my listeners$`, func() error { return w.call(http.MethodGet, "/api/m2m/v1/callbacks/"+account, nil, nil) })
	sc.When(`^I deregister my listener$`, func() error {
		return w.call(http.MethodDelete, "/api/m2m/v1/callbacks/"+account+"/name/DeviceProfileService", nil, nil)
	})
	sc.When(`^I log in with a wrong password (\d+) times$`, func(times int) error {
		for range times {
			if err := w.login("wrong"); err != nil {
				return err
			}
		}
		return nil
	})
	sc.When(`^I log in$`, func() error { return w.login("") })
	sc.When(`^time passes until nothing is owed$`, func() error { return w.advance(tsimclient.Advance{Until: tsimclient.Idle}) })
	sc.When(`^I take attempt (\d+) from my mailbox and answer (\d+)$`, w.takeMail)
	sc.When(`^(\d+) (minute|second)s? pass(?:es)?$`, func(n, unit string) error { return w.advance(tsimclient.Advance{By: n + unit[:1]}) })

	sc.Then(`^the call is accepted$`, func() error { return w.refused(http.StatusOK, "") })
	sc.Then(`^the call is refused with (\d+) and "(.*)"$`, func(status int, text string) error {
		return w.refused(status, strings.ReplaceAll(text, `\"`, `"`))
	})
	sc.Then(`^nothing is heard before time passes$`, w.hearsNothing)
	sc.Then(`^my listener hears nothing$`, w.hearsNothing)
	sc.Then(`^my listener hears$`, func(table *godog.Table) error { return w.hears(table, false) })
	sc.Then(`^my listener hears, in any order$`, func(table *godog.Table) error { return w.hears(table, true) })
	sc.Then(`^my listener hears the same callback with the counts (.*)$`, w.hearsAgain)
	sc.Then(`^the callbacks came at (.*) minutes$`, w.cameAt)
	sc.Then(`^the callback is (delivered|archived|unheard)$`, w.callbackIs)
	sc.Then(`^the callback waits in my mailbox$`, func() error { return w.callbackIs("mailbox") })
	sc.Then(`^every attempt ended with "([^"]*)"$`, w.attemptsEnded)
	sc.Then(`^the callback begins with the username "([^"]*)" and the password "([^"]*)"$`, w.beginsWith)
	sc.Then(`^the device now has$`, w.deviceHas)
	sc.Then(`^the (US|Global) profile has no number and no plan$`, func(profile string) error { return w.subscribed(profile, false, "") })
	sc.Then(`^the (US|Global) profile has a number and the plan "([^"]*)"$`, func(profile, plan string) error { return w.subscribed(profile, true, plan) })
}

func ids(kind, value string) []map[string]string { return []map[string]string{id(kind, value)} }

func unknownICCID(n int) string { return fmt.Sprintf("8999900000%09d", n) }

// rows reads a table with a heading.
func rows(table *godog.Table) []map[string]string {
	var all []map[string]string
	for _, r := range table.Rows[1:] {
		row := map[string]string{}
		for i, cell := range r.Cells {
			row[table.Rows[0].Cells[i].Value] = cell.Value
		}
		all = append(all, row)
	}
	return all
}

func (w *world) givenProfiles(table *godog.Table) {
	w.profiles = rows(table)
	for _, p := range w.profiles {
		p["suspended"] = "none"
	}
}

func (w *world) givenSuspended(profile string) error {
	for _, p := range w.profiles {
		if p["profile"] == profile {
			p["suspended"] = "profile"
			return nil
		}
	}
	return fmt.Errorf("the device has no %s profile", profile)
}

// act asks for an action on one profile, with the identifiers that its page asks for.
func (w *world) act(verb, profile, plan string) error {
	device := ids("iccid", w.device.iccids[profile])
	switch verb {
	case "suspend", "resume":
		verb = "profile_" + verb
	case "activate", "activate_enable", "deactivate":
	default:
		device = append(device, id("eid", w.device.eid), id("imei", w.device.imei))
	}
	return w.ask(verb, plan, device)
}

var yes, no = true, false

// patch changes the device from outside.
func (w *world) patch(change tsimclient.DevicePatch) error {
	_, err := w.box.Control.PatchDevice(context.Background(), w.device.eid, change)
	return err
}

func (w *world) advance(how tsimclient.Advance) error {
	if err := w.start(); err != nil {
		return err
	}
	_, err := w.box.Control.Advance(context.Background(), how)
	return err
}

// takeMail takes the oldest attempt from the mailbox, which has to have that number, and answers it.
func (w *world) takeMail(attempt, status int) error {
	mail, err := w.box.Control.TakeMail(context.Background(), account, "DeviceProfileService", 0)
	if err != nil {
		return err
	}
	if mail.Attempt != attempt {
		return fmt.Errorf("attempt %d of callback %d was taken, want attempt %d", mail.Attempt, mail.Callback, attempt)
	}
	_, err = w.box.Control.AnswerMail(context.Background(), account, "DeviceProfileService", mail.Callback, status)
	return err
}

// refused holds the last reply to a status and a part of its message.
func (w *world) refused(status int, text string) error {
	var reply struct{ ErrorCode, ErrorMessage string }
	_ = json.Unmarshal(w.reply, &reply) // a list has neither
	if w.status != status || !strings.Contains(reply.ErrorMessage, text) {
		return fmt.Errorf("the reply is %d %s", w.status, w.reply)
	}
	if status != http.StatusOK && reply.ErrorCode != strconv.Itoa(status) {
		return fmt.Errorf("errorCode is %q, want %d", reply.ErrorCode, status)
	}
	return nil
}

// subscribed holds a profile to having a number or none, and to its plan.
func (w *world) subscribed(profile string, number bool, plan string) error {
	d, err := w.box.Control.Device(context.Background(), w.device.eid)
	for _, p := range d.Profiles {
		if p.ICCID == w.device.iccids[profile] && ((p.MDN != "") != number || p.Plan != plan) {
			err = fmt.Errorf("the %s profile has the number %q and the plan %q", profile, p.MDN, p.Plan)
		}
	}
	return err
}

func (w *world) deviceHas(table *godog.Table) error {
	d, err := w.box.Control.Device(context.Background(), w.device.eid)
	if err != nil {
		return err
	}
	for _, want := range rows(table) {
		for _, p := range d.Profiles {
			if p.ICCID != w.device.iccids[want["profile"]] {
				continue
			}
			if err := profileHas(p, want); err != nil {
				return fmt.Errorf("the %s profile %w", want["profile"], err)
			}
		}
	}
	return nil
}

// profileHas holds a profile to what a row says of it besides its name and how many there are; an empty cell says nothing.
func profileHas(p tsimclient.Profile, row map[string]string) error {
	has := map[string]string{"service": string(p.Service), "status": string(p.Status), "suspended": string(p.Suspended)}
	for column, want := range row {
		if column == "profile" || column == "devices" || want == "" {
			continue
		}
		if got, ok := has[column]; !ok || got != want {
			return fmt.Errorf("has %s %q, not %q", column, got, want)
		}
	}
	return nil
}
