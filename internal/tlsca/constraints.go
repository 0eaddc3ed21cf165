package tlsca

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
)

// local is what every CA may sign for: names that nobody has in the world, ThingSpace's own, which SDKs have
// built in, and addresses of this machine and of private networks. A domain stands for those below it too.
var local = struct{ domains, networks []string }{
	[]string{"localhost", "thingspace.verizon.com", "test", "example", "invalid", "local", "internal", "home.arpa"},
	[]string{"127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7", "fe80::/10"},
}

// constrain limits a CA to what is local and to some hosts, for clients that look at it. It is not marked as
// critical: a client that does not know such limits would refuse the CA.
func constrain(ca *x509.Certificate, hosts []string) {
	ca.PermittedDNSDomains = slices.Clone(local.domains)
	for _, text := range local.networks {
		_, network, _ := net.ParseCIDR(text)
		ca.PermittedIPRanges = append(ca.PermittedIPRanges, network)
	}
	for _, host := range hosts {
		if permitted(ca, host) {
			continue
		}
		if ip := net.ParseIP(host); ip != nil {
			bits := 8 * len(short(ip))
			ca.PermittedIPRanges = append(ca.PermittedIPRanges, &net.IPNet{IP: short(ip), Mask: net.CIDRMask(bits, bits)})
		} else {
			ca.PermittedDNSDomains = append(ca.PermittedDNSDomains, host)
		}
	}
}

// short is an address of version 4 in its four bytes.
func short(ip net.IP) net.IP {
	if four := ip.To4(); four != nil {
		return four
	}
	return ip
}

// may says whether the CA may sign for a host. One that is older than its limits may sign for all.
func (ca *CA) may(host string) bool {
	return len(ca.cert.PermittedDNSDomains) == 0 || permitted(ca.cert, host)
}

func permitted(ca *x509.Certificate, host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return slices.ContainsFunc(ca.PermittedIPRanges, func(n *net.IPNet) bool { return n.Contains(ip) })
	}
	host = strings.ToLower(host)
	return slices.ContainsFunc(ca.PermittedDNSDomains, func(domain string) bool {
		return host == domain || strings.HasSuffix(host, "."+domain)
	})
}

// ownersAlone refuses a key that others than its owner can read.
func ownersAlone(file string) error {
	info, err := os.Stat(file)
	if err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		err = fmt.Errorf("others can read its key, %s has the mode %04o; chmod 600 it if it was never read, or delete it, and tsim makes a new CA",
			file, info.Mode().Perm())
	}
	return err
}
