package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// Keeper keeps all sandboxes of a server in a directory: their inputs in the log, and now and then their States in a snapshot,
// so that the log stays short. The lock of a sandbox always comes before that of the Keeper.
type Keeper struct {
	log  *Log
	o    KeeperOptions
	full chan struct{} // the log has become long
	stop chan struct{}
	done chan struct{} // run has ended

	closing sync.Once

	mu      sync.Mutex
	boxes   map[uint64]*kept
	numbers map[*sim.Sim]uint64
	last    uint64   // the number of the latest sandbox
	latest  Position // of what was appended
	snapped int64    // bytes of the last snapshot
	inputs  uint64   // that were appended
}

// kept is a sandbox that is open.
type kept struct {
	box     *sim.Sim
	until   time.Time
	unwatch func()
}

// KeeperOptions are what a Keeper is made of.
type KeeperOptions struct {
	Options
	Tsim string // the version
	// New makes a sandbox that was new then, and Import any other one.
	New    func(config.Config) (*sim.Sim, error)
	Import func(sim.State) (*sim.Sim, error)
	// Names are the names that must not be used again.
	Names func() sim.UsedNames
	// Long is how many bytes the log has at least before a snapshot takes its place; 0 is 64 MiB. It may also become as long as
	// the last snapshot.
	Long int64
}

// Recovered is a sandbox that was kept.
type Recovered struct {
	Box   *sim.Sim
	Until time.Time     // the end of its time to live; zero for none
	Gone  time.Duration // of the clock on the wall, since its last input or, if there was none after that, the last sign of life

	now sim.Instant // how far its time had gone by itself since its last input; 0 if that is not known
}

// Recovery is all that was kept.
type Recovery struct {
	Sandboxes []Recovered // in the order in which they were opened
	Names     sim.UsedNames
	Inputs    int // that were applied
	Took      time.Duration
}

// How often a Keeper does what it does by itself.
const (
	heartbeat     = time.Second      // how much of the time of sandboxes is lost in a crash, at the most
	idleBeat      = 10 * time.Second // the same where nothing happens: each beat is a write to the disk
	firstRetry    = 2 * time.Second  // after a disk has failed
	lastRetry     = 30 * time.Second // when it fails again and again
	progressEvery = 1 * time.Second  // a line, while a long log is read
	defaultLong   = 64 << 20
	worthClosing  = 1 << 20 // bytes of the log that are read in a tenth of a second or so
)

// OpenKeeper opens what is kept in a directory, which is made if there is none. The sandboxes go on from there when Start is
// called. See Open for the errors.
func OpenKeeper(dir string, o KeeperOptions) (*Keeper, Recovery, error) {
	return openKeeper(dir, o, func(load func(Entry) error) (*Log, error) { return Open(dir, o.Options, load) })
}

func openKeeper(dir string, o KeeperOptions, open func(func(Entry) error) (*Log, error)) (*Keeper, Recovery, error) {
	if o.Long <= 0 {
		o.Long = defaultLong
	}
	k := &Keeper{
		o: o, full: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
		boxes: map[uint64]*kept{}, numbers: map[*sim.Sim]uint64{},
	}
	began := time.Now()
	r := recovering{k: k, unknown: map[uint64]bool{}, times: map[uint64]sandboxTime{}, last: map[uint64]time.Time{}, told: began}
	var err error
	if k.log, err = open(r.load); err != nil {
		r.giveUp()
		return nil, Recovery{}, err
	}
	if err := r.check(); err != nil {
		r.giveUp()
		return nil, Recovery{}, fmt.Errorf("%s: %w", dir, errors.Join(err, k.log.Close()))
	}
	return k, r.end(began), nil
}

// Start lets the sandboxes go on, and begins to keep what happens from now on.
func (k *Keeper) Start(was Recovery) {
	k.mu.Lock()
	k.append(entry{Version: k.version()})
	k.mu.Unlock()
	for _, is := range was.Sandboxes {
		k.mu.Lock()
		number := k.numbers[is.Box]
		kept := k.boxes[number]
		k.mu.Unlock()
		kept.unwatch = is.Box.Watch(k.sink(number))
		is.Box.Recover(is.now)
	}
	go k.run()
}

func (k *Keeper) version() *version { return &version{sim.StateVersion, k.o.Tsim} }

// Add keeps a sandbox from now on, which has had no input yet. State is what it was imported from; nil if it is new.
func (k *Keeper) Add(box *sim.Sim, until time.Time, st *sim.State) {
	o := &opened{Until: until, State: st, Named: k.o.Names().Named}
	if st == nil {
		cfg := box.Config()
		o.Config = &cfg
	}
	is := &kept{box: box, until: until}
	k.mu.Lock()
	k.last++
	o.Sandbox = k.last
	k.boxes[o.Sandbox], k.numbers[box] = is, o.Sandbox
	k.mu.Unlock()
	payload, err := json.Marshal(entry{Opened: o}) // which takes long for many devices
	k.mu.Lock()
	k.put(payload, err)
	k.mu.Unlock()
	is.unwatch = box.Watch(k.sink(o.Sandbox))
}

// Remove keeps a sandbox no longer.
func (k *Keeper) Remove(box *sim.Sim) {
	k.mu.Lock()
	number := k.numbers[box]
	is := k.boxes[number]
	delete(k.boxes, number)
	delete(k.numbers, box)
	k.mu.Unlock()
	if is == nil {
		return
	}
	is.unwatch() // which takes the lock of the sandbox
	k.mu.Lock()
	k.append(entry{Closed: number})
	k.mu.Unlock()
}

// sink appends the inputs of a sandbox.
func (k *Keeper) sink(number uint64) sim.Sink {
	return func(c *sim.Change) {
		payload, err := encodeInput(number, &c.Input, time.Now())
		k.mu.Lock()
		defer k.mu.Unlock()
		k.inputs++
		k.put(payload, err)
	}
}

// append appends an entry; the caller has the lock.
func (k *Keeper) append(e entry) { k.put(json.Marshal(e)) }

func (k *Keeper) put(payload []byte, err error) {
	if err != nil { // which is a fault of tsim
		k.latest = k.log.Fail(err)
		return
	}
	k.latest = k.log.Append(payload)
	if k.isLong() {
		select {
		case k.full <- struct{}{}:
		default:
		}
	}
}

// isLong says whether the log is worth a snapshot; the caller has the lock.
func (k *Keeper) isLong() bool { return k.log.SinceSnapshot() > max(k.o.Long, k.snapped) }

// Ready says why nothing can be kept just now, or nil.
func (k *Keeper) Ready() error { return k.log.Err() }

// Kept returns when all that happened so far is as safe as Options.Sync says, or says why it is not.
func (k *Keeper) Kept() error {
	k.mu.Lock()
	latest := k.latest
	k.mu.Unlock()
	return k.log.Wait(latest)
}

// run makes snapshots, and notes what time it is, until the Keeper is closed.
func (k *Keeper) run() {
	defer close(k.done)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var (
		inputs  uint64        // at the last beat
		beaten  time.Time     // when that was
		pause   time.Duration // after a snapshot that has failed
		earlier time.Time     // no next one
	)
	for {
		select {
		case <-k.stop:
			return
		case <-k.full:
		case <-beat.C:
		}
		k.mu.Lock()
		long, failed, n := k.isLong(), k.log.Err() != nil, k.inputs
		k.mu.Unlock()
		if since := time.Since(beaten); !failed && (n > inputs && since >= heartbeat || since >= idleBeat) {
			k.beat(n == inputs)
			inputs, beaten = n, time.Now()
		}
		if !long && !failed || time.Now().Before(earlier) {
			continue
		}
		if err := k.snapshot(); err != nil {
			pause = min(max(2*pause, firstRetry), lastRetry)
			earlier = time.Now().Add(pause)
			if k.Ready() != nil {
				k.o.Log.Error("the state cannot be kept; calls that change something are answered with 503", slog.Any("error", err), slog.Duration("next_try_in", pause))
			} else {
				k.o.Log.Warn("no snapshot can be made, so the log of the state grows on", slog.Any("error", err), slog.Duration("next_try_in", pause))
			}
			continue
		}
		pause = 0
	}
}

// beat notes what time it is in the sandboxes whose time passes by itself. If nothing happens, there must be one.
func (k *Keeper) beat(idle bool) {
	now := alive{At: time.Now()}
	for number, box := range k.open() {
		inputs := box.Inputs() // of one that has more in the end, its last input knows better what time it was
		if c := box.Clock(); c.Mode == config.Real {
			now.Times = append(now.Times, sandboxTime{number, inputs, c.Now})
		}
	}
	if idle && len(now.Times) == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.append(entry{Alive: &now})
}

// open is the sandboxes that are open.
func (k *Keeper) open() map[uint64]*sim.Sim {
	k.mu.Lock()
	defer k.mu.Unlock()
	boxes := make(map[uint64]*sim.Sim, len(k.boxes))
	for number, is := range k.boxes {
		boxes[number] = is.box
	}
	return boxes
}

// snapshot writes all that there is, in place of the log so far.
func (k *Keeper) snapshot() error {
	var written int64
	err := k.log.Snapshot(func(add func([]byte) error) error {
		put := func(e entry) error {
			payload, err := json.Marshal(e)
			if err != nil {
				return err
			}
			written += int64(len(payload)) + frameSize
			return add(payload)
		}
		if err := put(entry{Version: k.version()}); err != nil {
			return err
		}
		now := time.Now()
		k.mu.Lock()
		last := k.last
		k.mu.Unlock()
		for number, box := range k.open() {
			st, _ := box.Export()
			k.mu.Lock()
			is := k.boxes[number]
			k.mu.Unlock()
			if is == nil {
				continue // it was removed meanwhile
			}
			if err := put(entry{Opened: &opened{Sandbox: number, Until: is.until, State: &st}}); err != nil {
				return err
			}
		}
		// After the sandboxes: the names of those that were removed meanwhile are among these.
		return put(entry{Rest: &rest{Last: last, Names: k.o.Names(), At: now}})
	})
	if err == nil {
		k.mu.Lock()
		k.snapped = written
		k.mu.Unlock()
	}
	return err
}

// Close keeps all that there is, and gives the directory free; it may be called again. Nothing should happen in the sandboxes any more.
// There is a snapshot only if it saves the next start more than it costs: that of a million devices takes long.
func (k *Keeper) Close() (err error) {
	k.closing.Do(func() {
		close(k.stop)
		<-k.done
		k.beat(false)
		k.mu.Lock()
		worth := k.log.SinceSnapshot() > max(min(k.o.Long, worthClosing), k.snapped)
		k.mu.Unlock()
		if worth || k.log.Err() != nil {
			err = k.snapshot()
		}
		err = errors.Join(err, k.log.Close())
	})
	return err
}

// Abandon gives the directory free as it is, before Start.
func (k *Keeper) Abandon() error { return k.log.Close() }
