package euicc_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	. "tsim/internal/euicc"
)

// columns are the operations of the matrix, in as many tables as fit a page.
var columns = []struct {
	title string
	ops   []Op
}{
	{"On the card", []Op{OpDownload, OpDownloadDisable, OpDownloadEnable, OpEnable, OpDisable, OpDelete, OpSetFallback}},
	{"The subscription", []Op{OpActivate, OpActivateEnable, OpDeactivate, OpServicePlan, OpRenewActivationCode}},
	{"Suspension", []Op{OpProfileSuspend, OpProfileResume, OpDeviceSuspend, OpDeviceResume}},
}

const matrixIntroduction = `
## In every state

The card of this matrix has a LEAD and one LOCAL. The other of the two is active, and in use when this one could be but is
not. The device is powered, connected and free; no plan is named, and a delete asks for a profile that is not in use. A
fault is in italics, and nothing has changed then. Otherwise the words are what has become of this profile ("done": no
state or status has changed), and after the semicolon of the other one. The operations on the device say how many
callbacks there are in all; "not asked" is a profile without a callback of its own.
`

// writeMatrix writes what every operation comes to in every state of the profile that it means.
func writeMatrix(page *bytes.Buffer) {
	page.WriteString(matrixIntroduction)
	for _, part := range columns {
		fmt.Fprintf(page, "\n### %s\n\n| profile |", part.title)
		rows := grouped(part.ops)
		// An operation that never differs from the one before shares its column.
		var show []int
		for i := range part.ops {
			if i > 0 && !slices.ContainsFunc(rows, func(r matrixRow) bool { return r.cells[i] != r.cells[i-1] }) {
				fmt.Fprintf(page, ", `%s`", part.ops[i])
				continue
			}
			show = append(show, i)
			if i > 0 {
				page.WriteString(" |")
			}
			fmt.Fprintf(page, " `%s`", part.ops[i])
		}
		fmt.Fprintf(page, " |\n|%s\n", strings.Repeat("---|", len(show)+1))
		for _, r := range rows {
			fmt.Fprintf(page, "| %s, %s |", r.name, places(r.statuses))
			for _, i := range show {
				fmt.Fprintf(page, " %s |", r.cells[i])
			}
			page.WriteString("\n")
		}
	}
}

// matrixRow is what the operations come to in some states that differ in the status only.
type matrixRow struct {
	name     string
	statuses []Status
	cells    []string
}

// grouped are the rows for all states, those that say the same together.
func grouped(ops []Op) []matrixRow {
	var rows []matrixRow
	for _, role := range []Role{Lead, Local} {
		for service := PreActive; service <= Deactive; service++ {
			for cause := NotSuspended; cause <= ByDevice; cause++ {
				for status := StatusNotDownloaded; status <= StatusDelete; status++ {
					c, ok := pair(role, service, cause, status)
					if !ok {
						continue
					}
					r := matrixRow{name: fmt.Sprintf("%s, %s", role, service), statuses: []Status{status}}
					if cause != NotSuspended {
						r.name = fmt.Sprintf("%s, suspended by %s", role, cause)
					}
					for _, op := range ops {
						r.cells = append(r.cells, cell(c, role, op))
					}
					if same := slices.IndexFunc(rows, func(s matrixRow) bool { return s.name == r.name && slices.Equal(s.cells, r.cells) }); same >= 0 {
						rows[same].statuses = append(rows[same].statuses, r.statuses...)
						continue
					}
					rows = append(rows, r)
				}
			}
		}
	}
	return rows
}

// places are the words of the page for some statuses; one that behaves as none of them is named itself.
func places(statuses []Status) string {
	var words []string
	for _, place := range []struct {
		word string
		both [2]Status
	}{
		{"absent", [2]Status{StatusNotDownloaded, StatusDelete}},
		{"idle", [2]Status{StatusDownloadDisable, StatusDisable}},
		{"in use", [2]Status{StatusDownloadEnable, StatusEnable}},
	} {
		first, second := slices.Contains(statuses, place.both[0]), slices.Contains(statuses, place.both[1])
		switch {
		case first && second:
			words = append(words, place.word)
		case first:
			words = append(words, "`"+place.both[0].String()+"`")
		case second:
			words = append(words, "`"+place.both[1].String()+"`")
		}
	}
	if len(words) == 3 {
		return "anywhere"
	}
	return strings.Join(words, " or ")
}

// pair is the card with a profile of the given state, if it can be.
func pair(role Role, service Service, cause Suspension, status Status) (Card, bool) {
	c := usual()
	this, other := &c.Profiles[0], &c.Profiles[1]
	if role == Local {
		this, other = other, this
	}
	this.Service, this.Suspended, this.Status = service, cause, status
	other.Service, other.Status = Active, StatusDisable
	if !usable(status) && (role == Local || service == Active) {
		other.Status = StatusEnable
	}
	return c, len(c.Contradictions()) == 0
}

// cell is what an operation comes to.
func cell(c Card, role Role, op Op) string {
	at := int(role)
	was := c
	c = c.Clone()
	out := c.Apply(&Order{Op: op, ICCID: was.Profiles[at].ICCID, MDN: freeMDN}, nil)
	if !op.WholeDevice() {
		text := became(was.Profiles[at], out[0])
		if other := 1 - at; c.Profiles[other].Status != was.Profiles[other].Status {
			text += fmt.Sprintf("; `%s`", c.Profiles[other].Status)
		}
		return text
	}
	text := "not asked"
	for _, o := range out[:len(out)-1] {
		if o.Profile.ICCID == was.Profiles[at].ICCID {
			text = became(was.Profiles[at], o)
		}
	}
	return fmt.Sprintf("%s (%d)", text, len(out))
}

func became(was Profile, out Outcome) string {
	if out.Fault != OK {
		return "*" + out.Fault.String() + "*"
	}
	var changed []string
	if out.State != stateOf(was) {
		changed = append(changed, "`"+out.State.String()+"`")
	}
	if out.Profile.Status != was.Status {
		changed = append(changed, "`"+out.Profile.Status.String()+"`")
	}
	if changed == nil {
		return "done"
	}
	return strings.Join(changed, " ")
}
