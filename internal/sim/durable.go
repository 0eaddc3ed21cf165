package sim

// Durable says how far a server keeps what its sandboxes are told; the zero value keeps nothing, and is always ready.
type Durable struct {
	// Ready says why nothing more can be kept at present, or nil. Calls that change something are refused then.
	Ready func() error
	// Kept returns when all inputs so far are where they survive, or says why they are not. It is asked before the reply to
	// a call that may have changed something.
	Kept func() error
}

// Guard carries out a call that may change something: it is refused when that cannot be kept, and done when it is kept.
func (d Durable) Guard(carryOut func() error) error {
	if d.Ready == nil {
		return carryOut()
	}
	if err := d.Ready(); err != nil {
		return notKept(err)
	}
	err := carryOut()
	if err == nil {
		if err = d.Kept(); err != nil {
			return notKept(err)
		}
	}
	return err
}

func notKept(err error) error {
	return &Error{Kind: Overloaded, Msg: "tsim cannot keep its state on the disk at present, see its log", Err: err}
}
