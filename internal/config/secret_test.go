package config_test

import (
	"fmt"
	"strings"
	"testing"

	"tsim/internal/config"
)

func TestSecretsAreNotPrinted(t *testing.T) {
	const secret = "open sesame"
	c := config.Config{
		Credentials: []config.Credential{{AppSecret: secret, Password: secret}},
		Listeners:   []config.Listener{{Password: secret}},
	}
	for _, format := range []string{"%v", "%+v", "%s", "%q"} {
		if text := fmt.Sprintf(format, c); strings.Contains(text, secret) || strings.Count(text, "*****") != 3 {
			t.Errorf("%s prints %s", format, text)
		}
	}
}
