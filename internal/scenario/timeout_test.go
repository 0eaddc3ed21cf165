package scenario

import (
	"reflect"
	"testing"
	"time"
)

// Another delivery.timeout changes nothing else, wherever the old one stands.
func TestWithDeliveryTimeout(t *testing.T) {
	const head = "# mine\nname: mine\ncredentials: [{appKey: k, appSecret: s, username: u, password: p}]\n"
	for what, text := range map[string]string{
		"none":        head,
		"flow":        head + "delivery: {timeout: 3s, attempts: 2}\n",
		"block":       head + "delivery:\n  attempts: 2 # two\n  timeout: 3s\nseed: 4\n",
		"without one": head + "delivery: {attempts: 2, interval: 1m}\n",
		"JSON":        `{"name": "mine", "credentials": [{"appKey": "k", "appSecret": "s", "username": "u", "password": "p"}]}`,
		"identifiers": head + "accounts: [{name: 0001, devices: [{eid: 00001012012341234012345678901224, profiles: [{iccid: 89148000000000000019, network: us, service: active, status: ENABLE}]}]}]\n",
	} {
		want, err := Load("mine", []byte(text), time.Time{})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		want.Delivery.Timeout = 70 * time.Millisecond
		with, err := WithDeliveryTimeout([]byte(text), 70*time.Millisecond)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if got, err := Load("mine", with, time.Time{}); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v\n%s\nis\n%+v\nwant\n%+v", what, err, with, got, want)
		}
	}
	// What is no scenario is left as it is, for whoever loads it.
	for _, text := range []string{"", "default", "a: b: c", "- a\n"} {
		if with, err := WithDeliveryTimeout([]byte(text), time.Second); err != nil || string(with) != text {
			t.Errorf("%q: %q, %v", text, with, err)
		}
	}
	for _, text := range []string{"delivery: often\n", "limits: &none {}\ndelivery: *none\n"} {
		if with, err := WithDeliveryTimeout([]byte(text), time.Second); err == nil {
			t.Errorf("%q: %q", text, with)
		}
	}
}
