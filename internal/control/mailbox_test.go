package control

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/tsimclient"
)

const box1 = base + "/mailbox/" + account + "/" + config.ProfileService

// mailbox makes the listener of the fixture a mailbox.
func (f *fixture) mailbox() {
	f.t.Helper()
	if err := f.box.Register(config.Listener{Account: account, Service: config.ProfileService, URL: config.Mailbox}); err != nil {
		f.t.Fatal(err)
	}
}

func TestMailbox(t *testing.T) {
	f := newFixture(t)
	f.mailbox()
	f.want("POST", box1, "", 200, `{}`)
	f.want("POST", box1, `{}`, 200, `{}`)
	f.want("POST", box1, `{"wait":"1ms"}`, 200, `{}`)
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"delivered":0,"failed":0,"pending":0,"held":0,"idle":true`)
	f.want("POST", box1, `{"wait":"10s"}`, 200, `{"callback":1,"attempt":1,"body":{"sandbox":"default","callback":1,"attempt":1,"of":4}}`)
	f.do(t, "GET", "/requests/"+request1+"?format=text", "", 200, "is in the mailbox since")
	f.do(t, "POST", "/wait", `{"for":{"request":"`+request1+`","callbacks":1,"state":"mailbox"}}`, 200, `"now"`)
	f.do(t, "POST", "/mailbox/"+account+"/"+config.ProfileService+"/1", `{"status":503}`, 200, `"state":"retrying"`)
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"idle":true`)
	f.want("POST", box1, "", 200, `{"callback":1,"attempt":2,"body":{"sandbox":"default","callback":1,"attempt":2,"of":4}}`)
	f.do(t, "POST", "/mailbox/"+account+"/"+config.ProfileService+"/1", `{"status":200}`, 200, `"state":"delivered"`)
}

// A GET takes nothing: it may be repeated by whoever stands between a client and tsim.
func TestMailboxIsNotTakenFromByGET(t *testing.T) {
	f := newFixture(t)
	f.mailbox()
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	f.do(t, "POST", "/clock/advance", `{"until":"idle"}`, 200, `"idle":true`)
	f.want("GET", box1, "", 405, `{"error":"GET does not apply to `+box1+`","hint":"allowed: POST"}`)
	if allow := f.ask("GET", box1, "").Header().Get("Allow"); allow != "POST" {
		t.Errorf("Allow: %s", allow)
	}
	f.want("POST", box1+"?wait=1s", "", 400, `{"error":"unknown query parameter \"wait\"","hint":"there are no query parameters here"}`)
	f.do(t, "POST", "/mailbox/"+account+"/"+config.ProfileService, "", 200, `"callback":1,"attempt":1,`)
}

func TestMailboxErrors(t *testing.T) {
	f := newFixture(t)
	f.want("POST", box1, "", 404, `{"error":"account `+account+` has no mailbox for DeviceProfileService; register a listener with the URL mailbox:"}`)
	f.mailbox()
	f.want("POST", box1, `{"wait":"11m"}`, 400, `{"error":"a wait of 11m0s is above 10m0s","hint":"ask again when it is over"}`)
	f.want("POST", box1+"/x", `{"status":200}`, 404, `{"error":"no callback \"x\"","hint":"callbacks are numbered from 1"}`)
	f.want("POST", box1+"/1", `{"status":100}`, 400,
		`{"error":"status 100 does not end an HTTP call; expected 200 to 599","hint":"{\"status\":200} acknowledges it, {\"status\":500} refuses it"}`)
	f.want("POST", box1+"/1", `{"status":200}`, 404, `{"error":"no callback 1"}`)
}

func TestMailboxFromGo(t *testing.T) {
	f := newFixture(t)
	f.mailbox()
	_, c := f.server()
	f.submit(euicc.OpActivate, euicc.IDs{EID: eid2})
	if _, err := c.Advance(t.Context(), tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
		t.Fatal(err)
	}
	mail, err := c.TakeMail(t.Context(), account, config.ProfileService, time.Second)
	if err != nil || mail.Callback != 1 || mail.Attempt != 1 {
		t.Fatalf("%+v, %v", mail, err)
	}
	if cb, err := c.AnswerMail(t.Context(), account, config.ProfileService, mail.Callback, 200); err != nil || cb.State != "delivered" {
		t.Fatalf("%+v, %v", cb, err)
	}
	if mail, err = c.TakeMail(t.Context(), account, config.ProfileService, 0); err != nil || mail.Callback != 0 {
		t.Fatalf("%+v, %v", mail, err)
	}
	var told *tsimclient.Error
	if _, err = c.TakeMail(t.Context(), "nobody", config.ProfileService, 0); !errors.As(err, &told) || told.Status != http.StatusNotFound {
		t.Fatal(err)
	}
}
