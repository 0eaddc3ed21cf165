package main

import (
	"bytes"
	"container/heap"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// asRole is how this program is told to be one of its ceilings.
const asRole = "-as"

var roles = map[string]func(){"server": beServer, "poster": bePoster, "heap": beHeap}

// role starts a ceiling in a process of its own.
func (l *lab) role(name string) (*process, error) { return l.start(l.self, asRole, name) }

// bareServer starts the ceiling of everything that answers calls.
func (l *lab) bareServer() (*process, error) {
	p, err := l.role("server")
	if err != nil {
		return nil, err
	}
	return p, p.awaitURL()
}

// beServer is the least that a Go server of such calls has to do: read the body, decode it, answer
// with a new UUID. It checks nothing and remembers nothing.
func beServer() {
	endWithParent()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("http://" + listener.Addr().String())
	fmt.Fprintln(os.Stderr, http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var call struct {
			AccountName string `json:"accountName"`
			Devices     []struct {
				DeviceIDs []struct {
					Kind string `json:"kind"`
					ID   string `json:"id"`
				} `json:"deviceIds"`
			} `json:"devices"`
		}
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Header.Get("Content-Type") == "application/json" {
			err = json.Unmarshal(body, &call)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"requestId": newUUID()})
	})))
}

func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// endWithParent ends the role when whoever started it is gone.
func endWithParent() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
}

// postOrder is what a bare client is asked to do: N posts of a body, as fast as it can or, when Due
// is given, each at its time after Start. The N-th has ?n=N in its URL.
type postOrder struct {
	URL     string
	Body    string
	N       int
	Workers int
	Start   int64 // nanoseconds since 1970, when Due is given
	Due     []time.Duration
}

type posted struct {
	Done   int
	Failed string
}

// bePoster posts as it is ordered, over keep-alive connections.
func bePoster() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var order postOrder
		if err := in.Decode(&order); err != nil {
			return // the parent is gone, or done
		}
		if err := out.Encode(post(&order)); err != nil {
			return
		}
	}
}

func post(o *postOrder) posted {
	transport := &http.Transport{MaxIdleConnsPerHost: o.Workers, DisableCompression: true}
	defer transport.CloseIdleConnections()
	var done atomic.Int64
	var failed atomic.Pointer[string]
	next := make(chan int, o.N)
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() {
			for n := range next {
				if err := postOne(transport, o, n); err != nil {
					text := err.Error()
					failed.Store(&text)
					continue
				}
				done.Add(1)
			}
		})
	}
	start := time.Unix(0, o.Start)
	for n := range o.N {
		if o.Due != nil {
			time.Sleep(time.Until(start.Add(o.Due[n])))
		}
		next <- n
	}
	close(next)
	workers.Wait()
	p := posted{Done: int(done.Load())}
	if text := failed.Load(); text != nil {
		p.Failed = *text
	}
	return p
}

func postOne(t *http.Transport, o *postOrder, n int) error {
	req, err := http.NewRequest(http.MethodPost, o.URL+"?n="+strconv.Itoa(n), bytes.NewReader([]byte(o.Body)))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := t.RoundTrip(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

// bare is a job that holds nothing but its time and its turn.
type bare struct {
	due int64
	seq uint64
}

type bareHeap []bare

func (h bareHeap) Len() int      { return len(h) }
func (h bareHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h bareHeap) Less(i, j int) bool {
	return h[i].due < h[j].due || h[i].due == h[j].due && h[i].seq < h[j].seq
}
func (h *bareHeap) Push(x any) { *h = append(*h, x.(bare)) }
func (h *bareHeap) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}

type heapOrder struct{ N int }

type heaped struct{ MicrosecondsPerJob float64 }

// beHeap does with container/heap what time does with N operations: take the next one, owe its
// delivery at the same instant, take that. So each order is two jobs for every operation.
func beHeap() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var order heapOrder
		if err := in.Decode(&order); err != nil {
			return
		}
		h := &bareHeap{}
		random := uint64(88172645463325252) // xorshift: any scatter will do
		for i := range order.N {
			random ^= random << 13
			random ^= random >> 7
			random ^= random << 17
			heap.Push(h, bare{int64(random >> 2), uint64(i)})
		}
		began := time.Now()
		for seq := range uint64(order.N) {
			operation := heap.Pop(h).(bare)
			heap.Push(h, bare{operation.due, uint64(order.N) + seq})
			heap.Pop(h)
		}
		per := float64(time.Since(began).Nanoseconds()) / 1000 / float64(2*order.N)
		if err := out.Encode(heaped{per}); err != nil {
			return
		}
	}
}
