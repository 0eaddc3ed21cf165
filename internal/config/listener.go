package config

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"tsim/internal/bound"
)

// Listener is where the callbacks of one service of one account go.
type Listener struct {
	Account, Service, URL string
	Username              string // sent inside each callback, like its Password; at most 40 characters each
	Password              Secret
}

// Mailbox is the URL of a listener that cannot be reached from here: its callbacks are not posted but
// kept, until somebody takes them and says what the listener answered.
const Mailbox = "mailbox:"

// ProfileService is the service of every eUICC callback (page "Activate a device", eUICC).
const ProfileService = "DeviceProfileService"

// Services are the callback services of ThingSpace (page "Register a callback URL").
var Services = []string{
	"AlertService", "CarrierService", "DevicePRLInformation", ProfileService, "DevicePromoUsage", "DeviceService",
	"DeviceSuspensionStatus", "DeviceUsage", "DiagnosticsService", "EnhancedConnectivityService",
	"ExtendedEnhancedConnectivityService", "ExternalProvisioningChanges", "IntelligenceService", "NetworkEventService",
	"NiddService", "PromoChanges", "PwnService", "QoS", "ResumeTrackingNotification", "SMSDeliveryConfirmation",
	"StateService", "SubscriptionNotificationService",
}

// CheckService says what is wrong with the name of a callback service, or "".
func CheckService(name string) string {
	if slices.Contains(Services, name) {
		return ""
	}
	return fmt.Sprintf("unknown service %q; ThingSpace has %s", bound.Short(name), strings.Join(Services, ", "))
}

// maxCredential is the longest username or password of a listener (page "Register a callback URL").
const maxCredential = 40

// maxURL is the longest URL of a listener, and maxName the longest name of an account: what is kept and
// shown again has an end.
const (
	maxURL  = 2048
	maxName = 100
)

// Flaw is what is wrong with one field of a listener.
type Flaw struct {
	Field string // as a scenario spells it
	Msg   string
	Alone bool // whatever compat says
}

// Flaws lists what is wrong with a listener in itself.
func (l *Listener) Flaws(compat Compat) (found []Flaw) {
	wrong := func(field string, alone bool, format string, args ...any) {
		found = append(found, Flaw{field, fmt.Sprintf(format, args...), alone})
	}
	if msg := CheckService(l.Service); msg != "" {
		wrong("service", true, "%s", msg)
	}
	const tooLong = "username and password of a listener have at most %d characters, not %d"
	if n := len(l.Username); n > maxCredential {
		wrong("username", true, tooLong, maxCredential, n)
	}
	if n := len(l.Password); n > maxCredential {
		wrong("password", true, tooLong, maxCredential, n)
	}
	if l.URL == Mailbox {
		return found
	}
	if n := len(l.URL); n > maxURL {
		wrong("url", true, "the url of a listener has at most %d characters, not %d", maxURL, n)
		return found
	}
	u, err := url.Parse(l.URL)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		wrong("url", true, "url %q is not an http or https URL with a host", Redact(l.URL))
	} else if compat.Value(Ports) == "verizon" && !callbackPort(u) {
		wrong("url", false, "url %q: callbacks go to the ports 80, 443, 9001-9006, 50551-50559 and 28200-28220 only", Redact(l.URL))
	}
	return found
}

// callbackPort says whether ThingSpace sends callbacks to the port of a URL ("Register a callback URL").
func callbackPort(u *url.URL) bool {
	port, err := strconv.Atoi(u.Port())
	if u.Port() == "" {
		return true // 80 or 443
	}
	between := func(from, to int) bool { return err == nil && from <= port && port <= to }
	return between(80, 80) || between(443, 443) || between(9001, 9006) || between(50551, 50559) || between(28200, 28220)
}

// Redact is a listener's URL as people see it: in logs, messages and on the control surface, with xxxxx for
// the password. Only ThingSpace's own list has it as it was registered. What is no URL may mean a password
// by whatever stands before its last @.
func Redact(rawURL string) string {
	if u, err := url.Parse(rawURL); err == nil && u.Host != "" {
		return u.Redacted()
	}
	at := strings.LastIndex(rawURL, "@")
	if at < 0 {
		return rawURL
	}
	scheme := ""
	if before, _, ok := strings.Cut(rawURL[:at], "://"); ok {
		scheme = before + "://"
	}
	return scheme + "xxxxx" + rawURL[at:]
}
