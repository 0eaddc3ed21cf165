package features

import (
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/cucumber/godog"
)

// questionSteps are the words for the calls that ask.
func questionSteps(sc *godog.ScenarioContext, w *world) {
	sc.When(`^I ask for the status of that request$`, w.askStatus)
	sc.Then(`^the request is "([^"]*)"$`, func(want string) error { return w.replyHas("status", want) })
}

// askStatus asks how far the latest request has come.
func (w *world) askStatus() error {
	var accepted struct{ RequestID string }
	if err := json.Unmarshal(w.reply, &accepted); err == nil && accepted.RequestID != "" {
		w.request = accepted.RequestID
	}
	return w.call(http.MethodGet, "/api/m2m/v1/accounts/"+account+"/requests/"+w.request+"/status", nil, nil)
}

// replyHas holds a field of the last reply to a value.
func (w *world) replyHas(field, want string) error {
	var reply map[string]any
	if err := json.Unmarshal(w.reply, &reply); err != nil {
		return err
	}
	if got := fmt.Sprint(reply[field]); got != want {
		return fmt.Errorf("%s is %q, want %q: %s", field, got, want, w.reply)
	}
	return nil
}
