package main

import (
	"github.com/spf13/cobra"

	"tsim/internal/thingspace"
)

func newOpenAPI() *cobra.Command {
	return &cobra.Command{
		Use:   "openapi",
		Short: "Print an OpenAPI description of the simulated calls",
		Long: `openapi prints an OpenAPI 3.1 description of every call that tsim simulates, with its callbacks:
for generators of clients, and for people. A running tsim has it at /tsim/v1/openapi.json.`,
		Example: `  tsim openapi > thingspace.json
  curl http://127.0.0.1:8080/tsim/v1/openapi.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := cmd.OutOrStdout().Write(thingspace.OpenAPI(version()))
			return err
		},
	}
}
