package main

// luck draws what happens: splitmix64, a function of its seed. (math/rand is for the luck of sandboxes alone, see internal/deps.)
type luck struct{ state uint64 }

func newLuck(seed, stream uint64) *luck { return &luck{seed ^ stream<<32} }

func (l *luck) next() uint64 {
	l.state += 0x9e3779b97f4a7c15
	z := l.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number from 0 to n-1.
func (l *luck) below(n int) int { return int(l.next() % uint64(n)) }
