package euicc

// Fault is why an operation was refused: the first guard that did not hold. How a fault is told is
// the wire's business.
type Fault uint8

// The faults, in no particular order. OK is none.
const (
	OK Fault = iota
	DeviceNotFound
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
	LeadNotConnected
	UpdateInProgress // told by the SM-SR
	Expired          // told by the SM-SR
	numFaults
)

var faultWords = [numFaults]string{
	"ok", "device not found", "identifiers do not match", "only for Global profiles", "plan of another network",
	"not active", "already active", "already suspended", "already resumed", "suspended",
	"not downloaded", "already downloaded", "already enabled", "LEAD not connected",
	"update in progress", "expired",
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
