package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"tsim/internal/euicc"
	"tsim/tsimbox"
	"tsim/tsimclient"
)

// thingspaceFlags say where ThingSpace is, simulated, and who logs in there.
type thingspaceFlags struct {
	url, account string
	credential   tsimclient.Credential
}

// declareThingSpace adds the flags of commands that are clients of ThingSpace, with those of all that ask a server.
func (r *remote) declareThingSpace(cmd *cobra.Command) {
	f, flags := &r.thingspace, cmd.Flags()
	flags.StringVar(&f.account, "account", "", "the account (default: the first one of the sandbox)")
	r.declare(cmd, flags)
	flags.StringVar(&f.url, "url", "", "where ThingSpace is simulated, if that is elsewhere than --control-url")
	flags.StringVar(&f.credential.AppKey, "app-key", "", "the application that logs in, with --app-secret (default: that of the sandbox)")
	flags.StringVar(&f.credential.AppSecret, "app-secret", "", "its secret; better given as its variable")
	flags.StringVar(&f.credential.Username, "username", "", "the user that logs in, with --password (default: that of the sandbox)")
	flags.StringVar(&f.credential.Password, "password", "", "its password; better given as its variable")
	completeWith(cmd, "account", r.offer(accountNames))
}

// client is a client of ThingSpace, which logs in as the flags say or else as the sandbox does.
func (b *box) client(f *thingspaceFlags) (*tsimbox.Sandbox, error) {
	client, err := tsimbox.Join(b.ctx, b.url, &b.Client)
	if err != nil {
		return nil, err
	}
	c := &client.Credential
	c.AppKey, c.AppSecret = cmp.Or(f.credential.AppKey, c.AppKey), cmp.Or(f.credential.AppSecret, c.AppSecret)
	c.Username, c.Password = cmp.Or(f.credential.Username, c.Username), cmp.Or(f.credential.Password, c.Password)
	if client.Account = cmp.Or(f.account, client.Account); client.Account == "" {
		return nil, fmt.Errorf("the sandbox %q has no account", client.Name)
	}
	return client, nil
}

// call makes a call of ThingSpace. The error of a refusal is in ThingSpace's words.
func (b *box) call(client *tsimbox.Sandbox, method, path string, body, reply any) error {
	status, text, err := client.Call(b.ctx, method, path, body)
	if err != nil {
		return err
	}
	if status/100 == 2 {
		return json.Unmarshal(text, reply)
	}
	var refusal struct{ ErrorCode, ErrorMessage string }
	if json.Unmarshal(text, &refusal) != nil || refusal.ErrorMessage == "" {
		return fmt.Errorf("ThingSpace answered with %d %s: %s", status, http.StatusText(status), text)
	}
	return fmt.Errorf("ThingSpace refuses it with %d, %s: %s", status, refusal.ErrorCode, refusal.ErrorMessage)
}

// eidLength is how many digits an EID has.
const eidLength = 32

// kindOf is the kind of an identifier, by its digits.
func kindOf(id string) (euicc.Kind, bool) {
	if strings.Trim(id, "0123456789") != "" {
		return 0, false
	}
	switch len(id) {
	case eidLength:
		return euicc.KindEID, true
	case 19, 20:
		return euicc.KindICCID, true
	case 15:
		return euicc.KindIMEI, true
	case 10:
		return euicc.KindMDN, true
	case 11:
		return euicc.KindMSISDN, id[0] == '1'
	}
	return 0, false
}

// deviceOf reads the identifiers of one device, with commas between them.
func deviceOf(word string) (ids euicc.IDs, err error) {
	for one := range strings.SplitSeq(word, ",") {
		name, id, named := strings.Cut(one, "=")
		kind, known := euicc.ParseKind(name)
		if !named {
			id = one
			kind, known = kindOf(id)
		}
		if !known || id == "" {
			return ids, fmt.Errorf("%q is no device: expected an EID (32 digits), an ICCID (19 or 20), an IMEI (15) or an MDN (10), or a kind with it, such as iccid=%s", one, id)
		}
		ids.Set(kind, id)
	}
	if ids.Conflict {
		return ids, fmt.Errorf("%q names one device with two identifiers of one kind; put a space between devices", word)
	}
	return ids, nil
}
