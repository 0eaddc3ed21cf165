package sim

import (
	"net/url"
	"strconv"
	"strings"

	"tsim/internal/bound"
)

// Listener is where the callbacks of one service of one account go.
type Listener struct {
	Account, Service, URL string
	Username, Password    string // sent inside each callback; at most 40 characters each
}

// ProfileService is the service of every eUICC callback (page "Activate a device", eUICC).
const ProfileService = "DeviceProfileService"

// maxCredential is the longest username or password of a listener (page "Register a callback URL").
const maxCredential = 40

// maxURL is the longest URL of a listener, and maxName the longest name of an account: what is kept and
// shown again has an end.
const (
	maxURL  = 2048
	maxName = 100
)

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

// Services are the callback services of ThingSpace (page "Register a callback URL").
var Services = []string{
	"AlertService", "CarrierService", "DevicePRLInformation", ProfileService, "DevicePromoUsage", "DeviceService",
	"DeviceSuspensionStatus", "DeviceUsage", "DiagnosticsService", "EnhancedConnectivityService",
	"ExtendedEnhancedConnectivityService", "ExternalProvisioningChanges", "IntelligenceService", "NetworkEventService",
	"NiddService", "PromoChanges", "PwnService", "QoS", "ResumeTrackingNotification", "SMSDeliveryConfirmation",
	"StateService", "SubscriptionNotificationService",
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

var quotedServices = strings.Join(Services, ", ")

type listenerKey struct{ account, service string }

// Register makes a listener the one of its account and service; an earlier one is replaced.
func (s *Sim) Register(l Listener) error {
	s.lock()
	defer s.mu.Unlock()
	if err := s.hasAccount(l.Account); err != nil {
		return err
	}
	if err := l.check(s.cfg.Compat); err != nil {
		return err
	}
	s.listeners[listenerKey{l.Account, l.Service}] = &l
	s.record(Event{Kind: ListenerRegistered, Detail: l.Account + " " + l.Service})
	return nil
}

// Listeners lists the listeners of an account, by service.
func (s *Sim) Listeners(account string) ([]Listener, error) {
	s.lock()
	defer s.mu.Unlock()
	if err := s.hasAccount(account); err != nil {
		return nil, err
	}
	all := []Listener{}
	for _, service := range Services {
		if l := s.listeners[listenerKey{account, service}]; l != nil {
			all = append(all, *l)
		}
	}
	return all, nil
}

// Deregister removes a listener. Callbacks that have not been answered yet become unheard at their
// next attempt.
func (s *Sim) Deregister(account, service string) error {
	s.lock()
	defer s.mu.Unlock()
	if err := s.hasAccount(account); err != nil {
		return err
	}
	key := listenerKey{account, service}
	if s.listeners[key] == nil {
		return Errorf(ListenerUnknown, "account %s has no listener for %q", account, bound.Short(service))
	}
	delete(s.listeners, key)
	s.record(Event{Kind: ListenerDeregistered, Detail: account + " " + service})
	return nil
}
