package main

import (
	"io"
	"text/template"

	"tsim/internal/euicc"
	"tsim/internal/sim"
)

// walk is what serve prints: where it is, who may call, and a first story that works when pasted.
var walk = template.Must(template.New("walk").Parse(`
tsim is listening on {{.URL}}

  scenario   {{.Config.Scenario}}, seed {{.Config.Seed}}, clock {{.Config.Clock}}
{{- with .Credential}}
  app key    {{.AppKey}}, secret {{.AppSecret}}
  user       {{.Username}}, password {{.Password}}
{{- end}}
{{- range .Config.Accounts}}
  account    {{.Name}}, {{len .Cards}} devices
{{- end}}
{{- if .ICCID}}

A first walk. In a second terminal, start a listener:

  tsim listen          (or: go run ./cmd/tsim listen)

In a third, paste this:

  TSIM={{.URL}}
  TOKEN=$(curl -s $TSIM/api/ts/v1/oauth2/token -u '{{.Credential.AppKey}}:{{.Credential.AppSecret}}' \
    -d grant_type=client_credentials | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
  SESSION=$(curl -s $TSIM/api/m2m/v1/session/login -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{"username":"{{.Credential.Username}}","password":"{{.Credential.Password}}"}' | sed 's/.*"sessionToken":"\([^"]*\)".*/\1/')
  curl $TSIM/api/m2m/v1/callbacks/{{.Account}} -H "Authorization: Bearer $TOKEN" -H "VZ-M2M-Token: $SESSION" \
    -H 'Content-Type: application/json' -d '{"name":"DeviceProfileService","url":"http://127.0.0.1:9001/callbacks"}'
  curl $TSIM/api/m2m/v1/devices/profile/actions/profile_suspend -H "Authorization: Bearer $TOKEN" -H "VZ-M2M-Token: $SESSION" \
    -H 'Content-Type: application/json' -d '{"accountName":"{{.Account}}","devices":[{"deviceIds":[{"kind":"iccid","id":"{{.ICCID}}"}]}]}'

The listener prints the callback
{{- if eq .Config.Clock.String "manual"}} once time moves:

  curl -X POST $TSIM/tsim/v1/sandboxes/default/clock/advance -d '{"until":"idle"}'
{{- else}} a moment later.
{{- end}}
{{end}}
`))

// printWalk prints the walk, told with the first Global profile of the scenario that can be suspended.
func printWalk(out io.Writer, url string, cfg *sim.Config) error {
	data := struct {
		URL            string
		Config         *sim.Config
		Credential     sim.Credential
		Account, ICCID string
	}{URL: url, Config: cfg, Credential: cfg.Credentials[0]}
	suspend := euicc.Order{Op: euicc.OpProfileSuspend}
	for _, a := range cfg.Accounts {
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
