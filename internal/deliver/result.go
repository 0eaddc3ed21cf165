package deliver

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"tsim/internal/sim"
)

// What is wrong without the system saying so. errURL stands for what net/url says of a URL that it cannot
// read, which may quote a password.
var (
	errURL      = errors.New("nothing can be posted to the listener's URL; it has to look like http://host:port/path")
	errLongHead = fmt.Errorf("the header of the reply is longer than %d bytes", maxHead)
	errFull     = errors.New("no file descriptor is left; let the process have more (ulimit -n), or have less at the same time")
	errInterim  = fmt.Errorf("%d replies with a status below 200, and no other", maxInterim)
	errCut      = errors.New("the connection was cut in the middle of the body, as a rule says")
	errOver     = errors.New("cut off, because what it tells of is forgotten")
)

// givenUp are the errors of posts that this side ends: no reply to them is waited for.
var givenUp = []error{errCut, errOver}

// The errors of the system that mean no descriptor, a refusal or a reset; the bare numbers are those of Windows.
var (
	full     = []error{syscall.EMFILE, syscall.ENFILE}
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
	case errors.As(err, &netErr) && netErr.Timeout(): // that of a context is one too
		return sim.Timeout
	case isAny(err, refusals):
		return sim.Refused
	case isTLS(err):
		return sim.TLS
	case isAny(err, resets), errors.Is(err, errCut):
		return sim.Reset
	}
	return sim.Other
}

// noDescriptor says whether an error means that the process, or the machine, has no descriptor left. A
// look-up that cannot open its files knows no host, so it takes another try at a file to find out.
func noDescriptor(err error) bool {
	if _, lookUp := errors.AsType[*net.DNSError](err); lookUp {
		var null *os.File
		if null, err = os.Open(os.DevNull); err == nil {
			_ = null.Close() // nothing was written
		}
	}
	return isAny(err, full)
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
func (d *Deliverer[P]) text(result sim.Result, err error, timeout time.Duration) string {
	switch {
	case result == sim.Timeout:
		return fmt.Sprintf("no answer within %s", timeout)
	case d.ctx.Err() != nil:
		return "cut off, because the server is shutting down"
	}
	return err.Error()
}
