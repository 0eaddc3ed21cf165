// Package schemas holds the JSON Schemas (draft-07) of the simulated calls, one file each, and
// those of scenario files and of the named sets of rules. Beside each pattern stands what it asks for in words, and the code that
// ThingSpace documents for its violation.
package schemas

import "embed"

// Files are the schemas.
//
//go:embed *.json
var Files embed.FS
