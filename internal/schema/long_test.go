package schema

import (
	"slices"
	"strings"
	"testing"
)

// What a body with a long list is refused with is what the library says of the whole of it.
func TestStretches(t *testing.T) {
	good := `{"deviceIds":[{"kind":"eid","id":"89001012012341234012345678901224"},{"kind":"iccid","id":"89148000000000000019"}]}`
	wrong := []string{"{}", "7", "[]", `{"deviceIds":[]}`, `{"deviceIds":[{"kind":"eid","id":"1"}]}`, `{"kind":"iccid","id":"89148000000000000019"}`}
	for _, name := range []string{"enable", "setfallbackattribute"} {
		s := load(t, name)
		for _, at := range []int{0, 1, batch - 1, batch, batch + 1, 3*batch - 1} {
			for i, item := range wrong {
				for _, account := range []string{`"a"`, "7", `""`} {
					devices := slices.Repeat([]string{good}, 3*batch)
					devices[(at+1)%len(devices)] = wrong[(i+2)%len(wrong)]
					devices[at] = item
					devices[min(at+batch+3, len(devices)-1)] = wrong[(i+1)%len(wrong)]
					for _, body := range []string{
						`{"accountName":` + account + `,"devices":[` + strings.Join(devices, ",") + `]}`,
						`{"devices":[` + strings.Join(devices, ",") + `],"accountName":` + account + `}`,
					} {
						doc, err := Parse([]byte(body), testLimits)
						if err != nil {
							t.Fatal(err)
						}
						found, err := s.validate(doc)
						if err != nil {
							t.Fatal(err)
						}
						want := earliest([]byte(body), doc, found)
						if got, err := s.Check([]byte(body), doc); err != nil || *got != *want {
							t.Errorf("%s, %s at %d, account %s: %+v, want %+v (%v)", name, item, at, account, *got, *want, err)
						}
					}
				}
			}
		}
	}
}
