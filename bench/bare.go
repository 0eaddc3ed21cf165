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

var roles = map[string]func(){"server": beServer, "poster": func() { obey(post) }, "heap": func() { obey(jobs) }}

// role starts a ceiling in a process of its own.
func (l *lab) role(name string) *process { return l.start(l.self, asRole, name) }

// bareServer starts the ceiling of everything that answers calls; it accepts all of them.
func (l *lab) bareServer(header http.Header) *side {
	p := l.role("server")
	p.awaitURL()
	return l.side(p, header, accepted)
}

// beServer is the least that a Go server of such calls has to do: read the body, decode it, answer
// with a new UUID. It checks nothing and remembers nothing.
func beServer() {
	go func() { // it ends when whoever started it is gone
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	listener := must(net.Listen("tcp", "127.0.0.1:0"))
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

// obey carries out the orders that come on standard input, one by one, until there are no more.
func obey[Order, Done any](carryOut func(*Order) Done) {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for order := new(Order); in.Decode(order) == nil; order = new(Order) {
		if out.Encode(carryOut(order)) != nil {
			return // the parent is gone
		}
	}
}

// post posts as it is ordered, over keep-alive connections.
func post(o *postOrder) posted {
	transport := &http.Transport{MaxIdleConnsPerHost: o.Workers, DisableCompression: true}
	defer transport.CloseIdleConnections()
	var done atomic.Int64
	var failed atomic.Value
	next := make(chan int, o.N)
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() {
			for n := range next {
				if err := postOne(transport, o, n); err != nil {
					failed.Store(err.Error())
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
	text, _ := failed.Load().(string)
	return posted{int(done.Load()), text}
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

// jobs does with container/heap what time does with N operations: take the next one, owe its
// delivery at the same instant, take that. So each order is two jobs for every operation.
func jobs(o *heapOrder) heaped {
	h := &bareHeap{}
	random := uint64(88172645463325252) // xorshift: any scatter will do
	for i := range o.N {
		random ^= random << 13
		random ^= random >> 7
		random ^= random << 17
		heap.Push(h, bare{int64(random >> 2), uint64(i)})
	}
	began := time.Now()
	for seq := range uint64(o.N) {
		operation := heap.Pop(h).(bare)
		heap.Push(h, bare{operation.due, uint64(o.N) + seq})
		heap.Pop(h)
	}
	return heaped{float64(time.Since(began).Nanoseconds()) / 1000 / float64(2*o.N)}
}
