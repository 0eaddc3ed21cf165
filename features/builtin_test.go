package features

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

// builtinSteps are the words for stories that begin with a built-in scenario.
func builtinSteps(sc *godog.ScenarioContext, w *world) {
	sc.Given(`^the built-in scenario "([^"]*)"$`, w.givenBuiltin)
	sc.Given(`^my device has the EID "([^"]*)"$`, w.givenDevice)

	sc.When(`^my listener goes down$`, func() { w.setDown(true) })
	sc.When(`^my listener is up again$`, func() { w.setDown(false) })
	sc.When(`^the archived callbacks are sent again$`, w.resend)
	sc.When(`^I get a new bearer token$`, w.token)
	sc.When(`^I resume all devices in one call$`, w.resumeAll)
	sc.When(`^I resume the profiles whose callbacks say that they are suspended$`, w.resumeSuspended)

	sc.Then(`^the call is refused with (\d+) and the code "([^"]*)"$`, w.refusedWithCode)
	sc.Then(`^the registered listener is "([^"]*)"$`, w.listenerIs)
	sc.Then(`^the devices now have$`, w.devicesHave)
}

// givenBuiltin starts from a built-in scenario. Until a step says otherwise, the device of the story is the first one.
func (w *world) givenBuiltin(name string) error {
	if err := w.startFrom(name); err != nil {
		return err
	}
	all, err := w.devices(1)
	if err != nil {
		return err
	}
	for _, d := range all {
		w.about(known(d))
	}
	w.about(known(all[0]))
	return nil
}

func (w *world) givenDevice(eid string) error {
	d, err := w.box.Control.Device(context.Background(), eid)
	if err == nil {
		w.about(known(d))
	}
	return err
}

// known is a device as the stories know it.
func known(d tsimclient.Device) device {
	k := device{eid: d.EID, imei: d.IMEI, iccids: map[string]string{}}
	for _, p := range d.Profiles {
		k.iccids[nameOf(p)] = p.ICCID
	}
	return k
}

// nameOf is the name that the stories give a profile.
func nameOf(p tsimclient.Profile) string {
	return map[tsimclient.Network]string{tsimclient.NetworkUS: "US", tsimclient.NetworkGlobal: "Global"}[p.Network]
}

// setDown lets the listener cut every connection off, or listen again. Its port stays open, so that nobody else can get
// it meanwhile.
func (w *world) setDown(down bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = down
}

// resend has what is archived sent again, as support does it on request.
func (w *world) resend() error {
	archived, err := w.box.Control.AllCallbacks(context.Background(), tsimclient.CallbackFilter{State: tsimclient.StateArchived}, mostDevices)
	if err != nil {
		return err
	}
	if len(archived) == 0 {
		return fmt.Errorf("no callback is archived")
	}
	for _, c := range archived {
		if _, err := w.box.Control.Resend(context.Background(), c.ID); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) resumeAll() error {
	all, err := w.devices(1)
	if err != nil {
		return err
	}
	var devices [][]map[string]string
	for _, d := range all {
		devices = append(devices, ids("eid", d.EID))
	}
	return w.ask("device_resume", "", devices...)
}

// resumeSuspended resumes the profiles of which a callback said that it went well and that they are suspended.
func (w *world) resumeSuspended() error {
	w.mu.Lock()
	bodies := slices.Clone(w.bodies)
	w.mu.Unlock()
	var devices [][]map[string]string
	for _, body := range bodies {
		var c callback
		if err := json.Unmarshal(body, &c); err != nil {
			return err
		}
		if c.Status != "SUCCESS" || c.DeviceResponse.DeviceProfileResponse["state"] != "SUSPENDED" {
			continue
		}
		for _, d := range c.DeviceIDs {
			if d.Kind == "Iccid" {
				devices = append(devices, ids("iccid", d.ID))
			}
		}
	}
	return w.ask("profile_resume", "", devices...)
}

// refusedWithCode holds the last reply to a status and a code: the errorCode of ThingSpace, or the code of the gateway's
// fault.
func (w *world) refusedWithCode(status int, code string) error {
	var reply struct {
		ErrorCode string
		Fault     struct{ Code string }
	}
	if err := json.Unmarshal(w.reply, &reply); err != nil {
		return err
	}
	if w.status != status || cmp.Or(reply.ErrorCode, reply.Fault.Code) != code {
		return fmt.Errorf("the reply is %d %s", w.status, w.reply)
	}
	return nil
}

// listenerIs holds the list of listeners to one of DeviceProfileService.
func (w *world) listenerIs(url string) error {
	var listeners []struct{ ServiceName, URL string }
	if err := json.Unmarshal(w.reply, &listeners); err != nil {
		return err
	}
	if len(listeners) != 1 || listeners[0].ServiceName != tsimclient.DeviceProfileService || listeners[0].URL != url {
		return fmt.Errorf("the listeners are %s", w.reply)
	}
	return nil
}

// devicesHave holds how many devices have a profile like that of each row.
func (w *world) devicesHave(table *godog.Table) error {
	all, err := w.devices(1)
	if err != nil {
		return err
	}
	for _, want := range rows(table) {
		n := 0
		for _, d := range all {
			for _, p := range d.Profiles {
				if nameOf(p) == want["profile"] && profileHas(p, want) == nil {
					n++
				}
			}
		}
		if strconv.Itoa(n) != want["devices"] {
			return fmt.Errorf("%d devices have %v", n, want)
		}
	}
	return nil
}
