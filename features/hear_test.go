package features

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"tsim/tsimclient"
)

// callback is what the stories look at in a callback's body.
type callback struct {
	Username, Password *string
	RequestID          string
	DeviceIDs          []struct{ ID, Kind string }
	DeviceResponse     struct {
		DeviceProfileResponse map[string]any
	}
	FaultResponse map[string]string
	Status        string
	CallbackCount int
}

// of says what a callback is about: a profile by its name, or the device.
func (c *callback) of(names map[string]string) string {
	// A device-level callback has no profileRole, and a refused one of a device is told by its ids.
	for _, d := range c.DeviceIDs {
		if name := names[d.ID]; name != "" && (c.FaultResponse != nil || c.DeviceResponse.DeviceProfileResponse["profileRole"] != nil) {
			return name
		}
	}
	for _, d := range c.DeviceIDs {
		if strings.EqualFold(d.Kind, "iccid") && names[d.ID] != "US" {
			return "unknown"
		}
	}
	return "device"
}

// field is the value of a column for the callback.
func (w *world) field(c *callback, column string) string {
	switch column {
	case "of":
		return c.of(w.names)
	case "status":
		return c.Status
	case "fault":
		return c.FaultResponse["faultstring"]
	}
	if v, ok := c.FaultResponse[column]; ok {
		return v
	}
	v, _ := c.DeviceResponse.DeviceProfileResponse[column].(string)
	return v
}

func (w *world) hearsNothing() error {
	if news := w.news(); len(news) > 0 {
		return fmt.Errorf("%d callbacks came, the first is %s", len(news), news[0])
	}
	return nil
}

// hears holds the new callbacks to a table: as many, with these values, in this order or in any. A column "times" says
// of how many alike a row is.
func (w *world) hears(table *godog.Table, anyOrder bool) error {
	news := w.news()
	got := make([]string, len(news))
	for i, body := range news {
		var c callback
		if err := json.Unmarshal(body, &c); err != nil {
			return err
		}
		// The fault of a whole device names the LEAD's ICCID as the fault of the LEAD does: it is the
		// last one, after that of the LEAD.
		last := i == len(news)-1 && i > 0
		for _, cell := range table.Rows[0].Cells {
			if cell.Value == "times" {
				continue
			}
			value := w.field(&c, cell.Value)
			if cell.Value == "of" && last && c.FaultResponse != nil && table.Rows[len(table.Rows)-1].Cells[0].Value == "device" {
				value = "device"
			}
			got[i] += value + " | "
		}
	}
	var want []string
	for _, row := range table.Rows[1:] {
		line, times := "", 1
		for i, cell := range row.Cells {
			if table.Rows[0].Cells[i].Value == "times" {
				times = numbers(cell.Value)[0]
				continue
			}
			line += cell.Value + " | "
		}
		want = append(want, slices.Repeat([]string{line}, times)...)
	}
	if anyOrder {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("my listener heard\n%swant\n%s", tally(got), tally(want))
	}
	return nil
}

// tally tells lines that are alike and stand together as one.
func tally(lines []string) string {
	var b strings.Builder
	for len(lines) > 0 {
		n := 1
		for n < len(lines) && lines[n] == lines[0] {
			n++
		}
		fmt.Fprintf(&b, "%d times %s\n", n, lines[0])
		lines = lines[n:]
	}
	return b.String()
}

func (w *world) hearsAgain(counts string) error {
	var want []string
	for _, c := range numbers(counts) {
		want = append(want, strconv.Itoa(c))
	}
	news := w.news()
	if len(news) != len(want) {
		return fmt.Errorf("%d callbacks came, want %d", len(news), len(want))
	}
	first := `"callbackCount":` + want[0]
	for i, body := range news {
		same := strings.Replace(string(body), `"callbackCount":`+want[i], first, 1)
		if same != string(news[0]) {
			return fmt.Errorf("callback %d is not the first one with the count %s:\n%s\n%s", i+1, want[i], news[0], body)
		}
	}
	return nil
}

// numbers reads "1, 2 and 3".
func numbers(text string) []int {
	var all []int
	for word := range strings.FieldsSeq(strings.NewReplacer(",", " ", "and", " ").Replace(text)) {
		n, err := strconv.Atoi(word)
		if err != nil {
			panic(err)
		}
		all = append(all, n)
	}
	return all
}

// only is the one callback of the story, as tsim tells of it.
func (w *world) only() (tsimclient.Callback, error) {
	page, err := w.box.Control.AllCallbacks(context.Background(), tsimclient.CallbackFilter{}, 10)
	if err != nil {
		return tsimclient.Callback{}, err
	}
	if len(page) != 1 {
		return tsimclient.Callback{}, fmt.Errorf("tsim has %d callbacks, want 1", len(page))
	}
	return page[0], nil
}

func (w *world) callbackIs(state string) error {
	c, err := w.only()
	if err == nil && string(c.State) != state {
		err = fmt.Errorf("the callback is %s", c.State)
	}
	return err
}

func (w *world) cameAt(minutes string) error {
	c, err := w.only()
	if err != nil {
		return err
	}
	want := numbers(minutes)
	if len(c.Attempts) != len(want) {
		return fmt.Errorf("there were %d attempts, want %d", len(c.Attempts), len(want))
	}
	for i, a := range c.Attempts {
		if after := a.At.Sub(c.Attempts[0].At); after != time.Duration(want[i])*time.Minute {
			return fmt.Errorf("attempt %d came after %s, want %d minutes", i+1, after, want[i])
		}
	}
	return nil
}

func (w *world) attemptsEnded(result string) error {
	c, err := w.only()
	for _, a := range c.Attempts {
		if string(a.Error) != result {
			err = errors.Join(err, fmt.Errorf("attempt %d ended with %q, status %d", a.N, a.Error, a.Status))
		}
	}
	return err
}

func (w *world) beginsWith(username, password string) error {
	news := w.news()
	if want := fmt.Sprintf(`{"username":%q,"password":%q,`, username, password); len(news) != 1 || !bytes.HasPrefix(news[0], []byte(want)) {
		return fmt.Errorf("want one callback that begins with %s, got %s", want, news)
	}
	return nil
}
