package control

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"tsim/internal/bound"
	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/rule"
	"tsim/internal/scheduler"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

// A filter is a struct of tsimclient: its fields are the query parameters of a list, and those of a body that says what
// to count or to wait for. Here is what reads them, and what each means.

// criterion is one field of a filter.
type criterion[T any] struct {
	fits    func(*T) bool
	differs func(*T) string // why it does not fit, as a sentence
}

// criteria are all that is to fit.
type criteria[T any] []criterion[T]

func (all criteria[T]) fit(v *T) bool {
	return !slices.ContainsFunc(all, func(c criterion[T]) bool { return !c.fits(v) })
}

// missed is how many do not fit.
func (all criteria[T]) missed(v *T) (n int) {
	for _, c := range all {
		if !c.fits(v) {
			n++
		}
	}
	return n
}

func (all criteria[T]) differences(v *T) (texts []string) {
	for _, c := range all {
		if !c.fits(v) {
			texts = append(texts, c.differs(v))
		}
	}
	return texts
}

// filterReader makes criteria of what is given; err is the first thing that was wrong.
type filterReader[T any] struct {
	all criteria[T]
	err error
}

// equal asks for a value, unless that is the zero one.
func equal[T any, V comparable](r *filterReader[T], name string, want V, of func(*T) V) {
	var none V
	if want != none {
		require(r, name, want, of)
	}
}

// require asks for a value.
func require[T any, V comparable](r *filterReader[T], name string, want V, of func(*T) V) {
	r.add(func(v *T) bool { return of(v) == want }, func(v *T) string {
		var none V
		if got := of(v); got != none || reflect.TypeFor[V]().Kind() == reflect.Int {
			return fmt.Sprintf("%s is %v, not %v", name, got, want)
		}
		return fmt.Sprintf("it has no %s, want %v", name, want)
	})
}

func (r *filterReader[T]) add(fits func(*T) bool, differs func(*T) string) {
	r.all = append(r.all, criterion[T]{fits, differs})
}

// known refuses a word that is none of these, unless it is not given.
func (r *filterReader[T]) known(what, word string, words []string) {
	if word != "" && r.err == nil && !slices.Contains(words, word) {
		r.err = bad(suggest(word, words, what+"s"), "no %s %q", what, bound.Short(word))
	}
}

// between asks for an instant from one to another, either of which may be left out.
func (r *filterReader[T]) between(from, to string, at func(*T) sim.Instant) {
	first, last := r.instant("from", from), r.instant("to", to)
	if from != "" {
		r.add(func(v *T) bool { return at(v) >= first }, func(v *T) string { return "it is of " + rfc3339(at(v)) + ", before " + from })
	}
	if to != "" {
		r.add(func(v *T) bool { return at(v) <= last }, func(v *T) string { return "it is of " + rfc3339(at(v)) + ", after " + to })
	}
	if from != "" && to != "" && first > last && r.err == nil {
		r.err = bad("", "from %s is after to %s", from, to)
	}
}

func (r *filterReader[T]) instant(name, text string) sim.Instant {
	if text == "" || r.err != nil {
		return 0
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		r.err = bad("", `%s %q is not an instant of RFC 3339, like "2030-01-01T12:00:00Z"`, name, bound.Short(text))
	}
	return scheduler.At(t)
}

// device asks for one of some identifiers.
func (r *filterReader[T]) device(id string, ids func(*T) []string) {
	if id != "" {
		r.add(func(v *T) bool { return slices.Contains(ids(v), id) }, func(*T) string { return "it does not name the device " + id })
	}
}

// readFilter fills a filter from the query string.
func (c *call) readFilter(filter any) error {
	v := reflect.ValueOf(filter).Elem()
	for i, name := range fields(v.Type()) {
		text := c.query.Get(name)
		if text == "" {
			continue
		}
		field := v.Field(i)
		if field.Kind() == reflect.Pointer {
			field.Set(reflect.New(field.Type().Elem()))
			field = field.Elem()
		}
		switch field.Kind() {
		case reflect.Bool:
			if text != "true" && text != "false" {
				return bad("", "%s %q is neither true nor false", name, bound.Short(text))
			}
			field.SetBool(text == "true")
		case reflect.Int:
			n, err := strconv.Atoi(text)
			if err != nil {
				return bad("", "%s %q is not a whole number", name, bound.Short(text))
			}
			field.SetInt(int64(n))
		default:
			field.SetString(text)
		}
	}
	return nil
}

// filterOf are the query parameters of a list that a filter chooses from, and of its pages.
func filterOf[F any](more ...string) []string {
	return append(append(fields(reflect.TypeFor[F]()), more...), "limit", "after")
}

// methods are those that a call may have.
var methods = []string{
	http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead, http.MethodOptions,
}

// callCriteria is what a filter means for calls. box is nil for those that named no sandbox.
func (c *call) callCriteria(f *tsimclient.CallFilter) (criteria[sim.Call], error) {
	var r filterReader[sim.Call]
	r.known("operation", string(f.Operation), c.o.Operations)
	r.known("method", f.Method, methods)
	switch {
	case r.err != nil:
	case f.Status != 0 && (f.Status < 100 || f.Status > 599):
		r.err = bad("", "status %d is none of HTTP, which are 100 to 599", f.Status)
	case f.Devices != nil && *f.Devices < 0:
		r.err = bad("", "devices is how many, it cannot be %d", *f.Devices)
	case f.Path != "" && f.Path[0] != '/' && f.Path[0] != '*':
		r.err = bad("a * stands for any text: */login", "path %q begins neither with / nor with *", bound.Short(f.Path))
	}
	equal(&r, "operation", string(f.Operation), func(v *sim.Call) string { return v.Operation })
	equal(&r, "method", f.Method, func(v *sim.Call) string { return v.Method })
	if f.Path != "" {
		r.add(func(v *sim.Call) bool { return rule.Fits(f.Path, v.Path) }, func(v *sim.Call) string { return "path is " + v.Path + ", not " + f.Path })
	}
	equal(&r, "status", f.Status, func(v *sim.Call) int { return v.Status })
	if f.Refused != nil {
		r.add(func(v *sim.Call) bool { return (v.Status >= http.StatusBadRequest) == *f.Refused }, func(v *sim.Call) string {
			switch {
			case v.Status == 0:
				return "it had no reply, because a rule broke the connection off"
			case *f.Refused:
				return fmt.Sprintf("it was not refused, status is %d", v.Status)
			}
			return fmt.Sprintf("it was refused with %d: %s", v.Status, v.Message)
		})
	}
	if f.Devices != nil {
		r.add(func(v *sim.Call) bool { return v.Devices == *f.Devices }, func(v *sim.Call) string {
			if v.Devices == 1 {
				return fmt.Sprintf("it names 1 device, not %d", *f.Devices)
			}
			return fmt.Sprintf("it names %d devices, not %d", v.Devices, *f.Devices)
		})
	}
	equal(&r, "request", f.Request, func(v *sim.Call) string { return v.RequestID })
	r.between(f.From, f.To, func(v *sim.Call) sim.Instant { return v.At })
	if f.Device != "" {
		r.add(func(v *sim.Call) bool { return c.names(v, f.Device) }, func(*sim.Call) string { return "it does not name the device " + f.Device })
	}
	if pattern, others := strings.CutPrefix(f.Agent, "!"); f.Agent != "" {
		r.add(func(v *sim.Call) bool {
			return (v.Agent == pattern || pattern != "" && rule.Fits(pattern, v.Agent)) != others
		}, func(v *sim.Call) string {
			return fmt.Sprintf("agent is %q, not %s", v.Agent, f.Agent)
		})
	}
	equal(&r, "rule", f.Rule, func(v *sim.Call) string { return v.Rule })
	if f.Text != "" {
		r.add(func(v *sim.Call) bool { return v.Has(f.Text) }, func(*sim.Call) string { return fmt.Sprintf("none of its bodies has %q", f.Text) })
	}
	return r.all, r.err
}

// names says whether a call names a device by an identifier. What does not stand in the part of the body that is on
// record is looked up in the request, as long as that is there.
func (c *call) names(v *sim.Call, device string) bool {
	if v.Request.Has(`"` + device + `"`) {
		return true
	}
	if v.Request.Kept == sim.KeptWhole || v.RequestID == "" || c.box == nil {
		return false
	}
	return inList(c.box.DevicesOf(v.RequestID), device)
}

func inList(list *sim.IDList, id string) bool {
	for i := range list.Len() {
		if slices.Contains(identifiers(list.At(i)), id) {
			return true
		}
	}
	return false
}

func identifiers(ids euicc.IDs) []string { return []string{ids.EID, ids.ICCID, ids.IMEI, ids.MDN} }

// asked are the operations that a request can be about.
func asked() []string { return append(euicc.Words[euicc.Op](), "list", "history") }

func requestCriteria(f *tsimclient.RequestFilter) (criteria[sim.RequestReport], error) {
	var r filterReader[sim.RequestReport]
	r.known("operation", string(f.Operation), asked())
	equal(&r, "operation", string(f.Operation), func(v *sim.RequestReport) string { return v.Request.Action() })
	equal(&r, "account", f.Account, func(v *sim.RequestReport) string { return v.Request.Account })
	if f.Device != "" {
		r.add(func(v *sim.RequestReport) bool {
			in := func(ids euicc.IDs) bool { return slices.Contains(identifiers(ids), f.Device) }
			return inList(v.Request.Devices, f.Device) || slices.ContainsFunc(v.Request.Query.Names(), in)
		}, nil)
	}
	r.between(f.From, f.To, func(v *sim.RequestReport) sim.Instant { return v.Request.At })
	return r.all, r.err
}

// callbackCriteria is what a filter means for callbacks, beside request and state, by which sim finds them.
func callbackCriteria(f *tsimclient.CallbackFilter) (criteria[sim.Callback], error) {
	var r filterReader[sim.Callback]
	r.known("operation", string(f.Operation), asked())
	equal(&r, "operation", string(f.Operation), func(v *sim.Callback) string { return v.Request.Action() })
	equal(&r, "account", f.Account, func(v *sim.Callback) string { return v.Request.Account })
	r.device(f.Device, func(v *sim.Callback) []string {
		p := &v.Outcome.Profile
		return []string{v.Card.EID, v.Card.IMEI, p.ICCID, p.MDN}
	})
	r.between(f.From, f.To, func(v *sim.Callback) sim.Instant { return v.Due })
	return r.all, r.err
}

func eventCriteria(f *tsimclient.EventFilter) (criteria[sim.EventReport], error) {
	var r filterReader[sim.EventReport]
	r.known("kind", string(f.Kind), eventKinds())
	equal(&r, "kind", string(f.Kind), func(v *sim.EventReport) string { return v.Kind.String() })
	equal(&r, "request", f.Request, func(v *sim.EventReport) string { return v.RequestID })
	if f.Rule != "" {
		about := f.Rule + ": "
		r.add(func(v *sim.EventReport) bool {
			return (v.Kind == sim.RuleApplied || v.Kind == sim.RuleSkipped) && strings.HasPrefix(v.Detail, about)
		}, nil)
	}
	r.device(f.Device, func(v *sim.EventReport) []string { return []string{v.EID, v.ICCID} })
	r.between(f.From, f.To, func(v *sim.EventReport) sim.Instant { return v.At })
	return r.all, r.err
}

func eventKinds() (words []string) {
	for _, k := range sim.EventKinds() {
		words = append(words, k.String())
	}
	return words
}

func deviceCriteria(f *tsimclient.DeviceFilter) criteria[config.Device] {
	var r filterReader[config.Device]
	equal(&r, "account", f.Account, func(v *config.Device) string { return v.Account })
	r.device(f.Device, func(v *config.Device) []string {
		ids := []string{v.EID, v.IMEI}
		for i := range v.Profiles {
			ids = append(ids, v.Profiles[i].ICCID, v.Profiles[i].MDN)
		}
		return ids
	})
	return r.all
}
