package euicc

import "slices"

// Fault is why an operation was refused: the first guard that did not hold. How a fault is told is
// the wire's business.
type Fault uint8

// The faults, in no particular order. OK is none.
const (
	OK Fault = iota
	DeviceNotFound
	OfAnotherAccount
	IdentifiersMismatch
	GlobalOnly
	PlanMismatch
	NotActive
	AlreadyActive
	AlreadySuspended
	AlreadyResumed
	Suspended
	NotDownloaded
	AlreadyDownloaded
	AlreadyEnabled
	AlreadyDisabled
	StillEnabled
	StillActive
	LeadNotConnected
	NoFallback
	HybridUnsupported
	DayLimit
	MonthLimit
	HasFallback // this one and those below are told by the SM-SR
	UpdateInProgress
	Expired
	NoMemory
	RefusedByPOL1
	RefusedByPOL2
	NoConnectivity
	ByRule // no guard found it: a rule of the sandbox says so
	numFaults
)

var faultWords = [numFaults]string{
	"ok", "device not found", "of another account", "identifiers do not match", "only for Global profiles", "plan of another network",
	"not active", "already active", "already suspended", "already resumed", "suspended",
	"not downloaded", "already downloaded", "already enabled", "already disabled", "still enabled", "still active",
	"LEAD not connected", "no fallback profile", "not for HybridESim", "limit of the day", "limit of the month", "has the fallback attribute",
	"update in progress", "expired", "no memory left", "refused by POL1", "refused by POL2", "no connectivity", "by a rule",
}

func (f Fault) String() string { return faultWords[f] }

// sentences are ThingSpace's own for each fault, in the documents or, where none has one, in their manner: the table of faults in
// internal/thingspace says which.
var sentences = [numFaults]string{
	DeviceNotFound:      "Device not found",
	OfAnotherAccount:    "The device was not a part of the account specified",
	IdentifiersMismatch: "Identifiers do not match",
	GlobalOnly:          "Operation is supported for Global profile only",
	PlanMismatch:        "Service plan does not match the profile",
	NotActive:           "Profile is not active",
	AlreadyActive:       "Device is already active",
	AlreadySuspended:    "Profile is already suspended",
	AlreadyResumed:      "Profile is already resumed",
	Suspended:           "Profile is suspended",
	NotDownloaded:       "Profile is not downloaded",
	AlreadyDownloaded:   "Profile is already downloaded",
	AlreadyEnabled:      "Profile is already enabled",
	AlreadyDisabled:     "Profile is already disabled",
	StillEnabled:        "Profile must be disabled before it can be deleted",
	StillActive:         "Profile must be deactivated before it can be deleted",
	LeadNotConnected:    "Verizon US profile is not connected",
	NoFallback:          "No fallback profile",
	HybridUnsupported:   "Operation is not supported for HybridESim",
	DayLimit:            "Too many provisioning actions for this line today",
	MonthLimit:          "Too many service plan changes for this line this month",
	HasFallback:         "Profile has the fallback attribute",
	UpdateInProgress:    "Profile update in progress",
	Expired:             "Request expired",
	NoMemory:            "Insufficient memory",
	RefusedByPOL1:       "Refused by policy",
	RefusedByPOL2:       "Refused by policy",
	NoConnectivity:      "Profile did not provide connectivity",
}

// Sentence is what ThingSpace says of a fault; "" for OK and for ByRule.
func (f Fault) Sentence() string { return sentences[f] }

// ParseSentence is the fault of a sentence; of those that share one, the first.
func ParseSentence(text string) (Fault, bool) {
	i := slices.Index(sentences[:], text)
	return Fault(max(i, 0)), i > 0 && text != ""
}

// Faults lists every fault that a guard can find.
func Faults() []Fault {
	all := make([]Fault, 0, ByRule-1)
	for f := OK + 1; f < ByRule; f++ {
		all = append(all, f)
	}
	return all
}
