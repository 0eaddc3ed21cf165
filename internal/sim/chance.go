package sim

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
)

// Chance is keyed: a draw is a pure function of the sandbox's seed, what it is for and the key of
// the thing it is about. There is no stream to keep, so one more device in a bulk changes nobody
// else's luck.

func draws(seed uint64, purpose string, key ...uint64) *rand.PCG {
	h := fnv.New64a()
	h.Write([]byte(purpose))
	for _, k := range key {
		h.Write(binary.LittleEndian.AppendUint64(nil, k))
	}
	return rand.NewPCG(seed, h.Sum64())
}

// uniform draws from [0, 1).
func uniform(seed uint64, purpose string, key ...uint64) float64 {
	return float64(draws(seed, purpose, key...).Uint64()>>11) / (1 << 53)
}

// uuid draws a version 4 UUID.
func uuid(seed uint64, purpose string, key ...uint64) string {
	r := draws(seed, purpose, key...)
	hi, lo := r.Uint64(), r.Uint64()
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", hi>>32, hi>>16&0xffff, hi&0xffff, lo>>48, lo&(1<<48-1))
}
