package tsimclient

import "time"

// SetSilence says how long a stream may be silent, and returns what puts it back.
func SetSilence(d time.Duration) (back func()) {
	was := silence
	silence = d
	return func() { silence = was }
}
