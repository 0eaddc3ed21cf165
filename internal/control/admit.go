package control

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// admit says what is wrong with the token of a call, if there has to be one. Health stays open, for
// those who only ask whether tsim is there.
func (o *Options) admit(w http.ResponseWriter, r *http.Request) error {
	if o.Token == "" || r.URL.Path == prefix+"/health" {
		return nil
	}
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && same(given, o.Token) {
		return nil
	}
	msg := "the control surface needs its token"
	if r.Header.Get("Authorization") != "" {
		msg = "this is not the token of the control surface"
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	return &Error{
		Status: http.StatusUnauthorized, Msg: msg,
		Hint: "send Authorization: Bearer and the token that serve was given as --control-token or TSIM_CONTROL_TOKEN",
	}
}

// same compares without telling by its time how much of it is right.
func same(given, token string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
