// Package fidelity holds the test of docs/fidelity.md: every behaviour in its tables has a source and
// a test that is there, every switch and every golden case has its row.
package fidelity
