package tsimgodog

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/cucumber/godog"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// told is a callback as expectations look at it: as a listener heard it, or as tsim knows it.
type told struct {
	body   []byte
	fields map[string]string // the columns that are no fields of the body
}

// field is what a column is about: one that is named, or a JSON pointer into the body.
func (t *told) field(column string) string {
	if v, ok := t.fields[column]; ok {
		return v
	}
	v, err := value(t.body)
	if err != nil {
		return ""
	}
	if strings.HasPrefix(column, "/") {
		text, _ := at(v, column)
		return text
	}
	for _, place := range []string{"/faultResponse/", "/deviceResponse/deviceProfileResponse/", "/"} {
		if text, ok := at(v, place+column); ok {
			return text
		}
	}
	return ""
}

// tell reads the body of a callback.
func (w *world) tell(body []byte) *told {
	var b struct {
		DeviceIDs      []struct{ ID, Kind string }
		DeviceResponse struct {
			DeviceProfileResponse map[string]any
		}
		FaultResponse map[string]string
		Status        string
		CallbackCount int
	}
	t := &told{body: body, fields: map[string]string{}}
	if err := json.Unmarshal(body, &b); err != nil {
		t.fields["status"] = "no JSON"
		return t
	}
	t.fields["status"], t.fields["fault"], t.fields["count"] = b.Status, b.FaultResponse["faultstring"], strconv.Itoa(b.CallbackCount)
	// A callback about the whole device has no profileRole, and a refused one is told by its identifiers.
	ofProfile := b.FaultResponse != nil || b.DeviceResponse.DeviceProfileResponse["profileRole"] != nil
	whom, of := "", "device"
	for _, d := range b.DeviceIDs {
		is := w.devices.byID[d.ID]
		if is.device != nil {
			whom = is.name
		}
		if is.profile != "" && ofProfile {
			of = is.profile
		}
		if strings.EqualFold(d.Kind, "iccid") && is.device == nil {
			of = "unknown"
		}
	}
	t.fields["device"], t.fields["of"] = whom, of
	return t
}

// heard are the messages that a listener has heard as expectations look at them. A fault of a whole device names the ICCID
// of its LEAD as the fault of the LEAD does: of two alike of a request for a device, the second one is of the device.
func (w *world) heard(ctx context.Context, messages []tsimbox.Message) []*told {
	var all []*told
	seen := map[string]bool{}
	for _, m := range messages {
		t := w.tell(m.Body)
		if m.FaultString != "" && m.ICCID != "" {
			op, err := w.operation(ctx, m.RequestID)
			key := fmt.Sprint(m.RequestID, m.ICCID, m.Count)
			if err == nil && strings.HasPrefix(string(op), "device_") && seen[key] {
				t.fields["of"] = "device"
			}
			seen[key] = true
		}
		all = append(all, t)
	}
	return all
}

// news are the messages that no step has looked at yet. They are looked at when the step that asked holds.
func (w *world) news(ctx context.Context) (fresh []*told, look func()) {
	all := w.listener.all()
	return w.heard(ctx, all)[w.listener.looked:], func() { w.listener.looked = len(all) }
}

// callbacks are those that tsim knows.
func (w *world) callbacks(ctx context.Context, f tsimclient.CallbackFilter) ([]*told, []tsimclient.Callback, error) {
	if err := w.start(ctx); err != nil {
		return nil, nil, err
	}
	const most = 200_000
	callbacks, err := w.box.Control.AllCallbacks(ctx, f, most)
	var all []*told
	for i := range callbacks {
		c := &callbacks[i]
		t := w.tell(c.Body)
		if c.Level == tsimclient.LevelDevice {
			t.fields["of"] = "device"
		}
		t.fields["delivery"], t.fields["attempts"] = string(c.State), strconv.Itoa(len(c.Attempts))
		t.fields["operation"], t.fields["request"] = string(c.Operation), c.Request
		all = append(all, t)
	}
	return all, callbacks, err
}

// compare holds callbacks to a table: as many, with these values, in this order or in any. A column "times" says of how
// many alike a row is.
func compare(who string, is []*told, table *godog.Table, anyOrder bool) error {
	if len(table.Rows) < 2 {
		return errors.New("the table has no rows below its heading; for nothing, there are steps without a table")
	}
	heading := table.Rows[0].Cells
	got := make([]string, len(is))
	for i, t := range is {
		for _, cell := range heading {
			if cell.Value != "times" {
				got[i] += t.field(cell.Value) + " | "
			}
		}
	}
	var want []string
	for _, row := range table.Rows[1:] {
		line, n := "", 1
		for i, cell := range row.Cells {
			if heading[i].Value != "times" {
				line += cell.Value + " | "
				continue
			}
			var err error
			if n, err = strconv.Atoi(cell.Value); err != nil {
				return fmt.Errorf("%q in the column times is no number", cell.Value)
			}
		}
		want = append(want, slices.Repeat([]string{line}, n)...)
	}
	if anyOrder {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("%s\n%swant\n%s", who, tally(got), tally(want))
	}
	return nil
}

// tally tells lines that are alike and stand together as one.
func tally(lines []string) string {
	if len(lines) == 0 {
		return "  nothing\n"
	}
	var b strings.Builder
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n] == lines[0] {
			n++
		}
		fmt.Fprintf(&b, "  %d times | %s\n", n, strings.TrimSuffix(lines[0], " "))
		lines = lines[n:]
	}
	return b.String()
}

// only is the one callback of the scenario, as tsim knows it.
func (w *world) only(ctx context.Context) (tsimclient.Callback, error) {
	_, all, err := w.callbacks(ctx, tsimclient.CallbackFilter{})
	if err != nil {
		return tsimclient.Callback{}, err
	}
	if len(all) != 1 {
		return tsimclient.Callback{}, fmt.Errorf("tsim has %d callbacks; this step is for one", len(all))
	}
	return all[0], nil
}
