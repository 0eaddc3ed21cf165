package schema

import (
	"strconv"
	"strings"
)

// pattern is a regular expression of the simple kind that the schemas use for identifiers: anchored,
// and made of characters and classes with fixed numbers, the last of which may vary.
type pattern [][]piece // alternatives

// piece is a class of characters, so many times.
type piece struct {
	class    [4]uint64 // a set of bytes
	min, max int
}

func (p *piece) add(from, to byte) {
	for c := int(from); c <= int(to); c++ {
		p.class[c/64] |= 1 << (c % 64)
	}
}

func (p *piece) has(c byte) bool { return p.class[c/64]&(1<<(c%64)) != 0 }

// compilePattern understands a pattern, or says that it does not.
func compilePattern(text string) (pattern, bool) {
	inside, ok := strings.CutPrefix(text, "^")
	if !ok {
		return nil, false
	}
	if inside, ok = strings.CutSuffix(inside, "$"); !ok {
		return nil, false
	}
	alternatives := []string{inside}
	if strings.HasPrefix(inside, "(") && strings.HasSuffix(inside, ")") {
		alternatives = strings.Split(inside[1:len(inside)-1], "|")
	}
	var p pattern
	for _, a := range alternatives {
		pieces, ok := compilePieces(a)
		if !ok {
			return nil, false
		}
		p = append(p, pieces)
	}
	return p, true
}

func compilePieces(text string) (pieces []piece, ok bool) {
	for text != "" {
		p := piece{min: 1, max: 1}
		if text, ok = p.readClass(text); !ok {
			return nil, false
		}
		if text, ok = p.readCount(text); !ok {
			return nil, false
		}
		if n := len(pieces); n > 0 && pieces[n-1].min != pieces[n-1].max {
			return nil, false // what varies would need a search
		}
		pieces = append(pieces, p)
	}
	return pieces, true
}

// readClass reads a character, or a class in brackets; a - at its end is one of the class.
func (p *piece) readClass(text string) (rest string, ok bool) {
	if text[0] != '[' {
		if strings.IndexByte(`\.*+?()|{}]^$`, text[0]) >= 0 {
			return "", false
		}
		p.add(text[0], text[0])
		return text[1:], true
	}
	end := strings.IndexByte(text, ']')
	if end < 2 || strings.ContainsAny(text[1:end], `\^[`) {
		return "", false
	}
	for class := text[1:end]; class != ""; {
		if len(class) > 2 && class[1] == '-' {
			p.add(class[0], class[2])
			class = class[3:]
			continue
		}
		p.add(class[0], class[0])
		class = class[1:]
	}
	return text[end+1:], true
}

// readCount reads ?, {n} or {n,m}, if there is one.
func (p *piece) readCount(text string) (rest string, ok bool) {
	if strings.HasPrefix(text, "?") {
		p.min = 0
		return text[1:], true
	}
	if !strings.HasPrefix(text, "{") {
		return text, true
	}
	count, rest, ok := strings.Cut(text[1:], "}")
	if !ok {
		return "", false
	}
	from, to, varies := strings.Cut(count, ",")
	if !varies {
		to = from
	}
	var err1, err2 error
	p.min, err1 = strconv.Atoi(from)
	p.max, err2 = strconv.Atoi(to)
	return rest, err1 == nil && err2 == nil
}

// fits says whether the whole of s matches.
func (p pattern) fits(s string) bool {
	for _, pieces := range p {
		if fitsPieces(pieces, s) {
			return true
		}
	}
	return false
}

func fitsPieces(pieces []piece, s string) bool {
	for i := range pieces {
		p, n := &pieces[i], 0
		for n < p.max && n < len(s) && p.has(s[n]) {
			n++
		}
		if n < p.min {
			return false
		}
		s = s[n:]
	}
	return s == ""
}
