package deliver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"tsim/internal/sim"
)

// errURL stands for what net/url says of a URL that it cannot read, which may quote a password.
var errURL = errors.New("the listener's URL cannot be parsed; it has to look like http://host:port/path")

// The errors of the system that mean a refusal or a reset; the bare numbers are those of Windows.
var (
	refusals = []error{syscall.ECONNREFUSED, syscall.Errno(10061)}
	resets   = []error{
		io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.ECONNABORTED, syscall.EPIPE,
		syscall.Errno(10054), syscall.Errno(10053),
	}
)

// classify says which of the simulated results an error is. A timeout comes first: it may be wrapped
// in whatever was going on at the time.
func classify(err error) sim.Result {
	var netErr net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return sim.Timeout
	case isAny(err, refusals):
		return sim.Refused
	case isTLS(err):
		return sim.TLS
	case isAny(err, resets), unsent(err):
		return sim.Reset
	}
	return sim.Other
}

func isAny(err error, targets []error) bool {
	for _, t := range targets {
		if errors.Is(err, t) {
			return true
		}
	}
	return false
}

// isTLS says whether the two sides could not agree on TLS. crypto/tls exports types for few of its
// errors, but marks the alerts that it sends and gets, and begins its texts with its name.
func isTLS(err error) bool {
	var (
		certificate *tls.CertificateVerificationError
		authority   x509.UnknownAuthorityError
		host        x509.HostnameError
		invalid     x509.CertificateInvalidError
		record      tls.RecordHeaderError
		alert       *net.OpError
	)
	switch {
	case errors.As(err, &certificate), errors.As(err, &authority), errors.As(err, &host),
		errors.As(err, &invalid), errors.As(err, &record):
		return true
	case errors.As(err, &alert) && (alert.Op == "remote error" || alert.Op == "local error"):
		return true
	}
	return strings.HasPrefix(err.Error(), "tls: ") || strings.HasPrefix(err.Error(), "x509: ")
}

// text says for people what went wrong.
func (d *Deliverer[P]) text(err error, timeout time.Duration) string {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("no answer within %s", timeout)
	case d.ctx.Err() != nil:
		return "cut off, because the server is shutting down"
	}
	return err.Error()
}

// Redact is a listener's URL as logs may have it: without the password.
func Redact(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "(not a URL)"
	}
	return u.Redacted()
}
