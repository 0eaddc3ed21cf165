package sim_test

import (
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// What a listener is made of has an end, and what is refused is not quoted beyond it; nor is a password.
func TestListenersHaveALength(t *testing.T) {
	long := strings.Repeat("x", 100)
	url := func(n int) string { return "http://h/" + strings.Repeat("x", n-len("http://h/")) }
	cfg := config.Defaults()
	cfg.Credentials = []config.Credential{{AppKey: "k", AppSecret: "s", Username: "u", Password: "p"}}
	cfg.Accounts = []config.Account{{Name: "a"}, {Name: long}, {Name: long + "x"}}
	cfg.Listeners = []config.Listener{
		{Account: "a", Service: config.ProfileService, URL: url(2048)},
		{Account: "a", Service: "CarrierService", URL: url(2049)},
		{Account: "a", Service: "QoS", URL: "ftp://me:secret@host/"},
		{Account: long + "yz", Service: "PwnService", URL: "http://h/"},
	}
	var got []string
	for _, p := range cfg.Problems() {
		got = append(got, p.String())
	}
	want := []string{
		"/accounts/2/name: the name of an account has at most 100 characters, not 101",
		"/listeners/1/url: the url of a listener has at most 2048 characters, not 2049",
		`/listeners/2/url: url "ftp://me:xxxxx@host/" is not an http or https URL with a host`,
		`/listeners/3/account: no account "` + long[:60] + `…" in this scenario`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the problems are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	cfg.Accounts, cfg.Listeners = cfg.Accounts[:1], nil
	box, err := sim.New(cfg, sim.Env{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		listener config.Listener
		want     string // the beginning
	}{
		{config.Listener{Account: "a", Service: "QoS", URL: url(2048)}, ""},
		{config.Listener{Account: "a", Service: "QoS", URL: url(2049)}, "the url of a listener has at most 2048 characters, not 2049"},
		{config.Listener{Account: "a", Service: "QoS", URL: "me:secret@host"}, `url "xxxxx@host" is not an http or https URL with a host`},
		{config.Listener{Account: "a", Service: long + "yz", URL: "http://h/"}, `unknown service "` + long[:60] + `…"; ThingSpace has `},
		{config.Listener{Account: long + "yz", Service: "QoS", URL: "http://h/"}, `no account "` + long[:60] + `…"`},
	} {
		said := ""
		if err := box.Register(c.listener); err != nil {
			said = err.Error()
		}
		if (said == "") != (c.want == "") || !strings.HasPrefix(said, c.want) {
			t.Errorf("%.60s: %s, want %s", c.listener.Service+" "+c.listener.URL, said, c.want)
		}
	}
	cfg.Compat.Set(config.Ports, "verizon")
	cfg.Listeners = []config.Listener{{Account: "a", Service: "QoS", URL: "http://me:secret@host:81/"}}
	if found := cfg.Problems(); len(found) != 1 || !strings.HasPrefix(found[0].Msg, `url "http://me:xxxxx@host:81/": callbacks go to`) {
		t.Errorf("the problems are %v", found)
	}
	if err := box.Deregister("a", long+"yz"); err == nil || err.Error() != `account a has no listener for "`+long[:60]+`…"` {
		t.Errorf("%v", err)
	}
}
