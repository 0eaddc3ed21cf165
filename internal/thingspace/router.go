package thingspace

import (
	"net/http"
	"strings"

	"github.com/gorilla/mux"
)

// route finds the rows of a path; the rest of the package does not know the router. Paths without
// variables, those of the actions above all, are looked up at once: the router would try its rows one
// after the other.
func (h *Handler) route() http.Handler {
	router := mux.NewRouter().SkipClean(true)
	rows := map[string][]*endpoint{}
	for i := range endpoints {
		e := &endpoints[i]
		rows[e.path] = append(rows[e.path], e)
	}
	for path, same := range rows {
		if strings.Contains(path, "{") {
			router.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
				h.serve(w, r, same, mux.Vars(r))
			})
		}
	}
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.serve(w, r, nil, nil)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = oneSlash(r)
		if same := rows[r.URL.Path]; same != nil && !strings.Contains(r.URL.Path, "{") {
			h.serve(w, r, same, nil)
			return
		}
		router.ServeHTTP(w, r)
	})
}

// oneSlash brings the two spellings of ThingSpace's pages together: half of them write the path as
// /api/m2m/v1//devices/…. A redirect would cost the client its body.
func oneSlash(r *http.Request) *http.Request {
	if !strings.Contains(r.URL.Path, "/v1//") {
		return r
	}
	u := *r.URL
	u.Path = strings.Replace(u.Path, "/v1//", "/v1/", 1)
	again := *r
	again.URL = &u
	return &again
}
