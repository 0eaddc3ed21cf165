package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/template"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/tsimclient"
)

// walk is what serve prints: where it is, who may call, and a first story that works when pasted.
var walk = template.Must(template.New("walk").Funcs(template.FuncMap{"quote": quote}).Parse(login + `
{{.Bold "tsim is listening on"}} {{.Good .URL}}

  {{.Dim "scenario"}}   {{.Config.Scenario}}, seed {{.Config.Seed}}, clock {{.Config.Clock}}
{{- with .Config.About}}
  {{$.Dim "about"}}      {{.}}
{{- end}}
{{- with .Misfortunes}}
  {{$.Dim "with"}}       {{.}}
{{- end}}
{{- range .Config.HiddenRules}}
             {{.}}
{{- end}}
{{- with .Credential}}
  {{$.Dim "app key"}}    {{.AppKey}}, secret {{.AppSecret}}
  {{$.Dim "user"}}       {{.Username}}, password {{.Password}}
{{- end}}
{{- range .Accounts}}
  {{$.Dim "account"}}    {{.Name}}, {{.Size}} {{if eq .Size 1}}device{{else}}devices{{end}}
{{- end}}
{{- with .MoreAccounts}}
  {{$.Dim "accounts"}}   {{.}} more
{{- end}}
{{- with .State}}
  {{$.Dim "state"}}      {{.}}
{{- end}}
{{- with .Trust}}
  {{$.Dim "trust"}}      {{.}}
{{- end}}
  {{.Dim "control"}}    {{.Control}}/tsim/v1 lists what moves time, shows callbacks, breaks devices
{{- if .Guarded}}
             it asks for the header 'Authorization: Bearer', with the control token in it
{{- end}}
{{- with .Token}}
             other machines may reach it, so this run has a token, for each shell that steers it:
             export TSIM_CONTROL_TOKEN={{.}}
{{- end}}
  {{.Dim "docs"}}       README.md and docs/ in the source; tsim serve --help
{{- with .Endings}}

{{$.Bold "Devices that misbehave,"}} by how their identifiers end:
{{range .}}
  {{.}}
{{- end}}
{{- end}}
{{- if .ICCID}}

{{.Bold "A first walk."}} In a second terminal, start a listener:

  tsim listen --no-register          (or: go run ./cmd/tsim listen --no-register)

In a third, paste this:

{{template "login" .}}
  {{.Curl}} $TSIM/api/m2m/v1/callbacks/{{.Account}} -H "Authorization: Bearer $TOKEN" -H "VZ-M2M-Token: $SESSION" \
    -H 'Content-Type: application/json' -d '{"name":"DeviceProfileService","url":"http://127.0.0.1:9001/callbacks"}'; echo
  {{.Curl}} $TSIM/api/m2m/v1/devices/profile/actions/profile_suspend -H "Authorization: Bearer $TOKEN" -H "VZ-M2M-Token: $SESSION" \
    -H 'Content-Type: application/json' -d '{"accountName":"{{.Account}}","devices":[{"deviceIds":[{"kind":"iccid","id":"{{.ICCID}}"}]}]}'; echo

The listener prints the callback
{{- if eq .Config.Clock.String "manual"}} once time moves:

  {{.Curl}} -X POST {{if eq .Control .URL}}$TSIM{{else}}{{.Control}}{{end}}/tsim/v1/sandboxes/default/clock/advance
{{- if .Guarded}} -H "Authorization: Bearer $TSIM_CONTROL_TOKEN"{{end}} -d '{"until":"idle"}'
{{- else}} a moment later.
{{- end}}
{{end}}
`))

// login is how a shell logs in with curl.
const login = `{{define "login"}}  TSIM={{.URL}}
{{- with .Trust}}
  CA={{quote .}}
{{- end}}
  TOKEN=$({{.Curl}} -s $TSIM/api/ts/v1/oauth2/token -u '{{.Credential.AppKey}}:{{.Credential.AppSecret}}' \
    -d grant_type=client_credentials | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  SESSION=$({{.Curl}} -s $TSIM/api/m2m/v1/session/login -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{"username":"{{.Credential.Username}}","password":"{{.Credential.Password}}"}' | sed 's/.*"sessionToken":"\([^"]*\)".*/\1/'){{end}}`

// page is what the walk is told with.
type page struct {
	URL     string
	Control string // the URL of the control surface, which may be the same
	Guarded bool   // the control surface asks for a token
	Token   string // which is this one, if it was made for this run
	Trust   string // the file of the certificate that clients have to trust; "" without TLS
	State   string // where all is kept, and since when it goes on; "" for nowhere
	Config  *config.Config
	style
}

// shownAccounts is how many accounts a page lists; a scenario can have hundreds.
const shownAccounts = 5

// Credential is the first one, in clear: this page is how its reader comes to know it.
func (p page) Credential() tsimclient.Credential {
	c := &p.Config.Credentials[0]
	return tsimclient.Credential{AppKey: c.AppKey, AppSecret: string(c.AppSecret), Username: c.Username, Password: string(c.Password)}
}

// Misfortunes are what goes wrong: the named sets of rules, and how many rules there are beside them.
func (p page) Misfortunes() string {
	var parts []string
	own := 0
	for i := range p.Config.Rules {
		switch set := p.Config.Rules[i].Set; {
		case set == "":
			own++
		case !slices.Contains(parts, set):
			parts = append(parts, set)
		}
	}
	switch {
	case own == 1:
		parts = append(parts, "1 rule of the scenario")
	case own > 1:
		parts = append(parts, fmt.Sprintf("%d rules of the scenario", own))
	}
	return strings.Join(parts, ", ")
}

// Endings are what devices bring about whose identifiers end in a way that rules of the scenario look for, but for those
// that never strike.
func (p page) Endings() (lines []string) {
	hidden := p.Config.HiddenRules()
	for i := range p.Config.Rules {
		r := &p.Config.Rules[i]
		if slices.ContainsFunc(hidden, func(h config.HiddenRule) bool { return h.Name == r.Name }) {
			continue
		}
		if ending, is := strings.CutPrefix(r.When.EID, "*"); is && r.Set == "" && r.About != "" && !strings.Contains(ending, "*") {
			lines = append(lines, ending+"   "+r.About)
		}
	}
	return lines
}

func (p page) Accounts() []config.Account {
	return p.Config.Accounts[:min(len(p.Config.Accounts), shownAccounts)]
}

func (p page) MoreAccounts() int { return max(len(p.Config.Accounts)-shownAccounts, 0) }

// Curl is the command that trusts the server.
func (p page) Curl() string {
	if p.Trust == "" {
		return "curl"
	}
	return `curl --cacert "$CA"`
}

// printWalk prints the walk, told with the first profile of the scenario that can be suspended.
func printWalk(out io.Writer, p page) error {
	data := struct {
		page
		Account, ICCID string
	}{page: p}
	suspend := euicc.Order{Op: euicc.OpProfileSuspend}
	for _, a := range p.Config.Accounts {
		for _, c := range a.Cards {
			for i := range c.Profiles {
				if data.ICCID == "" && c.Check(&c.Profiles[i], &suspend) == euicc.OK {
					data.Account, data.ICCID = a.Name, c.Profiles[i].ICCID
				}
			}
		}
	}
	return walk.Execute(out, data)
}

// quote makes one word of s for a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
