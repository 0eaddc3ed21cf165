package tsimclient

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// Error is what was wrong: the body of every answer that is not a 2xx, or whatever kept an answer from coming.
type Error struct {
	Status  int    `json:"-"`              // of HTTP; 0 when there was no answer
	Message string `json:"error"`          // what is wrong and where; a place in a JSON body is a JSON pointer
	Hint    string `json:"hint,omitempty"` // what would be right; "" when Message says it all
	// Of a wait that was in vain (Status 408): what did happen, and what is still to come.
	Happened []Event       `json:"happened,omitempty"`
	Pending  []PendingItem `json:"pending,omitempty"`
	Nearest  []NearCall    `json:"nearest,omitempty"` // of a wait for calls, those that it did not choose

	err error
}

// Error is the message, and the hint in parentheses.
func (e *Error) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " (" + e.Hint + ")"
}

// Unwrap is the error behind this one, of the context or of the network; nil when tsim itself has refused.
func (e *Error) Unwrap() error { return e.err }

// refused is the Error of an answer that is not a 2xx, whether or not tsim wrote it.
func refused(status int, text []byte) *Error {
	told := &Error{Status: status}
	if err := json.Unmarshal(text, told); err != nil || told.Message == "" {
		told.Message = fmt.Sprintf("the answer was %d %s, in words that are not those of tsim's control surface", status, http.StatusText(status))
		told.Hint = "does that have an address of its own, as after serve --control-addr? Then that is the BaseURL, or the ControlURL of a sandbox"
	}
	return told
}
