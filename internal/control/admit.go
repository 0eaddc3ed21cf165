package control

import (
	"cmp"
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"tsim/tsimclient"
)

// guard lets calls pass that may steer tsim. Health stays open, for those who only ask whether tsim is
// there.
func (o *Options) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != prefix+"/health" {
			if err := o.admit(w, r); err != nil {
				o.refuse(newPatient(w, o.Patience), r, err)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// admit says what is wrong with who calls, from where, and with the name by which tsim is called.
func (o *Options) admit(w http.ResponseWriter, r *http.Request) error {
	if err := ofNoOtherPage(r); err != nil {
		return err
	}
	if o.Token == "" {
		return o.called(r.Host)
	}
	return o.bearer(w, r)
}

// origins knows the calls that a browser makes for a page of another origin.
var origins = http.NewCrossOriginProtection()

// ofNoOtherPage refuses what a page of another origin would change: it may send any call to this
// machine, although it is not let see the answer.
func ofNoOtherPage(r *http.Request) error {
	if origins.Check(r) == nil {
		return nil
	}
	return &tsimclient.Error{
		Status: http.StatusForbidden,
		Message: "control obeys no web page of another origin, and this call came from " +
			cmp.Or(r.Header.Get("Origin"), "one that its browser does not name"),
		Hint: "call it from a program, which sends neither Origin nor Sec-Fetch-Site",
	}
}

// called refuses names that anybody could own. Their owner can let one lead to this machine after its
// page was loaded, which is then no page of another origin. Nobody owns an address, and localhost.
func (o *Options) called(host string) error {
	name := hostOf(host)
	if _, err := netip.ParseAddr(name); err == nil || name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return nil
	}
	if slices.ContainsFunc(o.Hosts, func(known string) bool { return hostOf(known) == name }) {
		return nil
	}
	hint := "call it by an IP address or as localhost"
	if IsHost(name) { // it is going to be pasted into a shell
		hint += "; if that name is meant, start tsim with --control-host " + name
	}
	return &tsimclient.Error{Status: http.StatusForbidden, Message: fmt.Sprintf("control is not called %q", name), Hint: hint}
}

// hostOf is the name or address in a Host header.
func hostOf(header string) string {
	host, _, err := net.SplitHostPort(header)
	if err != nil { // there is no port
		host = strings.TrimSuffix(strings.TrimPrefix(header, "["), "]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// IsHost says whether a text can be the name of a host: one of DNS, or of a service in a compose file.
func IsHost(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && !strings.ContainsRune("-._", r)
	})
}

// bearer says what is wrong with the token of a call.
func (o *Options) bearer(w http.ResponseWriter, r *http.Request) error {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && same(given, o.Token) {
		return nil
	}
	msg := "the control surface needs its token"
	if r.Header.Get("Authorization") != "" {
		msg = "this is not the token of the control surface"
	}
	w.Header().Set("WWW-Authenticate", "Bearer")
	return &tsimclient.Error{
		Status: http.StatusUnauthorized, Message: msg,
		Hint: "send Authorization: Bearer and the token that serve was given as TSIM_CONTROL_TOKEN, or printed at its start",
	}
}

// same compares without telling by its time how much of it is right.
func same(given, token string) bool {
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
