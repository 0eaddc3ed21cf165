package control

import (
	"net/http"
	"net/http/pprof"
)

// profiles is where net/http/pprof is, for go tool pprof. It knows itself as /debug/pprof/.
const profiles = "/tsim/debug/pprof/"

// profiler serves the profiles of the process.
func profiler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", http.NotFound) // may hold the token
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return http.StripPrefix("/tsim", mux)
}
