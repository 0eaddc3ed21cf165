package tsimgodog

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cucumber/godog"

	"tsim/internal/spell"
	"tsim/tsimclient"
)

// Two things in a text stand for others: {van-7.eid}, and <job> for what was kept as that.
var stands = regexp.MustCompile(`\{([^{}"\s.]+)\.([^{}"\s]+)\}|<([A-Za-z][\w-]*)>`)

// expand puts in what stands for something else.
func (w *world) expand(ctx context.Context, text string) (string, error) {
	var first error
	expanded := stands.ReplaceAllStringFunc(text, func(found string) string {
		m := stands.FindStringSubmatch(found)
		var value string
		var err error
		if m[3] != "" {
			value, err = w.keptAs(m[3])
		} else {
			value, err = w.standsFor(ctx, m[1], m[2])
		}
		if err != nil && first == nil {
			first = err
		}
		return value
	})
	return expanded, first
}

// keptAs is what was kept by a name. A name that is none, and is not near one either, stays as it is: it may be HTML.
func (w *world) keptAs(name string) (string, error) {
	if value, ok := w.kept[name]; ok {
		return value, nil
	}
	if near := spell.Nearest(name, slices.Collect(maps.Keys(w.kept))); near != "" {
		return "", fmt.Errorf("nothing is kept as <%s>; did you mean <%s>?", name, near)
	}
	return "<" + name + ">", nil
}

// standsFor is a field of the sandbox, of my listener, of the latest request, or of a device.
func (w *world) standsFor(ctx context.Context, of, field string) (string, error) {
	if err := w.start(ctx); err != nil {
		return "", err
	}
	fields := map[string]string{}
	switch of {
	case "sandbox":
		fields = map[string]string{
			"url": w.box.URL, "account": w.box.Account, "appKey": w.box.AppKey, "appSecret": w.box.AppSecret,
			"username": w.box.Username, "password": w.box.Password, "name": w.box.Name, "seed": strconv.FormatUint(w.box.Seed, 10),
		}
	case "request":
		fields["id"] = w.request
	case "unknown":
		fields = map[string]string{"iccid": unknownICCID(0), "eid": strings.Repeat("9", 32)}
	default:
		d, err := w.named(of)
		if err != nil {
			return "", err
		}
		now, err := w.box.Device(ctx, d.eid)
		if err != nil {
			return "", err
		}
		fields = fieldsOf(d, &now)
	}
	value, ok := fields[field]
	if !ok {
		return "", fmt.Errorf("%s has no %q; it has %s", of, field, strings.Join(slices.Sorted(maps.Keys(fields)), ", "))
	}
	return value, nil
}

// fieldsOf are the identifiers of a device and of its profiles.
func fieldsOf(d *device, now *tsimclient.Device) map[string]string {
	fields := map[string]string{"eid": d.eid, "imei": d.imei}
	for _, p := range d.profiles {
		fields[p.name+".iccid"] = p.iccid
		for i := range now.Profiles {
			if now.Profiles[i].ICCID == p.iccid {
				fields[p.name+".mdn"] = now.Profiles[i].MDN
			}
		}
	}
	return fields
}

// expandTable is a table with what its cells stand for.
func (w *world) expandTable(ctx context.Context, table *godog.Table) (*godog.Table, error) {
	expanded := &godog.Table{Rows: slices.Clone(table.Rows)}
	for i, row := range expanded.Rows {
		own := *row
		own.Cells = slices.Clone(row.Cells)
		for k, cell := range own.Cells {
			text := *cell
			var err error
			if text.Value, err = w.expand(ctx, cell.Value); err != nil {
				return nil, err
			}
			own.Cells[k] = &text
		}
		expanded.Rows[i] = &own
	}
	return expanded, nil
}

// rows reads a table with a heading, whose columns have to be among those that are known, if any are said.
func rows(table *godog.Table, known ...string) ([]map[string]string, error) {
	if len(table.Rows) < 2 {
		return nil, fmt.Errorf("the table has no rows below its heading")
	}
	heading := table.Rows[0].Cells
	for _, cell := range heading {
		if len(known) > 0 && !slices.Contains(known, cell.Value) {
			return nil, fmt.Errorf("the table has a column %q; what it can have is %s", cell.Value, strings.Join(known, ", "))
		}
	}
	var all []map[string]string
	for _, r := range table.Rows[1:] {
		row := map[string]string{}
		for i, cell := range r.Cells {
			row[heading[i].Value] = cell.Value
		}
		all = append(all, row)
	}
	return all, nil
}

var units = map[string]time.Duration{
	"ms": time.Millisecond, "millisecond": time.Millisecond, "milliseconds": time.Millisecond, "s": time.Second, "second": time.Second,
	"seconds": time.Second, "m": time.Minute, "minute": time.Minute, "minutes": time.Minute, "h": time.Hour, "hour": time.Hour,
	"hours": time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
}

var durations = regexp.MustCompile(`^(\d+) ?([a-z]+)$`)

// duration reads "5 minutes", or "5m".
func duration(text string) (time.Duration, error) {
	if m := durations.FindStringSubmatch(text); m != nil {
		unit, ok := units[m[2]]
		n, err := strconv.Atoi(m[1])
		if ok && err == nil {
			return time.Duration(n) * unit, nil
		}
	}
	return 0, fmt.Errorf("%q is no duration; one is like 5 minutes, 30 seconds, 250 milliseconds or 2 days", text)
}

var numerals = []string{"no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"}

// times reads "once", "twice", "three times" or "3 times".
func times(text string) (int, error) {
	switch text {
	case "once":
		return 1, nil
	case "twice":
		return 2, nil
	}
	word, _ := strings.CutSuffix(text, " times")
	if i := slices.Index(numerals, word); i >= 0 {
		return i, nil
	}
	n, err := strconv.Atoi(word)
	if err != nil {
		err = fmt.Errorf("%q is not how often; that is like once, twice, three times or 12 times", text)
	}
	return n, err
}

// numbers reads "1, 2 and 3".
func numbers(text string) (all []int, err error) {
	for word := range strings.FieldsSeq(strings.NewReplacer(",", " ", "and", " ").Replace(text)) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("%q is no number", word)
		}
		all = append(all, n)
	}
	return all, nil
}
