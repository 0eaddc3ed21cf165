package euicc_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "tsim/internal/euicc"
)

var update = flag.Bool("update", false, "rewrite docs/euicc-table.md; read the diff")

// TestTableDocument keeps the page about operations and states true: it is what the code does.
func TestTableDocument(t *testing.T) {
	var page bytes.Buffer
	page.WriteString(introduction)
	writeOperations(t, &page)
	writeFaults(t, &page)
	writeMatrix(&page)
	file := filepath.Join("..", "..", "docs", "euicc-table.md")
	if *update {
		if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	is, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := page.String(); string(is) != want {
		t.Fatalf("docs/euicc-table.md is stale; run go test ./internal/euicc -update. It differs at\n%s", firstDifference(string(is), want))
	}
	if n := bytes.Count(is, []byte("\n")); n > 200 {
		t.Fatalf("%d lines are more than anybody reads", n)
	}
}

func firstDifference(is, want string) string {
	a, b := strings.Split(is, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: %s\nwant:   %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("its end: %d lines, want %d", len(a), len(b))
}

const introduction = `# Operations and states

<!-- Written by go test ./internal/euicc -update. The plain test fails when this page is stale. -->

What may happen to the profiles of an eUICC, as tsim has it. An operation is checked when it is carried out, not when it
is accepted: the first of its conditions that does not hold is the fault of its callback, and then nothing has changed.
Otherwise it has the effect that is said here.

A profile has three things that move independently of each other, and a callback shows two words made of them:

* *subscription*: ` + "`pre_active`, `active`, `deactive`" + `;
* *suspension*, of an active one: none, by profile (` + "`profile_suspend`" + `) or by device (` + "`device_suspend`" + `). Together these
  two are the callback's ` + "`state`" + `;
* *place on the card*: the callback's ` + "`profileStatus`. A profile is in use (`ENABLE`, `DOWNLOAD_ENABLE`)" + `, which one of a
  card can be, idle on the card (` + "`DISABLE`, `DOWNLOAD_DISABLE`), or absent (`NOT_DOWNLOADED`, `DELETE`)" + `.

To *fall back* is to put the profile with the fallback attribute into use if it is on the card and active, else the LEAD
likewise, suspended or not.

## Operations

Those with a dot are carried out by the SM-SR: on the card, one at a time, and only while the device is powered and
connected. Until then they wait, which a callback says as a warning; a second callback says how it ended. An operation
on a profile has one callback, or that warning and one. An operation on the device has one for each active profile, the
LEAD's first, and a last one for the device.

| operation | SM-SR | is refused, in this order, as | else |
|---|---|---|---|
`

var effects = map[Op]string{
	OpActivate:            "The profile becomes active, with a number and a plan. A LEAD goes into use, unless a LOCAL is.",
	OpActivateEnable:      "The same, and the profile goes into use, whoever was.",
	OpDownload:            "The profile is idle on the card; one that was never active becomes so.",
	OpDownloadEnable:      "The same, and it goes into use, whoever was. Without coverage it does not, and says so as a warning.",
	OpDownloadDisable:     "As `download`.",
	OpEnable:              "The profile goes into use, and whoever was goes out of it.",
	OpDisable:             "The card falls back.",
	OpDelete:              "The profile goes off the card. It stays listed, and can be downloaded again.",
	OpSetFallback:         "The profile has the fallback attribute, and the one before has lost it.",
	OpDeactivate:          "The profile becomes deactive, without number, plan and fallback attribute. If it was in use the card falls back, or has none in use.",
	OpServicePlan:         "The profile has the new plan.",
	OpRenewActivationCode: "Nothing that could be seen here.",
	OpProfileSuspend:      "The profile is suspended by profile.",
	OpProfileResume:       "The profile is not suspended any more, whoever caused it.",
	OpDeviceSuspend:       "Each active profile is suspended by device.",
	OpDeviceResume:        "Each one suspended by device is not any more. One suspended by profile stays so, and says so without a fault.",
}

func writeOperations(t *testing.T, page *bytes.Buffer) {
	for _, op := range Ops() {
		if effects[op] == "" {
			t.Errorf("no words for what %s does", op)
		}
		var refusals []string
		for _, f := range GuardsOf(op) {
			refusals = append(refusals, f.String())
		}
		smsr := ""
		if op.SMSR() {
			smsr = "•"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", op, smsr, strings.Join(refusals, "; "), effects[op])
	}
}

var meanings = map[Fault]string{
	DeviceNotFound:      "No account of the sandbox has such a device.",
	OfAnotherAccount:    "The device is of another account of the sandbox.",
	IdentifiersMismatch: "The identifiers do not belong to one device and one profile of it.",
	GlobalOnly:          "The profile is Verizon US.",
	PlanMismatch:        "The request names a service plan that is unknown or of the other network.",
	NotActive:           "The subscription is not active. A download is content with one that never was.",
	AlreadyActive:       "The subscription is active.",
	AlreadySuspended:    "The profile is suspended, by whatever.",
	AlreadyResumed:      "The profile is not suspended.",
	Suspended:           "The profile is suspended, and has to be resumed first.",
	NotDownloaded:       "The profile is not on the card.",
	AlreadyDownloaded:   "The profile is on the card.",
	AlreadyEnabled:      "The profile is in use.",
	AlreadyDisabled:     "The profile is not in use.",
	StillEnabled:        "The profile is in use. Not so where a delete may disable first.",
	StillActive:         "Only where a delete asks for a deactive profile: it is not.",
	LeadNotConnected:    "No LEAD that is in use, active and not suspended could carry the download.",
	NoFallback:          "There is nothing to fall back to. `deactivate` asks only with checkFallbackProfile, `delete` only when it disables first.",
	HybridUnsupported:   "The profile has the plan `" + HybridPlan + "`: a consumer eSIM has no SM-SR.",
	DayLimit:            "Only with a limit: the line has had as many provisioning operations today as it may.",
	MonthLimit:          "Only with a limit: the line has had as many changes of plan this month as it may.",
	HasFallback:         "The profile has the fallback attribute.",
	UpdateInProgress:    "Another operation of the SM-SR was under way on this card.",
	Expired:             "The device was not powered and connected until the end of the validity period.",
	NoMemory:            "The card holds as many profiles as it can.",
	RefusedByPOL1:       "A rule of the card forbids to disable the profile in use, or to delete this one.",
	RefusedByPOL2:       "The same, by a rule of the SM-SR.",
	NoConnectivity:      "The profile found no network; the one before is in use again.",
}

func writeFaults(t *testing.T, page *bytes.Buffer) {
	page.WriteString(`
An operation on one profile is refused before all that when the device is not found, is of another account, or its
identifiers do not match. A
rule can also ask that a profile be deleted when it is disabled; that does not happen to the one with the fallback
attribute, nor when a card that has lost its network falls back on its own.

## Faults

| fault | when |
|---|---|
`)
	for _, f := range Faults() {
		if meanings[f] == "" {
			t.Errorf("no words for when it is %s", f)
		}
		fmt.Fprintf(page, "| %s | %s |\n", f, meanings[f])
	}
}
