package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func newCA() *cobra.Command {
	var dir string
	var path bool
	cmd := &cobra.Command{
		Use:   "ca",
		Short: "Print the certificate of tsim's own CA",
		Long: `'tsim serve --tls' has a certificate that is signed by a CA of your own machine. ca prints the
certificate of that CA, which clients have to trust, as PEM; it makes the CA if there is none.
docs/https.md says how to make macOS, Linux, Windows, Java, Node, Python and Go trust it.

The CA's private key stays beside it. Whoever has it can impersonate any site to those who trust
the CA: do not hand it out.`,
		Example: `  tsim ca > tsim-ca.pem
  curl --cacert "$(tsim ca --path)" https://127.0.0.1:8443/tsim/v1/health`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := fromEnvironment(cmd, os.Environ()); err != nil {
				return err
			}
			ca, err := openCA(dir, nil)
			if err != nil {
				return err
			}
			if path {
				_, err = fmt.Fprintln(cmd.OutOrStdout(), ca.Path())
			} else {
				_, err = cmd.OutOrStdout().Write(ca.PEM())
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&path, "path", false, "print the path of its file instead")
	addTLSDir(cmd.Flags(), &dir)
	return cmd
}
