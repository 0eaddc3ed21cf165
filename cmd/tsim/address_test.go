package main

import (
	"net"
	"os"
	"syscall"
	"testing"
)

func TestAddress(t *testing.T) {
	for text, want := range map[string]bool{
		"127.0.0.1:8080": true, ":8080": true, "localhost:0": true, "[::1]:65535": true, "tsim:http": true,
		"": false, "8080": false, "127.0.0.1": false, "127.0.0.1:": false, "127.0.0.1:65536": false, "::1:8080": false, "tsim:htpp": false,
		"http://127.0.0.1:8080": false,
	} {
		at := "as it was"
		err := address{at: &at}.Set(text)
		if want && (err != nil || at != text) || !want && (err != errAddress || at != "as it was") {
			t.Errorf("%q: %v, and it is %q", text, err, at)
		}
	}
	at := "as it was"
	if err := (address{at: &at, none: true}).Set(""); err != nil || at != "" {
		t.Errorf("none: %v, and it is %q", err, at)
	}
}

// What the system says of an address, in words.
func TestAddressesThatCannotBe(t *testing.T) {
	for err, want := range map[error]string{
		syscall.EACCES:        "--addr 192.0.2.1:80: this user may not listen at port 80; ports from 1024 on are for everybody",
		syscall.EADDRNOTAVAIL: "--addr 192.0.2.1:80: 192.0.2.1 is no address of this machine; 0.0.0.0 stands for all that it has",
		syscall.EMFILE:        "--addr 192.0.2.1:80: too many open files",
	} {
		err = &net.OpError{Op: "listen", Net: "tcp", Err: os.NewSyscallError("bind", err)}
		if got := cannotListen("--addr", "192.0.2.1:80", err); got.Error() != want {
			t.Errorf("it says %v, want %s", got, want)
		}
	}
}
