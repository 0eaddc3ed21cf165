package tlsca

import (
	"crypto/rand"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

var then = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

// TestConstraints: whoever trusts the CA trusts it for what is local and for the hosts that it was made with, and
// a certificate for anything else is believed by no client that looks at the limits.
func TestConstraints(t *testing.T) {
	ca, err := Open(t.TempDir(), []string{"localhost", "tsim", "tsim.corp.net", "203.0.113.7", "2001:db8::7"}, then)
	if err != nil {
		t.Fatal(err)
	}
	for host, good := range map[string]bool{
		"localhost": true, "a.localhost": true, "thingspace.verizon.com": true, "THINGSPACE.verizon.com": true, "tsim": true, "tsim.corp.net": true,
		"box.test": true, "127.0.0.1": true, "::1": true, "192.168.1.20": true, "10.1.2.3": true, "203.0.113.7": true, "2001:db8::7": true,
		"verizon.com": false, "other.corp.net": false, "www.bank.com": false, "nottsim": false, "203.0.113.8": false, "8.8.8.8": false, "2001:db8::8": false,
	} {
		_, err := ca.Leaf([]string{host}, then)
		if (err == nil) != good {
			t.Errorf("a certificate for %s: %v", host, err)
		}
		if !good && !strings.Contains(err.Error(), "may not sign for "+host+": it is for local names") {
			t.Errorf("%s: %v", host, err)
		}
		if err := forge(t, ca, host); (err == nil) != good {
			t.Errorf("a client that is shown a certificate for %s: %v", host, err)
		}
	}
}

// forge signs for a host with the key of the CA, and says what a client makes of it.
func forge(t *testing.T, ca *CA, host string) error {
	t.Helper()
	leaf := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: then, NotAfter: then.Add(time.Hour), ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	if ip := net.ParseIP(host); ip != nil {
		leaf.IPAddresses = []net.IP{ip}
		host = "[" + host + "]"
	} else {
		leaf.DNSNames = []string{host}
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca.cert, ca.key.Public(), ca.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(ca.cert)
	_, err = cert.Verify(x509.VerifyOptions{DNSName: host, Roots: pool, CurrentTime: then})
	return err
}

// TestKeyThatOthersCanRead is refused.
func TestKeyThatOthersCanRead(t *testing.T) {
	dir := t.TempDir()
	if _, err := Open(dir, nil, then); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, private)
	for _, mode := range []os.FileMode{0o640, 0o604, 0o644, 0o660} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir, nil, then); runtime.GOOS != "windows" && (err == nil || !strings.Contains(err.Error(), "others can read its key")) {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	if err := os.Chmod(file, 0o400); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir, nil, then); err != nil {
		t.Error(err)
	}
}
