package store

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// Both kinds of file are a header and then frames; numbers are little-endian. A data frame is a length,
// a sum and a payload. A commit frame ends a batch of them: what follows the last one was never whole.
//
//	header  magic 8, format 4, gap 4, generation 8, end of the previous log 8, salt 8, its sum 4, sum 4
//	data    length 4, sum 4, payload
//	commit  mark 4, sum of the frame before it 4, synced 8, sum 4
//
// Sums are CRC32C. That of a data frame goes on from the sum of the frame before it, so a frame that was
// lost, or has changed places with another, is found as surely as one with a flipped bit. That of a commit
// frame goes on from the sum of the header instead: it can be told for what it is without the frames
// before it, which is how damage is told from a torn tail. The salt is drawn at random, so nobody who sends payloads can
// write something that passes for a commit frame, and no remains of a deleted file do.
const (
	format     = 1
	headerSize = 48
	frameSize  = 8
	commitSize = 20

	window = 1 << 18 // how many bytes are read at once

	commitMark = 0xff636d74 // no length: it is more than maxPayload
	maxPayload = 0xfeffffff
)

const (
	magicLog      = "tsim.log"
	magicSnapshot = "tsimsnap"
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	le         = binary.LittleEndian
)

// DamageError is a file that is not as it was written.
type DamageError struct {
	File   string // its path
	Offset int64  // of the first frame that is not as it was, or 0 for the header
	What   string
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%s is damaged at offset %d: %s", e.File, e.Offset, e.What)
}

// header is what a file says of itself.
type header struct {
	magic      string
	generation uint64
	gap        bool   // this log does not go on where the previous one ends: it is of no use without its snapshot
	end        int64  // of the previous log
	endSum     uint32 // the sum of its last frame
	salt       uint64
}

// newHeader is one with a salt of its own.
func newHeader(magic string, generation uint64) header {
	var salt [8]byte
	rand.Read(salt[:]) //nolint:errcheck // it never fails
	return header{magic: magic, generation: generation, salt: le.Uint64(salt[:])}
}

func (h header) encode() []byte {
	b := append(make([]byte, 0, headerSize), h.magic...)
	gap := uint32(0)
	if h.gap {
		gap = 1
	}
	b = le.AppendUint32(b, format)
	b = le.AppendUint32(b, gap)
	b = le.AppendUint64(b, h.generation)
	b = le.AppendUint64(b, uint64(h.end))
	b = le.AppendUint64(b, h.salt)
	b = le.AppendUint32(b, h.endSum)
	return le.AppendUint32(b, crc32.Checksum(b, castagnoli))
}

// readHeader reads the header of the file called name, which has to be of that kind and generation.
func readHeader(name string, r io.ReaderAt, magic string, generation uint64) (header, chain, error) {
	b := make([]byte, headerSize)
	n, err := r.ReadAt(b, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return header{}, chain{}, err
	}
	damaged := func(what string, args ...any) (header, chain, error) {
		return header{}, chain{}, &DamageError{name, 0, fmt.Sprintf(what, args...)}
	}
	if n < 12 || string(b[:8]) != magic {
		return damaged("it does not begin with %q, as every such file does", magic)
	}
	if v := le.Uint32(b[8:]); v != format {
		return header{}, chain{}, fmt.Errorf("%s has format %d, and this tsim knows only format %d: either a newer tsim wrote it, which can read it, or it is damaged at offset 8",
			name, v, format)
	}
	if n < headerSize || crc32.Checksum(b[:44], castagnoli) != le.Uint32(b[44:]) {
		return damaged("the sum of the header is wrong")
	}
	h := header{magic: magic, gap: le.Uint32(b[12:]) != 0, generation: le.Uint64(b[16:]), end: int64(le.Uint64(b[24:])), salt: le.Uint64(b[32:]), endSum: le.Uint32(b[40:])}
	if h.generation != generation {
		return damaged("it says that it is number %d, so it has been renamed", h.generation)
	}
	return h, newChain(b), nil
}

// chain is how far a file has been written or read.
type chain struct {
	seed uint32 // the sum of the header
	sum  uint32 // the sum of the last frame
	end  int64  // where the next frame begins
}

// newChain stands behind an encoded header.
func newChain(header []byte) chain {
	seed := le.Uint32(header[headerSize-4:])
	return chain{seed, seed, headerSize}
}

// data goes on over a data frame with this payload, whose head is filled in.
func (c *chain) data(head *[frameSize]byte, payload []byte) {
	le.PutUint32(head[:], uint32(len(payload)))
	c.sum = crc32.Update(crc32.Update(c.sum, castagnoli, head[:4]), castagnoli, payload)
	le.PutUint32(head[4:], c.sum)
	c.end += frameSize + int64(len(payload))
}

// commit goes on over a commit frame, which is returned: what lies before synced was surely on the disk by then.
func (c *chain) commit(synced int64) [commitSize]byte {
	var b [commitSize]byte
	le.PutUint32(b[:], commitMark)
	le.PutUint32(b[4:], c.sum)
	le.PutUint64(b[8:], uint64(synced))
	c.sum = commitSum(c.seed, b[:])
	le.PutUint32(b[16:], c.sum)
	c.end += commitSize
	return b
}

func commitSum(seed uint32, frame []byte) uint32 { return crc32.Update(seed, castagnoli, frame[:16]) }

// reader reads frames, and believes none whose sum is wrong.
type reader struct {
	chain
	name string
	r    *bufio.Reader
	size int64
	buf  []byte
}

// newReader reads the frames of a file from the first on, up to size.
func newReader(name string, r io.ReaderAt, at chain, size int64) *reader {
	frames := io.NewSectionReader(r, at.end, size-at.end)
	return &reader{chain: at, name: name, r: bufio.NewReaderSize(frames, int(min(frames.Size(), window))), size: size}
}

// next reads a frame: a payload, which is good until the next call, or else a commit frame. It returns io.EOF
// at the end, a *DamageError, or what kept it from reading.
func (r *reader) next() (payload []byte, commit bool, err error) {
	left := r.size - r.end
	if left == 0 {
		return nil, false, io.EOF
	}
	if left < frameSize {
		return nil, false, r.damaged("it ends within a frame")
	}
	var head [frameSize]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return nil, false, fmt.Errorf("%s, offset %d: %w", r.name, r.end, err)
	}
	length := int64(le.Uint32(head[:]))
	if commit = length == commitMark; commit {
		length = commitSize - frameSize
	}
	if length > left-frameSize {
		return nil, false, r.damaged("it ends within a frame")
	}
	if int64(cap(r.buf)) < length {
		r.buf = make([]byte, length)
	}
	payload = r.buf[:length]
	if _, err := io.ReadFull(r.r, payload); err != nil {
		return nil, false, fmt.Errorf("%s, offset %d: %w", r.name, r.end, err)
	}
	next := r.chain
	if commit {
		want := next.commit(int64(le.Uint64(payload)))
		if !bytes.Equal(want[:frameSize], head[:]) || !bytes.Equal(want[frameSize:], payload) {
			return nil, false, r.damaged("the sum of a commit frame is wrong")
		}
		r.chain = next
		return nil, true, nil
	}
	var want [frameSize]byte
	next.data(&want, payload)
	if want != head {
		return nil, false, r.damaged("the sum of a frame is wrong")
	}
	r.chain = next
	return payload, false, nil
}

func (r *reader) damaged(what string) error { return &DamageError{r.name, r.end, what} }

// syncedAfter is up to where the file surely was on the disk, as the commit frames behind an offset say. Since frames
// before them are damaged, it looks for them at every offset.
func syncedAfter(r io.ReaderAt, seed uint32, from, size int64) (synced int64, err error) {
	mark := le.AppendUint32(nil, commitMark)
	b := make([]byte, min(window, size-from))
	for from+commitSize <= size {
		n, err := r.ReadAt(b[:min(int64(len(b)), size-from)], from)
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if n < commitSize {
			break
		}
		for i := 0; i+commitSize <= n; i++ {
			skip := bytes.Index(b[i:n], mark)
			if skip < 0 || i+skip+commitSize > n {
				break
			}
			i += skip
			if frame := b[i : i+commitSize]; commitSum(seed, frame) == le.Uint32(frame[16:]) {
				synced = max(synced, int64(le.Uint64(frame[8:])))
			}
		}
		from += int64(n) - commitSize + 1
	}
	return synced, nil
}
