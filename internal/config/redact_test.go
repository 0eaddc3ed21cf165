package config_test

import (
	"testing"

	"tsim/internal/config"
)

func TestRedact(t *testing.T) {
	for url, want := range map[string]string{
		"http://host:8080/callback?x=1":     "http://host:8080/callback?x=1",
		"http://host/@all?to=a:b@c":         "http://host/@all?to=a:b@c",
		"http://me@host/":                   "http://me@host/",
		"https://me:secret@host/callback":   "https://me:xxxxx@host/callback",
		"https://me:se:cr@et@host/callback": "https://me:xxxxx@host/callback",
		"ftp://me:secret@host/":             "ftp://me:xxxxx@host/",
		"//me:secret@host/":                 "//me:xxxxx@host/",
		"http://me:%secret@host/":           "http://xxxxx@host/",
		"http://me:sec/ret@host/":           "http://xxxxx@host/",
		"http://me:secret@host:port/":       "http://xxxxx@host:port/",
		"http://me:secret@/":                "http://xxxxx@/",
		"http:/me:secret@host/":             "xxxxx@host/",
		"http:me:secret@host":               "xxxxx@host",
		"me:secret@host":                    "xxxxx@host",
		" http://me:secret@host/":           " http://xxxxx@host/",
		"listener.example":                  "listener.example",
		"":                                  "",
		config.Mailbox:                      config.Mailbox,
	} {
		if got := config.Redact(url); got != want {
			t.Errorf("%s: %s, want %s", url, got, want)
		}
	}
}
