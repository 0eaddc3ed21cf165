package thingspace_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/internal/thingspace"
)

// The log of a path that is not served says whose it is, unless it is nearly a simulated one.
func TestUnknownPathsInTheLog(t *testing.T) {
	const (
		ofThingSpace = ` note="tsim does not simulate this call of ThingSpace"`
		ofNobody     = ` note="this is not a path of ThingSpace"`
	)
	var log bytes.Buffer
	drop := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "took" {
			return slog.Attr{}
		}
		return a
	}
	handler := thingspace.NewHandler(sim.NewRegistry(), slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{ReplaceAttr: drop})), 0, sim.Durable{})
	for call, want := range map[string]string{
		"POST /api/m2m/v1/devices/actions/suspend":              "; tsim does not simulate it\"" + ofThingSpace,
		"GET /api/m2m/v1/leads/0000123456-00001":                "; tsim does not simulate it\"" + ofThingSpace,
		"POST /api/ts/v1/oauth2/introspect":                     "; tsim does not simulate it\"" + ofThingSpace,
		"POST /m2m/v1/devices/actions/list":                     "; tsim does not simulate it\"" + ofThingSpace,
		"GET /api/v1/managedaccounts":                           "; tsim does not simulate it\"" + ofThingSpace,
		"GET /api/fota/v3/licenses/0000123456-00001":            "; tsim does not simulate it\"" + ofThingSpace,
		"GET /api/m2mx":                                         "; tsim does not simulate it\"" + ofNobody,
		"POST /api/ts/v1":                                       "; did you mean POST /api/ts/v1/?\"",
		"GET /favicon.ico":                                      "; tsim does not simulate it\"" + ofNobody,
		"GET /":                                                 "; tsim does not simulate it\"" + ofNobody,
		"POST /api/m2m/v1/devices/profile/actions/enabel":       "; did you mean POST /api/m2m/v1/devices/profile/actions/enable?\"",
		"GET /api/m2m/v2/devices/profile/actions/enable/":       "; did you mean POST /api/m2m/v1/devices/profile/actions/enable?\"",
		"POST /api//m2m/v1/devices/profile/actions/enable":      "; did you mean POST /api/m2m/v1/devices/profile/actions/enable?\"",
		"POST /API/m2m/v1/Session/Login":                        "; did you mean POST /api/m2m/v1/session/login?\"",
		"GET /api/m2m/v1/callback/0000123456-00001":             "; did you mean GET /api/m2m/v1/callbacks/0000123456-00001?\"",
		"POST /api/m2m/v1/callback/0000123456-00001":            "; did you mean POST /api/m2m/v1/callbacks/0000123456-00001?\"",
		"DELETE /api/m2m/v1/callback/0000123456-00001":          "; did you mean POST /api/m2m/v1/callbacks/0000123456-00001?\"",
		"GET /api/m2m/v1/callback/" + strings.Repeat("0", 5000): "; tsim does not simulate it\"" + ofThingSpace,
	} {
		log.Reset()
		method, path, _ := strings.Cut(call, " ")
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, http.NoBody))
		want = "level=INFO msg=request method=" + method + " path=" + path + ` status=404 error="no such call: ` + method + " " + bound.Cut(path, 200) + want + "\n"
		if got := log.String(); got != want {
			t.Errorf("%.80s:\n%s, want\n%s", call, got, want)
		}
	}
}
