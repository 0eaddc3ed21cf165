package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tsim/tsimclient"
)

// remote is the server that a command asks, and how its answers are printed.
type remote struct {
	control, token, sandbox string
	output                  choice
	thingspace              thingspaceFlags // of do and listen
}

// shared are those flags of commands that ask a server which have a variable; the others say what to do just now.
var shared = []string{"control-url", "control-token", "sandbox", "output", "url", "account", "app-key", "app-secret", "username", "password"}

// asks marks the commands that ask a server.
const asks = "asks a server"

// noun is a command with others below, which all ask the same server.
func noun(r *remote, cmd *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.Annotations = map[string]string{asks: ""}
	r.declare(cmd, cmd.PersistentFlags())
	cmd.AddCommand(verbs...)
	return cmd
}

// verb makes a command ask the server.
func (r *remote) verb(cmd *cobra.Command, run func(b *box, args []string) error) *cobra.Command {
	if cmd.Args == nil {
		cmd.Args = cobra.NoArgs
	}
	cmd.Annotations = map[string]string{asks: ""}
	cmd.Flags().SortFlags = false
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		b, err := r.box(cmd)
		if err != nil {
			return err
		}
		return b.explain(run(b, args))
	}
	return cmd
}

// declare adds the flags that say which server, and how its answers are printed.
func (r *remote) declare(cmd *cobra.Command, flags *pflag.FlagSet) {
	if r.output.words == nil {
		r.output.words = []string{"json", "yaml"}
	}
	flags.SortFlags = false
	flags.StringVar(&r.control, "control-url", "", "the address of the server's control (default: where 'tsim serve' with the same variables has it, http://127.0.0.1:8080)")
	flags.StringVar(&r.token, "control-token", "", "the token that control asks for; better given as its variable")
	flags.StringVar(&r.sandbox, "sandbox", tsimclient.DefaultSandbox, "the name of the sandbox")
	flags.VarP(&r.output, "output", "o", "as control answers, for programs: json, yaml (default: as text)")
	completeWith(cmd, "output", cobra.FixedCompletions(r.output.words, cobra.ShellCompDirectiveNoFileComp))
	completeWith(cmd, "sandbox", r.offer(sandboxNames))
}

// box is the sandbox that a command is about, and where the command prints.
type box struct {
	tsimclient.Client
	ctx       context.Context
	in        io.Reader
	out, errs io.Writer
	output    string // json, yaml, or "" for text
	style     style
	url       string    // of ThingSpace, simulated
	trust     string    // the file of the certificate of a URL with https; "" if the system trusts it
	now       time.Time // there, once somebody has asked
}

// box is the sandbox of the flags and the variables.
func (r *remote) box(cmd *cobra.Command) (*box, error) {
	environ := os.Environ()
	if err := fromEnvironment(cmd, environ); err != nil {
		return nil, err
	}
	serving, err := servedBy(cmd.Root(), environ)
	if err != nil {
		return nil, err
	}
	control, simulated, err := r.addresses(&serving)
	if err != nil {
		return nil, err
	}
	trust, file, err := serving.trust()
	if errors.Is(err, fs.ErrNotExist) && serving.cert == "" {
		trust, file, err = nil, "", nil // tsim has made no CA here
	}
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(simulated, "http:") {
		file = ""
	}
	return &box{
		// A transport of its own, because it is this server that is asked and no proxy.
		Client: tsimclient.Client{BaseURL: control, Sandbox: r.sandbox, Token: r.token, HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}},
		ctx:    cmd.Context(), in: cmd.InOrStdin(), out: cmd.OutOrStdout(), errs: cmd.ErrOrStderr(),
		output: r.output.word, style: styleOf(cmd.OutOrStdout(), os.LookupEnv), url: simulated, trust: file,
	}, nil
}

// addresses are those of control and of the simulated calls. What is not said is where serve has it with the same variables.
func (r *remote) addresses(serving *healthFlags) (control, simulated string, err error) {
	control, simulated = r.control, cmp.Or(r.thingspace.url, r.control)
	if control == "" {
		if control, err = serving.url("--control-addr", serving.control); err != nil {
			return "", "", err
		}
	}
	if simulated == "" {
		simulated, err = serving.url("--addr", serving.addr)
	}
	return control, simulated, err
}

// servedBy are the flags of a server that has the same variables.
func servedBy(root *cobra.Command, environ []string) (f healthFlags, err error) {
	flags := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	f.declare(flags)
	values, err := values(root, environ)
	if err == nil {
		err = setVariables(flags, values)
	}
	return f, err
}

// explain says what would be right where a server does not answer, or not to this user.
func (b *box) explain(err error) error {
	told, ok := errors.AsType[*tsimclient.Error](err)
	switch {
	case !ok || b.ctx.Err() != nil:
		return err
	case told.Status == 0 && told.Unwrap() != nil:
		what := told.Unwrap()
		if unverified, ok := errors.AsType[*tls.CertificateVerificationError](what); ok {
			return fmt.Errorf("the certificate of %s is not trusted: %w; docs/https.md says how it is", b.BaseURL, unverified)
		}
		return fmt.Errorf("no tsim answers at %s: %w; start one with 'tsim serve', or say with --control-url where it is", b.BaseURL, root(what))
	case told.Status == http.StatusUnauthorized:
		return fmt.Errorf("%s asks for its control token: set TSIM_CONTROL_TOKEN to the one of its start page", b.BaseURL)
	case told.Status == http.StatusNotFound && told.Message == fmt.Sprintf("no sandbox %q", b.Sandbox):
		return fmt.Errorf("%w; 'tsim sandbox list' has those that there are", err)
	}
	return err
}

// root is the innermost error, which says what is wrong without saying where twice.
func root(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

// offerTime is how long the server may take to say what there is: who types does not wait.
const offerTime = 2 * time.Second

// offers complete an argument or a flag, by what the server has.
type offers func(b *box) ([]cobra.Completion, error)

// offer completes with what the server has; when it does not answer, with nothing.
func (r *remote) offer(what offers) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		b, err := r.box(cmd)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp // completion is no place for complaints
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), offerTime)
		defer cancel()
		b.ctx = ctx
		found, _ := what(b)
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// offerFirst is offer for the first argument of a command, and nothing for the others.
func (r *remote) offerFirst(what offers) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return r.offer(what)(cmd, args, typed)
	}
}

// hasVariable says whether a flag of a command has a variable.
func hasVariable(cmd *cobra.Command, f *pflag.Flag) bool {
	_, asking := cmd.Annotations[asks]
	return f.Name != "help" && (!asking || slices.Contains(shared, f.Name))
}
