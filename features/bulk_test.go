package features

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

// bulkSteps is the vocabulary of calls that name many devices.
func bulkSteps(sc *godog.ScenarioContext, w *world) {
	sc.Given(`^(\d+) devices with an enabled US profile and a disabled Global one$`, func(n int) { w.fleet = n })

	sc.When(`^I suspend the Global profiles of (\d+) devices in one call$`, func(n int) error { return w.bulk(n, 0, 0) })
	sc.When(`^I suspend the Global profiles of (\d+) devices and of (\d+) unknown one in one call$`, func(n, unknown int) error {
		return w.bulk(n, 0, unknown)
	})
	sc.When(`^I suspend the Global profiles of (\d+) devices, the US profiles of (\d+) and (\d+) unknown ones in one call$`, w.bulk)
	sc.When(`^I suspend the Global profile of one device twice in one call$`, func() error {
		all, err := w.devices(1)
		if err != nil {
			return err
		}
		one := ids("iccid", all[0].Profiles[1].ICCID)
		return w.ask("profile_suspend", "", one, one)
	})

	sc.Then(`^each of these devices was told of once, with "SUCCESS"$`, w.toldOnce)
	sc.Then(`^the story of the request begins with$`, w.storyBegins)
	sc.Then(`^my listener hears (\d+) times "([^"]*)"$`, w.hearsTimes)
}

// mostDevices is how many devices one call may name; no story has more.
const mostDevices = 10000

// devices are all devices, at least so many.
func (w *world) devices(n int) ([]tsimclient.Device, error) {
	if err := w.start(); err != nil {
		return nil, err
	}
	all, err := w.box.Control.AllDevices(context.Background(), tsimclient.DeviceFilter{}, mostDevices)
	if err == nil && len(all) < n {
		err = fmt.Errorf("there are %d devices, not %d", len(all), n)
	}
	return all, err
}

// bulk suspends Global profiles, US ones and some that are not there, in one call.
func (w *world) bulk(global, us, unknown int) error {
	all, err := w.devices(global + us)
	if err != nil {
		return err
	}
	var devices [][]map[string]string
	w.called = nil
	for i := range global {
		w.called = append(w.called, all[i].Profiles[1].ICCID)
		devices = append(devices, ids("iccid", all[i].Profiles[1].ICCID))
	}
	for i := range us {
		devices = append(devices, ids("iccid", all[global+i].Profiles[0].ICCID))
	}
	for i := range unknown {
		devices = append(devices, ids("iccid", unknownICCID(i)))
	}
	return w.ask("profile_suspend", "", devices...)
}

// toldOnce holds the new callbacks to the devices of the call: each of them once, and no other.
func (w *world) toldOnce() error {
	open := map[string]bool{}
	for _, iccid := range w.called {
		open[iccid] = true
	}
	news := w.news()
	for _, body := range news {
		var c callback
		if err := json.Unmarshal(body, &c); err != nil {
			return err
		}
		iccid := ""
		for _, d := range c.DeviceIDs {
			if d.Kind == "Iccid" {
				iccid = d.ID
			}
		}
		if !open[iccid] || c.Status != "SUCCESS" {
			return fmt.Errorf("unexpected, or for the second time: %s", body)
		}
		delete(open, iccid)
	}
	if len(open) > 0 {
		return fmt.Errorf("%d callbacks came, and %d devices were not told of", len(news), len(open))
	}
	return nil
}

// storyBegins holds the story of the latest request to the lines after its head.
func (w *world) storyBegins(want *godog.DocString) error {
	var accepted struct{ RequestID string }
	if err := json.Unmarshal(w.reply, &accepted); err != nil {
		return err
	}
	story, err := w.box.Control.Explain(context.Background(), accepted.RequestID)
	if err == nil && !strings.Contains(story, " are still to come\n"+want.Content+"\n- entry 1 ") {
		err = fmt.Errorf("the story is\n%s", story)
	}
	return err
}

// hearsTimes counts the callbacks with this status, or with this fault.
func (w *world) hearsTimes(n int, what string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	count := 0
	for _, body := range w.bodies {
		var c callback
		if err := json.Unmarshal(body, &c); err != nil {
			return err
		}
		if c.Status == what || c.FaultResponse["faultstring"] == what {
			count++
		}
	}
	if count != n {
		return fmt.Errorf("%d of %d callbacks say %q", count, len(w.bodies), what)
	}
	return nil
}
