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
// so that the log stays short.
type Keeper struct {
	log  *Log
	o    KeeperOptions
	stop chan struct{}
	done chan struct{}

	mu      sync.Mutex
	boxes   map[uint64]*kept
	numbers map[*sim.Sim]uint64
	last    uint64   // the number of the latest sandbox
	latest  Position // of what was appended
	size    int      // bytes that were appended since the last snapshot
	snapped int      // bytes of that
	failed  error    // of an input that cannot be written, which is a fault of tsim
}

// kept is a sandbox that is open.
type kept struct {
	box    *sim.Sim
	until  time.Time
	unsink func()
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
}

// Recovered is a sandbox that was kept.
type Recovered struct {
	Box   *sim.Sim
	Until time.Time     // the end of its time to live; zero for none
	Now   sim.Instant   // how far its time had gone, if that is more than its last input says
	Gone  time.Duration // of the clock on the wall, since then
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
	heartbeat     = time.Second     // how much of the time of sandboxes is lost in a crash, at the most
	retry         = 2 * time.Second // after a disk has failed
	progressEvery = 1 * time.Second // a line, while a long log is read
	minSnapshot   = 64 << 20        // bytes of the log, before it is worth a snapshot
)

// OpenKeeper opens what is kept in a directory, which is made if there is none. The sandboxes go on from there when Start is
// called. See Open for the errors.
func OpenKeeper(dir string, o KeeperOptions) (*Keeper, Recovery, error) {
	k := &Keeper{o: o, stop: make(chan struct{}), done: make(chan struct{}), boxes: map[uint64]*kept{}, numbers: map[*sim.Sim]uint64{}}
	began := time.Now()
	r := recovering{k: k, unknown: map[uint64]bool{}, told: began}
	var err error
	if k.log, err = Open(dir, o.Options, r.load); err != nil {
		r.giveUp()
		return nil, Recovery{}, err
	}
	if err := r.check(); err != nil {
		r.giveUp()
		return nil, Recovery{}, fmt.Errorf("%s: %w", dir, errors.Join(err, k.log.Close()))
	}
	recovered := r.recovery
	recovered.Took = time.Since(began)
	for number := range k.last {
		is := k.boxes[number+1]
		if is == nil {
			continue
		}
		one := Recovered{Box: is.box, Until: is.until, Now: r.times[number+1]}
		if !r.alive.IsZero() {
			one.Gone = max(time.Since(r.alive), 0)
		}
		recovered.Sandboxes = append(recovered.Sandboxes, one)
	}
	return k, recovered, nil
}

// Start begins to keep what happens from now on.
func (k *Keeper) Start() {
	k.mu.Lock()
	k.append(entry{Version: k.version()})
	k.mu.Unlock()
	for number, is := range k.boxes {
		is.unsink = is.box.Watch(k.sink(number))
	}
	go k.run()
}

func (k *Keeper) version() *version { return &version{sim.StateVersion, k.o.Tsim} }

// Add keeps a sandbox from now on, which has had no input yet. State is what it was imported from; nil if it is new.
func (k *Keeper) Add(box *sim.Sim, until time.Time, st *sim.State) {
	o := &opened{Until: until, State: st}
	if st == nil {
		cfg := box.Config()
		o.Config = &cfg
	}
	is := &kept{box: box, until: until}
	k.mu.Lock()
	k.last++
	o.Sandbox = k.last
	k.boxes[o.Sandbox], k.numbers[box] = is, o.Sandbox
	k.append(entry{Opened: o})
	k.mu.Unlock()
	is.unsink = box.Watch(k.sink(o.Sandbox)) // whose lock comes before that of the Keeper
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
	is.unsink() // which takes the lock of the sandbox
	k.mu.Lock()
	k.append(entry{Closed: number})
	k.mu.Unlock()
}

// sink appends the inputs of a sandbox.
func (k *Keeper) sink(number uint64) sim.Sink {
	return func(c *sim.Change) {
		payload, err := encodeInput(number, &c.Input)
		k.mu.Lock()
		defer k.mu.Unlock()
		k.put(payload, err)
	}
}

// append appends an entry; the caller has the lock.
func (k *Keeper) append(e entry) { k.put(json.Marshal(e)) }

func (k *Keeper) put(payload []byte, err error) {
	if err != nil {
		k.failed = err
		return
	}
	k.latest = k.log.Append(payload)
	k.size += len(payload)
}

// Ready says why nothing can be kept just now, or nil.
func (k *Keeper) Ready() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.failed != nil {
		return k.failed
	}
	return k.log.Err()
}

// Kept returns when all that happened so far is as safe as Options.Sync says, or says why it is not.
func (k *Keeper) Kept() error {
	k.mu.Lock()
	latest, failed := k.latest, k.failed
	k.mu.Unlock()
	if failed != nil {
		return failed
	}
	return k.log.Wait(latest)
}

// run makes snapshots, and notes what time it is, until the Keeper is closed.
func (k *Keeper) run() {
	defer close(k.done)
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	tried := time.Now()
	for {
		select {
		case <-k.stop:
			return
		case <-beat.C:
		}
		k.beat()
		k.mu.Lock()
		full, failed := k.size > max(minSnapshot, k.snapped), k.failed != nil || k.log.Err() != nil
		k.mu.Unlock()
		if full || failed && time.Since(tried) >= retry {
			tried = time.Now()
			if err := k.snapshot(); err != nil {
				k.o.Log.Error("the state cannot be kept; calls that change something are answered with 503", slog.Any("error", err))
			}
		}
	}
}

// beat notes what time it is in the sandboxes whose time passes by itself.
func (k *Keeper) beat() {
	now := alive{At: time.Now()}
	for number, box := range k.open() {
		if c := box.Clock(); c.Mode == config.Real {
			now.Times = append(now.Times, sandboxTime{number, c.Now})
		}
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
	k.mu.Lock()
	failed := k.failed
	k.size = 0
	k.mu.Unlock()
	written := 0
	err := k.log.Snapshot(func(add func([]byte) error) error {
		put := func(e entry) error {
			payload, err := json.Marshal(e)
			if err != nil {
				return err
			}
			written += len(payload)
			return add(payload)
		}
		names := k.o.Names()
		if err := put(entry{Version: k.version(), Names: &names}); err != nil {
			return err
		}
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
		return nil
	})
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.snapped = written; err == nil && k.failed == failed {
		k.failed = nil // what could not be written is in the snapshot
	}
	return err
}

// Close keeps all that there is, and gives the directory free. Nothing should happen in the sandboxes any more.
func (k *Keeper) Close() error {
	close(k.stop)
	<-k.done
	k.beat()
	return errors.Join(k.snapshot(), k.log.Close())
}
