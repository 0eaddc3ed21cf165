package thingspace_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// fleet is a sandbox with 1,500 devices of two lines each, and what a client sends along.
func fleet(t *testing.T) (*sim.Sim, func(path, body string, into any) int) {
	t.Helper()
	two := euicc.Card{Powered: true, Connected: true, Profiles: []euicc.Profile{
		{Network: euicc.US, Service: euicc.Active, Status: euicc.StatusEnable}, {Network: euicc.Global, Role: euicc.Local},
	}}
	s, handler, header := thingspace.Serve(t, config.Account{Name: "a", Fleets: []config.Fleet{{Count: 1500, Card: two}}})
	return s, func(path, body string, into any) int {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header = header
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		return w.Code
	}
}

// Page by page, a client sees every line once.
func TestPagesOfTheList(t *testing.T) {
	_, call := fleet(t)
	seen, last := map[string]bool{}, "0"
	for _, want := range []struct {
		status, devices int
		more            bool
	}{{http.StatusAccepted, 2000, true}, {http.StatusOK, 1000, false}} {
		var list struct {
			HasMoreData bool
			Devices     []struct {
				DeviceIDs          []struct{ ID, Kind string }
				ExtendedAttributes []struct{ Key, Value string }
			}
		}
		status := call("/api/m2m/v1/devices/actions/list", `{"accountName":"a","maxNumberOfDevices":5000,"largestDeviceIdSeen":`+last+`}`, &list)
		if status != want.status || len(list.Devices) != want.devices || list.HasMoreData != want.more {
			t.Fatalf("%d with %d devices, more %v; want %+v", status, len(list.Devices), list.HasMoreData, want)
		}
		for _, d := range list.Devices {
			seen[d.DeviceIDs[1].ID] = true
			last = d.ExtendedAttributes[0].Value
		}
	}
	if len(seen) != 3000 {
		t.Errorf("%d ICCIDs on the pages, want 3000", len(seen))
	}
}

func TestPagesOfTheHistory(t *testing.T) {
	s, call := fleet(t)
	eid := s.Devices("", 1)[0].EID
	const suspensions = 501
	devices := make([]euicc.IDs, suspensions)
	for i := range devices {
		devices[i].EID = eid
	}
	r, err := s.Submit(sim.Request{Account: "a", Op: euicc.OpDeviceSuspend, Devices: sim.ListOf(devices...)})
	if err != nil {
		t.Fatal(err)
	}
	s.Replied(r)
	if _, err := s.Advance(context.Background(), sim.Goal{By: time.Second}); err != nil {
		t.Fatal(err)
	}
	var history []struct { // the only one is the page
		HasMoreData         bool
		ProvisioningHistory []struct{ Status string }
	}
	body := fmt.Sprintf(`{"deviceId":{"kind":"eid","id":%q},"earliest":"2030-01-01T00:00:00Z","latest":"2030-01-02T00:00:00Z"}`, eid)
	status := call("/api/m2m/v1/devices/history/actions/list", body, &history)
	if status != http.StatusAccepted || len(history) != 1 || len(history[0].ProvisioningHistory) != 500 || !history[0].HasMoreData {
		t.Errorf("%d with %.300v", status, history)
	}
}
