package sim

import (
	"reflect"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/plain"
	"tsim/internal/rule"
)

// lastWords are the types of a State, and of commands, whose numbers stand for words, each with the last number that does.
var lastWords = map[reflect.Type]uint64{
	reflect.TypeFor[config.Mode]():      uint64(config.Auto),
	reflect.TypeFor[config.Shape]():     uint64(config.ShapeLognormal),
	reflect.TypeFor[euicc.Fault]():      uint64(euicc.ByRule),
	reflect.TypeFor[euicc.Kind]():       uint64(euicc.KindMSISDN),
	reflect.TypeFor[euicc.Network]():    uint64(euicc.AnyNetwork),
	reflect.TypeFor[euicc.Op]():         uint64(euicc.NumOps - 1),
	reflect.TypeFor[euicc.Policy]():     uint64(euicc.DisableNotAllowed | euicc.DeleteNotAllowed | euicc.DeleteOnDisable),
	reflect.TypeFor[euicc.Role]():       uint64(euicc.Default),
	reflect.TypeFor[euicc.Service]():    uint64(euicc.Deactive),
	reflect.TypeFor[euicc.State]():      uint64(euicc.StateDeactive),
	reflect.TypeFor[euicc.Status]():     uint64(euicc.StatusDelete),
	reflect.TypeFor[euicc.Suspension](): uint64(euicc.ByDevice),
	reflect.TypeFor[euicc.Warning]():    uint64(euicc.Unreachable),
	reflect.TypeFor[rule.Cut]():         uint64(rule.CutAfter),
	reflect.TypeFor[rule.Expire]():      uint64(rule.ExpireSession),
	reflect.TypeFor[rule.Per]():         uint64(rule.PerAccount),
	reflect.TypeFor[CallbackState]():    uint64(numCallbackStates - 1),
	reflect.TypeFor[EventKind]():        uint64(numEventKinds - 1),
	reflect.TypeFor[Kept]():             uint64(numKept - 1),
	reflect.TypeFor[Progress]():         uint64(Failed),
	reflect.TypeFor[Result]():           uint64(Other),
	reflect.TypeFor[Steering]():         uint64(numSteerings - 1),
	reflect.TypeFor[jobKind]():          uint64(query),
}

// Check says which number of a recorded input stands for no word. Whoever does not know where it comes from asks before it is
// applied.
func (in *Input) Check() error {
	err := checkWords(in.Do)
	if to := ResetsTo(in.Do); to != nil && err == nil {
		err = Impossible(to.Problems())
	}
	return err
}

// checkWords says which number in what root points to stands for no word.
func checkWords(root any) (found error) {
	show := map[reflect.Type]func(plain.Place, reflect.Value) bool{}
	for of, last := range lastWords {
		show[of] = func(at plain.Place, v reflect.Value) bool {
			if v.Uint() > last {
				found = bad("%s is %d, and there is no such %s", at, v.Uint(), of.Name())
			}
			return found == nil
		}
	}
	plain.Each(root, show)
	return found
}

// checkWords says which number of a State stands for no word.
func (st *State) checkWords() error {
	found := checkWords(st)
	for which, choice := range st.Config.Compat {
		if words := config.Switch(which).Words(); int(choice) >= len(words) && found == nil {
			found = bad("Config.Compat[%d] is %d, and %s has %d words", which, choice, config.Switch(which), len(words))
		}
	}
	return found
}
