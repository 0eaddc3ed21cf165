package tsimbox_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"tsim/internal/euicc"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// What stands beside the constant of an operation is what it takes.
func TestIdentifiersOfOperations(t *testing.T) {
	w := start(t, tsimbox.Scenario(small))
	const imei, mdn = "490154203237518", "5415550101"
	// Identifiers that are taken, and some that are not enough.
	takes := map[string]struct{ good, bad []tsimbox.IDs }{
		"EID":                    {[]tsimbox.IDs{{EID: eid}}, []tsimbox.IDs{{ICCID: global}, {IMEI: imei}, {MDN: mdn}}},
		"ICCID":                  {[]tsimbox.IDs{{ICCID: global}}, []tsimbox.IDs{{EID: eid}, {IMEI: imei}, {MDN: mdn}}},
		"EID and ICCID":          {[]tsimbox.IDs{{EID: eid, ICCID: global}}, []tsimbox.IDs{{EID: eid}, {ICCID: global}, {ICCID: global, IMEI: imei}}},
		"ICCID, and EID or IMEI": {[]tsimbox.IDs{{ICCID: global, EID: eid}, {ICCID: global, IMEI: imei}}, []tsimbox.IDs{{ICCID: global}, {EID: eid, IMEI: imei}}},
		"ICCID or MDN; or EID or IMEI alone, for the LEAD": {[]tsimbox.IDs{{ICCID: global}, {MDN: mdn}, {EID: eid}, {IMEI: imei}}, []tsimbox.IDs{{}}},
	}
	operations := map[tsimclient.Operation]string{}
	words, err := parser.ParseFile(token.NewFileSet(), "../tsimclient/words.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(words, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "Op") {
			op, _ := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			operations[tsimclient.Operation(op)] = strings.TrimSpace(v.Comment.Text())
		}
		return true
	})
	if len(operations) != len(euicc.Ops()) {
		t.Errorf("there are constants of %d operations, and %d operations", len(operations), len(euicc.Ops()))
	}
	for op, comment := range operations {
		var o []tsimbox.DoOption
		if op == tsimclient.OpServicePlan {
			o = append(o, tsimbox.Plan("Global Plan"))
		}
		these, ok := takes[comment]
		if !ok {
			t.Errorf("%s: nobody knows what %q means", op, comment)
		}
		for _, ids := range these.good {
			if _, err := w.box.Do(t.Context(), op, ids, o...); err != nil {
				t.Errorf("%s takes %s, but not %+v: %v", op, comment, ids, err)
			}
		}
		for _, ids := range these.bad {
			var refused *tsimbox.RefusedError
			if _, err := w.box.Do(t.Context(), op, ids, o...); !errors.As(err, &refused) {
				t.Errorf("%s takes %s, but also %+v (%v)", op, comment, ids, err)
			}
		}
	}
}
