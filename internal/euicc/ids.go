package euicc

import "slices"

// IDs are the identifiers that a request gives for one device; "" where it gives none.
type IDs struct {
	EID, ICCID, IMEI, MDN string
	Conflict              bool // one kind was given twice, with different values
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
