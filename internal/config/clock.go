package config

import "slices"

// Mode says what moves the time of a sandbox.
type Mode uint8

// The modes of a clock.
const (
	Real   Mode = iota // the wall clock, times a speed
	Manual             // nothing but an advance; not even what is due now runs by itself
	Auto               // jumps to the next owed job whenever nothing is in flight
	numModes
)

var modeWords = [numModes]string{"real", "manual", "auto"}

func (m Mode) String() string { return modeWords[m] }

// ModeWords lists the words that ParseMode understands.
func ModeWords() []string { return modeWords[:] }

// ParseMode reads one of ModeWords.
func ParseMode(word string) (Mode, bool) {
	i := slices.Index(modeWords[:], word)
	return Mode(max(i, 0)), i >= 0
}

// MaxSpeed is the fastest that real mode goes, in simulated seconds per second.
const MaxSpeed = 1e6
