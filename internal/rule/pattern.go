package rule

import "strings"

// Fits says whether a text is what a pattern says, in which each * stands for any text. An empty pattern fits all.
func Fits(pattern, text string) bool {
	p := newPattern(pattern)
	return p.fits(text)
}

// pattern is such a text, made ready for being compared often. The zero pattern fits all.
type pattern struct {
	isGiven, hasStar bool
	start, end       string   // before the first *, and behind the last one; without a *, the text is in start
	parts            []string // between them
}

func newPattern(text string) pattern {
	start, rest, star := strings.Cut(text, "*")
	p := pattern{isGiven: text != "", hasStar: star, start: start}
	if star {
		p.parts = strings.Split(rest, "*")
		p.parts, p.end = p.parts[:len(p.parts)-1], p.parts[len(p.parts)-1]
	}
	return p
}

// fits is apart from compare so that it costs next to nothing where nothing is asked for.
func (p *pattern) fits(text string) bool { return !p.isGiven || p.compare(text) }

func (p *pattern) compare(text string) bool {
	if !p.hasStar {
		return text == p.start
	}
	if len(text) < len(p.start)+len(p.end) || !strings.HasSuffix(text, p.end) || !strings.HasPrefix(text, p.start) {
		return false
	}
	text = text[len(p.start) : len(text)-len(p.end)]
	for _, part := range p.parts {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}
