// Package scenarios holds the scenarios that tsim has built in, one YAML file each.
package scenarios

import "embed"

// Files are the scenarios.
//
//go:embed *.yaml
var Files embed.FS
