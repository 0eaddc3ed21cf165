package rule

import (
	"iter"
	"time"
)

// tick is how often a piece is written of what is written slowly, if one has at least a byte then.
const tick = 100 * time.Millisecond

// Pieces are the parts in which a body is written at a pace, in bytes a second, each with the time until the next one is due.
// With a pace of 0 it is one part.
func Pieces(body []byte, pace int) iter.Seq2[[]byte, time.Duration] {
	size := len(body)
	if pace > 0 {
		size = max(1, int(time.Duration(pace)*tick/time.Second))
	}
	return func(yield func([]byte, time.Duration) bool) {
		for rest := body; len(rest) > 0; {
			n, pause := len(rest), time.Duration(0)
			if n > size {
				n, pause = size, time.Duration(size)*time.Second/time.Duration(pace)
			}
			if !yield(rest[:n], pause) {
				return
			}
			rest = rest[n:]
		}
	}
}
