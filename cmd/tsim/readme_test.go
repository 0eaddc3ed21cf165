package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/scenario"
	"tsim/internal/thingspace"
)

// The table of the README names every simulated call and no other: each of its rows is some folders, and the calls
// that are in every one of them.
func TestReadmeNamesTheCalls(t *testing.T) {
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## Point your client at it\n")
	section, _, _ = strings.Cut(section, "\n## ")
	code := regexp.MustCompile("`([^`]+)`")
	var named []string
	for _, row := range regexp.MustCompile(`(?m)^\|[^|]*\|([^|]*)\|([^|]*)\|$`).FindAllStringSubmatch(section, -1) {
		for _, folder := range code.FindAllStringSubmatch(row[1], -1) {
			for _, call := range code.FindAllStringSubmatch(row[2], -1) {
				named = append(named, folder[1]+call[1])
			}
		}
	}
	var description struct{ Paths map[string]any }
	if err := json.Unmarshal(thingspace.OpenAPI("test"), &description); err != nil {
		t.Fatal(err)
	}
	for _, path := range named {
		if _, simulated := description.Paths[path]; !simulated {
			t.Errorf("the README names %s twice, or there is no such call", path)
		}
		delete(description.Paths, path)
	}
	for path := range description.Paths {
		t.Errorf("the README does not name %s", path)
	}
}

// TestReadmeNamesTheEndings: the table of devices that misbehave is that of the walk, and what the rules of default say. The
// device of each ending has it in all its identifiers.
func TestReadmeNamesTheEndings(t *testing.T) {
	cfg, err := scenario.Open("default", nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(read(t, "README.md"), "\n## Devices that misbehave\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var named []string
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `?(.*?)`? \\| (.)(.*)\\. \\|$").FindAllStringSubmatch(section, -1) {
		named = append(named, row[1]+"   "+row[2]+": "+strings.ToLower(row[3])+row[4])
	}
	endings := page{Config: &cfg}.Endings()
	if !slices.Equal(named, endings) || len(endings) == 0 {
		t.Errorf("the README has\n%s\nthe rules are\n%s", strings.Join(named, "\n"), strings.Join(endings, "\n"))
	}
	for _, line := range endings {
		digits, _, _ := strings.Cut(line, " ")
		ends := func(id string) bool { return strings.HasSuffix(id, digits) }
		if !slices.ContainsFunc(cfg.Accounts[0].Cards, func(c euicc.Card) bool {
			return ends(c.EID) && ends(c.IMEI) && len(c.Profiles) == 2 && ends(c.Profiles[0].ICCID) && ends(c.Profiles[1].ICCID)
		}) {
			t.Errorf("no device ends in %s with all that it has", digits)
		}
	}
}

// What the README says of all other calls.
func TestCallThatIsNotSimulated(t *testing.T) {
	server := start(t, nil, "serve", "--addr", "127.0.0.1:0")
	_, url := server.read(`listening on (http://\S+)`)
	res, err := http.Post(url+"/api/m2m/v1/devices/usage/actions/list", "application/json", strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	server.stop(syscall.SIGTERM)
	named := regexp.MustCompile(`(?m)^.* path=/api/m2m/v1/devices/usage/actions/list status=404 .*error="no such call: .*$`)
	if res.StatusCode != http.StatusNotFound || !named.MatchString(server.logs.String()) {
		t.Errorf("the answer is %s, the log says\n%s", res.Status, server.logs)
	}
}
