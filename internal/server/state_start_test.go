package server

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tsim/internal/store"
	"tsim/tsimclient"
)

// startFails is the error of a start that is to fail. Nothing of it stays: its address and its directory can be had.
func startFails(t *testing.T, o Options) string {
	t.Helper()
	free := must(net.Listen("tcp", "127.0.0.1:0"))
	o.Addr = free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	var log logged
	o.Config, o.Log = byDefault(t), log.logger()
	s, err := Start(o)
	if err == nil {
		_ = s.Close(t.Context())
		t.Fatal("it started")
	}
	again, listening := net.Listen("tcp", o.Addr)
	if listening != nil {
		t.Fatalf("after %v: %v", err, listening)
	}
	_ = again.Close()
	return err.Error()
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not say %q", text, part)
		}
	}
}

// What cannot be gone on with is refused, with the reason and the place.
func TestStateIsRefused(t *testing.T) {
	t.Run("another process has it", func(t *testing.T) {
		dir := t.TempDir()
		Serve(t, keptIn(dir))
		contains(t, startFails(t, keptIn(dir)), dir, "another process")
	})
	t.Run("something else is in it", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		contains(t, startFails(t, keptIn(dir)), dir, "thesis.txt")
	})
	// kept is a directory with something in it, and the name of its log.
	kept := func(t *testing.T) (dir, log string) {
		t.Helper()
		dir = t.TempDir()
		o := keptIn(dir)
		o.State.Sync = store.Always // or else nobody can tell damage from what was never synced
		s := Serve(t, o)
		create(t, s, "box", "")
		create(t, s, "other", "")
		if err := s.kept(); err != nil {
			t.Fatal(err)
		}
		dir = crashed(t, dir)
		return dir, filepath.Join(dir, "00000001.log")
	}
	t.Run("damage", func(t *testing.T) {
		dir, log := kept(t)
		text := must(os.ReadFile(log))
		text[len(text)/2] ^= 1
		if err := os.WriteFile(log, text, 0o600); err != nil {
			t.Fatal(err)
		}
		o := keptIn(dir)
		why := startFails(t, o)
		contains(t, why, log)
		if !regexp.MustCompile(`damaged at offset [0-9]+`).MatchString(why) {
			t.Error(why)
		}
		text[len(text)/2] ^= 1
		if err := os.WriteFile(log, text, 0o600); err != nil {
			t.Fatal(err)
		}
		must(Serve(t, o).registry.Sandbox("box")) // the start that failed has changed nothing
	})
	t.Run("a newer format", func(t *testing.T) {
		dir, log := kept(t)
		text := must(os.ReadFile(log))
		text[8]++
		if err := os.WriteFile(log, text, 0o600); err != nil {
			t.Fatal(err)
		}
		contains(t, startFails(t, keptIn(dir)), log, "format 2", "newer tsim")
	})
	for what, entry := range map[string]struct{ text, why string }{
		"another version":     {`{"Version":{"State":99,"Tsim":"v9"}}`, "tsim v9 has kept it as version 99"},
		"an input of nobody":  {`{"Input":{"Sandbox":77,"Number":1,"Kind":"passTime","Do":{}}}`, "77"},
		"an unknown input":    {`{"Input":{"Sandbox":1,"Number":1000,"Kind":"teleport","Do":{}}}`, "teleport"},
		"an input is missing": {`{"Input":{"Sandbox":1,"Number":1000,"Kind":"passTime","Do":{}}}`, "input 1000 cannot come after"},
		"no JSON":             {`not JSON`, "cannot be read"},
	} {
		t.Run(what, func(t *testing.T) {
			dir, _ := kept(t)
			log := must(store.Open(dir, store.Options{}, func(store.Entry) error { return nil }))
			if err := log.Wait(log.Append([]byte(entry.text))); err != nil {
				t.Fatal(err)
			}
			if err := log.Close(); err != nil {
				t.Fatal(err)
			}
			contains(t, startFails(t, keptIn(dir)), dir, entry.why)
			contains(t, startFails(t, keptIn(dir)), dir, entry.why) // the lock was given back
		})
	}
}

// A batch that was being written when the machine stopped is cut off, and the log says so.
func TestTornTailIsCut(t *testing.T) {
	dir := t.TempDir()
	s := Serve(t, keptIn(dir))
	create(t, s, "box", "")
	if err := s.kept(); err != nil {
		t.Fatal(err)
	}
	dir = crashed(t, dir)
	file := filepath.Join(dir, "00000001.log")
	text := must(os.ReadFile(file))
	if err := os.WriteFile(file, append(text, "\x20\x00\x00\x00torn"...), 0o600); err != nil {
		t.Fatal(err)
	}
	var log logged
	o := keptIn(dir)
	o.Log = log.logger()
	must(Serve(t, o).registry.Sandbox("box"))
	contains(t, log.String(), "the end of the log is cut off", file, "offset=", "recovered what was kept", "a sandbox goes on")
}

// The sandbox that was kept goes on, whatever scenario is asked for, and the log says so.
func TestKeptScenarioWins(t *testing.T) {
	dir := t.TempDir()
	if err := Serve(t, keptIn(dir)).Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for seed, warned := range map[uint64]bool{byDefault(t).Seed: false, 4711: true} {
		var log logged
		o := keptIn(dir)
		o.Log, o.Config = log.logger(), byDefault(t)
		o.Config.Seed = seed
		s := Serve(t, o)
		if got := s.Config().Seed; got != byDefault(t).Seed {
			t.Errorf("the seed is %d", got)
		}
		if got := strings.Contains(log.String(), "not the scenario that was asked for"); got != warned {
			t.Errorf("seed %d: %s", seed, &log)
		}
		if err := s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// With the clock real, time goes on where it stopped, or catches up with the clock on the wall. Other clocks stand still.
func TestTimeOverARestart(t *testing.T) {
	dir := t.TempDir()
	first := Serve(t, keptIn(dir))
	create(t, first, "manual", "")
	create(t, first, "real", "")
	mode, speed := tsimclient.ClockReal, 1000.0
	must(controlOf(first, "real").SetClock(t.Context(), tsimclient.ClockSettings{Mode: &mode, Speed: &speed}))
	manual := must(controlOf(first, "manual").Clock(t.Context())).Now
	for how, stop := range map[string]func() string{
		"killed": func() string { return crashed(t, dir) },
		"stopped": func() string {
			copied := crashed(t, dir)
			if err := Serve(t, keptIn(copied)).Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			return copied
		},
	} {
		for _, catchUp := range []bool{false, true} {
			began := time.Now()
			asked := must(controlOf(first, "real").Clock(t.Context())).Now
			dir := stop()
			const away = 30 * time.Millisecond // half a minute, for the sandbox
			waitFor(t, "it is away for a while", func() bool { return time.Since(began) > away })
			var log logged
			o := keptIn(dir)
			o.Log, o.State.CatchUp = log.logger(), catchUp
			s := Serve(t, o)
			contains(t, log.String(), "was_away=", "clock=real", "clock=manual")
			if got := strings.Contains(log.String(), "catches_up="); got != catchUp {
				t.Errorf("%s, catching up %t: %s", how, catchUp, &log)
			}
			if now := must(controlOf(s, "manual").Clock(t.Context())).Now; !now.Equal(manual) {
				t.Errorf("%s: with the clock manual it was %s, and is %s", how, manual, now)
			}
			if catchUp && how == "stopped" { // after a kill, it is known only to a second when the last sign of life was
				waitFor(t, "it catches up", func() bool {
					return must(controlOf(s, "real").Clock(t.Context())).Now.After(asked.Add(time.Duration(speed) * (away - 20*time.Millisecond)))
				})
			}
			if err := s.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// While snapshots are made all the time, clients and controllers do what they like; then all is there again.
func TestStateUnderLoad(t *testing.T) {
	dir := t.TempDir()
	o := keptIn(dir)
	o.State.Long = 1
	s := Serve(t, o)
	underLoad(t, s, func(t *testing.T) {
		is := create(t, s, "", "")
		must(controlOf(s, is.Name).DeleteSandbox(t.Context()))
	})
	manual := tsimclient.ClockManual
	must(controlOf(s, "").SetClock(t.Context(), tsimclient.ClockSettings{Mode: &manual}))
	if err := s.kept(); err != nil {
		t.Fatal(err)
	}
	again := Serve(t, keptIn(crashed(t, dir)))
	if was, is := digests(s), digests(again); len(is) != 1 || was["default"] != is["default"] {
		t.Errorf("it was %v, and is %v", was, is)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped := Serve(t, keptIn(dir))
	if was, is := digests(s), digests(stopped); was["default"] != is["default"] {
		t.Errorf("it was %v, and is %v", was, is)
	}
}
