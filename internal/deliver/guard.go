package deliver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"syscall"
)

// Guard says where posts may go. It is asked about the address that a name was resolved to, when a
// connection is made: so a name cannot lead where its address may not.
type Guard struct {
	// Own are the addresses that tsim itself listens at, which are never posted to: a callback that makes
	// another callback would have no end.
	Own []netip.AddrPort
	// Exposed says that other machines reach tsim: then it does not post for them to link-local addresses,
	// at which clouds hand out credentials to the machine that asks, unless Allow has such addresses.
	Exposed bool
	// Allow is all that may be posted to; nil for anything.
	Allow []Allowed
}

// Allowed is a network, or the name of a host as URLs have it.
type Allowed struct {
	network netip.Prefix
	host    string // in lower case
}

var errAllowed = errors.New("expected a network such as 10.0.0.0/8, an IP address, or the name of a host")

// ParseAllowed reads a network, an address or a name.
func ParseAllowed(text string) (Allowed, error) {
	if network, err := netip.ParsePrefix(text); err == nil {
		return Allowed{network: network.Masked()}, nil
	}
	if ip, err := netip.ParseAddr(text); err == nil && ip.Zone() == "" {
		ip = ip.Unmap()
		return Allowed{network: netip.PrefixFrom(ip, ip.BitLen())}, nil
	}
	odd := func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._", r))
	}
	if text == "" || text[0] == '-' || strings.ContainsFunc(text, odd) {
		return Allowed{}, errAllowed
	}
	return Allowed{host: strings.ToLower(text)}, nil
}

// metadata are the addresses at which clouds tell a machine its secrets, and what lies beside them.
var metadata = []netip.Prefix{
	netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("fd00:ec2::254/128"),
}

var errSelf = errors.New("tsim does not post to itself")

// control is that of a net.Dialer which connects to a host.
func (g *Guard) control(host string) func(context.Context, string, string, syscall.RawConn) error {
	return func(_ context.Context, _, address string, _ syscall.RawConn) error {
		ip, port, err := resolved(address)
		if err != nil {
			return err
		}
		return g.check(strings.ToLower(host), ip, port, net.InterfaceAddrs)
	}
}

// resolved is an address that is about to be dialled. No host, or one that stands for all of them, is this
// very machine.
func resolved(address string) (netip.Addr, uint16, error) {
	if strings.HasPrefix(address, ":") {
		address = "0.0.0.0" + address
	}
	at, err := netip.ParseAddrPort(address)
	ip := at.Addr().Unmap().WithZone("")
	switch ip {
	case netip.IPv4Unspecified():
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case netip.IPv6Unspecified():
		ip = netip.IPv6Loopback()
	}
	return ip, at.Port(), err
}

// check says why a host may not be posted to at its address, or nil. Those of this machine it asks for only
// when that matters.
func (g *Guard) check(host string, ip netip.Addr, port uint16, machine func() ([]net.Addr, error)) error {
	for _, own := range g.Own {
		if own.Port() == port && is(ip, own.Addr().Unmap(), machine) {
			return errSelf
		}
	}
	within := func(network netip.Prefix) bool { return network.IsValid() && network.Contains(ip) }
	if slices.ContainsFunc(g.Allow, func(a Allowed) bool { return within(a.network) }) {
		return nil
	}
	if g.Exposed && slices.ContainsFunc(metadata, within) {
		return fmt.Errorf("tsim does not post to %s, a link-local address, while other machines can reach it; see --callback-allow", ip)
	}
	if g.Allow != nil && !slices.ContainsFunc(g.Allow, func(a Allowed) bool { return a.host == host && host != "" }) {
		return fmt.Errorf("--callback-allow does not name %s", ip)
	}
	return nil
}

// is says whether an address is one that somebody listens at.
func is(ip, bound netip.Addr, machine func() ([]net.Addr, error)) bool {
	if !bound.IsUnspecified() {
		return ip == bound.WithZone("")
	}
	if ip.IsLoopback() {
		return true
	}
	addrs, err := machine()
	return err != nil || slices.ContainsFunc(addrs, func(a net.Addr) bool {
		n, ok := a.(*net.IPNet)
		return ok && n.IP.Equal(ip.AsSlice())
	})
}
