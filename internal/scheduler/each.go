package scheduler

// Each shows every job still to come, in no order, until show says that it has seen enough: it can be ranged
// over.
func (q *Queue[J]) Each(show func(*Item[J]) bool) {
	for k := range q.heaps {
		q.heaps[k].fill()
		for i := range q.heaps[k].size {
			if !show(q.heaps[k].at(i)) {
				return
			}
		}
	}
}
