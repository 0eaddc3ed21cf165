package thingspace

import (
	"net/http"
	"slices"
	"strings"

	"tsim/internal/bound"
	"tsim/internal/sim"
	"tsim/internal/spell"
)

// folders are where ThingSpace has its calls, by the servers that its SDKs know.
var folders = []string{
	"/api/m2m/", "/api/ts/", "/api/v1/", "/api/v2/", "/api/auth/", "/api/loc/", "/api/subsc/", "/api/fota/",
	"/api/diagnostics/", "/api/cc/", "/api/hyper-precise/", "/m2m/",
}

// unknown is a path that is not served. It says which simulated call is near; when none is, note says
// for the log whose path it is.
func unknown(r *http.Request) (err *sim.Error, note string) {
	path := r.URL.Path
	asked := bound.Short(r.Method) + " " + bound.Cut(path, longPath)
	if near := nearest(r.Method, path); near != "" {
		return sim.Errorf(sim.PathUnknown, "no such call: %s; did you mean %s?", asked, near), ""
	}
	note = "this is not a path of ThingSpace"
	if slices.ContainsFunc(folders, func(f string) bool { return strings.HasPrefix(path, f) }) {
		note = "tsim does not simulate this call of ThingSpace"
	}
	return sim.Errorf(sim.PathUnknown, "no such call: %s; tsim does not simulate it", asked), note
}

// longPath is longer than any simulated path: comparing would take its time.
const longPath = 200

// nearest is the simulated call whose path was probably meant, with the same method if it has that; "" for
// none. A path is near when each of its words is: ThingSpace has calls of other words that look alike as
// a whole.
func nearest(method, path string) string {
	if len(path) > longPath {
		return ""
	}
	asked := strings.FieldsFunc(path, isSlash)
	var paths []string
	methods := map[string]string{}
	for i := range endpoints {
		e := &endpoints[i]
		near, ok := pathLike(e.path, asked)
		if !ok {
			continue
		}
		paths = append(paths, near)
		if methods[near] == "" || e.method == method {
			methods[near] = e.method
		}
	}
	if near := spell.Nearest(path, paths); near != "" {
		return methods[near] + " " + near
	}
	return ""
}

// pathLike is the path of a row with the variables as they were asked for, if all the rest is near.
func pathLike(row string, asked []string) (string, bool) {
	words := strings.FieldsFunc(row, isSlash)
	if len(words) != len(asked) {
		return "", false
	}
	for i, word := range words {
		if word[0] == '{' {
			words[i] = asked[i]
		} else if spell.Nearest(asked[i], []string{word}) == "" {
			return "", false
		}
	}
	path := "/" + strings.Join(words, "/")
	if strings.HasSuffix(row, "/") {
		path += "/"
	}
	return path, true
}

func isSlash(r rune) bool { return r == '/' }
