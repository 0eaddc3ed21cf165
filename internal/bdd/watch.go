package bdd

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Watch runs all that is wanted, and then the feature files that change, each time they do, until ctx ends. It looks at them so
// often. What is wrong with a file that is being written is told, and forgotten when it changes again.
func Watch(ctx context.Context, o Options, every time.Duration) error {
	all := o.Paths
	before, err := stamps(all)
	if err != nil {
		return err
	}
	look := time.NewTicker(every)
	defer look.Stop()
	for {
		if _, err := Run(ctx, o); err != nil && ctx.Err() == nil {
			fmt.Fprintf(o.Out, "%v\n", err)
		}
		fmt.Fprintln(o.Out, "\nwatching (stop with Ctrl-C)")
		for o.Paths = nil; len(o.Paths) == 0; {
			select {
			case <-ctx.Done():
				return nil
			case <-look.C:
			}
			now, err := stamps(all)
			if err != nil {
				continue // a folder that is being moved
			}
			o.Paths, before = changed(all, before, now), now
		}
	}
}

// stamp is what changes with a file.
type stamp struct {
	time time.Time
	size int64
}

// stamps are those of the feature files of paths.
func stamps(paths []string) (map[string]stamp, error) {
	files, _, err := find(paths)
	if err != nil {
		return nil, err
	}
	all := map[string]stamp{}
	for _, file := range files {
		if info, err := os.Stat(file); err == nil {
			all[file] = stamp{info.ModTime(), info.Size()}
		}
	}
	return all, nil
}

// changed are the paths of which the files have changed, and the files of folders that have.
func changed(paths []string, before, now map[string]stamp) (again []string) {
	for file, s := range now {
		if before[file] == s {
			continue
		}
		named := false
		for _, path := range paths {
			if m := lineBehind.FindStringSubmatch(path); m != nil && filepath.Clean(m[1]) == file {
				again, named = append(again, path), true
			}
		}
		if !named {
			again = append(again, file)
		}
	}
	slices.Sort(again)
	return again
}
