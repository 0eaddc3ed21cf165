package euicc

// Network says whose profile it is: Verizon's own or a Global partner's.
type Network uint8

// The networks. AnyNetwork fits every profile; it is what a plan gets that nobody checks.
const (
	NoNetwork Network = iota
	US
	Global
	AnyNetwork
)

// Role is what a profile is on its card; it never changes. ThingSpace: LEAD is the Verizon (US)
// profile, LOCAL a Global one, DEFAULT the one the factory put there ("Enable a profile").
type Role uint8

// The roles.
const (
	Lead Role = iota
	Local
	Default
)

// Service is the state of a profile's subscription.
type Service uint8

// The service states ("About device states").
const (
	PreActive Service = iota
	Active
	Deactive
)

// Status is where a profile stands on the card: ThingSpace's profileStatus
// ("Working with eUICC devices").
type Status uint8

// The profile statuses.
const (
	StatusNotDownloaded   Status = iota // not on the card, or a download failed
	StatusDownloadDisable               // on the card, never enabled
	StatusDownloadEnable                // enabled by download_enable
	StatusEnable                        // enabled by enable
	StatusDisable                       // disabled after having been enabled
	StatusDelete                        // deleted; may be downloaded again
)

// Suspension says who suspended a profile. A device_resume lifts only what a device_suspend
// caused, so one flag would not do.
type Suspension uint8

// The causes of a suspension.
const (
	NotSuspended Suspension = iota
	ByProfile               // profile_suspend: this profile alone
	ByDevice                // device_suspend: with all the others
)

// State is what a callback reports of a profile or of a whole device. It is derived, never stored.
type State uint8

// The states.
const (
	StatePreActive State = iota
	StateActive
	StateSuspended
	StateDeactive
)

// OutcomeStatus is what a callback says of an outcome as a whole.
type OutcomeStatus uint8

// The statuses of an outcome. A Warned one is followed by another one, or was carried out with a reservation.
const (
	Success OutcomeStatus = iota // every action page
	Failed                       // "Callback error messages"
	Warned                       // "Enable a device profile"
)

// Policy is what a profile's rules forbid or ask for (SGP.02: POL1, POL2).
type Policy uint8

// The rules; a Policy is any of them together.
const (
	DisableNotAllowed Policy = 1 << iota
	DeleteNotAllowed
	DeleteOnDisable
)

// PolicyWords are the words for the rules, in the order of their bits.
var PolicyWords = []string{"disable-not-allowed", "delete-not-allowed", "delete-on-disable"}

// The words of scenarios, of the control surface and of the documents, in the order of the constants.
var (
	networkWords = []string{"", "us", "global", "any"}
	roleWords    = []string{"LEAD", "LOCAL", "DEFAULT"}
	serviceWords = []string{"pre_active", "active", "deactive"}
	statusWords  = []string{"NOT_DOWNLOADED", "DOWNLOAD_DISABLE", "DOWNLOAD_ENABLE", "ENABLE", "DISABLE", "DELETE"}
	suspendWords = []string{"none", "profile", "device"}
	stateWords   = []string{"PRE_ACTIVE", "ACTIVE", "SUSPENDED", "DEACTIVE"}
	outcomeWords = []string{"SUCCESS", "Failed", "warning"} // ThingSpace's own, in its own casing
)

func (n Network) String() string       { return networkWords[n] }
func (r Role) String() string          { return roleWords[r] }
func (s Service) String() string       { return serviceWords[s] }
func (s Status) String() string        { return statusWords[s] }
func (s Suspension) String() string    { return suspendWords[s] }
func (s State) String() string         { return stateWords[s] }
func (s OutcomeStatus) String() string { return outcomeWords[s] }

// Words lists the words that Parse understands for T, in the order of the constants.
func Words[T Network | Role | Service | Status | Suspension | OutcomeStatus | Op]() []string {
	switch any(T(0)).(type) {
	case Network:
		return networkWords[US : Global+1]
	case Role:
		return roleWords
	case Service:
		return serviceWords
	case Status:
		return statusWords
	case Suspension:
		return suspendWords
	case OutcomeStatus:
		return outcomeWords
	default:
		return opWords
	}
}

// Parse reads one of Words[T], exactly as it is spelled there.
func Parse[T Network | Role | Service | Status | Suspension | OutcomeStatus | Op](word string) (T, bool) {
	offset := 0
	if _, ok := any(T(0)).(Network); ok {
		offset = int(US)
	}
	for i, w := range Words[T]() {
		if w == word {
			return T(i + offset), true
		}
	}
	return 0, false
}

// Enabled says whether a profile of this status is the one in use on its card.
func (s Status) Enabled() bool { return s == StatusEnable || s == StatusDownloadEnable }

// OnCard says whether a profile of this status is installed.
func (s Status) OnCard() bool { return s != StatusNotDownloaded && s != StatusDelete }
