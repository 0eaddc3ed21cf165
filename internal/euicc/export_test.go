package euicc

// GuardsOf lists the faults of an operation's guards in the order of the table, for the tests that
// look at the table from outside.
func GuardsOf(o Op) []Fault {
	faults := make([]Fault, len(table[o].guards))
	for i, g := range table[o].guards {
		faults[i] = g.fault
	}
	return faults
}
