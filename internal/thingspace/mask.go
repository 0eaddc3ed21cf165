package thingspace

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// How secrets are kept out of the record of calls. They are known by where they stand, not by their text: a wrong
// password is as secret as the right one.
//
// A body of a row that has credentials shows only the fields that are known to have none, and nothing at all when it
// cannot be read: what is wrong with it may be just that its secrets stand elsewhere. In all other bodies no secret
// belongs; there, what is named like one is masked all the same, because clients mix up their calls.

// mask stands for a secret.
const mask = sim.Masked

// credentialFields are the fields of bodies with credentials, and whether they may be seen; of a url the password may
// not. What is not among them is masked with its name, which may be a secret in the wrong place.
var credentialFields = map[string]bool{
	"username": true, "password": false, "oldPassword": false, "newPassword": false, "sessionToken": false,
	"name": true, "url": true, "accountName": true, "serviceName": true,
	"access_token": false, "scope": true, "token_type": true, "expires_in": true,
	"error": true, "error_description": true, "errorCode": true, "errorMessage": true,
	"fault": true, "code": true, "message": true, "description": true,
	"grant_type": true, "token": false, "token_type_hint": true, "client_id": true, "client_secret": false,
}

// maskBody is a body without its secrets: the same one where there are none. hidden says that it is to have some, or
// may have some, and cannot be read.
func maskBody(row *endpoint, body []byte, form bool) (masked []byte, hidden bool) {
	credentials := row != nil && row.credentials
	switch {
	case len(body) == 0 || !credentials && !mayHaveSecrets(body):
		return body, false
	case form:
		return []byte(maskForm(string(body))), false
	case !json.Valid(body): // or only the beginning of what was
		return nil, true
	}
	masked = maskJSON(body, credentials)
	return masked, len(masked) > sim.MaxCallBody
}

// mayHaveSecrets says whether anything in a text looks as if it were a secret: the name of one, a URL that may have a
// password, or characters that could hide either.
func mayHaveSecrets(text []byte) bool {
	return secret(text) || bytes.IndexByte(text, '@') >= 0 || bytes.IndexByte(text, 0) >= 0
}

// maskForm is a form without its secrets.
func maskForm(form string) string {
	fields := strings.Split(form, "&")
	for i, field := range fields {
		key, value, given := strings.Cut(field, "=")
		switch seen, known := credentialFields[key]; {
		case !known || !given:
			fields[i] = mask
		case !seen || !plainValue.MatchString(value):
			fields[i] = key + "=" + mask
		}
	}
	return strings.Join(fields, "&")
}

// plainValue is a value of a form in which no other field can be hidden.
var plainValue = regexp.MustCompile(`^[\w.:+ -]*$`)

// maskQuery is a query string without what is named like a secret, and without what may be a URL with a password.
func maskQuery(query string) string {
	if query == "" {
		return ""
	}
	if strings.Contains(query, ";") && mayHaveSecrets([]byte(query)) { // which separates fields, too, for some
		return mask
	}
	fields := strings.Split(query, "&")
	for i, field := range fields {
		key, value, _ := strings.Cut(field, "=")
		plain, err := url.QueryUnescape(value)
		if secret([]byte(key)) || err != nil || strings.Contains(plain, "@") {
			fields[i] = key + "=" + mask
		}
	}
	return strings.Join(fields, "&")
}

// secretWords are in the names of fields that have secrets, in any case.
var secretWords = [][]byte{[]byte("pass"), []byte("secret"), []byte("token"), []byte("bearer"), []byte("authorization"), []byte("pwd")}

// secretStarts are the characters that a secret word begins with, and those with which a name can be hidden.
var secretStarts = func() (starts [256]bool) {
	for _, word := range append([][]byte{{'\\'}, {'%'}}, secretWords...) {
		starts[word[0]], starts[bytes.ToUpper(word)[0]] = true, true
	}
	return starts
}()

// secret says whether a field is named like a secret. One whose name is written with escapes is.
func secret(key []byte) bool {
	for i, c := range key {
		if !secretStarts[c] { // nearly all: a body may be looked through whole
			continue
		}
		if c == '\\' || c == '%' {
			return true
		}
		for _, word := range secretWords {
			if len(key)-i >= len(word) && bytes.EqualFold(key[i:i+len(word)], word) {
				return true
			}
		}
	}
	return false
}

// maskJSON masks what is in fields that are named like secrets or, in a body with credentials, in all that are not
// known to have none; besides strings that may be JSON themselves, and passwords in URLs. The body is JSON.
func maskJSON(body []byte, credentials bool) []byte {
	m := masker{body: body, credentials: credentials, around: make([]place, 0, 16)}
	for i := 0; i < len(body); {
		switch c := body[i]; c {
		case ' ', '\t', '\r', '\n', ':':
			i++
		case '{', '[':
			if m.hidden { // as one value: its parts could become many times as long
				end := valueEnd(body, i)
				m.put(i, end, `"`+mask+`"`)
				i = end
				continue
			}
			m.around = append(m.around, m.place)
			i++
		case '}', ']':
			m.place = m.outer()
			m.around = m.around[:max(len(m.around)-1, 0)]
			i++
		case ',':
			m.place = m.outer()
			i++
		default:
			i = m.text(i)
		}
	}
	if m.out == nil {
		return body
	}
	return append(m.out, body[m.copied:]...)
}

// masker goes through a body.
type masker struct {
	body        []byte
	credentials bool
	out         []byte // what the body begins with, masked; nil as long as nothing is
	copied      int    // how much of the body that is
	place              // where the next value stands
	around      []place
}

// place is where a value stands: it is that of each object and list around it, too.
type place struct {
	named  bool // in a field
	hidden bool // in a field that is to be masked
}

// outer is the place of the object or list that the masker is in.
func (m *masker) outer() place {
	if n := len(m.around); n > 0 {
		return m.around[n-1]
	}
	return place{}
}

// text takes the string, number or word at i, a key or a value, and says where it ends.
func (m *masker) text(i int) (end int) {
	if m.body[i] == '"' {
		end = stringEnd(m.body, i)
	} else {
		for end = i + 1; end < len(m.body) && strings.IndexByte(" \t\r\n:{}[],\"", m.body[end]) < 0; end++ {
		}
	}
	after := end
	for after < len(m.body) && strings.IndexByte(" \t\r\n", m.body[after]) >= 0 {
		after++
	}
	is := m.body[i:end]
	if after < len(m.body) && m.body[after] == ':' {
		m.key(i, end, bytes.Trim(is, `"`))
		return end
	}
	if m.hidden || m.credentials && !m.named {
		m.put(i, end, `"`+mask+`"`)
	} else if bytes.ContainsAny(is, `@\`) {
		if shown, other := shownString(is); other {
			m.put(i, end, shown)
		}
	}
	return end
}

// key takes the name of a field.
func (m *masker) key(i, end int, name []byte) {
	seen, known := credentialFields[string(name)]
	if !m.credentials {
		seen, known = !secret(name), true
	}
	m.place = place{named: true, hidden: m.outer().hidden || !seen}
	if !known {
		m.put(i, end, `"`+mask+`"`)
	}
}

func (m *masker) put(from, to int, text string) {
	m.out = append(append(m.out, m.body[m.copied:from]...), text...)
	m.copied = to
}

// stringEnd is where the string ends that begins at i: behind its quote, or with the body.
func stringEnd(body []byte, i int) int {
	for from := i + 1; ; {
		at := bytes.IndexByte(body[from:], '"')
		if at < 0 {
			return len(body)
		}
		from += at
		escaped := false
		for k := from - 1; k > i && body[k] == '\\'; k-- {
			escaped = !escaped
		}
		if from++; !escaped {
			return from
		}
	}
}

// valueEnd is where the object or list ends that begins at i.
func valueEnd(body []byte, i int) int {
	for depth := 0; i < len(body); {
		switch body[i] {
		case '"':
			i = stringEnd(body, i)
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		if i++; depth == 0 {
			break
		}
	}
	return i
}

// shownString is how a string of JSON is shown, if that is otherwise than it came: not at all where it may be JSON
// itself, and without the password where it may be a URL.
func shownString(text []byte) (shown string, other bool) {
	var plain string
	switch err := json.Unmarshal(text, &plain); {
	case err != nil || strings.Contains(plain, `"`):
		return `"` + mask + `"`, true
	case strings.Contains(plain, "@") && strings.ContainsAny(plain, ":/"):
		return string(encodeJSON(config.Redact(plain))), true
	}
	return "", false
}

// maskMessage is what is wrong with a call, in words that may be kept and logged: without passwords in URLs and, where
// the call has credentials, without what it quotes.
func maskMessage(row *endpoint, msg string) string {
	if row != nil && row.credentials {
		msg = quotation.ReplaceAllString(msg, `"`+mask+`"`)
	}
	if strings.Contains(msg, "@") {
		msg = userOfURL.ReplaceAllStringFunc(msg, func(user string) string {
			if strings.HasSuffix(user, "xxxxx@") {
				return user // by config.Redact
			}
			return "//xxxxx@"
		})
	}
	return msg
}

var (
	quotation = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
	userOfURL = regexp.MustCompile(`//[^\s"]*@`)
)
