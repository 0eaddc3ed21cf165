package sim

import "strings"

// Listener is where the callbacks of one service of one account go.
type Listener struct {
	Account, Service, URL string
	Username, Password    string // sent inside each callback; at most 40 characters each
}

// ProfileService is the service of every eUICC callback (page "Activate a device", eUICC).
const ProfileService = "DeviceProfileService"

// maxCredential is the longest username or password of a listener (page "Register a callback URL").
const maxCredential = 40

// Services are the callback services of ThingSpace (page "Register a callback URL").
var Services = []string{
	"AlertService", "CarrierService", "DevicePRLInformation", ProfileService, "DevicePromoUsage", "DeviceService",
	"DeviceSuspensionStatus", "DeviceUsage", "DiagnosticsService", "EnhancedConnectivityService",
	"ExtendedEnhancedConnectivityService", "ExternalProvisioningChanges", "IntelligenceService", "NetworkEventService",
	"NiddService", "PromoChanges", "PwnService", "QoS", "ResumeTrackingNotification", "SMSDeliveryConfirmation",
	"StateService", "SubscriptionNotificationService",
}

var quotedServices = strings.Join(Services, ", ")

type listenerKey struct{ account, service string }

// Register makes a listener the one of its account and service; an earlier one is replaced.
func (s *Sim) Register(l Listener) error {
	s.lock()
	defer s.mu.Unlock()
	if _, err := s.account(l.Account); err != nil {
		return err
	}
	if err := l.check(); err != nil {
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
	if _, err := s.account(account); err != nil {
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
	if _, err := s.account(account); err != nil {
		return err
	}
	key := listenerKey{account, service}
	if s.listeners[key] == nil {
		return Errorf(ListenerUnknown, "account %s has no listener for %q", account, service)
	}
	delete(s.listeners, key)
	s.record(Event{Kind: ListenerDeregistered, Detail: account + " " + service})
	return nil
}
