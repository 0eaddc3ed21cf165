package config

// Problem is something that cannot be, in a Config or a device.
type Problem struct {
	Pointer string // the JSON pointer of its place, in the scenario's own spelling
	Msg     string
	First   string // the JSON pointer of what was there first, of what is there again
	Alone   bool   // it is true of this value, whatever the others are
}

// Text is the message in full.
func (p Problem) Text() string {
	if p.First != "" {
		return p.Msg + ", at " + p.First
	}
	return p.Msg
}

func (p Problem) String() string {
	if p.Pointer == "" {
		return p.Text()
	}
	return p.Pointer + ": " + p.Text()
}

// Under is the problem where its Config is a part of something else.
func (p Problem) Under(pointer string) Problem {
	p.Pointer = pointer + p.Pointer
	if p.First != "" {
		p.First = pointer + p.First
	}
	return p
}
