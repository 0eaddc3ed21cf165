package euicc

import (
	"iter"
	"slices"
	"strings"
)

// Kind is a kind of identifier that a device or a profile has here. ThingSpace knows more of them (an MEID,
// an IMSI, an ESN), which no device of a sandbox has.
type Kind uint8

// The kinds. An MSISDN is an MDN with the country code 1 in front of it, so the two are one identifier.
const (
	KindEID Kind = iota
	KindICCID
	KindIMEI
	KindMDN
	KindMSISDN
)

var kindWords = []string{"eid", "iccid", "imei", "mdn", "msisdn"}

func (k Kind) String() string { return kindWords[k] }

// ParseKind reads the word for a kind, in any case.
func ParseKind(word string) (Kind, bool) {
	i := slices.Index(kindWords, strings.ToLower(word))
	return Kind(max(i, 0)), i >= 0
}

// IDs are the identifiers that a request gives for one device; "" where it gives none.
type IDs struct {
	EID, ICCID, IMEI, MDN string
	Conflict              bool // one kind was given twice, with different values
}

// field is where the identifier of a kind stands.
func (ids *IDs) field(k Kind) *string {
	switch k {
	case KindEID:
		return &ids.EID
	case KindICCID:
		return &ids.ICCID
	case KindIMEI:
		return &ids.IMEI
	}
	return &ids.MDN
}

// Get is the identifier of a kind, "" when there is none.
func (ids *IDs) Get(k Kind) string {
	id := *ids.field(k)
	if k == KindMSISDN && id != "" {
		return "1" + id
	}
	return id
}

// Set notes the identifier of a kind. Another one of its kind that is there already is a Conflict.
func (ids *IDs) Set(k Kind, id string) {
	if k == KindMSISDN {
		id = strings.TrimPrefix(id, "1")
	}
	field := ids.field(k)
	if *field != "" && *field != id {
		ids.Conflict = true
	}
	*field = id
}

// All goes through the identifiers that there are, each once: the MDN is not told as an MSISDN, too.
func (ids *IDs) All() iter.Seq2[Kind, string] {
	return func(yield func(Kind, string) bool) {
		for k := range KindMSISDN {
			if id := ids.Get(k); id != "" && !yield(k, id) {
				return
			}
		}
	}
}

// Target is the ICCID of the profile that the identifiers mean: the one of the ICCID, else of the MDN, else
// the LEAD.
// It fails with IdentifiersMismatch when they do not all belong to this card and profile.
func (c *Card) Target(ids IDs) (string, Fault) {
	p := c.Lead()
	switch {
	case ids.ICCID != "":
		p = c.Profile(ids.ICCID)
	case ids.MDN != "":
		i := slices.IndexFunc(c.Profiles, func(p Profile) bool { return p.MDN == ids.MDN })
		if p = nil; i >= 0 {
			p = &c.Profiles[i]
		}
	}
	switch {
	case ids.Conflict, p == nil && (ids.ICCID != "" || ids.MDN != ""):
	case ids.EID != "" && ids.EID != c.EID:
	case ids.IMEI != "" && ids.IMEI != c.IMEI:
	case ids.MDN != "" && ids.MDN != p.MDN:
	case p == nil:
		return "", OK // a device without a LEAD, meant as a whole
	default:
		return p.ICCID, OK
	}
	return "", IdentifiersMismatch
}
