package deliver

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"tsim/internal/sim"
)

func TestGuard(t *testing.T) {
	machine := func() ([]net.Addr, error) {
		return []net.Addr{
			&net.IPNet{IP: net.IPv4(10, 1, 2, 3), Mask: net.CIDRMask(8, 32)}, &net.IPNet{IP: net.ParseIP("fe80::1"), Mask: net.CIDRMask(64, 128)},
		}, nil
	}
	const (
		self = "tsim does not post to itself"
		no   = "--callback-allow does not name "
	)
	link := func(ip string) string {
		return "tsim does not post to " + ip + ", a link-local address, while other machines can reach it; see --callback-allow"
	}
	for _, c := range []struct {
		own     string
		exposed bool
		allow   []string
		host    string
		address string // as a dialer has it
		want    string
	}{
		{own: "127.0.0.1:80", address: "127.0.0.1:80", want: self},
		{own: "127.0.0.1:80", address: "[::ffff:127.0.0.1]:80", want: self},
		{own: "127.0.0.1:80", address: "0.0.0.0:80", want: self},
		{own: "127.0.0.1:80", address: ":80", want: self},
		{own: "127.0.0.1:80", address: "127.0.0.1:81"},
		{own: "127.0.0.1:80", address: "10.1.2.3:80"},
		{own: "[::1]:80", address: "[::1]:80", want: self},
		{own: "[::1]:80", address: "[::]:80", want: self},
		{own: "[::1]:80", address: "127.0.0.1:80"},
		{own: "10.1.2.3:80", exposed: true, address: "10.1.2.3:80", want: self},
		{own: "10.1.2.3:80", exposed: true, address: "127.0.0.1:80"},
		{own: "0.0.0.0:80", exposed: true, address: "127.0.0.1:80", want: self},
		{own: "0.0.0.0:80", exposed: true, address: "127.9.9.9:80", want: self},
		{own: "[::]:80", exposed: true, address: "10.1.2.3:80", want: self},
		{own: "[::]:80", exposed: true, address: "[fe80::1%eth0]:80", want: self},
		{own: "[::]:80", exposed: true, address: "[::1]:80", want: self},
		{own: "[::]:80", exposed: true, address: "10.1.2.4:80"},
		{own: "[::]:80", exposed: true, address: "10.1.2.3:81"},
		{own: "127.0.0.1:80", allow: []string{"127.0.0.0/8", "localhost"}, host: "localhost", address: "127.0.0.1:80", want: self},

		{address: "169.254.169.254:80"},
		{exposed: true, address: "169.254.169.254:80", want: link("169.254.169.254")},
		{exposed: true, address: "[::ffff:169.254.169.254]:80", want: link("169.254.169.254")},
		{exposed: true, address: "[fe80::2%eth0]:80", want: link("fe80::2")},
		{exposed: true, address: "[fd00:ec2::254]:80", want: link("fd00:ec2::254")},
		{exposed: true, address: "[fd00:ec2::255]:80"},
		{exposed: true, allow: []string{"metadata.test"}, host: "metadata.test", address: "169.254.169.254:80", want: link("169.254.169.254")},
		{exposed: true, allow: []string{"169.254.1.0/24"}, address: "169.254.1.9:80"},
		{exposed: true, allow: []string{"169.254.1.0/24"}, address: "169.254.2.9:80", want: link("169.254.2.9")},

		{allow: []string{"10.0.0.0/8"}, host: "anything", address: "10.9.9.9:80"},
		{allow: []string{"10.9.9.9/8"}, address: "[::ffff:10.8.8.8]:80"},
		{allow: []string{"10.0.0.0/8"}, address: "11.0.0.1:80", want: no + "11.0.0.1"},
		{allow: []string{"10.0.0.1"}, address: "10.0.0.2:80", want: no + "10.0.0.2"},
		{allow: []string{"::1"}, address: "[::1]:80"},
		{allow: []string{"10.0.0.0/8", "Listener.test"}, host: "listener.TEST", address: "11.0.0.1:80"},
		{allow: []string{"listener.test"}, host: "listener.test.evil", address: "11.0.0.1:80", want: no + "11.0.0.1"},
		{allow: []string{"10.0.0.0/8"}, address: ":80", want: no + "127.0.0.1"},
		{allow: []string{}, address: "127.0.0.1:80", want: no + "127.0.0.1"},
	} {
		g := Guard{Exposed: c.exposed}
		if c.own != "" {
			g.Own = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort(c.own)}
		}
		if c.allow != nil {
			g.Allow = []Allowed{}
		}
		for _, text := range c.allow {
			a, err := ParseAllowed(text)
			if err != nil {
				t.Fatal(err)
			}
			g.Allow = append(g.Allow, a)
		}
		ip, port, err := resolved(c.address)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := g.check(strings.ToLower(c.host), ip, port, machine); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

func TestParseAllowed(t *testing.T) {
	for _, text := range []string{"", "-1", "a b", "http://host", "host:80", "10.0.0.0/33", "fe80::1%eth0", "[::1]", "host/path", "é"} {
		if a, err := ParseAllowed(text); !errors.Is(err, errAllowed) {
			t.Errorf("%q: %+v, %v", text, a, err)
		}
	}
}

// TestPostToItself: whatever a URL calls the machine.
func TestPostToItself(t *testing.T) {
	srv := newListener(t, func(http.ResponseWriter, *http.Request) { t.Error("it was posted to") })
	at := srv.Listener.Addr().(*net.TCPAddr).AddrPort()
	d := newDeliverer(t, Options{Guard: Guard{Own: []netip.AddrPort{at}}})
	_, port, _ := net.SplitHostPort(at.String())
	for host, where := range map[string]string{"127.0.0.1": "127.0.0.1", "localhost": "127.0.0.1", "0.0.0.0": "0.0.0.0", "[::ffff:7f00:1]": "127.0.0.1", "": ""} {
		a := answer(d, "http://"+host+":"+port+"/", long)
		a.Took = 0
		// localhost may be [::1] too, where nobody listens.
		if want := (sim.Answer{Result: sim.Other, Err: "dial tcp " + where + ":" + port + ": tsim does not post to itself"}); a != want && host != "localhost" || a.Result == sim.Replied {
			t.Errorf("%q: %+v, want %+v", host, a, want)
		}
	}
}
