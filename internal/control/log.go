package control

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"

	"tsim/internal/bound"
)

// logged writes a line of the log for each call, when it has ended. It has level debug: a test makes many calls
// that say nothing of the client it is about. What could hold a token, the query and the headers, is not in it.
func (o *Options) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !o.Log.Enabled(r.Context(), slog.LevelDebug) {
			next.ServeHTTP(w, r)
			return
		}
		begun, seen := time.Now(), &statusWriter{ResponseWriter: w}
		defer func() { // also when the reply is cut
			o.Log.LogAttrs(r.Context(), slog.LevelDebug, "control",
				slog.String("method", bound.Short(r.Method)), slog.String("path", bound.Cut(r.URL.Path, 200)),
				slog.Int("status", cmp.Or(seen.status, http.StatusOK)), slog.Duration("took", time.Since(begun)))
		}()
		next.ServeHTTP(seen, r)
	})
}

// statusWriter remembers the status of a reply, 0 for one that did not say it.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap is for http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
