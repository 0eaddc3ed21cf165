package sim

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"tsim/internal/rule"
	"tsim/internal/scheduler"
)

// fieldsOf says of each field of the types that a sandbox is made of where a State has it, or after a dash why it has not.
var fieldsOf = map[string]string{
	"Sim.cfg":         "State.Config",
	"Sim.shown":       "- the same as cfg",
	"Sim.env":         "- given to whoever imports it",
	"Sim.wakeDriver":  "- of those who drive time here",
	"Sim.wakeAdvance": "- likewise",
	"Sim.mu":          "- of this process",
	"Sim.epoch":       "State.Epoch",
	"Sim.branched":    "State.Branched",
	"Sim.closed":      "- nobody exports what is closed",
	"Sim.clock":       "State.Clock State.Speed",
	"Sim.advancing":   "State.Advancing",
	"Sim.registry":    "- of this server",
	"Sim.reserved":    "- follows from what there is room for",
	"Sim.room":        "- of the input at hand",
	"Sim.inputs":      "State.Inputs",
	"Sim.usual":       "- room for the input at hand",
	"Sim.snapshots":   "State.Snapshots",
	"Sim.sinks":       "- of those who watch it here",
	"Sim.wall":        "State.Wall",
	"Sim.wallSince":   "- follows from State.Wall and the clock on the wall here",
	"Sim.changes":     "- of those who wait here",
	"Sim.newCalls":    "- likewise",
	"Sim.over":        "- likewise",
	"Sim.state":       "State",

	"clock.mode":       "State.Clock",
	"clock.speed":      "State.Speed",
	"clock.anchor":     "- the import is the new anchor",
	"clock.anchorWall": "- likewise",

	"state.index":          "State",
	"state.jobs":           "State.Jobs State.Now State.Accepted",
	"state.timeline":       "State.Timeline",
	"state.tokens":         "State.Tokens",
	"state.listeners":      "State.Listeners",
	"state.mail":           "State.Mailboxes",
	"state.unfinished":     "- counts requests",
	"state.open":           "- counts callbacks",
	"state.held":           "- likewise",
	"state.requests":       "State.Requests",
	"state.requestNumbers": "- finds requests by what they say",
	"state.callbacks":      "State.Callbacks",
	"state.journal":        "State.Journal",
	"state.history":        "State.History",
	"state.calls":          "State.Calls",
	"state.usage":          "State.Usage",
	"state.rules":          "State.Rules",
	"state.asked":          "State.Asked",
	"state.callbackRules":  "State.CallbackRules",
	"state.outcomeRules":   "State.OutcomeRules",
	"state.aside":          "State.Aside",
	"state.early":          "State.Early",
	"state.earlyRequests":  "- counts requests",
	"state.swaps":          "State.Swaps",
	"state.inFlight":       "- counts callbacks that are InFlight, less State.Answers",
	"state.outbox":         "State.Outbox",
	"state.answers":        "State.Answers",
	"state.holds":          "State.Holds",
	"state.order":          "- of the execution at hand",
	"state.outcomes":       "- likewise",
	"state.count":          "State.Ran State.Acked State.Failed",

	"index.devices":    "State.Devices",
	"index.numbered":   "State.DevicesEver SavedDevice.Number",
	"index.byEID":      "State.EIDs",
	"index.byICCID":    "State.ICCIDs",
	"index.byIMEI":     "State.IMEIs",
	"index.byMDN":      "State.MDNs",
	"index.numbering":  "- follows from the seed",
	"index.fleet":      "State.Fleet SavedDevice.Place",
	"index.generated":  "State.GeneratedMDNs",
	"index.iccidsUsed": "State.ICCIDsUsed",

	"device.Card":     "SavedDevice.Card",
	"device.account":  "SavedDevice.Account",
	"device.number":   "SavedDevice.Number",
	"device.smsr":     "- counts SavedRequest.SMSR of entries that are still to come",
	"device.added":    "SavedDevice.Added",
	"device.free":     "SavedDevice.Free",
	"device.last":     "SavedDevice.Last",
	"device.called":   "- made of the card when it is asked for",
	"device.waiting":  "SavedDevice.Waiting",
	"device.identity": "- room for what called points to",
	"device.profiles": "- room for the profiles of the card",

	"waiting.job":       "SavedWaiting.Job",
	"waiting.iccid":     "SavedWaiting.ICCID",
	"waiting.deadline":  "SavedWaiting.Deadline",
	"waiting.warned":    "SavedWaiting.Warned",
	"waiting.scheduled": "SavedWaiting.Scheduled",

	"job.kind":  "SavedJob.Kind",
	"job.busy":  "SavedJob.Busy",
	"job.entry": "SavedJob.Entry",
	"job.about": "SavedJob.About",

	"tokens.issued":   "SavedTokens.Issued",
	"tokens.known":    "- finds tokens by their texts",
	"tokens.byNumber": "- finds tokens by their numbers",
	"tokens.bearers":  "SavedTokens.Bearers",
	"tokens.open":     "SavedTokens.Sessions",
	"tokens.over":     "SavedTokens.Over",
	"tokens.since":    "SavedTokens.Since",
	"tokens.renewed":  "SavedTokens.Renewed",
	"tokens.wrong":    "SavedTokens.Wrong",
	"tokens.changed":  "SavedTokens.Changed",

	"token.number": "SavedToken.Number",
	"token.text":   "SavedToken.Text",
	"token.bearer": "SavedToken.Bearer",
	"token.of":     "SavedToken.Of",
	"token.at":     "SavedToken.At",
	"token.epoch":  "SavedToken.Epoch",
	"token.over":   "- those in SavedTokens.Over",
	"token.older":  "- the order of the list",
	"token.newer":  "- likewise",

	"tokenList.oldest": "- the order of the list",
	"tokenList.newest": "- likewise",
	"tokenList.len":    "- likewise",

	"listenerKey.account": "SavedMailbox.Account",
	"listenerKey.service": "SavedMailbox.Service",

	"request.Request":   "SavedRequest.Request",
	"request.gated":     "SavedRequest.Gated",
	"request.early":     "SavedRequest.Early",
	"request.reserved":  "SavedRequest.Reserved",
	"request.left":      "SavedRequest.Left",
	"request.open":      "- counts callbacks",
	"request.events":    "- counts events",
	"request.failed":    "SavedRequest.Failed",
	"request.applied":   "SavedRequest.Applied",
	"request.smsr":      "SavedRequest.SMSR",
	"request.results":   "SavedRequest.Results",
	"request.callbacks": "SavedRequest.Callbacks",
	"request.accepted":  "SavedRequest.Accepted",
	"request.findings":  "SavedRequest.Findings",

	"applied.Applied":  "SavedApplied.Applied",
	"applied.entry":    "SavedApplied.Entry",
	"applied.callback": "SavedApplied.Callback",

	"callback.id":       "- its number in State.Callbacks",
	"callback.request":  "SavedCallback.Request",
	"callback.card":     "SavedCallback.Card",
	"callback.outcome":  "SavedCallback.Outcome",
	"callback.listener": "SavedCallback.Listener State.Told",
	"callback.guard":    "SavedCallback.Guard",
	"callback.attempts": "SavedCallback.Attempts",
	"callback.sentTo":   "SavedCallback.SentTo",
	"callback.due":      "SavedCallback.Due",
	"callback.cause":    "SavedCallback.Cause",
	"callback.latest":   "SavedCallback.Latest",
	"callback.prev":     "SavedCallback.Prev",
	"callback.next":     "SavedCallback.Next",
	"callback.device":   "SavedCallback.Device",
	"callback.shift":    "SavedCallback.Shift",
	"callback.hold":     "SavedCallback.Hold",
	"callback.events":   "- counts events",
	"callback.entry":    "SavedCallback.Entry",
	"callback.state":    "SavedCallback.State",
	"callback.blocked":  "SavedCallback.Blocked",

	"callRecord.calls": "State.Calls",
	"callRecord.bytes": "- counts those of the calls",
	"Call.room":        "- follows from the call",

	"usage.second":    "SavedUsage.Second",
	"usage.calls":     "SavedUsage.Calls",
	"usage.activates": "SavedUsage.Activates",
	"usage.lines":     "SavedUsage.Lines SavedLineUse.ICCID",

	"lineUse.day":       "SavedLineUse.Day",
	"lineUse.month":     "SavedLineUse.Month",
	"lineUse.actions":   "SavedLineUse.Actions",
	"lineUse.planMoves": "SavedLineUse.PlanMoves",

	"callbackRule.by":         "SavedCallbackRule.By",
	"callbackRule.told":       "SavedCallbackRule.Told",
	"callbackRule.effect":     "SavedCallbackRule.Effect",
	"callbackRule.attempt":    "SavedCallbackRule.Attempt",
	"callbackRule.atAttempt":  "SavedCallbackRule.AtAttempt",
	"callbackRule.attemptBy":  "SavedCallbackRule.AttemptBy",
	"callbackRule.copies":     "SavedCallbackRule.Copies",
	"callbackRule.copiesBy":   "SavedCallbackRule.CopiesBy",
	"callbackRule.letsGo":     "SavedCallbackRule.LetsGo",
	"callbackRule.isCopy":     "SavedCallbackRule.IsCopy",
	"callbackRule.awaitsNext": "SavedCallbackRule.AwaitsNext",
	"callbackRule.waitsFor":   "SavedCallbackRule.WaitsFor",
	"callbackRule.earlyBy":    "SavedCallbackRule.EarlyBy",

	"outcomeRule.name":    "SavedOutcomeRule.Name",
	"outcomeRule.what":    "SavedOutcomeRule.What",
	"outcomeRule.event":   "SavedOutcomeRule.Event",
	"outcomeRule.skipped": "SavedOutcomeRule.Skipped",

	"entryKey.request": "SavedOutcomeRule.Request",
	"entryKey.entry":   "SavedOutcomeRule.Entry",

	"attemptAnswer.callback": "SavedAnswer.Callback",
	"attemptAnswer.answer":   "SavedAnswer.Answer",

	"outgoing.url":       "- that of the listener that the callback is sent to",
	"outgoing.AttemptID": "State.Outbox",
	"AttemptID.Epoch":    "- that of the sandbox",
	"AttemptID.Callback": "State.Outbox",

	"Table.all":          "State.Rules",
	"Table.places":       "- the same by what they are",
	"Counted.Rule":       "Saved.Rule",
	"Counted.Occasions":  "Saved.Occasions",
	"Counted.Hits":       "Saved.Hits",
	"Counted.Skipped":    "Saved.Skipped",
	"Counted.Last":       "Saved.Last",
	"Counted.Did":        "- follows from the rule",
	"Counted.asksDevice": "- likewise",
	"Counted.asksMore":   "- likewise",
	"Counted.from":       "Saved.From",
	"Counted.until":      "Saved.Until",
	"Counted.path":       "- likewise",
	"Counted.account":    "- likewise",
	"Counted.eid":        "- likewise",
	"Counted.iccid":      "- likewise",
	"Counted.imei":       "- likewise",
	"Counted.together":   "Saved.Together",
	"Counted.apart":      "Saved.Apart KeyCount.Key KeyCount.Count",
	"count.occasions":    "Count.Occasions",
	"count.strikes":      "Count.Strikes",

	"Queue.now":   "State.Now",
	"Queue.seq":   "State.Accepted",
	"Queue.heaps": "State.Jobs SavedJob.Background SavedJob.Brief",
	"Item.Due":    "SavedJob.Due",
	"Item.Seq":    "SavedJob.Seq",
	"Item.Job":    "State.Jobs",
}

// TestEverythingIsExported: each field of what a sandbox is made of is in a State, or follows from one; fieldsOf says which. Who
// adds a field sees to Export and Import, and then says so there.
func TestEverythingIsExported(t *testing.T) {
	saved := savedFields()
	seen, named := map[reflect.Type]bool{}, map[string]bool{}
	var walk func(of reflect.Type)
	walk = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Map:
			walk(of.Key())
			walk(of.Elem())
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(of.Elem())
		case reflect.Struct:
			name, _, generic := strings.Cut(of.Name(), "[")
			if seen[of] || !strings.HasPrefix(of.PkgPath(), "tsim/") || of == reflect.TypeFor[IDList]() {
				return // an IDList tells itself as a text
			}
			seen[of] = true
			isTable := generic && name == "table"
			for f := range of.Fields() {
				key := name + "." + f.Name
				where, ok := fieldsOf[key]
				switch {
				case isTable: // Numbered
				case ok:
					named[key] = true
				case saved[of][f.Name]: // it is in a State as it is
				default:
					t.Errorf("%s is not in a State, as far as fieldsOf knows; see Export and Import", key)
				}
				for is := range strings.FieldsSeq(where) {
					if is == "-" {
						break
					}
					if !named["saved "+is] && !existsIn(saved, is) {
						t.Errorf("%s is said to be %s, which is not there", key, is)
					}
					named["saved "+is] = true
				}
				if !strings.HasPrefix(where, "-") {
					walk(f.Type)
				}
			}
		}
	}
	walk(reflect.TypeFor[Sim]())
	for key := range fieldsOf {
		if !named[key] {
			t.Errorf("there is no %s", key)
		}
	}
	for _, of := range []reflect.Type{reflect.TypeFor[scheduler.Queue[job]](), reflect.TypeFor[rule.Counted](), reflect.TypeFor[callback]()} {
		if !seen[of] {
			t.Errorf("%s was not looked at", of)
		}
	}
}

// savedFields are the fields of all structs in a State.
func savedFields() map[reflect.Type]map[string]bool {
	all := map[reflect.Type]map[string]bool{}
	var walk func(of reflect.Type)
	walk = func(of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(of.Elem())
		case reflect.Struct:
			if all[of] != nil || !strings.HasPrefix(of.PkgPath(), "tsim/") || of == reflect.TypeFor[IDList]() {
				return
			}
			all[of] = map[string]bool{}
			for f := range of.Fields() {
				if f.IsExported() {
					all[of][f.Name] = true
					walk(f.Type)
				}
			}
		}
	}
	walk(reflect.TypeFor[State]())
	return all
}

func existsIn(saved map[reflect.Type]map[string]bool, path string) bool {
	name, field, _ := strings.Cut(path, ".")
	for of, fields := range saved {
		if of.Name() == name && (field == "" || fields[field]) {
			return true
		}
	}
	return false
}

// TestStateIsPlain: a State has nothing in it that another State could not have, and nothing that cannot be written.
func TestStateIsPlain(t *testing.T) {
	for of, fields := range savedFields() {
		for f := range of.Fields() {
			if !fields[f.Name] && of.Name()+"."+f.Name != "Call.room" {
				t.Errorf("%s.%s is not exported", of, f.Name)
			}
			switch kind := f.Type.Kind(); {
			case slices.Contains([]reflect.Kind{reflect.Map, reflect.Func, reflect.Chan, reflect.Interface, reflect.UnsafePointer}, kind):
				t.Errorf("%s.%s is a %s", of, f.Name, kind)
			}
			if kind := f.Type.Kind(); kind == reflect.Uint8 && f.Type.Name() != "uint8" {
				if _, ok := lastWords[f.Type]; !ok {
					t.Errorf("nobody knows how many words there are for %s.%s; see lastWords", of, f.Name)
				}
			}
		}
	}
}
