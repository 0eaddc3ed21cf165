package scheduler

// Each shows every job still to come, in no order.
func (q *Queue[J]) Each(show func(*Item[J])) {
	for k := range q.heaps {
		q.heaps[k].fill()
		for i := range q.heaps[k].size {
			show(q.heaps[k].at(i))
		}
	}
}
