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
// can be tested on a machine without it: -s --fail -u user:pass -H header -d body -X method --cacert file url.
func curl(args []string) int {
	var url, body, method, user, ca string
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
	if _, err := io.Copy(os.Stdout, res.Body); err != nil {
		return 1
	}
	return 0
}
