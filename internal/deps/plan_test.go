package deps

// The floors, from the ground up. Data and tests have rooms of their own beside them.
const (
	cellar = iota // data, and what anybody may use: nothing of tsim
	ground        // pure: no clock, no goroutine, nothing of tsim
	upper         // the upper step of the ground: pure too, over the one below
	first         // one sandbox
	second        // the wire, and what else meets the outside world
	third         // puts the floors below together
	roof          // the program, and the doors for tests
	beside        // features, examples, this test
)

// room is where a package lives, and whom it may ask.
type room struct {
	floor int
	may   []string // packages of tsim that its code may import, tests aside
	wire  bool     // it may use net/http, encoding/json and JSON tags
}

const everything = "*"

// plan is the floor plan: every package of the module, by its path below it.
var plan = map[string]room{
	"cmd/tsim":            {roof, []string{everything}, true},
	"tsimbox":             {roof, []string{"internal/server", "internal/scenario", "internal/config", "internal/euicc", "tsimclient"}, true},
	"tsimtest":            {roof, []string{"internal/again", "tsimbox", "tsimclient"}, false},
	"tsimgodog":           {roof, []string{"internal/again", "internal/euicc", "internal/spell", "tsimbox", "tsimclient"}, true},
	"internal/bdd":        {roof, []string{"internal/scenario", "internal/spell", "tsimbox", "tsimclient", "tsimgodog"}, true},
	"internal/server":     {third, []string{"internal/thingspace", "internal/control", "internal/scenario", "internal/deliver", "internal/store", "internal/sim", "internal/config", "internal/euicc", "internal/rule", "internal/scheduler"}, true},
	"internal/thingspace": {second, []string{"internal/bound", "internal/sim", "internal/config", "internal/euicc", "internal/rule", "internal/openapi", "internal/scheduler", "internal/schema", "internal/spell", "schemas"}, true},
	"internal/control":    {second, []string{"internal/bound", "internal/scenario", "internal/sim", "internal/config", "internal/euicc", "internal/rule", "internal/scheduler", "internal/spell", "tsimclient"}, true},
	"internal/scenario":   {second, []string{"internal/bound", "internal/config", "internal/euicc", "internal/rule", "internal/spell", "scenarios"}, true},
	"internal/store":      {second, []string{"internal/sim", "internal/config", "internal/euicc", "internal/rule", "internal/scheduler"}, true},
	"internal/tlsca":      {second, nil, false},
	"internal/deliver":    {second, []string{"internal/rule", "internal/sim"}, true},
	"internal/sim":        {first, []string{"internal/bound", "internal/config", "internal/euicc", "internal/plain", "internal/rule", "internal/scheduler"}, false},
	"internal/config":     {upper, []string{"internal/bound", "internal/euicc", "internal/rule", "internal/spell"}, false},
	"internal/schema":     {upper, []string{"internal/bound"}, true}, // JSON is what it is about
	"internal/openapi":    {upper, nil, true},                        // and what this one writes
	"internal/euicc":      {ground, nil, false},
	"internal/rule":       {ground, nil, false},
	"internal/scheduler":  {ground, nil, false},
	"internal/spell":      {ground, nil, false},
	"internal/bound":      {ground, nil, false},
	"internal/plain":      {ground, nil, false},
	"internal/again":      {ground, nil, false},
	"tsimclient":          {cellar, nil, true},
	"schemas":             {cellar, nil, false},
	"scenarios":           {cellar, nil, false},
	"internal/deps":       {beside, nil, false},
	"internal/fidelity":   {beside, nil, false},
	"internal/heavy":      {beside, nil, false},
	"internal/crash":      {beside, []string{"tsimclient"}, true},
	"internal/rename":     {beside, nil, false},
	"bench":               {beside, []string{"tsimclient"}, true},
	"features":            {beside, nil, false},
	"examples/fleet":      {beside, nil, true}, // it knows ThingSpace, and nothing of tsim
}

// keeper is who alone may use something, and in how many of its files.
type keeper struct {
	what  string // an import path, with all below it
	who   string // packages, with blanks between them
	files int    // 0: as many as it likes
}

// keepers lists every module from outside that code may use, and what else is kept in one place. A
// test may use whatever it likes.
var keepers = []keeper{
	{"gopkg.in/yaml.v3", "internal/scenario", 1},
	{"github.com/gorilla/mux", "internal/thingspace", 1},
	{"github.com/xeipuuv/gojsonschema", "internal/schema", 1},
	{"github.com/spf13/cobra", "cmd/tsim", 0},
	{"github.com/spf13/pflag", "cmd/tsim", 0},
	{"github.com/cucumber/godog", "tsimgodog internal/bdd", 0},
	{"github.com/rogpeppe/go-internal", "internal/heavy", 1},
	{"math/rand", "internal/sim", 1},
	{"testing", "tsimtest", 0},
}
