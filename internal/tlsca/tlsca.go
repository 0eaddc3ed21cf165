// Package tlsca is a certificate authority for one machine: it is made once, kept in a directory, and
// signs the certificates with which tsim serves https.
package tlsca

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The files in the directory of a CA. The private one holds key and certificate together, because two
// programs that start at once must not end up with the key of one and the certificate of the other;
// the public one is a copy of the certificate for those who are to trust it.
const (
	private = "ca-private.pem"
	public  = "ca.pem"
)

const (
	year  = 365 * 24 * time.Hour
	early = time.Hour // certificates are valid a little early, for clocks that are a little late
)

// CA is a certificate authority.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	path string
}

// DefaultDir is where the CA of this user lives.
func DefaultDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fmt.Errorf("there is no place to keep a CA: %w; say one with --tls-dir", err)
	}
	return filepath.Join(dir, "tsim"), nil
}

// PublicFile is where the certificate of the CA in dir is.
func PublicFile(dir string) string { return filepath.Join(dir, public) }

// Open reads the CA that is kept in dir, or makes one that may sign for these hosts and for local ones. Only
// this user can read its files; a key that others can read is refused.
func Open(dir string, hosts []string, now time.Time) (*CA, error) {
	file := filepath.Join(dir, private)
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = create(file, hosts, now)
	} else if err == nil {
		err = ownersAlone(file)
	}
	if err != nil {
		return nil, fmt.Errorf("the CA in %s: %w", dir, err)
	}
	ca, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("the CA in %s: %s cannot be used (%w); delete it, and tsim makes a new CA, which has to be trusted again", dir, private, err)
	}
	if now.After(ca.cert.NotAfter) {
		return nil, fmt.Errorf("the CA in %s has expired on %s; delete %s, and tsim makes a new CA, which has to be trusted again",
			dir, ca.cert.NotAfter.Format(time.DateOnly), private)
	}
	ca.path = PublicFile(dir)
	if old, err := os.ReadFile(ca.path); err == nil && bytes.Equal(old, ca.PEM()) {
		return ca, nil
	}
	if err := write(ca.path, ca.PEM(), os.Rename); err != nil {
		return nil, fmt.Errorf("the certificate of the CA: %w", err)
	}
	return ca, nil
}

// create makes a CA and the file that holds it, and answers the file's text: that of another program,
// if one was faster.
func create(file string, hosts []string, now time.Time) ([]byte, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	text, err := generate(hosts, now)
	if err != nil {
		return nil, err
	}
	if err := write(file, text, linkOrRename); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return os.ReadFile(file)
}

// linkOrRename gives a file its name unless the name is taken. Where there are no hard links it
// renames, and the last of two programs that make a CA at the same moment wins.
func linkOrRename(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	return os.Rename(from, to)
}

// write makes a file that is whole from the moment it has its name.
func write(file string, text []byte, name func(from, to string) error) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".new-*") // with mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	return name(f.Name(), file)
}

// generate makes a CA: its key and certificate in PEM.
func generate(hosts []string, now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	mark := make([]byte, 4) // tells this CA from an earlier one in lists of trusted CAs
	if _, err := rand.Read(mark); err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject:               pkix.Name{Organization: []string{"tsim"}, CommonName: "tsim local CA " + hex.EncodeToString(mark)},
		NotBefore:             now.Add(-early),
		NotAfter:              now.Add(10 * year),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
		MaxPathLenZero:        true,
	}
	constrain(template, hosts)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return append(encode("PRIVATE KEY", keyDER), encode("CERTIFICATE", der)...), nil
}

// Path is the file of the CA's certificate.
func (ca *CA) Path() string { return ca.path }

// PEM is the CA's certificate.
func (ca *CA) PEM() []byte { return encode("CERTIFICATE", ca.cert.Raw) }

// Leaf makes a certificate for a server at these hosts, names or IP addresses. Its key is nowhere but
// in memory.
func (ca *CA) Leaf(hosts []string, now time.Time) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		Subject:     pkix.Name{Organization: []string{"tsim"}, CommonName: "tsim"},
		NotBefore:   now.Add(-early),
		NotAfter:    now.Add(year),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if !ca.may(host) {
			return tls.Certificate{}, fmt.Errorf("the CA %s may not sign for %s: it is for local names and addresses, and for those that it was made with; "+
				"take another --tls-dir, or delete %s beside it, and tsim makes a new CA, which has to be trusted again", ca.path, host, private)
		}
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate for %q: %w", hosts, err)
	}
	return tls.Certificate{Certificate: [][]byte{der, ca.cert.Raw}, PrivateKey: key}, nil
}
