package tsimgodog_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/cucumber/godog"

	"tsim/tsimbox"
	"tsim/tsimclient"
	. "tsim/tsimgodog"
)

const van = `
    Given a device "van-7" with the profiles
      | profile | service | status  |
      | US      | active  | DISABLE |
      | Global  | active  | ENABLE  |
`

// wantSaid holds what a suite has said to parts of it.
func wantSaid(t *testing.T, said string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(said, part) {
			t.Errorf("it does not say %q:\n%s", part, said)
		}
	}
}

// What fails ends its scenario and no other, and tells the story of the request, the seed, and file and line.
func TestFailure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.feature")
	text := "Feature: Mine\n  Scenario: It fails" + van + `
    And my listener is registered
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | of     | status |
      | Global | Failed |
    And I log in

  Scenario: It goes well` + van + `
    When I suspend the Global profile
    Then the call is accepted

  Scenario Outline: It fails in <what>` + van + `
    When I suspend the Global profile of "<what>"

    Examples:
      | what  |
      | van-8 |
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	code, said := runFiles([]string{file}, nil, Seed(7))
	if code != 1 {
		t.Errorf("it ended with %d", code)
	}
	wantSaid(t, said,
		"my listener heard\n  1 times | Global | SUCCESS |\nwant\n  1 times | Global | Failed |\n",
		"profile_suspend of 1 device", "callback 1", // the story
		"run it again: TSIM_SEED=7 "+file+":2\n",
		`there is no device "van-8"; there are van-7`,
		"run it again: TSIM_SEED=7 "+file+":25\n",
		"3 scenarios (1 passed, 2 failed)", "1 skipped)")
	if n := strings.Count(said, "answered with 200"); n > 2 { // the pretty format tells each failure twice
		t.Errorf("the story is told %d times:\n%s", n, said)
	}
}

// runFiles runs feature files.
func runFiles(paths []string, more func(*godog.ScenarioContext), o ...Option) (int, string) {
	var out strings.Builder
	suite := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) {
			Steps(sc, o...)
			if more != nil {
				more(sc)
			}
		},
		Options: &godog.Options{Format: "pretty", Output: &out, Paths: paths, Strict: true, NoColors: true},
	}
	return suite.Run(), out.String()
}

// Steps of one's own reach the sandbox and the devices, and what they find wrong is told like the rest.
func TestOwnSteps(t *testing.T) {
	own := func(sc *godog.ScenarioContext) {
		sc.Step(`^I look at "([^"]*)"$`, func(ctx context.Context, name string) error {
			d, err := Device(ctx, name)
			if err != nil {
				return err
			}
			iccid, err := Expand(ctx, "<"+name+"> {"+name+".Global.iccid}")
			if err == nil && iccid != "7 "+d.Profiles[1].ICCID {
				err = fmt.Errorf("%s", iccid)
			}
			if box := Sandbox(ctx); err == nil && box.Seed != 7 {
				err = fmt.Errorf("the seed is %d", box.Seed)
			}
			return err
		})
		sc.Step(`^I am wrong$`, func() error { return errors.New("I was wrong") })
	}
	good := "Feature: F\n  Scenario: S" + van + `
    When I POST to "/vans" of my application
      """
      {"name": "7"}
      """
    And I keep "/id" of the reply as "van-7"
    Then I look at "van-7"
`
	if code, said := run(map[string]string{"f": good}, 1, own, Seed(7)); code != 0 {
		t.Error(said)
	}
	code, said := run(map[string]string{"f": "Feature: F\n  Scenario: S" + van + "    When I suspend the Global profile\n    And I am wrong\n"}, 1, own, Seed(7))
	if code != 1 {
		t.Errorf("it ended with %d", code)
	}
	wantSaid(t, said, "profile_suspend of 1 device", "run it again: TSIM_SEED=7 f, S\nwhat has failed, I was wrong")
}

// What names stand for is put in everywhere: in texts, in tables, below a step, and of devices however they came.
func TestNames(t *testing.T) {
	feature := "Feature: F\n  Scenario: S" + van + `
    And 2 devices "truck" with the profiles
      | profile | service | status |
      | US      | active  | ENABLE |
    And 1 devices "truck" with the profiles
      | profile | network | service | status  |
      | Mine    | global  | active  | DISABLE |
    And "the last one" has the EID "{truck-3.eid}"
    When I POST to "/vans" of my application
      """
      {"name": "{van-7.Global.mdn}-{truck-3.Mine.iccid}"}
      """
    And I keep "/id" of the reply as "both"
    And I GET "/vans/<both>" of my application
    Then the reply is 200
    When I POST to "/vans" of my application
      """
      {"name": "<both>"}
      """
    Then the reply has
      | /id | {van-7.Global.mdn}-{truck-3.Mine.iccid} |
    When I suspend the Mine profile of "the last one"
    And I suspend the profile "{unknown.iccid}"
    And I make the US profile of "van-7" the one to fall back to
    And time passes until nothing is owed
    Then the callbacks of "truck-3" are
      | device       | of   | status  |
      | the last one | Mine | SUCCESS |
    And the callbacks of that request are
      | device | of | status  | operation            | request      |
      | van-7  | US | SUCCESS | setfallbackattribute | {request.id} |
    And the device "van-7" now has
      | profile | fallback |
      | US      | yes      |
      | Global  | no       |
    When I GET "/api/m2m/v1/plans/{sandbox.account}" of ThingSpace
    Then the reply is 200
    Given a device "late" with the profiles
      | profile | service | status |
      | US      | active  | ENABLE |
    Then the device "late" now has
      | profile | status |
      | US      | ENABLE |
`
	if code, said := run(map[string]string{"f": feature}, 1, nil); code != 0 {
		t.Error(said)
	}
}

// What the examples do not show.
func TestFinePoints(t *testing.T) {
	const fleet = `
    Given 4 devices with the profiles
      | profile | service | status  |
      | Global  | active  | DISABLE |
    And my listener is registered
`
	for name, steps := range map[string]string{
		"a fault of the whole device is told apart from that of its LEAD": van + `
    And my listener is registered
    When I resume the device
    And time passes until nothing is owed
    Then my listener hears
      | of     | status |
      | US     | Failed |
      | Global | Failed |
      | device | Failed |
    And the callbacks are
      | of     | status |
      | US     | Failed |
      | Global | Failed |
      | device | Failed |
`,
		"what was told of once was looked at": fleet + `
    When I suspend these in one call
      | devices | profile |
      | 1       | Global  |
      | 3       | Global  |
    And time passes until nothing is owed
    Then each of these devices was told of once, with "SUCCESS"
    And my listener hears nothing
`,
		"it is the latest callback that is steered": van + `
    And my listener is registered
    And callbacks are held
    When I suspend the Global profile
    And time passes until nothing is owed
    And I resume the Global profile
    And time passes until nothing is owed
    And the callback about the Global profile is dropped
    And callbacks are released
    And time passes until nothing is owed
    Then my listener hears
      | of     | state     |
      | Global | SUSPENDED |
`,
		"a device is added to a world that runs": `
    Given I am logged in
    And a device "late" with the profiles
      | profile | service | status |
      | US      | active  | ENABLE |
    Then the device "late" now has
      | profile | status |
      | US      | ENABLE |
`,
		"profiles of one network are numbered": `
    Given the scenario
      """
      name: mine
      credentials: [{appKey: key, appSecret: secret, username: user, password: pass}]
      accounts:
        - name: "0000123456-00001"
          fleets: [{count: 1, profiles: [{network: global, service: active, status: ENABLE}, {network: global, service: active, status: DISABLE}]}]
      """
    Then the device now has
      | profile  | status  |
      | Global   | ENABLE  |
      | Global-2 | DISABLE |
`,
	} {
		if code, said := run(map[string]string{"f": "Feature: F\n  Scenario: S" + steps}, 1, nil); code != 0 {
			t.Errorf("%s:\n%s", name, said)
		}
	}
	for name, steps := range map[string]string{
		"in another order than the table": van + `
    And my listener is registered
    When I suspend the device
    And time passes until nothing is owed
    Then my listener hears
      | of     |
      | Global |
      | US     |
      | device |
`,
		"told of twice": fleet + `
    And the misfortune "duplicates"
    When I suspend the Global profiles of 4 devices in one call
    And time passes until nothing is owed
    Then each of these devices was told of once, with "SUCCESS"
`,
	} {
		if code, said := run(map[string]string{"f": "Feature: F\n  Scenario: S" + steps}, 1, nil); code != 1 {
			t.Errorf("%s, and yet:\n%s", name, said)
		}
	}
}

// Scenarios run side by side, in this process or on a server, each with a device of the same identifiers of its own.
func TestSideBySide(t *testing.T) {
	server, err := tsimbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close(context.Background()) }()
	var feature strings.Builder
	feature.WriteString("Feature: F\n")
	const n = 24
	for i := range n {
		fmt.Fprintf(&feature, "  Scenario: S%d%s", i, van+`
    And my listener is registered
    When I suspend the Global profile
    And time passes until nothing is owed
    Then my listener hears
      | device | of     | status  |
      | van-7  | Global | SUCCESS |
    And I asked for profile_suspend once
`)
	}
	for _, o := range [][]Option{nil, {Server(server.URL)}} {
		code, said := run(map[string]string{"f": feature.String()}, 8, nil, o...)
		if code != 0 {
			t.Error(said)
		}
	}
	left, err := server.Control.Sandboxes(t.Context(), tsimclient.Page{})
	if err != nil || len(left.Sandboxes) != 1 {
		t.Errorf("%d sandboxes are left (%v)", len(left.Sandboxes), err)
	}
}

// What is wrong with a step says what would be right.
func TestWrongSteps(t *testing.T) {
	for _, c := range []struct{ steps, want string }{
		{`Given the built-in scenario "nowhere"` + "\n    Then no call is on record", "nowhere"},
		{"Given I log in\n    And the rule\n      \"\"\"\n      name: late\n      \"\"\"", "the sandbox runs already: say its rules before"},
		{"Given I log in\n    And the misfortune \"bad\"", `"bad"`},
		{`Given I log in` + "\n    And listeners have 5 seconds to answer", "the sandbox runs already: this is said before"},
		{`Given the built-in scenario "first-device"` + "\n    And download takes 5 seconds\n    And I log in", "a scenario is a whole world"},
		{`Given a device with the profiles`, "this step needs a table below it"},
		{"Given a device with the profiles\n      | profile | service | status |\n      | Mine | active | ENABLE |", `the profile "Mine" is neither US nor Global`},
		{"Given I log in\n      | a |\n      | b |", "takes neither a table nor a text"},
		{"When 5 lightyears pass", `"5 lightyears" is no duration; one is like 5 minutes`},
		{"When I suspend the Global profile of \"van-7\"", `there is no device "van-7"; there are device-1`},
		{"When I suspend the Purple profile", `has no profile "Purple"; it has US, Global`},
		{"When I list my listeners\n    Then the reply has\n      | status | 1 |", "the table has a JSON pointer and a value in each row"},
		{"Then the call is accepted", "no call was made yet"},
		{"When I list my listeners\n    And I keep \"\" of the reply as \"list\"\n    And I GET \"/vans/<lsit>\" of my application", "nothing is kept as <lsit>; did you mean <list>?"},
		{"When I GET \"/vans/<html>\" of my application\n    Then the reply is 200", "GET /vans/<html> was answered with 404"},
		{"When I GET \"/{van-7.eid}\" of my application", `there is no device "van-7"`},
		{"When I GET \"/{device-1.colour}\" of my application", `device-1 has no "colour"; it has Global.iccid, Global.mdn, US.iccid, US.mdn, eid, imei`},
		{"Then my listener hears\n      | of |\n      | US |", "my listener is not registered"},
		{"Then the device now has\n      | profile | colour |\n      | US | red |", `the table has a column "colour"; what it can have is profile, service, status`},
		{"When I suspend these in one call\n      | devices | profile |\n      | 9999 | Global |", "devices, not 9999"},
		{"Then within 50 milliseconds, I asked for enable once", "not within 50 milliseconds: 0 calls fit, want 1"},
		{"When I make the same call again", "no call was made yet"},
		{van[5:] + "    And the misfortune \"lost-replies\"\n    When I suspend the Global profile", "and no step has looked at that"},
		{van[5:] + "    And the misfortune \"lost-replies\"\n    When I suspend the Global profile\n    And I log in", "and no step has looked at that"},
		{van[5:] + "    And the misfortune \"garbled-callbacks\"\n    And my listener is registered\n    When I suspend the Global profile\n" +
			"    And time passes until nothing is owed", "a callback came that is no JSON, and no step has looked at it"},
		{"When the archived callbacks are sent again", "no callback is archived"},
	} {
		code, said := run(map[string]string{"f": "Feature: F\n  Scenario: S\n    " + c.steps + "\n"}, 1, nil)
		if code != 1 || !strings.Contains(said, c.want) {
			t.Errorf("%s\nended with %d, and does not say %q:\n%s", c.steps, code, c.want, said)
		}
	}
}

// An application that does not start, or does not stop, fails the scenario; one that is not there is asked for by its name.
func TestApplications(t *testing.T) {
	t.Setenv("TSIM_APP_URL", "")
	asks := map[string]string{"f": "Feature: F\n  Scenario: S\n    When I GET \"/\" of my application\n    Then the reply is 404\n"}
	stops := 0
	for want, o := range map[string][]Option{
		"the application does not start: no port": {StartApplication(func(context.Context, *tsimbox.Sandbox) (string, func() error, error) {
			return "", nil, errors.New("no port")
		})},
		"it does not stop": {StartApplication(func(ctx context.Context, box *tsimbox.Sandbox) (string, func() error, error) {
			return box.URL, func() error { stops++; return errors.New("it does not stop") }, nil
		})},
		"it is the option tsimgodog.Application, the flag --app of tsim bdd, or the variable TSIM_APP_URL": {StartApplication(nil)},
		"had no reply": {Application("http://127.0.0.1:1/")},
	} {
		if code, said := run(asks, 1, nil, o...); code != 1 || !strings.Contains(said, want) {
			t.Errorf("it ended with %d, and does not say %q:\n%s", code, want, said)
		}
	}
	if stops != 1 {
		t.Errorf("it was stopped %d times", stops)
	}
	url, stop, err := startVans(t.Context(), &tsimbox.Sandbox{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stop() }()
	t.Setenv("TSIM_APP_URL", url+"/")
	asks = map[string]string{"f": "Feature: F\n  Scenario: S\n    When I POST to \"/vans\" of my application\n    Then the reply is 400\n"}
	if code, said := run(asks, 1, nil, StartApplication(nil)); code != 0 {
		t.Error(said)
	}
}

// inside is set where this binary is the suite that TestInGoTest looks at.
const inside = "TSIMGODOG_INSIDE"

// TestInside is a suite of its own.
func TestInside(t *testing.T) {
	if os.Getenv(inside) == "" {
		return // this is for TestInGoTest
	}
	feature := "Feature: F\n  Scenario: It fails\n    When I log in\n    Then the call is refused with 400 and \"\"\n" +
		"  Scenario: It's undefined\n    When my listener heard\n"
	suite := godog.TestSuite{
		ScenarioInitializer: func(sc *godog.ScenarioContext) { Steps(sc) },
		Options: &godog.Options{
			Format: "progress", TestingT: t, Strict: true, NoColors: true,
			FeatureContents: []godog.Feature{{Name: "f.feature", Contents: []byte(feature)}},
		},
	}
	_ = suite.Run()
}

// In a test of Go, the line to run it again is one for go test; and an undefined step is told those that are near.
func TestInGoTest(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestInside$")
	cmd.Env = append(os.Environ(), inside+"=1")
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("it did not fail:\n%s", out)
	}
	wantSaid(t, string(out), `run it again: TSIM_SEED=1 go test -count=1 -run '^TestInside$/^It_fails$' tsim/tsimgodog   # f.feature, It fails`,
		"no step is like that; the nearest are\n", "[within 2 seconds, ]my listener hears\n")
	if regexp.MustCompile(`(?s)no step is like that.*no step is like that.*no step is like that.*no step is like that`).Match(out) {
		t.Errorf("it is told too often:\n%s", out)
	}
}

// Without its steps, there is no sandbox to reach.
func TestWithoutSteps(t *testing.T) {
	defer func() {
		if said := fmt.Sprint(recover()); !strings.Contains(said, "call Steps first in the ScenarioInitializer") {
			t.Errorf("it said %s", said)
		}
	}()
	Sandbox(t.Context())
}
