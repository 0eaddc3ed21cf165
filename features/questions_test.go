package features

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/cucumber/godog"
)

// questionSteps are the words for the calls that ask.
func questionSteps(sc *godog.ScenarioContext, w *world) {
	sc.When(`^I ask for the status of that request$`, w.askStatus)
	sc.When(`^I ask for all devices whose profiles are "([^"]*)"$`, func(status string) error {
		body := map[string]any{"accountName": account, "profileStatusFilter": status}
		return w.call(http.MethodPost, "/api/m2m/v2/devices/actions/list", body, nil)
	})
	sc.When(`^I add a device with the US profile "([^"]*)"$`, w.addDevice)
	sc.When(`^I activate the profile "([^"]*)"$`, func(iccid string) error { return w.ask("activate", "", ids("iccid", iccid)) })
	sc.When(`^I ask for the history of the profile "([^"]*)"$`, func(iccid string) error {
		body := map[string]any{"deviceId": id("iccid", iccid), "earliest": "2030-01-01T00:00:00Z", "latest": "2031-01-01T00:00:00Z"}
		return w.call(http.MethodPost, "/api/m2m/v1/devices/history/actions/list", body, nil)
	})
	sc.Then(`^I am told of (\d+) device with the provisioning status "([^"]*)"$`, w.toldOfDevices)
	sc.Then(`^it has (\d+) record, the last one of "([^"]*)" by "([^"]*)"$`, w.hasRecords)
	sc.Then(`^the request is "([^"]*)"$`, func(want string) error { return w.replyHas("status", want) })
}

// askStatus asks how far the latest request has come.
func (w *world) askStatus() error {
	var accepted struct{ RequestID string }
	if err := json.Unmarshal(w.reply, &accepted); err == nil && accepted.RequestID != "" {
		w.request = accepted.RequestID
	}
	return w.call(http.MethodGet, "/api/m2m/v1/accounts/"+account+"/requests/"+w.request+"/status", nil, nil)
}

func (w *world) addDevice(iccid string) error {
	device := map[string]any{"deviceIds": []map[string]string{
		id("eid", "89001012012341234012345678901321"), id("imei", "350000000000022"), id("iccid", iccid),
	}}
	body := map[string]any{"accountName": account, "state": "preactive", "devicesToAdd": []any{device}}
	return w.call(http.MethodPost, "/api/m2m/v1/devices/actions/add", body, nil)
}

// toldOfDevices holds the one new callback to a list of so many devices.
func (w *world) toldOfDevices(n int, provisioning string) error {
	var body struct {
		DeviceResponse struct {
			Devices []struct{ ProvisioningStatus string }
		}
	}
	news := w.news()
	if len(news) != 1 {
		return fmt.Errorf("%d callbacks came, want 1", len(news))
	}
	if err := json.Unmarshal(news[0], &body); err != nil {
		return err
	}
	devices := body.DeviceResponse.Devices
	if len(devices) != n || devices[n-1].ProvisioningStatus != provisioning {
		return fmt.Errorf("the callback is %s", news[0])
	}
	return nil
}

// hasRecords holds the last reply to a history.
func (w *world) hasRecords(n int, what, by string) error {
	var reply []struct {
		ProvisioningHistory []struct{ EventType, EventBy string }
	}
	if err := json.Unmarshal(w.reply, &reply); err != nil {
		return err
	}
	if len(reply) != 1 {
		return fmt.Errorf("the history is %s", w.reply)
	}
	records := reply[0].ProvisioningHistory
	if len(records) != n || records[n-1].EventType != what || records[n-1].EventBy != by {
		return fmt.Errorf("the history is %s", w.reply)
	}
	return nil
}

// replyHas holds a field of the last reply to a value.
func (w *world) replyHas(field, want string) error {
	var reply map[string]any
	if err := json.Unmarshal(w.reply, &reply); err != nil {
		return err
	}
	if got := fmt.Sprint(reply[field]); got != want {
		return fmt.Errorf("%s is %q, want %q: %s", field, got, want, w.reply)
	}
	return nil
}
