// Command fleet suspends and resumes the devices of a fleet through Verizon ThingSpace, and says how far it has come. It
// is an example: a small service that survives what goes wrong between ThingSpace and its customers. README.md tells how
// to run it and its suite; thingspace.go makes the calls, fleet.go knows what became of them.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// config comes from the environment. Its first six fields are what tsim gives every application under test.
type config struct {
	url, appKey, appSecret, username, password, account string

	self     string        // where ThingSpace reaches this service; "" for the address that it listens on
	patience time.Duration // how long callbacks may take before the service asks; real devices take minutes
}

func main() {
	c := config{
		url: os.Getenv("TSIM_URL"), account: os.Getenv("TSIM_ACCOUNT"), self: os.Getenv("FLEET_URL"),
		appKey: os.Getenv("TSIM_APP_KEY"), appSecret: os.Getenv("TSIM_APP_SECRET"),
		username: os.Getenv("TSIM_USERNAME"), password: os.Getenv("TSIM_PASSWORD"),
	}
	var err error
	if c.patience, err = time.ParseDuration(cmp.Or(os.Getenv("FLEET_PATIENCE"), "10m")); err != nil {
		log.Fatalf("FLEET_PATIENCE is how long callbacks may take, such as 10m: %v", err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+cmp.Or(os.Getenv("PORT"), "9001"))
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	fmt.Printf("fleet listens on http://%s\n", l.Addr())
	if err := serve(ctx, l, c); err != nil {
		log.Fatal(err)
	}
}

// serve runs the service until ctx ends.
func serve(ctx context.Context, l net.Listener, c config) error {
	f := newFleet(c)
	server := &http.Server{Handler: f.routes(), ReadHeaderTimeout: 10 * time.Second}
	self := cmp.Or(c.self, "http://"+l.Addr().String())
	var running sync.WaitGroup
	running.Go(func() { f.work(ctx, self+"/callbacks") })
	running.Go(func() {
		<-ctx.Done()
		_ = server.Close()
	})
	err := server.Serve(l)
	if ctx.Err() != nil {
		err = nil
	}
	running.Wait()
	f.running.Wait()
	return err
}

func (f *fleet) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /fleet/suspend", func(w http.ResponseWriter, r *http.Request) { f.post(w, r, suspend) })
	mux.HandleFunc("POST /fleet/resume", func(w http.ResponseWriter, r *http.Request) { f.post(w, r, resume) })
	mux.HandleFunc("GET /fleet/jobs/{id}", f.get)
	mux.HandleFunc("GET /healthz", f.health)
	mux.HandleFunc("POST /callbacks", f.hear)
	return mux
}

// post takes a job and answers at once: ThingSpace takes minutes, and nobody should wait for that on a connection.
func (f *fleet) post(w http.ResponseWriter, r *http.Request, o operation) {
	var ask struct {
		ICCIDs []string `json:"iccids"`
		All    bool     `json:"all"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<20)).Decode(&ask)
	if err != nil || ask.All == (len(ask.ICCIDs) > 0) {
		http.Error(w, `send {"iccids": [...]}, or {"all": true} for the whole fleet`, http.StatusBadRequest)
		return
	}
	j := f.newJob(o, ask.ICCIDs)
	select {
	case f.queue <- j:
		answer(w, http.StatusAccepted, map[string]string{"id": j.ID})
	default:
		http.Error(w, "there is too much to do, ask again later", http.StatusServiceUnavailable)
	}
}

func (f *fleet) get(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if j := f.jobs[r.PathValue("id")]; j != nil {
		answer(w, http.StatusOK, j)
		return
	}
	http.Error(w, "there is no such job", http.StatusNotFound)
}

// health is good only when ThingSpace knows where to send callbacks.
func (f *fleet) health(w http.ResponseWriter, _ *http.Request) {
	if !f.registered.Load() {
		http.Error(w, "not registered with ThingSpace yet", http.StatusServiceUnavailable)
		return
	}
	answer(w, http.StatusOK, map[string]bool{"registered": true})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
