package thingspace

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// maxPage is how many devices a page of the list has ("Retrieve device information").
const maxPage = 2000

type (
	deviceList struct {
		HasMoreData bool         `json:"hasMoreData"`
		Devices     []deviceItem `json:"devices"`
	}
	deviceItem struct {
		AccountName         string        `json:"accountName"`
		BillingCycleEndDate string        `json:"billingCycleEndDate"`
		CarrierInformations []carrierInfo `json:"carrierInformations"`
		Connected           bool          `json:"connected"`
		CreatedAt           string        `json:"createdAt"`
		CustomFields        []keyValue    `json:"customFields"`
		DeviceIDs           []deviceID    `json:"deviceIds"`
		ExtendedAttributes  []keyValue    `json:"extendedAttributes"`
		GroupNames          []string      `json:"groupNames"`
		LastActivationBy    string        `json:"lastActivationBy,omitempty"`
		LastActivationDate  string        `json:"lastActivationDate,omitempty"`
	}
	carrierInfo struct {
		CarrierName string `json:"carrierName"`
		ServicePlan string `json:"servicePlan"`
		State       string `json:"state"`
	}
	keyValue struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	}
)

// lineStates are the states as the list spells them, and as its filter may.
var lineStates = [...][]string{
	euicc.StatePreActive: {"preactive", "pre-active", "pre_active"},
	euicc.StateActive:    {"active"},
	euicc.StateSuspended: {"suspend", "suspended"},
	euicc.StateDeactive:  {"deactive", "deactivated"},
}

// listDevices is POST …/v1/devices/actions/list ("Retrieve device information"). A device is a line of
// service: one profile of an eUICC.
func listDevices(c *call) (reply, error) {
	f := lineFilter(c.doc)
	limit := integer(c.doc, "maxNumberOfDevices")
	if limit == 0 || limit > maxPage {
		limit = maxPage
	}
	lines, more, err := c.sim.Lines(f, integer(c.doc, "largestDeviceIdSeen"), limit)
	list := deviceList{more, make([]deviceItem, len(lines))}
	now := c.sim.Clock().Now.Time()
	for i := range lines {
		list.Devices[i] = deviceItemOf(&lines[i], now)
	}
	rep := reply{body: list}
	if more {
		rep.status = http.StatusAccepted
	}
	return rep, err
}

// lineFilter reads what the list is asked for.
func lineFilter(doc any) *sim.LineFilter {
	f := &sim.LineFilter{Account: text(doc, "accountName"), Plan: text(doc, "servicePlan")}
	fields := doc.(map[string]any)
	if id, ok := fields["deviceId"]; ok {
		f.Devices = []euicc.IDs{readIDs([]any{id})}
	}
	filter, _ := fields["filter"].(map[string]any)
	parts, _ := filter["deviceIdentifierFilters"].([]any)
	for _, p := range parts {
		kind, ok := euicc.ParseKind(text(p, "kind"))
		f.Nothing = f.Nothing || !ok
		f.Parts = append(f.Parts, sim.PartFilter{
			Kind: kind, Contains: text(p, "contains"), Begins: text(p, "startswith"), Ends: text(p, "endswith"),
		})
	}
	if word := text(doc, "currentState"); word != "" {
		state := slices.IndexFunc(lineStates[:], func(words []string) bool { return slices.Contains(words, strings.ToLower(word)) })
		f.State, f.Nothing = new(euicc.State), f.Nothing || state < 0
		*f.State = euicc.State(max(state, 0))
	}
	// What a sandbox does not have, nobody has.
	custom, _ := fields["customFields"].([]any)
	group, carrier := text(doc, "groupName"), text(doc, "carrierNameFilter")
	f.Nothing = f.Nothing || len(custom) > 0 || carrier != "" && !strings.EqualFold(carrier, defaultCarrier) ||
		group != "" && !strings.HasPrefix(group, defaultGroup)
	f.From, f.To = period(doc)
	return f
}

// defaultGroup is how the name of the group begins that every device is in.
const defaultGroup = "Default: "

// deviceItemOf is a line as the list spells it. The DeviceId is what largestDeviceIdSeen takes.
func deviceItemOf(l *sim.Line, now time.Time) deviceItem {
	p := &l.Profile
	it := deviceItem{
		AccountName: l.Account, Connected: l.Connected, CreatedAt: wireTime(l.Added), CustomFields: []keyValue{},
		BillingCycleEndDate: time.Date(now.Year(), now.Month()+1, 0, 0, 0, 0, 0, time.UTC).Format(time.RFC3339),
		CarrierInformations: []carrierInfo{{defaultCarrier, p.Plan, lineStates[p.State()][0]}},
		DeviceIDs:           lineIDs(l),
		ExtendedAttributes:  []keyValue{{"DeviceId", strconv.Itoa(l.DeviceID)}},
		GroupNames:          []string{defaultGroup + l.Account},
		LastActivationBy:    l.ActivatedBy,
	}
	if l.Activated != 0 {
		it.LastActivationDate = wireTime(l.Activated)
	}
	return it
}

// lineIDs are the identifiers of a line, its number in both forms.
func lineIDs(l *sim.Line) []deviceID {
	ids := euicc.IDs{EID: l.EID, ICCID: l.Profile.ICCID, IMEI: l.IMEI, MDN: l.Profile.MDN}
	list := listIDs(ids)
	if msisdn := ids.Get(euicc.KindMSISDN); msisdn != "" {
		list = append(list, deviceID{msisdn, euicc.KindMSISDN.String()})
	}
	return list
}

// readIDs are the identifiers of a list of {kind, id}. Those of which no device has one belong to none.
func readIDs(list []any) (ids euicc.IDs) {
	for _, id := range list {
		setID(&ids, text(id, "kind"), text(id, "id"))
	}
	ids.Conflict = ids.Conflict || ids == euicc.IDs{}
	return ids
}

type addedDevice struct {
	DeviceIDs []deviceID `json:"deviceIds"`
	Response  string     `json:"response"`
}

// addDevices is POST …/v1/devices/actions/add ("Add devices"): a bare array tells of each one.
func addDevices(c *call) (reply, error) {
	list := c.doc.(map[string]any)["devicesToAdd"].([]any)
	devices := make([]euicc.IDs, len(list))
	added := make([]addedDevice, len(list))
	for i, d := range list {
		ids := d.(map[string]any)["deviceIds"].([]any)
		devices[i] = readIDs(ids)
		added[i] = addedDevice{[]deviceID{}, "Success"}
		for _, id := range ids {
			added[i].DeviceIDs = append(added[i].DeviceIDs, deviceID{text(id, "id"), text(id, "kind")})
		}
	}
	results, err := c.sim.AddPreactive(text(c.doc, "accountName"), devices)
	for i, problem := range results {
		if problem != nil {
			added[i].Response = "Failed: " + problem.Error()
		}
	}
	return reply{body: added}, err
}
