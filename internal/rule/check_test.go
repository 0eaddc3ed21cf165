package rule

import (
	"strings"
	"testing"
	"time"
)

// of is a rule with a condition and what it does in a place.
func of(w When, does any) Rule {
	r := Rule{Name: "r", When: w}
	switch does := does.(type) {
	case Reply:
		r.Reply = &does
	case Outcome:
		r.Outcome = &does
	case Callback:
		r.Callback = &does
	}
	return r
}

const (
	ofCallbacks = "only a message to a listener has one, in a rule with callback"
	ofReplies   = "only a call has one, in a rule with reply"
	unseen      = "the connection ends before the call is looked at; by then only its operation, or method and path, are known"
	noByte      = "it belongs to a reply, and this cut lets no byte of one out"
	dropped     = "what is dropped is never sent"
	asUsual     = "/outcome/applied: that is what happens anyway; applied is false for what is told as done, true beside a fault"
	backwards   = "/when/until: it ends before it begins"
)

func TestProblems(t *testing.T) {
	const s = time.Second
	yes, no := true, false
	at := func(d time.Duration) Moment { return Moment{After: d, Given: true} }
	on := func(seconds int64) Moment { return Moment{At: time.Unix(seconds, 0), Given: true} }
	refusal, failed := &Refusal{"C", "M"}, &Fault{Code: "C", Message: "M"}
	for name, tt := range map[string]struct {
		rule Rule
		want string // each as place: message, with ; between them
	}{
		"no place":     {Rule{Name: "r"}, ": a rule has exactly one of reply, outcome and callback, not 0 of them"},
		"two places":   {Rule{Reply: &Reply{}, Callback: &Callback{Drop: true}}, ": a rule has exactly one of reply, outcome and callback, not 2 of them"},
		"three places": {Rule{Reply: &Reply{}, Outcome: &Outcome{}, Callback: &Callback{}}, ": a rule has exactly one of reply, outcome and callback, not 3 of them"},
		"no reply":     {of(When{}, Reply{}), "/reply: nothing happens here; say what the rule does"},
		"no outcome":   {of(When{}, Outcome{}), "/outcome: nothing happens here; say what the rule does"},
		"no callback":  {of(When{}, Callback{}), "/callback: nothing happens here; say what the rule does"},

		"all that a reply can ask for":    {of(When{Operations: []string{"enable"}, Account: "a", EID: "*", ICCID: "*", IMEI: "*", Role: "LEAD", First: 1, After: 2, Times: 3, Per: PerCard}, Reply{Status: 200}), ""},
		"all that a stub can ask for":     {of(When{Method: "GET", Path: "*/usage", Nth: 1, Per: PerAccount, From: at(0), Until: at(s), TTL: s}, Reply{Status: 200}), ""},
		"all that an outcome can ask for": {of(When{Operations: []string{"enable"}, Account: "a", EID: "*", ICCID: "*", IMEI: "*", Role: "LEAD", Every: 1, Per: PerRequest}, Outcome{Silent: true}), ""},
		"all that a callback can ask for": {of(When{Operations: []string{"enable"}, Account: "a", EID: "*", Role: "LEAD", Level: Device, Result: Failed, Attempt: 2}, Callback{Drop: true}), ""},
		"a reply asks for a callback":     {of(When{Level: Profile, Result: Warning, Attempt: 1}, Reply{Status: 200}), "/when/level: level: " + ofCallbacks + "; /when/result: result: " + ofCallbacks + "; /when/attempt: attempt: " + ofCallbacks},
		"an outcome asks for a callback":  {of(When{Level: Profile, Result: Warning, Attempt: 1}, Outcome{Silent: true}), "/when/level: level: " + ofCallbacks + "; /when/result: result: " + ofCallbacks + "; /when/attempt: attempt: " + ofCallbacks},
		"an outcome asks for a call":      {of(When{Method: "GET", Path: "/"}, Outcome{Silent: true}), "/when/method: method: " + ofReplies + "; /when/path: path: " + ofReplies},
		"a callback asks for a call":      {of(When{Method: "GET", Path: "/"}, Callback{Drop: true}), "/when/method: method: " + ofReplies + "; /when/path: path: " + ofReplies},
		"a reply per request":             {of(When{Per: PerRequest, First: 1}, Reply{Status: 200}), "/when/per: per: a call is no request yet; count per rule, card or account"},
		"operation and address":           {of(When{Operations: []string{"list"}, Method: "GET", Path: "/"}, Reply{Status: 200}), "/when/method: method: give the operation, or else method and path; /when/path: path: give the operation, or else method and path"},
		"two slashes":                     {of(When{Path: "/api//v1"}, Reply{Status: 200}), "/when/path: write it with single slashes; calls are matched in both spellings"},
		"a path with a query":             {of(When{Path: "/api/v1?a=1"}, Reply{Status: 200}), "/when/path: a path ends before the ?; what follows is not looked at"},
		"a path of control":               {of(When{Path: "/tsim/*"}, Reply{Status: 200}), "/when/path: below /tsim is tsim's own surface, which no rule interferes with"},
		"a path from nowhere":             {of(When{Path: "api/v1"}, Reply{Status: 200}), "/when/path: a path begins with / or *"},
		"before a device is known":        {of(When{Account: "a", EID: "*", ICCID: "*", IMEI: "*", Role: "LEAD", Per: PerCard}, Reply{Cut: CutBefore}), "/when/account: account: " + unseen + "; /when/eid: eid: " + unseen + "; /when/iccid: iccid: " + unseen + "; /when/imei: imei: " + unseen + "; /when/role: role: " + unseen + "; /when/per: per: " + unseen},
		"before, by operation":            {of(When{Operations: []string{"enable"}, First: 1}, Reply{Cut: CutBefore}), ""},
		"first and nth and every":         {of(When{First: 1, Nth: 2, Every: 3}, Callback{Drop: true}), "/when/nth: first and nth do not go together; /when/every: first and every do not go together"},
		"nth and every":                   {of(When{Nth: 2, Every: 3, After: 1, Times: 1}, Callback{Drop: true}), "/when/every: nth and every do not go together"},
		"durations backwards":             {of(When{From: at(2 * s), Until: at(s)}, Callback{Drop: true}), backwards},
		"durations of no length":          {of(When{From: at(s), Until: at(s)}, Callback{Drop: true}), backwards},
		"instants backwards":              {of(When{From: on(2), Until: on(1)}, Callback{Drop: true}), backwards},
		"instants of no length":           {of(When{From: on(1), Until: on(1)}, Callback{Drop: true}), backwards},
		"instants forwards":               {of(When{From: on(1), Until: on(2)}, Callback{Drop: true}), ""},
		"instant and duration":            {of(When{From: on(2), Until: at(s)}, Callback{Drop: true}), ""},
		"until alone":                     {of(When{Until: at(0)}, Callback{Drop: true}), ""},
		"all that a status can have":      {of(When{}, Reply{Status: 599, Body: "${method}${path}${account}${eid}${iccid}${imei}${mdn}${requestId}${now}$x$", ContentType: "text/html", RetryAfter: s, Delay: s, Pace: 1, Cut: Midway}), ""},
		"all that an accepted one has":    {of(When{}, Reply{Accept: true, Delay: s, After: s, Cut: CutAfter}), ""},
		"status, accept and expire":       {of(When{}, Reply{Status: 200, Accept: true, Expire: ExpireBearer}), "/reply/accept: status and accept do not go together; /reply/expire: status and expire do not go together"},
		"accept and expire":               {of(When{}, Reply{Accept: true, Expire: ExpireSession}), "/reply/expire: accept and expire do not go together"},
		"status and cut before":           {of(When{}, Reply{Status: 200, Cut: CutBefore}), "/reply/cut: status and cut do not go together"},
		"accept and cut before":           {of(When{}, Reply{Accept: true, Cut: CutBefore}), "/reply/cut: accept and cut do not go together"},
		"status and cut after":            {of(When{}, Reply{Status: 200, Cut: CutAfter}), "/reply/status: status: " + noByte},
		"pace and cut after":              {of(When{}, Reply{Pace: 1, Cut: CutAfter}), "/reply/pace: pace: " + noByte},
		"pace and cut before":             {of(When{}, Reply{Pace: 1, Cut: CutBefore}), "/reply/pace: pace: " + noByte},
		"error and body":                  {of(When{}, Reply{Status: 400, Error: refusal, Body: "1"}), "/reply/body: error and body do not go together"},
		"no status":                       {of(When{}, Reply{Pace: 1, Error: refusal, RetryAfter: s}), "/reply/error: error: it needs a status beside it; /reply/retryAfter: retryAfter: it needs a status beside it"},
		"a body and no status":            {of(When{}, Reply{Pace: 1, Body: "1"}), "/reply/body: body: it needs a status beside it"},
		"a content type of nothing":       {of(When{}, Reply{Status: 200, ContentType: "text/html"}), "/reply/contentType: contentType: it needs a body beside it"},
		"an error that is none":           {of(When{}, Reply{Status: 399, Error: refusal}), "/reply/error: an error has a status from 400 on, not 399"},
		"an error":                        {of(When{}, Reply{Status: 400, Error: refusal, RetryAfter: s}), ""},
		"a low status":                    {of(When{}, Reply{Status: 199}), "/reply/status: a status is 200 to 599, not 199"},
		"a high status":                   {of(When{}, Reply{Status: 600}), "/reply/status: a status is 200 to 599, not 600"},
		"a body where none can be":        {of(When{}, Reply{Status: 204, Body: "1"}), "/reply/body: body: a reply with the status 204 has no body"},
		"nor a pace":                      {of(When{}, Reply{Status: 304, Pace: 1}), "/reply/pace: pace: a reply with the status 304 has no body"},
		"after a status":                  {of(When{}, Reply{Status: 200, After: s}), "/reply/delay: after is once the call was accepted, and this rule keeps it from being so"},
		"after the end of a session":      {of(When{}, Reply{Expire: ExpireSession, After: s}), "/reply/delay: after is once the call was accepted, and this rule keeps it from being so"},
		"after the end of a connection":   {of(When{}, Reply{Cut: CutBefore, After: s}), "/reply/delay: after is once the call was accepted, and this rule keeps it from being so"},
		"a reply backwards":               {of(When{}, Reply{Pace: -1, Delay: s}), "/reply/pace: a pace is 1 to 1073741824 bytes a second, not -1"},
		"a reply too fast":                {of(When{}, Reply{Pace: 1<<30 + 1}), "/reply/pace: a pace is 1 to 1073741824 bytes a second, not 1073741825"},
		"no such field":                   {of(When{}, Reply{Status: 200, Body: "${eids}${}" + "${" + strings.Repeat("x", 100) + "}"}), "/reply/body: there is no ${eids}; there are " + all + "; /reply/body: there is no ${}; there are " + all + "; /reply/body: there is no ${" + strings.Repeat("x", 80) + "…}; there are " + all},
		"too many placeholders":           {of(When{}, Reply{Status: 200, Body: strings.Repeat("${account}", 1001)}), "/reply/body: a body repeats the call in at most 1000 places, not 1001"},
		"as many as there can be":         {of(When{}, Reply{Status: 200, Body: strings.Repeat("${account}", 1000)}), ""},
		"expire and fault":                {of(When{}, Outcome{Expire: true, Fault: failed}), "/outcome/fault: expire and fault do not go together"},
		"expire and applied":              {of(When{}, Outcome{Expire: true, Applied: &no}), "/outcome/applied: applied: what expires was not done"},
		"silent":                          {of(When{}, Outcome{Silent: true, Fault: failed, Warn: true}), "/outcome/fault: fault: a silent outcome tells nobody of it; /outcome/warn: warn: a silent outcome tells nobody of it"},
		"silent and expire":               {of(When{}, Outcome{Silent: true, Expire: true}), "/outcome/expire: expire: a silent outcome tells nobody of it"},
		"silent and not done":             {of(When{}, Outcome{Silent: true, Applied: &no}), ""},
		"applied anyway":                  {of(When{}, Outcome{Applied: &yes}), asUsual},
		"not applied anyway":              {of(When{}, Outcome{Fault: failed, Applied: &no}), asUsual},
		"done, told as failed":            {of(When{}, Outcome{Fault: failed, Applied: &yes, Delay: s, Warn: true}), ""},
		"not done, told as done":          {of(When{}, Outcome{Applied: &no, Delay: s}), ""},
		"drop and the rest":               {of(When{}, Callback{Drop: true, Delay: s, Merge: "{}", Truncates: true, Pace: 1}), "/callback/merge: merge: " + dropped + "; /callback/truncate: truncate: " + dropped + "; /callback/pace: pace: " + dropped + "; /callback/delay: delay: " + dropped},
		"drop and cut":                    {of(When{}, Callback{Drop: true, Cut: true}), "/callback/cut: cut: " + dropped},
		"all at once":                     {of(When{}, Callback{Drop: true, Hold: true, Early: true, Swap: true, Duplicate: 1}), "/callback/hold: drop and hold do not go together; /callback/early: drop and early do not go together; /callback/swap: drop and swap do not go together; /callback/duplicate: drop and duplicate do not go together"},
		"swap and duplicate":              {of(When{}, Callback{Swap: true, Duplicate: 1, Delay: s}), "/callback/duplicate: swap and duplicate do not go together"},
		"hold and delay":                  {of(When{}, Callback{Hold: true, Delay: s}), "/callback/delay: delay: it does not go with hold or early"},
		"early and delay":                 {of(When{}, Callback{Early: true, Delay: s}), "/callback/delay: delay: it does not go with hold or early"},
		"early at an attempt":             {of(When{Attempt: 1}, Callback{Early: true}), "/callback/early: early: that is decided with the callback, before any attempt"},
		"swap at an attempt":              {of(When{Attempt: 1}, Callback{Swap: true}), "/callback/swap: swap: that is decided with the callback, before any attempt"},
		"what an attempt can have":        {of(When{Attempt: 1}, Callback{Duplicate: 100, Delay: s, Merge: "{}", Pace: 1, Cut: true}), ""},
		"too many copies":                 {of(When{}, Callback{Duplicate: 101}), "/callback/duplicate: 1 to 100 copies belong here, not 101"},
		"fewer copies than none":          {of(When{}, Callback{Duplicate: -1, Pace: 1}), "/callback/duplicate: 1 to 100 copies belong here, not -1"},
		"a callback backwards":            {of(When{}, Callback{Pace: -1, Hold: true}), "/callback/pace: a pace is 1 to 1073741824 bytes a second, not -1"},
		"a callback too fast":             {of(When{}, Callback{Pace: 1<<30 + 1}), "/callback/pace: a pace is 1 to 1073741824 bytes a second, not 1073741825"},
		"less than nothing":               {of(When{}, Callback{Truncates: true, Truncate: -1}), "/callback/truncate: 0 or more bytes are left of a body, not -1"},
		"nothing left":                    {of(When{}, Callback{Truncates: true}), ""},
		"truncate and cut":                {of(When{}, Callback{Truncates: true, Cut: true}), "/callback/cut: truncate and cut do not go together"},
	} {
		var got []string
		for _, p := range tt.rule.Problems() {
			got = append(got, p.At+": "+p.Msg)
		}
		if got := strings.Join(got, "; "); got != tt.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, tt.want)
		}
	}
}

// all are the fields of a call that a body can repeat.
const all = "${method}, ${path}, ${account}, ${eid}, ${iccid}, ${imei}, ${mdn}, ${requestId}, ${now}"
