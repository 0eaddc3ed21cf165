package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"text/template"

	"github.com/spf13/cobra"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/spell"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

func newDo() *cobra.Command {
	var r remote
	var do action
	cmd := &cobra.Command{
		Use:   "do ACTION DEVICE…",
		Short: "Make a call of ThingSpace: an action on devices",
		Long: `do asks ThingSpace for one of its sixteen actions, as a client would: it logs in by itself, and
prints the requestId. A device is an EID, an ICCID, an IMEI or an MDN, told apart by their digits;
several identifiers of one device have a comma between them, and kind=value names the kind.`,
		Example: `  tsim do profile_suspend 89445000000000000019
  tsim do device_suspend 89001012012341234012345678901224 89001012012341234012345678901321
  tsim do enable 89001012012341234012345678901321,89445000000000000027
  tsim do activate iccid=89148000000000000043 --plan 'US Plan'
  tsim do profile_suspend 89445000000000000019 --follow
  tsim do profile_suspend 89445000000000000019 --curl`,
		Args:              cobra.MinimumNArgs(2),
		ValidArgsFunction: r.completeDo,
	}
	flags := cmd.Flags()
	flags.StringVar(&do.plan, "plan", "", "the service plan: the servicePlan of the call")
	flags.BoolVar(&do.follow, "follow", false, "wait until all is told, and print the story")
	flags.BoolVar(&do.curl, "curl", false, "print the calls as curl instead, for a shell")
	r.verb(cmd, func(b *box, args []string) error {
		if err := do.read(args); err != nil {
			return usageError{err}
		}
		client, err := b.client(&r.thingspace)
		if err != nil {
			return err
		}
		return do.run(b, client)
	})
	r.declareThingSpace(cmd)
	return cmd
}

// action is a call of ThingSpace to make.
type action struct {
	op           string
	devices      []euicc.IDs
	plan         string
	follow, curl bool
}

func (a *action) read(words []string) error {
	if known := wordsOf(euicc.Ops()); !slices.Contains(known, words[0]) {
		return fmt.Errorf("%q is none of the actions, which are %s%s", words[0], strings.Join(known, ", "), spell.DidYouMean(words[0], known))
	}
	if a.follow && a.curl {
		return errors.New("--follow and --curl exclude each other: make the call, or print it")
	}
	a.op = words[0]
	for _, word := range words[1:] {
		ids, err := deviceOf(word)
		if err != nil {
			return err
		}
		a.devices = append(a.devices, ids)
	}
	return nil
}

func (a *action) path() string { return "/api/m2m/v1/devices/profile/actions/" + a.op }

// body is the body of the call, in the order in which the pages have it.
func (a *action) body(account string) json.RawMessage {
	type id struct {
		Kind string `json:"kind"`
		ID   string `json:"id"`
	}
	type device struct {
		IDs []id `json:"deviceIds"`
	}
	body := struct {
		Account string   `json:"accountName"`
		Plan    string   `json:"servicePlan,omitempty"`
		Devices []device `json:"devices"`
	}{Account: account, Plan: a.plan}
	for i := range a.devices {
		var d device
		for kind, value := range a.devices[i].All() {
			d.IDs = append(d.IDs, id{kind.String(), value})
		}
		body.Devices = append(body.Devices, d)
	}
	text, _ := json.Marshal(body) // which is made of texts
	return text
}

// curled is the call for a shell.
var curled = template.Must(template.New("curl").Funcs(template.FuncMap{"quote": quote}).Parse(login + `{{template "login" .}}
  {{.Curl}} $TSIM{{.Path}} -H "Authorization: Bearer $TOKEN" -H "VZ-M2M-Token: $SESSION" \
    -H 'Content-Type: application/json' -d {{quote .Body}}; echo
`))

// run makes the call, or prints it.
func (a *action) run(b *box, client *tsimbox.Sandbox) error {
	if a.curl {
		c := &client.Credential
		cfg := config.Config{Credentials: []config.Credential{
			{AppKey: c.AppKey, AppSecret: config.Secret(c.AppSecret), Username: c.Username, Password: config.Secret(c.Password)},
		}}
		return curled.Execute(b.out, struct {
			page
			Path, Body string
		}{page{URL: strings.TrimSuffix(b.url, "/"), Trust: b.trust, Config: &cfg}, a.path(), string(a.body(client.Account))})
	}
	var accepted struct {
		RequestID string `json:"requestId"`
	}
	if err := b.call(client, http.MethodPost, a.path(), a.body(client.Account), &accepted); err != nil {
		return err
	}
	if !a.follow {
		return b.say(accepted, "%s", accepted.RequestID)
	}
	return b.followRequest(accepted.RequestID)
}

// followRequest waits until nothing of a request is still to come, or until somebody ends it, and prints its story.
func (b *box) followRequest(id string) error {
	clock, err := b.Clock(b.ctx)
	if err == nil && clock.Mode == tsimclient.ClockManual {
		fmt.Fprintln(b.errs, "The clock is moved by hand: 'tsim clock advance idle' elsewhere lets this go on, Ctrl-C ends it.")
	}
	for err == nil {
		_, err = b.Wait(b.ctx, tsimclient.Wait{For: tsimclient.For{Request: id}, Timeout: "1m"})
		if err == nil {
			break
		}
		if told, ok := errors.AsType[*tsimclient.Error](err); ok && told.Status == http.StatusRequestTimeout {
			err = nil
		}
	}
	if err != nil && b.ctx.Err() == nil {
		return err
	}
	b.ctx = context.WithoutCancel(b.ctx)
	return b.story(id)
}

// completeDo completes the action, and then identifiers of devices.
func (r *remote) completeDo(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return wordsOf(euicc.Ops()), cobra.ShellCompDirectiveNoFileComp
	}
	return r.offer(func(b *box) (found []cobra.Completion, err error) {
		list, err := b.Devices(b.ctx, tsimclient.DeviceFilter{}, offered)
		for _, d := range list.Devices {
			found = append(found, cobra.CompletionWithDesc(d.EID, "device of "+d.Account))
			for _, p := range d.Profiles {
				found = append(found, cobra.CompletionWithDesc(p.ICCID, fmt.Sprintf("%s profile, %s, %s", p.Role, p.Service, p.Status)))
			}
		}
		return found, err
	})(cmd, args, typed)
}
