package tsimbox_test

import (
	"encoding/json"
	"maps"
	"testing"
	"time"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// What the story of a request says of its callbacks is what the callbacks themselves say: the same status words, and
// in its summary the same sentences.
func TestStorySaysWhatTheCallbacksSay(t *testing.T) {
	for _, prefix := range []string{"off", "on"} {
		w := start(t, tsimbox.Scenario(small+"compat: {faultPrefix: "+prefix+"}\n"))
		heard := w.listen()
		patched, err := w.box.PatchDevice(t.Context(), eid, tsimclient.DevicePatch{Powered: new(false)})
		must(t, patched, err)
		waits := w.do(tsimclient.OpEnable, tsimbox.IDs{EID: eid, ICCID: global})
		bulk, err := w.box.DoAll(t.Context(), tsimclient.OpProfileSuspend, []tsimbox.IDs{{ICCID: global}, {ICCID: global}, {ICCID: lead}})
		must(t, bulk, err)
		w.advance(time.Hour)
		seen := map[tsimclient.CallbackStatus]bool{}
		for _, request := range []string{bulk, waits} {
			status, failed := map[tsimclient.CallbackStatus]int{}, map[string]int{}
			for _, c := range heard.Heard(request) {
				status[tsimclient.CallbackStatus(c.Status)]++
				seen[tsimclient.CallbackStatus(c.Status)] = true
				if c.FaultString != "" {
					failed[c.FaultString]++
				}
			}
			story, err := w.box.Control.Request(t.Context(), request, tsimclient.Page{})
			must(t, story, err)
			told := map[string]int{}
			for _, f := range story.Summary.Failed {
				told[f.FaultString] = f.Callbacks
			}
			if !maps.Equal(story.Summary.Status, status) || !maps.Equal(told, failed) {
				t.Errorf("faultPrefix %s: the summary is %+v, the callbacks say %v and %v", prefix, *story.Summary, status, failed)
			}
			for _, e := range story.Entries {
				for _, c := range e.Callbacks {
					var body struct{ Status tsimclient.CallbackStatus }
					if err := json.Unmarshal(c.Body, &body); err != nil || c.Status != body.Status {
						t.Errorf("callback %d is %s, and says %s (%v)", c.ID, c.Status, c.Body, err)
					}
				}
			}
		}
		if len(seen) != 3 {
			t.Errorf("only %v were heard", seen)
		}
	}
}
