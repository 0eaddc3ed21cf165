package sim_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"tsim/internal/sim"

	"pgregory.net/rapid"
)

// damage changes one value somewhere in a State: a number, a text, the length of a list, or what is there at all.
func damage(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		fields := []int{}
		for i := range v.NumField() {
			f := v.Field(i)
			if list := f.Kind() == reflect.Slice; v.Type().Field(i).IsExported() && f.CanSet() && !(list && f.Len() == 0) {
				fields = append(fields, i)
			}
		}
		if len(fields) > 0 {
			damage(t, v.Field(rapid.SampledFrom(fields).Draw(t, "field")))
		}
	case reflect.Slice, reflect.Array:
		n := v.Len()
		if n == 0 {
			return
		}
		i := rapid.IntRange(0, n-1).Draw(t, "element")
		switch how := rapid.IntRange(0, 9).Draw(t, "how"); {
		case how == 0 && v.Kind() == reflect.Slice:
			v.Set(reflect.AppendSlice(v.Slice(0, i), v.Slice(i+1, n)))
		case how == 1 && v.Kind() == reflect.Slice:
			v.Set(reflect.Append(v, v.Index(i)))
		case how == 2:
			v.Index(i).Set(v.Index(rapid.IntRange(0, n-1).Draw(t, "other")))
		default:
			damage(t, v.Index(i))
		}
	case reflect.Pointer:
		if v.IsNil() || rapid.IntRange(0, 4).Draw(t, "how") == 0 {
			v.SetZero()
			return
		}
		fresh := reflect.New(v.Type().Elem()) // others may share it
		fresh.Elem().Set(v.Elem())
		v.Set(fresh)
		damage(t, fresh.Elem())
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "x", eid(1), eid(2), lead(1), account}).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64()).Draw(t, "number"))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + rapid.OneOf(rapid.Uint64Range(0, 3), rapid.Uint64()).Draw(t, "number"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "number"))
	}
}

// TestDamagedStates are refused, or make a sandbox that works, whatever that is then: nothing panics.
func TestDamagedStates(t *testing.T) {
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		cfg, script := drawWorld(t), rapid.SliceOfN(drawAct, 20, 80).Draw(t, "acts")
		for i := range cfg.Accounts[0].Fleets {
			cfg.Accounts[0].Fleets[i].Count = 5
		}
		a := &lane{}
		s, err := sim.New(cfg, a.env())
		if err != nil {
			t.Fatal(err)
		}
		a.Sim = s
		for _, act := range script {
			acts[act.kind](a, act)
		}
		exported, _ := a.Export()
		for range 10 {
			st := throughJSON(t, exported)
			for range rapid.IntRange(1, 2).Draw(t, "damages") {
				damage(t, reflect.ValueOf(&st).Elem())
			}
			b := &lane{instant: true}
			if b.Sim, err = sim.Import(st, b.env()); err != nil {
				refused++
				continue
			}
			b.Recover(st.Now)
			for _, r := range b.Requests(0, 10) {
				b.Replied(r.Request)
			}
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			_, _ = b.Advance(ctx, sim.Goal{By: 3 * time.Hour})
			cancel()
			b.Callbacks(sim.CallbackFilter{}, 0, 100)
			b.Pending("", 100)
			b.Events(0, 100)
			b.ReleaseAll()
			again, _ := b.Export()
			again.Digest()
		}
	})
	if refused == 0 {
		t.Error("no State was refused")
	}
}
