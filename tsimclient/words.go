package tsimclient

// ClockMode says what moves the time of a sandbox.
type ClockMode string

// The modes of a clock.
const (
	ClockReal   ClockMode = "real"   // time follows the clock on the wall, times a speed
	ClockManual ClockMode = "manual" // nothing happens until an Advance, not even what is due now
	ClockAuto   ClockMode = "auto"   // time jumps to what is owed next, as soon as every listener has answered
)

// Keep is something that a Reset can leave as it is.
type Keep string

// What a Reset can leave as it is.
const (
	KeepListeners Keep = "listeners"
	KeepTokens    Keep = "tokens"
)

// Until is a state of the whole sandbox that time can pass to, and that can be waited for.
type Until string

// Idle is when nothing is owed to anybody any more, but for what is held.
const Idle Until = "idle"

// Level says what a callback is about.
type Level string

// What a callback is about.
const (
	LevelProfile Level = "profile"
	LevelDevice  Level = "device"
	LevelAccount Level = "account" // a list, or a history
)

// CallbackState says how far a callback has come.
type CallbackState string

// The states of a callback.
const (
	StateScheduled  CallbackState = "scheduled" // its first attempt is still to come
	StateInFlight   CallbackState = "inflight"  // an attempt was sent and has not been answered
	StateMailbox    CallbackState = "mailbox"   // an attempt was put into a mailbox and has not been answered
	StateRetrying   CallbackState = "retrying"  // at least one attempt failed, and another one is to come
	StateHeld       CallbackState = "held"      // it is kept back until it is released, fired or dropped
	StateDelivered  CallbackState = "delivered" // a listener has acknowledged it with a 2xx
	StateArchived   CallbackState = "archived"  // every attempt failed
	StateNoListener CallbackState = "unheard"   // there was no listener when it was to be sent
	StateDropped    CallbackState = "dropped"   // it was dropped on request
)

// CallbackStatus is the word with which ThingSpace says in a callback how an operation went.
type CallbackStatus string

// The statuses of a callback.
const (
	CallbackSuccess CallbackStatus = "SUCCESS"
	CallbackFailed  CallbackStatus = "Failed"
	CallbackWarning CallbackStatus = "warning" // done with a reservation, or not done yet
)

// AttemptError says why an attempt was not answered; "" when it was, or when its answer is still to come.
type AttemptError string

// Why an attempt was not answered.
const (
	AttemptTimeout AttemptError = "timeout" // the listener took longer than the scenario's delivery.timeout
	AttemptRefused AttemptError = "refused" // nobody listens there
	AttemptReset   AttemptError = "reset"   // the listener closed the connection
	AttemptTLS     AttemptError = "tls"     // its certificate is not trusted
	AttemptOther   AttemptError = "other"
)

// Result is how the operation went that a callback is about, as rules say it.
type Result string

// How an operation went.
const (
	ResultSuccess Result = "success"
	ResultFailed  Result = "failed"
	ResultWarning Result = "warning"
)

// Per says what a rule counts apart.
type Per string

// What is counted apart.
const (
	PerRule    Per = "rule" // nothing; so does ""
	PerCard    Per = "card"
	PerRequest Per = "request"
	PerAccount Per = "account"
)

// Cut says where a connection ends.
type Cut string

// Where a connection ends.
const (
	CutBefore Cut = "before" // before the call was looked at
	CutMidway Cut = "midway" // in the middle of the body
	CutAfter  Cut = "after"  // after the call was carried out, without a byte of the reply
)

// Expire is what a call carries that does not count any more.
type Expire string

// What can expire.
const (
	ExpireBearer  Expire = "bearer"
	ExpireSession Expire = "session"
)

// Changes says how far a misfortune reaches.
type Changes string

// How far a misfortune reaches.
const (
	ChangesTelling Changes = "telling" // a good client ends where it would have ended without it
	ChangesOutcome Changes = "outcome" // it does not
)

// Kept says how much of a body is on record.
type Kept string

// How much of a body is on record.
const (
	KeptWhole   Kept = "whole"
	KeptStart   Kept = "start"   // its first 64 KiB
	KeptUnread  Kept = "unread"  // nothing: the call was refused before its body was read, or the body ended early
	KeptHidden  Kept = "hidden"  // nothing: there may be secrets in it, and it cannot be read to mask them
	KeptDropped Kept = "dropped" // nothing: the server's budget for calls is spent
)

// Operation is something that ThingSpace can be asked to do to a device. A Request and a Callback can also be about a
// list or a history, and a Call about any operationId of the OpenAPI description, which are other words.
type Operation string

// The operations, each named as in the path of its call, with the identifiers that it takes. Further ones must belong to the
// same device. What the scenario says otherwise is in docs/fidelity.md.
const (
	OpActivate            Operation = "activate"              // ICCID or MDN; or EID or IMEI alone, for the LEAD
	OpActivateEnable      Operation = "activate_enable"       // ICCID or MDN; or EID or IMEI alone, for the LEAD
	OpDownload            Operation = "download"              // EID and ICCID
	OpDownloadEnable      Operation = "download_enable"       // EID and ICCID
	OpDownloadDisable     Operation = "download_disable"      // EID and ICCID
	OpEnable              Operation = "enable"                // EID and ICCID
	OpDisable             Operation = "disable"               // EID and ICCID
	OpDelete              Operation = "delete"                // EID and ICCID
	OpSetFallback         Operation = "setfallbackattribute"  // EID and ICCID
	OpDeactivate          Operation = "deactivate"            // ICCID or MDN; or EID or IMEI alone, for the LEAD
	OpServicePlan         Operation = "serviceplan"           // EID and ICCID
	OpRenewActivationCode Operation = "renew_activation_code" // ICCID, and EID or IMEI
	OpProfileSuspend      Operation = "profile_suspend"       // ICCID
	OpProfileResume       Operation = "profile_resume"        // ICCID
	OpDeviceSuspend       Operation = "device_suspend"        // EID
	OpDeviceResume        Operation = "device_resume"         // EID
)

// DeviceProfileService is the callback service that all operations report to.
const DeviceProfileService = "DeviceProfileService"

// Network says whose a profile is.
type Network string

// The networks.
const (
	NetworkUS     Network = "us"     // Verizon's own
	NetworkGlobal Network = "global" // a partner's
)

// Role is the profileRole of a profile.
type Role string

// The roles.
const (
	RoleLead    Role = "LEAD"    // the US profile
	RoleLocal   Role = "LOCAL"   // a Global one
	RoleDefault Role = "DEFAULT" // the one that the factory put there
)

// Service says where the subscription of a profile stands.
type Service string

// Where a subscription stands.
const (
	ServicePreActive Service = "pre_active"
	ServiceActive    Service = "active"
	ServiceDeactive  Service = "deactive"
)

// Status says where a profile stands on its card: the profileStatus.
type Status string

// Where a profile stands on its card.
const (
	StatusNotDownloaded   Status = "NOT_DOWNLOADED"   // not on it
	StatusDownloadDisable Status = "DOWNLOAD_DISABLE" // on it, and never enabled
	StatusDownloadEnable  Status = "DOWNLOAD_ENABLE"  // in use, since its download
	StatusEnable          Status = "ENABLE"           // in use
	StatusDisable         Status = "DISABLE"          // not in use any more
	StatusDelete          Status = "DELETE"           // deleted; it can be downloaded again
)

// Suspension says who suspended a profile.
type Suspension string

// Who suspended a profile.
const (
	SuspendedNone    Suspension = "none"
	SuspendedProfile Suspension = "profile" // a profile_suspend, of it alone
	SuspendedDevice  Suspension = "device"  // a device_suspend, of all profiles
)

// Policy is a rule of a profile: of its own (POL1), or of the SM-SR's about it (POL2).
type Policy string

// The rules.
const (
	PolicyDisableNotAllowed Policy = "disable-not-allowed"
	PolicyDeleteNotAllowed  Policy = "delete-not-allowed"
	PolicyDeleteOnDisable   Policy = "delete-on-disable"
)

// Guard says why an operation was refused: the first of its conditions that did not hold. docs/euicc-table.md has those of
// each operation.
type Guard string

// Why an operation was refused.
const (
	GuardDeviceNotFound      Guard = "device not found"
	GuardOfAnotherAccount    Guard = "of another account"
	GuardIdentifiersMismatch Guard = "identifiers do not match"
	GuardGlobalOnly          Guard = "only for Global profiles"
	GuardPlanMismatch        Guard = "plan of another network"
	GuardNotActive           Guard = "not active"
	GuardAlreadyActive       Guard = "already active"
	GuardAlreadySuspended    Guard = "already suspended"
	GuardAlreadyResumed      Guard = "already resumed"
	GuardSuspended           Guard = "suspended"
	GuardNotDownloaded       Guard = "not downloaded"
	GuardAlreadyDownloaded   Guard = "already downloaded"
	GuardAlreadyEnabled      Guard = "already enabled"
	GuardAlreadyDisabled     Guard = "already disabled"
	GuardStillEnabled        Guard = "still enabled"
	GuardStillActive         Guard = "still active"
	GuardLeadNotConnected    Guard = "LEAD not connected"
	GuardNoFallback          Guard = "no fallback profile"
	GuardHybridUnsupported   Guard = "not for HybridESim"
	GuardDayLimit            Guard = "limit of the day"
	GuardMonthLimit          Guard = "limit of the month"
	GuardHasFallback         Guard = "has the fallback attribute"
	GuardUpdateInProgress    Guard = "update in progress"
	GuardExpired             Guard = "expired"
	GuardNoMemory            Guard = "no memory left"
	GuardRefusedByPOL1       Guard = "refused by POL1"
	GuardRefusedByPOL2       Guard = "refused by POL2"
	GuardNoConnectivity      Guard = "no connectivity"
	GuardByRule              Guard = "by a rule" // no guard: a rule of the sandbox says so
)

// EventKind says what happened.
type EventKind string

// What can happen. docs/control.md says when each does, and what its Detail is.
const (
	EventSandboxReset         EventKind = "sandbox.reset"
	EventSandboxRewound       EventKind = "sandbox.rewound"
	EventClockChanged         EventKind = "clock.changed"
	EventTokenIssued          EventKind = "token.issued"
	EventTokenRevoked         EventKind = "token.revoked"
	EventSessionOpened        EventKind = "session.opened"
	EventSessionClosed        EventKind = "session.closed"
	EventUserLocked           EventKind = "user.locked"
	EventListenerRegistered   EventKind = "listener.registered"
	EventListenerDeregistered EventKind = "listener.deregistered"
	EventDeviceChanged        EventKind = "device.changed"
	EventRequestAccepted      EventKind = "request.accepted"
	EventOperationSucceeded   EventKind = "operation.succeeded"
	EventOperationRefused     EventKind = "operation.refused"
	EventOperationWaiting     EventKind = "operation.waiting"
	EventOperationWarned      EventKind = "operation.warned"
	EventProfileFellBack      EventKind = "profile.fellback"
	EventAttemptSent          EventKind = "attempt.sent"
	EventAttemptTaken         EventKind = "attempt.taken"
	EventAttemptAcknowledged  EventKind = "attempt.acknowledged"
	EventAttemptFailed        EventKind = "attempt.failed"
	EventCallbackArchived     EventKind = "callback.archived"
	EventCallbackNoListener   EventKind = "callback.unheard"
	EventCallbackHeld         EventKind = "callback.held"
	EventCallbackReleased     EventKind = "callback.released"
	EventCallbackDropped      EventKind = "callback.dropped"
	EventCallbackDuplicated   EventKind = "callback.duplicated"
	EventCallbackResent       EventKind = "callback.resent"
	EventRuleApplied          EventKind = "rule.applied"
	EventRuleSkipped          EventKind = "rule.skipped"
)
