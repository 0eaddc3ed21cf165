package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"tsim/internal/tlsca"
)

// curl is as much of curl as the printed walk and the reference of the control surface need, so that they
// can be tested on a machine without it: -s --fail -u user:pass -H header -d body
// --data-binary @file -X method --cacert file -o file url.
func curl(args []string) int {
	var url, body, method, user, ca, out string
	fail := false
	header := http.Header{}
	for i := 0; i < len(args); i++ {
		value := func() string { i++; return args[i] }
		switch args[i] {
		case "-s":
		case "--fail":
			fail = true
		case "-u":
			user = value()
		case "-d":
			body = value()
		case "--data-binary":
			text, err := os.ReadFile(strings.TrimPrefix(value(), "@"))
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 26
			}
			body = string(text)
		case "-o":
			out = value()
		case "-X":
			method = value()
		case "--cacert":
			ca = value()
		case "-H":
			name, v, _ := strings.Cut(value(), ": ")
			header.Set(name, v)
		default:
			url = args[i]
		}
	}
	if method == "" {
		method = http.MethodGet
		if body != "" {
			method = http.MethodPost
		}
	}
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if r.Header = header; body != "" && header.Get("Content-Type") == "" {
		header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if name, pass, ok := strings.Cut(user, ":"); ok {
		r.SetBasicAuth(name, pass)
	}
	client := &http.Client{}
	if ca != "" {
		pool, err := tlsca.Pool(ca)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 77
		}
		client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	}
	res, err := client.Do(r)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 7
	}
	defer res.Body.Close()
	if fail && res.StatusCode/100 != 2 {
		text, _ := io.ReadAll(res.Body)
		fmt.Fprintf(os.Stderr, "%d %s\n", res.StatusCode, text)
		return 22
	}
	text, err := io.ReadAll(res.Body)
	if err == nil && out != "" {
		err = os.WriteFile(out, text, 0o600)
	} else if err == nil {
		_, err = os.Stdout.Write(text)
	}
	if err != nil {
		return 23
	}
	return 0
}
