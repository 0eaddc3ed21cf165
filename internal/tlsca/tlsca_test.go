package tlsca_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"tsim/internal/tlsca"
)

var now = time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)

func open(t testing.TB, dir string) *tlsca.CA {
	t.Helper()
	ca, err := tlsca.Open(dir, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

// verify checks a certificate as a client does that trusts nothing but the CA.
func verify(t testing.TB, ca *tlsca.CA, leaf tls.Certificate, host string, at time.Time) error {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(ca.PEM()) {
		t.Fatalf("not PEM: %s", ca.PEM())
	}
	cert, err := x509.ParseCertificate(leaf.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = cert.Verify(x509.VerifyOptions{DNSName: host, Roots: pool, CurrentTime: at})
	return err
}

func TestLeaf(t *testing.T) {
	ca := open(t, t.TempDir())
	leaf, err := ca.Leaf([]string{"localhost", "127.0.0.1", "::1", "thingspace.verizon.com"}, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"localhost", "127.0.0.1", "[::1]", "thingspace.verizon.com"} {
		if err := verify(t, ca, leaf, host, now.Add(364*24*time.Hour)); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
	for host, at := range map[string]time.Time{
		"verizon.com": now, "127.0.0.2": now, "localhost": now.Add(366 * 24 * time.Hour), "::1": now.Add(-2 * time.Hour),
	} {
		if verify(t, ca, leaf, host, at) == nil {
			t.Errorf("the certificate is good for %s at %s", host, at)
		}
	}
	if other := open(t, t.TempDir()); verify(t, other, leaf, "localhost", now) == nil {
		t.Error("two CAs are the same")
	}
	if _, err := ca.Leaf([]string{"bücher.example"}, now); err == nil || !strings.Contains(err.Error(), "bücher.example") {
		t.Errorf("a name that no certificate can have: %v", err)
	}
}

func TestKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	first := open(t, dir)
	if again := open(t, dir); !bytes.Equal(first.PEM(), again.PEM()) {
		t.Error("the CA was made anew")
	}
	if err := os.WriteFile(first.Path(), []byte("spoilt"), 0o600); err != nil {
		t.Fatal(err)
	}
	again := open(t, dir)
	if text, err := os.ReadFile(again.Path()); err != nil || !bytes.Equal(text, first.PEM()) {
		t.Errorf("the public file was not mended: %v\n%s", err, text)
	}
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = 0o700
		} else {
			files++
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != want {
			t.Errorf("%s has mode %o, want %o", path, info.Mode().Perm(), want)
		}
		return nil
	})
	if err != nil || files != 2 {
		t.Errorf("%d files, %v", files, err)
	}
}

// Programs that start at the same moment agree on one CA.
func TestMadeOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	made := make([][]byte, 8)
	var all sync.WaitGroup
	for i := range made {
		all.Go(func() {
			ca, err := tlsca.Open(dir, nil, now)
			if err != nil {
				t.Error(err)
				return
			}
			made[i] = ca.PEM()
		})
	}
	all.Wait()
	for _, pem := range made {
		if !bytes.Equal(pem, made[0]) {
			t.Fatal("there is more than one CA")
		}
	}
}

func TestUnusable(t *testing.T) {
	dir := t.TempDir()
	ca := open(t, dir)
	if _, err := tlsca.Open(dir, nil, now.Add(11*365*24*time.Hour)); err == nil || !strings.Contains(err.Error(), "has expired on 2039-12-30; delete ca-private.pem") {
		t.Errorf("expired: %v", err)
	}
	for text, want := range map[string]string{
		"":                "it has no ECDSA key",
		string(ca.PEM()):  "it has no ECDSA key",
		"no PEM either\n": "it has no ECDSA key",
		"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n":  "asn1",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE--": "it has no ECDSA key",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n":  "malformed certificate",
	} {
		if err := os.WriteFile(filepath.Join(dir, "ca-private.pem"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := tlsca.Open(dir, nil, now); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "delete it") {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	key, err := os.ReadFile(filepath.Join(newDir(t), "ca-private.pem"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca-private.pem"), append(key, ca.PEM()...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tlsca.Open(dir, nil, now); err == nil || !strings.Contains(err.Error(), "do not belong together") {
		t.Errorf("key and certificate of two CAs: %v", err)
	}
}

func newDir(t testing.TB) string {
	dir := t.TempDir()
	open(t, dir)
	return dir
}

func TestPool(t *testing.T) {
	ca := open(t, t.TempDir())
	system, err := tlsca.Pool()
	if err != nil {
		t.Fatal(err)
	}
	more, err := tlsca.Pool(ca.Path())
	if err != nil || more.Equal(system) {
		t.Errorf("the CA was not added: %v", err)
	}
	for file, want := range map[string]string{
		filepath.Join(t.TempDir(), "none.pem"): "none.pem",
		"tlsca_test.go":                        "tlsca_test.go has no certificate",
	} {
		if _, err := tlsca.Pool(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", file, err)
		}
	}
}
