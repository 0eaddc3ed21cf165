//go:build !unix

package server

func setReadBuffer(uintptr, int) error { return nil }
