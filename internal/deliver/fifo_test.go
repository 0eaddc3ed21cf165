package deliver

import (
	"testing"

	"pgregory.net/rapid"
)

// TestFifo compares a fifo with a slice.
func TestFifo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f fifo[int]
		var model []int
		times := rapid.IntRange(1, 2*page)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				for range times.Draw(t, "times") {
					model = append(model, rapid.Int().Draw(t, "value"))
					f.push(model[len(model)-1])
				}
			},
			"pop": func(t *rapid.T) {
				for range times.Draw(t, "times") {
					v, ok := f.pop()
					if ok != (len(model) > 0) || ok && v != model[0] {
						t.Fatalf("popped %d, %v; %d should be there", v, ok, len(model))
					}
					if ok {
						model = model[1:]
					}
				}
			},
			"": func(t *rapid.T) {
				if f.empty() != (len(model) == 0) {
					t.Fatalf("empty is %v, with %d there", f.empty(), len(model))
				}
			},
		})
	})
}
