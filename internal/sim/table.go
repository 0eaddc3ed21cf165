package sim

import "iter"

// table keeps records by consecutive numbers, from 1 on, so that other records can refer to them by number: a
// number that is deleted is never given out again, and finds nothing. Whatever a sandbox has many of lies in one.
//
// The records lie in pages of tablePage, each with a bit for every record that is there. A page goes when nothing
// is left in it, and its place in the list when that is at the front: records are deleted in about the order in
// which they were inserted. The latest page that went is used again for new records, so a table that is full, like
// the journal, lives on without any garbage. A record keeps its address for as long as it is there. Then it is
// emptied, and its page is used again; a reset begins other tables. So nobody keeps a pointer to a record while the
// sandbox's lock is given up: they look it up again, by epoch and number.
type table[T any] struct {
	count uint64          // how many there ever were
	live  int             // how many of them are there
	gone  uint64          // how many pages went from the front
	pages []*[tablePage]T // nil for one that went
	there []uint32        // of each page, the records that are there
	spare *[tablePage]T
}

const tablePage = 32

// insert adds an empty record, and says its number.
func (t *table[T]) insert() (*T, uint64) {
	i := t.count % tablePage
	if i == 0 {
		page := t.spare
		if t.spare = nil; page == nil {
			page = new([tablePage]T)
		}
		t.pages, t.there = append(t.pages, page), append(t.there, 0)
	}
	t.count++
	t.live++
	last := len(t.pages) - 1
	t.there[last] |= 1 << i
	return &t.pages[last][i], t.count
}

// find says on which page the record of a number is, and in which slot of it.
func (t *table[T]) find(n uint64) (page, slot uint64, ok bool) {
	n-- // 0 is too far then
	if n >= t.count || n/tablePage < t.gone {
		return 0, 0, false
	}
	page, slot = n/tablePage-t.gone, n%tablePage
	return page, slot, t.there[page]&(1<<slot) != 0
}

// get is the record of a number, or nil.
func (t *table[T]) get(n uint64) *T {
	page, slot, ok := t.find(n)
	if !ok {
		return nil
	}
	return &t.pages[page][slot]
}

// delete removes the record of a number, and lets go of all that it refers to.
func (t *table[T]) delete(n uint64) {
	page, slot, ok := t.find(n)
	if !ok {
		return
	}
	var none T
	t.pages[page][slot] = none
	t.there[page] &^= 1 << slot
	t.live--
	if t.there[page] != 0 || t.count < (t.gone+page+1)*tablePage { // the last page is still being filled
		return
	}
	t.spare, t.pages[page] = t.pages[page], nil
	for len(t.pages) > 0 && t.pages[0] == nil {
		t.pages, t.there = t.pages[1:], t.there[1:]
		t.gone++
	}
}

// after goes through the records with a greater number than n.
func (t *table[T]) after(n uint64) iter.Seq2[uint64, *T] {
	return func(yield func(uint64, *T) bool) {
		for n = max(n, t.gone*tablePage); n < t.count; n++ {
			if t.gone <= n/tablePage && t.pages[n/tablePage-t.gone] == nil {
				n |= tablePage - 1 // a page that went is passed over whole
				continue
			}
			if record := t.get(n + 1); record != nil && !yield(n+1, record) {
				return
			}
		}
	}
}

// begin makes a table out of an empty one of which count records there ever were, of which those before a number, and all
// that restore does not bring back, are gone.
func (t *table[T]) begin(count, first uint64) {
	t.count, t.gone = count, min(first-1, count)/tablePage
	pages := (count+tablePage-1)/tablePage - t.gone
	t.pages, t.there = make([]*[tablePage]T, pages), make([]uint32, pages)
	if count%tablePage != 0 {
		t.pages[pages-1] = new([tablePage]T) // which is still being filled
	}
}

// restore brings back the record of a number, which is one of those that begin was told of.
func (t *table[T]) restore(n uint64) *T {
	page, slot := (n-1)/tablePage-t.gone, (n-1)%tablePage
	if t.pages[page] == nil {
		t.pages[page] = new([tablePage]T)
	}
	t.there[page] |= 1 << slot
	t.live++
	return &t.pages[page][slot]
}

// oldest is the number of the oldest record, where records are only ever deleted from that end.
func (t *table[T]) oldest() uint64 { return t.count - uint64(t.live) + 1 }
