package sim

import (
	"fmt"
	"strings"

	"tsim/internal/config"
	"tsim/internal/euicc"
)

// Kind says what sort of fact an Error states. The first kinds are the faults of euicc, so that a
// fact has one Kind whether it is told at once or later, in a callback.
type Kind uint8

// The kinds that are not faults of euicc. Bugs have none: any other error is one.
const (
	BearerMissing Kind = 64 + iota
	BearerInvalid      // unknown, revoked or expired
	ClientMissing      // neither app key nor secret
	ClientInvalid      // app key or secret
	GrantMissing
	GrantUnsupported
	TokenRequestInvalid
	SessionMissing
	SessionInvalid // not a session of this sandbox
	SessionExpired // idle too long, or logged out
	PasswordInvalid
	UserLocked
	AccountMissing
	AccountAmbiguous // not named, where there are several
	AccountUnknown
	TooManyDevices
	TooManyAdded
	RequestUnknown
	DeviceUnknown
	ServiceUnknown
	ListenerUnknown
	BodyBlank
	NotJSON
	SchemaViolated
	BodyTooLarge
	MediaTypeUnsupported
	MethodNotAllowed
	PathUnknown
	Throttled  // more of them than a limit allows
	Overloaded // more than tsim can hold at one time
	Invalid    // of the control surface: an argument that cannot be
	NotFound   // of the control surface: no such thing
	Conflict   // of the control surface: not at the same time
)

// FaultKind is the kind of a fault.
func FaultKind(f euicc.Fault) Kind { return Kind(f) }

// Error is a fact that the caller should hear of: its kind, a sentence that says what was wrong and
// what would be right, and for the log the error behind it, if any.
type Error struct {
	Kind     Kind
	Msg      string
	Err      error
	Problems []config.Problem // that Msg tells of, if it is about several places; see Impossible
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Msg + ": " + e.Err.Error()
	}
	return e.Msg
}

func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error.
func Errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Msg: fmt.Sprintf(format, args...)}
}

// Impossible is the error of problems, or nil when there are none.
func Impossible(problems []config.Problem) error {
	if len(problems) == 0 {
		return nil
	}
	texts := make([]string, len(problems))
	for i, p := range problems {
		texts[i] = p.String()
	}
	err := Errorf(Invalid, "%s", strings.Join(texts, "; "))
	err.Problems = problems
	return err
}
