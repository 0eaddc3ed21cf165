package tsimbox_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// bulk is a fleet of 500 devices, one of which is suspended already, and a request to suspend all of them.
func bulk(t *testing.T) (w *world, heard *tsimbox.Listener, fleet []tsimbox.FleetDevice, request string) {
	t.Helper()
	w = start(t, tsimbox.Scenario(`name: bulk
credentials: [{appKey: k, appSecret: s, username: u, password: p}]
accounts: [{name: A-1, fleets: [{count: 500, profiles: [{network: global, service: active, status: ENABLE}]}]}]
`))
	fleet, err := w.box.Fleet(t.Context())
	must(t, fleet, err)
	heard = w.listen()
	w.do("profile_suspend", tsimbox.IDs{ICCID: fleet[301].ICCIDs[0]})
	w.settle()
	var devices []tsimbox.IDs
	for _, d := range fleet {
		devices = append(devices, tsimbox.IDs{ICCID: d.ICCIDs[0]})
	}
	request, err = w.box.DoAll(t.Context(), "profile_suspend", devices)
	return w, heard, fleet, must(t, request, err)
}

const suspended = "Profile is already suspended"

// says holds an error to a *RequestError of a text, which has the story behind it.
func says(t *testing.T, err error, want string) {
	t.Helper()
	var told *tsimbox.RequestError
	if !errors.As(err, &told) || told.Err.Error() != want || !strings.HasPrefix(told.Story, "request "+told.Request+": ") {
		t.Errorf("it says\n%v\nwant\n%s", err, want)
	}
}

// Of many devices, what was told of each is held to what is wanted of it, whoever comes first.
func TestWantEach(t *testing.T) {
	w, _, fleet, request := bulk(t)
	one := fleet[301].ICCIDs[0]
	each := func(want map[string][]string) error { return w.box.WantEach(t.Context(), request, want) }
	says(t, each(map[string][]string{tsimbox.Others: {}, one: {"SUCCESS"}}),
		"1 of 500 devices differ from what is wanted of them\n"+
			"entry 302, iccid "+one+`: [], want ["SUCCESS"]: it is carried out at 2030-01-01T00:00:00Z, and the clock is in manual mode: it stands at 2030-01-01T00:00:00Z until it is advanced`)
	w.settle()
	for _, want := range []map[string][]string{
		{tsimbox.Others: {"SUCCESS"}, one: {suspended}},
		{tsimbox.Others: {"SUCCESS"}, fleet[301].EID: {"Failed"}, fleet[0].EID: {"SUCCESS"}},
	} {
		if err := each(want); err != nil {
			t.Error(err)
		}
	}
	says(t, each(map[string][]string{tsimbox.Others: {"SUCCESS"}, "8944": {"Failed"}, "8901": {}}),
		"1 of 500 devices differ from what is wanted of them\n"+
			"entry 302, eid "+fleet[301].EID+", iccid "+one+`: ["Profile is already suspended"], want ["SUCCESS"]`+"\n"+
			`the request is not about "8901"`+"\n"+`the request is not about "8944"`)
	err := each(map[string][]string{one: {suspended}})
	if err == nil || !strings.Contains(err.Error(), "\nand 489 more\nrequest ") {
		t.Errorf("499 devices of which nothing is wanted: %v", err)
	}
	unknown := w.box.WantEach(t.Context(), "nobody", nil)
	var told *tsimclient.Error
	if !errors.As(unknown, &told) || told.Status != 404 {
		t.Errorf("an unknown request: %v", unknown)
	}
}

// All callbacks of a device count, in their order.
func TestWantEachOfADevice(t *testing.T) {
	w := start(t, tsimbox.Scenario(small))
	request := w.do("device_suspend", tsimbox.IDs{EID: eid})
	w.settle()
	for _, id := range []string{eid, lead, global} { // whatever the call named it by
		unheard := map[string][]string{id: {"SUCCESS, unheard", "SUCCESS, unheard", "SUCCESS, unheard"}}
		if err := w.box.WantEach(t.Context(), request, unheard); err != nil {
			t.Error(err)
		}
	}
	says(t, w.box.WantEach(t.Context(), request, nil), "1 of 1 devices differ from what is wanted of them\n"+
		"entry 1, eid "+eid+`: ["SUCCESS, unheard" "SUCCESS, unheard" "SUCCESS, unheard"], want []`)

	two, err := w.box.DoAll(t.Context(), "activate", []tsimbox.IDs{{ICCID: lead}, {ICCID: global}})
	must(t, two, err)
	w.settle()
	const refused = "Profile is suspended, unheard"
	if err := w.box.WantEach(t.Context(), two, map[string][]string{eid: {refused}, global: {"Failed, unheard"}}); err != nil {
		t.Error(err)
	}
}

// The devices of a request come in pages, all of them.
func TestWantEachOfVeryManyDevices(t *testing.T) {
	w := start(t)
	const n = tsimclient.MaxLimit + 1
	request, err := w.box.DoAll(t.Context(), "profile_suspend", slices.Repeat([]tsimbox.IDs{{ICCID: global}}, n))
	must(t, request, err)
	err = w.box.WantEach(t.Context(), request, map[string][]string{tsimbox.Others: {"SUCCESS"}})
	if want := fmt.Sprintf("%d of %d devices", n, n); err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%.100s, want %s", fmt.Sprint(err), want)
	}
}

// A failure that has too many words to be read says where they differ.
func TestWantOfManyDevices(t *testing.T) {
	w, heard, fleet, request := bulk(t)
	w.settle()
	want := slices.Repeat([]string{"SUCCESS"}, 500)
	where := func(all []tsimbox.Message) int {
		return slices.IndexFunc(all, func(m tsimbox.Message) bool { return m.ICCID == fleet[301].ICCIDs[0] })
	}
	failed := ` 500 of the request, want 500; they differ at number %d: "Profile is already suspended", eid ` + fleet[301].EID +
		", iccid " + fleet[301].ICCIDs[0] + `, want "SUCCESS"`
	all, err := heard.Want(t.Context(), request, want...)
	says(t, err, "the listener heard"+fmt.Sprintf(failed, where(all)+1))
	all, err = w.box.Want(t.Context(), request, want...)
	says(t, err, "the callbacks say"+fmt.Sprintf(failed, where(all)+1))

	want[where(all)] = suspended
	if _, err := w.box.Want(t.Context(), request, want...); err != nil {
		t.Error(err)
	}
	_, err = w.box.Want(t.Context(), request, append(want, "SUCCESS")...)
	says(t, err, `the callbacks say 500 of the request, want 501; they differ at number 501: nothing, want "SUCCESS"`)
}

// An application has its own endpoint, and tsim knows what it told it: each callback once, and how it ended.
func TestWantWithoutAListener(t *testing.T) {
	w := start(t, tsimbox.Scenario(small))
	answers := []int{500, 200, 500, 500, 500, 500}
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(answers[0])
		answers = answers[1:]
	}))
	defer app.Close()
	want := func(request string, want ...string) []tsimbox.Message {
		t.Helper()
		all, err := w.box.Want(t.Context(), request, want...)
		return must(t, all, err)
	}
	early := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	w.settle()
	want(early, "SUCCESS, unheard")
	if err := w.box.Register(t.Context(), tsimbox.Registration{URL: app.URL}); err != nil {
		t.Fatal(err)
	}
	failing := w.do("profile_suspend", tsimbox.IDs{ICCID: global})
	want(failing)
	w.settle()
	m := want(failing, suspended)[0]
	if want(failing, "Failed"); m.EID != eid || m.Count != 2 || m.FaultCode == "" || len(m.Body) == 0 {
		t.Errorf("it says %+v", m)
	}
	lost := w.do("profile_resume", tsimbox.IDs{ICCID: global})
	w.settle()
	want(lost, "SUCCESS, archived")
	_, err := w.box.Want(t.Context(), lost, "SUCCESS")
	says(t, err, `the callbacks say ["SUCCESS, archived"] of the request, want ["SUCCESS"]`)
}

// Where time moves by itself, Want waits.
func TestWantWaits(t *testing.T) {
	w := start(t, tsimbox.Clock(tsimclient.ClockAuto))
	w.listen()
	all, err := w.box.Want(t.Context(), w.do("profile_suspend", tsimbox.IDs{ICCID: global}), "SUCCESS")
	must(t, all, err)
	if err := w.box.WantEach(t.Context(), w.do("profile_resume", tsimbox.IDs{ICCID: global}), map[string][]string{global: {"SUCCESS"}}); err != nil {
		t.Error(err)
	}
}
