package euicc

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
	numFaults
)

var faultWords = [numFaults]string{
	"ok", "device not found", "of another account", "identifiers do not match", "only for Global profiles", "plan of another network",
	"not active", "already active", "already suspended", "already resumed", "suspended",
	"not downloaded", "already downloaded", "already enabled", "already disabled", "still enabled", "still active",
	"LEAD not connected", "no fallback profile", "not for HybridESim", "limit of the day", "limit of the month", "has the fallback attribute",
	"update in progress", "expired", "no memory left", "refused by POL1", "refused by POL2", "no connectivity",
}

func (f Fault) String() string { return faultWords[f] }

// Faults lists every fault, OK excluded.
func Faults() []Fault {
	all := make([]Fault, 0, numFaults-1)
	for f := OK + 1; f < numFaults; f++ {
		all = append(all, f)
	}
	return all
}
