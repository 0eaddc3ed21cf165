package sim

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// Chance is keyed: a draw is a pure function of the sandbox's seed, what it is for and the key of
// the thing it is about. There is no stream to keep, so one more device in a bulk changes nobody
// else's luck.

func draws(seed uint64, purpose string, key ...uint64) rand.PCG {
	// FNV-1a, over the letters of the purpose and the bytes of the key.
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset)
	for i := range len(purpose) {
		h = (h ^ uint64(purpose[i])) * prime
	}
	for _, k := range key {
		for range 8 {
			h = (h ^ k&0xff) * prime
			k >>= 8
		}
	}
	var r rand.PCG
	r.Seed(seed, h)
	return r
}

// uniform draws from [0, 1).
func uniform(seed uint64, purpose string, key ...uint64) float64 {
	r := draws(seed, purpose, key...)
	return float64(r.Uint64()>>11) / (1 << 53)
}

// uuid draws a version 4 UUID.
func uuid(seed uint64, purpose string, key ...uint64) string {
	r := draws(seed, purpose, key...)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], r.Uint64())
	binary.BigEndian.PutUint64(b[8:], r.Uint64())
	return UUID(b)
}

// UUID is the version 4 UUID of so many random bytes, six bits of which do not count.
func UUID(b [16]byte) string {
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	text := make([]byte, 0, 36)
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, part)
	}
	return string(text)
}
