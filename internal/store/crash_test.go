package store

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// counter is the simplest thing that can be kept: its state is how many inputs there were, each with its number.
type counter struct {
	count   int // inputs so far
	acked   int // up to which one Wait, or Snapshot, has said that it is safe
	durable int // up to which one that holds for the machine, too
}

var quiet = slog.New(slog.DiscardHandler)

func options(mode Sync, log *slog.Logger) Options {
	return Options{Sync: mode, Every: time.Nanosecond, Log: log}
}

// recovered opens a log and counts what comes back. An input that is in the snapshot already is skipped; one that is
// missing is an error.
func recovered(d disk, o Options) (*Log, int, error) {
	count := 0
	l, err := open(d, o, func(e Entry) error {
		n, err := strconv.Atoi(strings.TrimRight(string(e.Payload), "."))
		switch {
		case err != nil:
			return err
		case e.Snapshot:
			count = n
		case n > count+1:
			return fmt.Errorf("input %d comes after %d", n, count)
		default:
			count = max(count, n)
		}
		return nil
	})
	return l, count, err
}

// live is a life of a counter, with some of everything. A disk that fails is tried again.
func (c *counter) live(l *Log, mode Sync) {
	for step := range 12 {
		var p Position
		for range 1 + step%3 {
			c.count++
			p = l.Append(fmt.Appendf(nil, "%d%s", c.count, strings.Repeat(".", 7*(c.count%9))))
		}
		if n := c.count; l.Wait(p) == nil {
			c.acked = n
			if mode == Always {
				c.durable = n
			}
		}
		if step%4 == 3 || l.Err() != nil {
			c.snapshot(l, step == 7)
		}
	}
}

// snapshot saves a snapshot, during which there is one input more.
func (c *counter) snapshot(l *Log, giveUp bool) {
	var n int
	err := l.Snapshot(func(add func([]byte) error) error {
		c.count++
		n = c.count
		if l.Wait(l.Append(fmt.Appendf(nil, "%d", n))) == nil {
			c.acked = n
			if l.o.Sync == Always {
				c.durable = n
			}
		}
		if err := add(fmt.Appendf(nil, "%d", n)); err != nil {
			return err
		}
		if giveUp {
			return errors.New("no more of this")
		}
		return nil
	})
	if err == nil {
		c.acked, c.durable = n, n
	}
}

// holds checks what came back against what was said.
func (c *counter) holds(t *testing.T, where string, killed bool, count int) {
	t.Helper()
	least := c.durable
	if killed {
		least = c.acked
	}
	if count < least || count > c.count {
		t.Fatalf("%s: %d inputs came back; %d were acknowledged, %d of them for the machine, and %d appended", where, count, c.acked, c.durable, c.count)
	}
}

// TestFaults: whatever operation of the disk fails, once or from then on, wholly or in part, nothing is lost that was
// acknowledged, neither when the process ends then nor when the machine does; and a disk that is well again is used
// again.
func TestFaults(t *testing.T) {
	for _, mode := range []Sync{Always, Interval, Off} {
		for _, kind := range []fault{nothing, half, whole} {
			for _, once := range []bool{true, false} {
				t.Run(fmt.Sprint(mode, kind, once), func(t *testing.T) {
					healed := 0
					for n := 1; ; n++ {
						where := fmt.Sprintf("operation %d", n)
						m := newMachine()
						hit := false
						m.fault = func(op int) fault {
							if op == n || op > n && !once {
								hit = true
								return kind
							}
							return fine
						}
						var c counter
						l, _, err := recovered(m, options(mode, quiet))
						if err == nil {
							c.live(l, mode)
							if once && l.Err() != nil {
								c.snapshot(l, false)
							}
							if once && l.Err() != nil {
								t.Fatalf("%s: the disk is well again, and the log is not: %v", where, l.Err())
							}
							healed++
							if l.Close() == nil && hit && !once {
								t.Fatalf("%s: the disk fails, and the log is closed as if nothing was", where)
							}
						} else if !hit {
							t.Fatal(err)
						}
						for seed := range uint64(6) {
							var luck *rand.Rand
							if seed > 0 {
								luck = rand.New(rand.NewPCG(seed, uint64(n)))
							}
							c.comesBack(t, fmt.Sprint(where, ", luck ", seed), m.survive(luck), mode, luck == nil)
						}
						if !hit {
							break
						}
						if n > 1000 {
							t.Fatal("this takes no end")
						}
					}
					if healed == 0 {
						t.Error("no log was ever opened")
					}
				})
			}
		}
	}
}

// comesBack opens what has survived, and goes on with it.
func (c *counter) comesBack(t *testing.T, where string, m *machine, mode Sync, killed bool) {
	t.Helper()
	l, count, err := recovered(m, options(mode, quiet))
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	c.holds(t, where, killed, count)
	next := &counter{count: count}
	next.live(l, mode)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l, count, err = recovered(m, options(mode, quiet))
	if err != nil || count != next.count {
		t.Fatalf("%s: of %d inputs, %d came back: %v", where, next.count, count, err)
	}
	_ = l.Close()
}

// comesBackTwice is a machine that stops at each operation of a recovery, too.
func (c *counter) comesBackTwice(t *testing.T, where string, m *machine, mode Sync) {
	t.Helper()
	for n := 1; n < 100; n++ {
		again := m.survive(nil)
		dead := false
		again.fault = func(op int) fault {
			if dead = dead || op == n; dead {
				return nothing
			}
			return fine
		}
		l, _, err := recovered(again, options(mode, quiet))
		if err == nil {
			_ = l.Close()
		}
		if !dead {
			return
		}
		if err != nil && !errors.Is(err, errDisk) {
			t.Fatalf("%s: %v", where, err)
		}
		for seed := range uint64(4) {
			where := fmt.Sprintf("%s, and operation %d of the recovery, luck %d", where, n, seed)
			l, count, err := recovered(again.survive(rand.New(rand.NewPCG(seed, uint64(n)))), options(mode, quiet))
			if err != nil {
				t.Fatalf("%s: %v", where, err)
			}
			c.holds(t, where, false, count)
			_ = l.Close()
		}
	}
	t.Fatalf("%s: the recovery takes no end", where)
}

// TestCrashes: at whatever operation the process or the machine stops, what was acknowledged is there, and nothing but a
// prefix of what was appended.
func TestCrashes(t *testing.T) {
	for _, mode := range []Sync{Always, Interval, Off} {
		t.Run(string(mode), func(t *testing.T) {
			for n := 1; ; n++ {
				m := newMachine()
				dead := false
				m.fault = func(op int) fault {
					dead = dead || op == n
					switch {
					case op == n:
						return half
					case dead:
						return nothing
					}
					return fine
				}
				var c counter
				l, _, err := recovered(m, options(mode, quiet))
				if err == nil {
					c.live(l, mode)
					_ = l.Close()
				}
				for seed := range uint64(8) {
					var luck *rand.Rand
					if seed > 0 {
						luck = rand.New(rand.NewPCG(seed, uint64(n)))
					}
					where := fmt.Sprintf("operation %d, luck %d", n, seed)
					if seed < 3 {
						c.comesBackTwice(t, where, m.survive(luck), mode)
					}
					c.comesBack(t, where, m.survive(luck), mode, luck == nil)
				}
				if !dead {
					break
				}
				if n > 1000 {
					t.Fatal("this takes no end")
				}
			}
		})
	}
}

// TestGaps: logs after a gap whose snapshots never came are as if they were not there, wherever the machine stops while
// they are removed.
func TestGaps(t *testing.T) {
	m := newMachine()
	l, _, err := recovered(m, options(Always, quiet))
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, "1")
	l.do(func() { m.fault = func(int) fault { return half } })
	if err := l.Wait(l.Append([]byte("2"))); !errors.Is(err, errDisk) {
		t.Fatal(err)
	}
	l.do(func() { m.fault = nil })
	for range 3 {
		err := l.Snapshot(func(func([]byte) error) error {
			if err := l.Wait(l.Append([]byte("3"))); !errors.Is(err, errDisk) {
				t.Errorf("after a gap, and before the snapshot, Wait says %v", err)
			}
			return errDisk
		})
		if err == nil || !errors.Is(l.Err(), errDisk) {
			t.Fatal(err, l.Err())
		}
	}
	for seed := range uint64(20) {
		c := counter{count: 2, acked: 1, durable: 1}
		found := m.survive(rand.New(rand.NewPCG(seed, 0)))
		c.comesBackTwice(t, fmt.Sprint("luck ", seed), found, Always)
		c.comesBack(t, fmt.Sprint("luck ", seed), found, Always, false)
	}
	snapshot(t, l, "3")
	appendAll(t, l, "4")
	closeLog(t, l)
	if l, count, err := recovered(m, options(Always, quiet)); err != nil || count != 4 {
		t.Errorf("%d came back: %v", count, err)
	} else {
		closeLog(t, l)
	}
}

// TestFail: what could not even be put into bytes is as what could not be written.
func TestFail(t *testing.T) {
	m := newMachine()
	l, _, err := recovered(m, options(Always, quiet))
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, "1")
	no := errors.New("no bytes for this")
	for what, p := range map[string]Position{"2": l.Fail(no), "3": l.Append([]byte("3"))} {
		if err := l.Wait(p); !errors.Is(err, no) {
			t.Errorf("Wait says %v of %s", err, what)
		}
	}
	killed := m.survive(nil)
	snapshot(t, l, "3")
	appendAll(t, l, "4")
	closeLog(t, l)
	for disk, want := range map[disk]int{killed: 1, m: 4} {
		l, count, err := recovered(disk, options(Always, quiet))
		if err != nil || count != want {
			t.Fatalf("%d came back, not %d: %v", count, want, err)
		}
		closeLog(t, l)
	}
}

// TestBesideSync: with Interval, the log goes on while it is being synced, and what is written then counts as synced by
// the next sync only.
func TestBesideSync(t *testing.T) {
	m := newMachine()
	l, err := open(m, options(Interval, quiet), nil)
	if err != nil {
		t.Fatal(err)
	}
	m.gate = make(chan struct{})
	appendAll(t, l, "one")
	<-m.gate // the first sync begins
	var one int64
	l.do(func() { one = l.at.end })
	appendAll(t, l, "two")
	<-m.gate // the first sync ends
	<-m.gate // and the next begins
	l.do(func() {
		if l.synced != one {
			t.Errorf("a sync of %d bytes counts for %d", one, l.synced)
		}
	})
	<-m.gate
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		closeLog(t, l)
	}()
	for {
		select {
		case <-m.gate:
			continue
		case <-ended:
		}
		break
	}
}

// TestSwapped: frames that are whole, but not where they were, are damage.
func TestSwapped(t *testing.T) {
	frames := func(order ...string) []byte {
		h := header{magic: magicLog, generation: 1}.encode()
		at := newChain(h)
		var encoded = map[string][]byte{}
		for _, payload := range []string{"one", "two", "six"} {
			var head [frameSize]byte
			at.data(&head, []byte(payload))
			encoded[payload] = append(head[:], payload...)
		}
		end := at.commit(headerSize)
		seal := at.commit(at.end)
		for _, payload := range order {
			h = append(h, encoded[payload]...)
		}
		return append(append(h, end[:]...), seal[:]...)
	}
	for _, order := range [][]string{{"two", "one", "six"}, {"one", "six", "two"}, {"one", "two"}, {"one", "one", "two", "six"}, {"two", "six"}, {}} {
		m := newMachine()
		m.names["00000001.log"] = &node{now: frames(order...)}
		_, h, _, err := look(m)
		if damage := new(DamageError); !errors.As(err, &damage) || len(h) > 0 {
			t.Errorf("%q: %q came back, %v", order, h, err)
		}
	}
	m := newMachine()
	m.names["00000001.log"] = &node{now: frames("one", "two", "six")}
	l, h, _, err := look(m)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, h, "one", "two", "six")
	closeLog(t, l)
}
