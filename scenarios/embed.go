// Package scenarios holds the scenarios that tsim has built in, one YAML file each, and its named sets of rules likewise,
// in misfortunes.
package scenarios

import "embed"

// Files are the scenarios and the sets.
//
//go:embed *.yaml misfortunes/*.yaml
var Files embed.FS
