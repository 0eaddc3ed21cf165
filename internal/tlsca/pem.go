package tlsca

import (
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
)

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// parse reads what generate has made.
func parse(text []byte) (*CA, error) {
	ca := &CA{}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
			if err != nil {
				return nil, err
			}
			ca.key, _ = key.(*ecdsa.PrivateKey)
		case "CERTIFICATE":
			cert, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return nil, err
			}
			ca.cert = cert
		}
	}
	switch {
	case ca.key == nil:
		return nil, errors.New("it has no ECDSA key")
	case ca.cert == nil:
		return nil, errors.New("it has no certificate")
	case !ca.key.PublicKey.Equal(ca.cert.PublicKey):
		return nil, errors.New("key and certificate do not belong together")
	}
	return ca, nil
}

// Pool is the CAs that the system trusts and those in the files, which are PEM.
func Pool(files ...string) (*x509.CertPool, error) {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without CAs trusts none
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("%s has no certificate that can be read; PEM begins with -----BEGIN CERTIFICATE-----", file)
		}
	}
	return pool, nil
}
