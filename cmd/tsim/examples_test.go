package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"tsim/tsimbox"
	"tsim/tsimclient"
)

// before are the commands that make what the examples of a command are about.
var before = map[string]string{
	"tsim callback release": "tsim callback hold 1",
	"tsim callback resend":  "tsim clock advance idle",
	"tsim do":               "tsim clock set auto",
	"tsim hold lift":        "tsim hold add",
	"tsim rule show":        "tsim rule add --with duplicates",
	"tsim rule put":         "tsim rule add --with duplicates",
	"tsim rule delete":      "tsim rule add --with duplicates",
	"tsim rule restart":     "tsim rule add --with duplicates",
	"tsim sandbox delete":   "tsim sandbox create mine",
	"tsim wait":             "tsim clock advance idle",
	"tsim wait idle":        "tsim clock advance idle",
	"tsim wait request":     "tsim clock advance idle",
	"tsim wait event":       "tsim device set 89001012012341234012345678901224 powered=false",
}

// exampleFiles are the files that examples speak of.
var exampleFiles = map[string]string{
	"rules.yaml":   "- {name: lost, reply: {cut: after}}\n- {name: late, callback: {delay: 5s}}\n",
	"rule.yaml":    "callback: {duplicate: 2}\n",
	"devices.yaml": "eid: \"89999012012341234012345678901224\"\nprofiles:\n  - {iccid: 89148000000000099991, network: us, service: active, status: ENABLE}\n",
}

// The examples in the help of each command that asks a server work as they stand, one after the other, in a sandbox where a
// profile was suspended and nobody hears its callback.
func TestExamplesOfHelp(t *testing.T) {
	server, err := tsimbox.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close(context.Background()) }()
	dir := t.TempDir()
	for name, text := range exampleFiles {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	ran := 0
	each(newRoot(), func(cmd *cobra.Command) {
		if _, asking := cmd.Annotations[asks]; !asking || cmd.Name() == "listen" { // which has tests of its own
			return
		}
		script := "set -ex\n" + before[cmd.CommandPath()] + "\n"
		for line := range strings.Lines(cmd.Example) {
			if !strings.Contains(line, "event --follow") && !strings.Contains(line, "recording write") { // which never end
				script += line
				ran++
			}
		}
		box, err := tsimbox.Connect(t.Context(), server.URL)
		if err == nil {
			err = box.Register(t.Context(), tsimbox.Registration{URL: "http://127.0.0.1:1/nobody"})
		}
		if err == nil {
			_, err = box.Do(t.Context(), tsimclient.OpProfileSuspend, tsimbox.IDs{ICCID: suspendable})
		}
		if err == nil {
			_, err = box.Control.Advance(t.Context(), tsimclient.Advance{By: "2s"})
		}
		if err != nil {
			t.Fatal(err)
		}
		sh := exec.CommandContext(t.Context(), "sh", "-c", script)
		sh.Dir, sh.Env = dir, append(os.Environ(), "TSIM_CONTROL_URL="+server.URL, "TSIM_SANDBOX="+box.Name)
		if out, err := sh.CombinedOutput(); err != nil {
			t.Errorf("%s: the examples end with %v:\n%s", cmd.CommandPath(), err, out)
		}
		own := tsimclient.Client{BaseURL: server.URL}
		for _, made := range []string{"mine", "theirs"} {
			own.Sandbox = made
			_, _ = own.DeleteSandbox(t.Context())
		}
		if err := box.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if ran < 80 {
		t.Errorf("only %d examples were run", ran)
	}
}
