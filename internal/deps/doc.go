// Package deps holds the test of the floor plan: which package may import which, and what may be used
// on which floor. docs/architecture.md has the drawing.
package deps
