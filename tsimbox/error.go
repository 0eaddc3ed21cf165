package tsimbox

import (
	"context"
	"encoding/json"
	"fmt"
)

// RefusedError is a call that ThingSpace has refused.
type RefusedError struct {
	Method, Path string
	Status       int    // of HTTP
	Code         string // the errorCode; "" when the reply has none
	Message      string // the errorMessage; "" when the reply has none
	Reply        []byte // all of it, as it came
}

// Error is the call and its reply.
func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s %s was answered with %d %s", e.Method, e.Path, e.Status, e.Reply)
}

func refused(method, path string, status int, reply []byte) *RefusedError {
	var fields struct{ ErrorCode, ErrorMessage string }
	_ = json.Unmarshal(reply, &fields) // a gateway and a proxy have other ones
	return &RefusedError{method, path, status, fields.ErrorCode, fields.ErrorMessage, reply}
}

// RequestError is a request that has not come to what was wanted of it, with its story.
type RequestError struct {
	Request string // the requestId
	Story   string // what Explain said then
	Err     error  // what was wanted, and what was there
}

// Error is what was wrong, and then the story in lines of its own.
func (e *RequestError) Error() string { return e.Err.Error() + "\n" + e.Story }

// Unwrap is the error without the story.
func (e *RequestError) Unwrap() error { return e.Err }

// withStory is an error with the story of the request that it is about; "" is none.
func (s *Sandbox) withStory(ctx context.Context, request string, err error) error {
	if request == "" {
		return err
	}
	story, failed := s.Control.Explain(context.WithoutCancel(ctx), request)
	if failed != nil {
		story = failed.Error()
	}
	return &RequestError{request, story, err}
}
