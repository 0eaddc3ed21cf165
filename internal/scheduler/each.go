package scheduler

// Each shows every job still to come, in no order.
func (q *Queue[J]) Each(show func(*Item[J])) {
	for k := range q.heaps {
		for i := range q.heaps[k].len {
			show(q.heaps[k].at(i))
		}
	}
}
