package thingspace_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"tsim/internal/sim"
)

// sandbox is a golden case without sections: the handler, with tokens.
func sandbox(t *testing.T) *golden {
	t.Helper()
	return newGolden(t, &txtar.Archive{Files: []txtar.File{{Name: "call"}}})
}

// post sends a body to a path and returns the reply's status and errorMessage.
func (g *golden) post(path string, body io.Reader, size int64) (int, string) {
	g.t.Helper()
	r := httptest.NewRequest(http.MethodPost, path, body)
	r.Header = g.header.Clone()
	r.Header.Set("Content-Type", "application/json")
	r.ContentLength = size
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	var reply struct{ ErrorMessage string }
	if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
		g.t.Fatalf("reply %q: %v", w.Body, err)
	}
	return w.Code, reply.ErrorMessage
}

const suspend = "/api/m2m/v1/devices/profile/actions/profile_suspend"

func suspendBody(devices int) string {
	var b strings.Builder
	b.WriteString(`{"accountName":"0000123456-00001","devices":[`)
	for i := range devices {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"deviceIds":[{"kind":"iccid","id":"8914800000%09d"}]}`, i)
	}
	b.WriteString("]}")
	return b.String()
}

func TestSlashes(t *testing.T) {
	for _, path := range []string{suspend, strings.Replace(suspend, "v1/", "v1//", 1)} {
		g := sandbox(t)
		body := suspendBody(1)
		if status, msg := g.post(path, strings.NewReader(body), int64(len(body))); status != 200 {
			t.Errorf("POST %s: %d %s", path, status, msg)
		}
	}
	g := sandbox(t)
	if status, _ := g.post(strings.Replace(suspend, "v1/", "v1///", 1), strings.NewReader("{}"), 2); status != 404 {
		t.Errorf("three slashes: %d, want 404", status)
	}
}

func TestBodySizes(t *testing.T) {
	const limit = 16 << 20
	space := func(n int) io.Reader { return bytes.NewReader(bytes.Repeat([]byte(" "), n)) }
	tests := []struct {
		name   string
		body   io.Reader
		size   int64
		status int
		msg    string
	}{
		{"chunked", strings.NewReader(suspendBody(1)), -1, 200, ""},
		{"at the limit", space(limit), limit, 400, "Request cannot be blank"},
		{"announced too large", space(limit + 1), limit + 1, 413, "the body is larger than 16 MiB"},
		{"chunked too large", space(limit + 1), -1, 413, "the body is larger than 16 MiB"},
		{"shorter than announced", strings.NewReader("{}"), 10, 400, "the body ended early"},
		{"most devices", strings.NewReader(suspendBody(sim.MaxDevices)), -1, 200, ""},
		{"too many devices", strings.NewReader(suspendBody(sim.MaxDevices + 1)), -1, 400,
			"UnifiedWebService.INPUT_INVALID.MaxRequestsExceeded: More than 10000 devices in a request: found 10001."},
		{"too many devices of an unknown account",
			strings.NewReader(strings.Replace(suspendBody(sim.MaxDevices+1), "56-00001", "56-00009", 1)), -1, 400,
			"UnifiedWebService.INPUT_INVALID.MaxRequestsExceeded: More than 10000 devices in a request: found 10001."},
		{"too many devices, none of them in order", strings.NewReader(`{"accountName":7,"devices":[` + strings.Repeat("{},", 999_999) + "{}]}"), -1, 400,
			"UnifiedWebService.INPUT_INVALID.MaxRequestsExceeded: More than 10000 devices in a request: found 1000000."},
		{"a device of too many identifiers", strings.NewReader(`{"accountName":"a","devices":[{"deviceIds":[` + strings.Repeat(`{"kind":"iccid","id":"89148000000000000019"},`, 100) +
			`{"kind":"iccid","id":"89148000000000000019"}]}]}`), -1, 400, "line 1, column 4544: this list has more than 100 items"},
		{"too deep", strings.NewReader(`{"x":` + strings.Repeat("[", 200_000)), -1, 400, "line 1, column 105: more than 100 lists and objects stand in each other here"},
		{"too many values", strings.NewReader(`{"x":[` + strings.Repeat("[],", 300_000) + `0]}`), -1, 400, "line 1, column 900000: more than 300000 values are in it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			status, msg := sandbox(t).post(suspend, test.body, test.size)
			if status != test.status || !strings.Contains(msg, test.msg) {
				t.Errorf("got %d %.500q, want %d %q", status, msg, test.status, test.msg)
			}
		})
	}
}

// Lists that are no lists of devices are short.
func TestLongLists(t *testing.T) {
	list := func(item string) string { return "[" + strings.Repeat(item+",", 100) + item + "]" }
	for _, test := range []struct{ path, body, msg string }{
		{"/api/m2m/v1/devices/actions/list", `{"customFields":` + list("0") + `}`, "/customFields: found a list of 101, expected a list of at most 100"},
		{"/api/m2m/v1/devices/actions/list", `{"filter":{"deviceIdentifierFilters":` + list("0") + `}}`, "line 1, column 238: this list has more than 100 items"},
		{"/api/m2m/v1/devices/profile/actions/setfallbackattribute", `{"accountName":"a","devices":` + list(`{"kind":"eid","id":"1"}`) + `}`,
			"/devices: found a list of 101, expected a list of at most 100"},
		{"/api/m2m/v1/devices/profile/actions/activate", `{"primaryPlaceOfUse":` + list("{}") + `}`, "/primaryPlaceOfUse: found a list of 101, expected a list of at most 100"},
		{"/api/m2m/v1/devices/actions/add", `{"state":7,"devicesToAdd":[` + strings.Repeat("0,", 200) + `0]}`,
			"UnifiedWebService.INPUT_INVALID.NumberofDevices: a call adds at most 200 devices, not 201"},
		{"/api/m2m/v2/devices/actions/list", `{"deviceFilter":[` + strings.Repeat("0,", 10_000) + `0]}`,
			"UnifiedWebService.INPUT_INVALID.MaxRequestsExceeded: More than 10000 devices in a request: found 10001."},
	} {
		if status, msg := sandbox(t).post(test.path, strings.NewReader(test.body), -1); status != 400 || msg != test.msg {
			t.Errorf("%s: %d %s, want %s", test.path, status, msg, test.msg)
		}
	}
}

// Keys are taken in their exact case: what the schema saw is what is carried out.
func TestKeysOfAnotherCaseAreOtherKeys(t *testing.T) {
	body := strings.Replace(suspendBody(1), `"devices"`, `"Devices":[{"deviceIds":"nonsense"}],"devices"`, 1)
	if status, msg := sandbox(t).post(suspend, strings.NewReader(body), int64(len(body))); status != 200 {
		t.Errorf("an unknown field is refused: %d %s", status, msg)
	}
	body = strings.Replace(suspendBody(1), `"devices"`, `"Devices"`, 1)
	if status, msg := sandbox(t).post(suspend, strings.NewReader(body), int64(len(body))); status != 400 {
		t.Errorf("devices in another case is taken: %d %s", status, msg)
	}
}

// A refusal of a large body names the place as a small one does, though only that device is looked at.
func TestRefusalOfABulk(t *testing.T) {
	g := sandbox(t)
	body := suspendBody(5000)
	bad := strings.Replace(body, `"8914800000000004321"`, `"89148"`, 1)
	want := `UnifiedWebService.INPUT_INVALID.Device.Identifier.Invalid: /devices/4321/deviceIds/0/id: found "89148", expected an ICCID of 19 or 20 digits`
	if status, msg := g.post(suspend, strings.NewReader(bad), -1); status != 400 || msg != want {
		t.Errorf("%d %s", status, msg)
	}
	// What is wrong before the devices comes first.
	nobody := strings.Replace(bad, `"0000123456-00001"`, `7`, 1)
	if status, msg := g.post(suspend, strings.NewReader(nobody), -1); status != 400 || !strings.Contains(msg, "/accountName: found 7") {
		t.Errorf("%d %s", status, msg)
	}
	// What is not JSON is so as a whole.
	if status, msg := g.post(suspend, strings.NewReader(bad+"}"), -1); status != 400 || !strings.HasPrefix(msg, "not JSON: line 1, column") {
		t.Errorf("%d %s", status, msg)
	}
}

// A number that has a billion digits when it is written out is refused, and at once.
func TestEndlessNumbers(t *testing.T) {
	g := sandbox(t)
	for _, number := range []string{"1e999999999", "-1E-99999999", strings.Repeat("9", 1000)} {
		body := strings.Replace(suspendBody(1), `{"accountName"`, `{"x":[`+number+`],"accountName"`, 1)
		if status, msg := g.post(suspend, strings.NewReader(body), -1); status != 400 || !strings.Contains(msg, "is out of every range") {
			t.Errorf("%s: %d %s", number[:10], status, msg)
		}
	}
	body := strings.Replace(suspendBody(1), `{"accountName"`, `{"x":[1e400,-0.5E-300],"accountName"`, 1)
	if status, msg := g.post(suspend, strings.NewReader(body), -1); status != 200 {
		t.Errorf("%d %s", status, msg)
	}
}
