package euicc

// ValidEID says whether the check digits of an EID are right: ISO 7064 MOD 97-10 over all 32.
func ValidEID(eid string) bool { return len(eid) == 32 && mod97(eid) == 1 }

// EIDCheck is the two check digits that follow the first 30 digits of an EID.
func EIDCheck(first30 []byte) [2]byte {
	check := 98 - mod97(first30)*100%97
	return [2]byte{byte('0' + check/10), byte('0' + check%10)}
}

func mod97[T string | []byte](digits T) int {
	r := 0
	for i := range len(digits) {
		r = (r*10 + int(digits[i]-'0')) % 97
	}
	return r
}

// ValidLuhn says whether the last digit of an ICCID or an IMEI is the one that it has to be.
func ValidLuhn(id string) bool {
	n := len(id)
	return n > 1 && LuhnCheck([]byte(id[:n-1])) == id[n-1]
}

// LuhnCheck is the check digit that follows the given ones.
func LuhnCheck(digits []byte) byte {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return byte('0' + (10-sum%10)%10)
}
