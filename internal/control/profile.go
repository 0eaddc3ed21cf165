package control

import (
	"net/http"
	"net/http/pprof"
)

// profiles is where net/http/pprof is, for go tool pprof. It knows itself as /debug/pprof/.
const profiles = "/tsim/debug/pprof/"

// profiler serves the profiles of the process to those who may use the control surface. A failure
// is told as everywhere else.
func (o *Options) profiler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", http.NotFound) // may hold the token
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	profile := http.StripPrefix("/tsim", mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := o.admit(w, r); err != nil {
			o.refuse(w, r, err)
			return
		}
		profile.ServeHTTP(w, r)
	})
}
