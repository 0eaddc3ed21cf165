package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"tsim/internal/config"
	"tsim/internal/euicc"
	"tsim/internal/sim"
	"tsim/tsimclient"
)

func TestSnapshots(t *testing.T) {
	f := newFixture(t)
	f.want("GET", base+"/snapshots", "", 200, `{"snapshots":[]}`)
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	for _, name := range []string{"ready", "again"} {
		f.want("POST", base+"/snapshots", `{"name":"`+name+`"}`, 201,
			`{"name":"`+name+`","now":"2030-01-01T00:00:00Z","epoch":1,"scenario":"two-devices","devices":2,"records":4,"heldMs":0}`)
	}
	f.want("GET", base+"/snapshots?limit=1", "", 200,
		`{"snapshots":[{"name":"again","now":"2030-01-01T00:00:00Z","epoch":1,"scenario":"two-devices","devices":2,"records":4}],"next":"again"}`)
	f.want("GET", base+"/snapshots?after=again", "", 200,
		`{"snapshots":[{"name":"ready","now":"2030-01-01T00:00:00Z","epoch":1,"scenario":"two-devices","devices":2,"records":4}]}`)
	f.want("DELETE", base+"/snapshots/again", "", 200, `{"deleted":"again"}`)

	f.want("POST", base+"/snapshots", "", 400, `{"error":"the body is empty; it has to be a JSON object","hint":"fields: name"}`)
	f.want("POST", base+"/snapshots", `{"name":"a b"}`, 400,
		`{"error":"a snapshot cannot be called \"a b\"","hint":"a name has letters, digits and . _ -, begins with one of the first two, and has at most 100 of them"}`)
	f.want("POST", base+"/snapshots", `{"name":"ready"}`, 409, `{"error":"there is a snapshot \"ready\" already; delete it first, or take another name"}`)
	for _, call := range []string{"GET ", "DELETE ", "POST /rewind", "POST /forks"} {
		method, path, _ := strings.Cut(call, " ")
		f.want(method, base+"/snapshots/none"+path, "", 404, `{"error":"no snapshot \"none\""}`)
	}
	f.want("POST", base+"/snapshots/ready/forks", `{"name":"default"}`, 409, `{"error":"there is a sandbox \"default\" already"}`)
	f.want("POST", base+"/forks", `{"name":"a b"}`, 400,
		`{"error":"a sandbox cannot be called \"a b\"","hint":"a name has letters, digits and . _ -, begins with one of the first two, and has at most 100 of them"}`)
	f.want("POST", base+"/forks", `{"ttl":"0s"}`, 400, `{"error":"a ttl of 0 is no time at all","hint":"leave it out for ever"}`)
}

func TestSnapshotsThroughTheClient(t *testing.T) {
	f := newFixture(t)
	_, c := f.server()
	ctx := t.Context()
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	saved, err := c.SaveSnapshot(ctx, "ready")
	if err != nil || saved.Name != "ready" || saved.Devices != 2 {
		t.Fatalf("%+v, %v", saved, err)
	}
	if _, err := c.Advance(ctx, tsimclient.Advance{Until: tsimclient.Idle}); err != nil {
		t.Fatal(err)
	}
	if list, err := c.Snapshots(ctx, tsimclient.Page{}); err != nil || len(list.Snapshots) != 1 || list.Snapshots[0] != saved.Snapshot {
		t.Errorf("%+v, %v", list, err)
	}
	for _, of := range []string{"", "ready"} {
		fork, err := c.Fork(ctx, of, tsimclient.ForkSpec{})
		if err != nil || (fork.Counts.Requests == 1) != (of == "ready") || fork.Credentials[0].AppKey == "key" {
			t.Errorf("fork of %q: %+v, %v", of, fork, err)
		}
	}
	if back, err := c.Rewind(ctx, "ready"); err != nil || back.Counts.Requests != 1 || back.Clock.Epoch != 2 || back.Credentials[0].AppKey != "key" {
		t.Errorf("rewind: %+v, %v", back, err)
	}
	var now, ready bytes.Buffer
	if err := errors.Join(c.WriteState(ctx, "", &now), c.WriteState(ctx, "ready", &ready)); err != nil {
		t.Fatal(err)
	}
	for i, document := range []*bytes.Buffer{&now, &ready} {
		name := fmt.Sprintf("of-document-%d", i)
		fork, err := c.ForkDocument(ctx, document, tsimclient.ForkSpec{Name: name})
		if err != nil || fork.Name != name || fork.Counts.Requests != 1 {
			t.Errorf("fork of a document: %+v, %v", fork, err)
		}
	}
	if gone, err := c.DeleteSnapshot(ctx, "ready"); err != nil || gone.Deleted != "ready" {
		t.Errorf("%+v, %v", gone, err)
	}
	if err := c.WriteState(ctx, "ready", io.Discard); err == nil || err.Error() != `no snapshot "ready"` {
		t.Errorf("%v", err)
	}
}

// TestStateDocument: a document is the State without its secrets, and begins with what it is.
func TestStateDocument(t *testing.T) {
	f := newFixture(t)
	if err := f.box.Register(config.Listener{
		Account: account, Service: config.ProfileService, URL: "http://me:hidden-1@127.0.0.1:9001/", Username: "me", Password: "hidden-2",
	}); err != nil {
		t.Fatal(err)
	}
	token, _, err := f.box.Issue("key", "secret")
	if err != nil {
		t.Fatal(err)
	}
	session, err := f.box.Login("user", "pass")
	if err != nil {
		t.Fatal(err)
	}
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	if _, err := f.box.Advance(t.Context(), sim.Goal{Idle: true}); err != nil {
		t.Fatal(err)
	}
	text := f.ask("GET", base+"/state", "").Body.String()
	const head = `{"tsim":"1.2.3","format":1,"sandbox":"default","scenario":"two-devices","now":"2030-01-01T00:00:30Z","state":{"Version":1,`
	if !strings.HasPrefix(text, head) {
		t.Errorf("it begins with %.300s", text)
	}
	for _, secret := range []string{token.Token, session, `"secret"`, `"pass"`, "hidden-1", "hidden-2"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in it", secret)
		}
	}
	st, err := readState(strings.NewReader(text), len(text))
	if err != nil {
		t.Fatal(err)
	}
	was, _ := f.box.Export()
	want := was.Redacted()
	a, _ := json.Marshal(st)
	b, _ := json.Marshal(want)
	if !bytes.Equal(a, b) {
		t.Errorf("the state is\n%s\nand was\n%s", a, b)
	}
	if objects := strings.Count(text, "{") + strings.Count(text, "null"); len(text) < 3*minObject*objects {
		t.Errorf("%d objects in %d bytes", objects, len(text))
	}
}

// TestBadDocuments are refused, with the reason and the place.
func TestBadDocuments(t *testing.T) {
	f := newFixture(t)
	good := strings.TrimSuffix(f.ask("GET", base+"/state", "").Body.String(), "\n")
	change := func(old, by string) string {
		t.Helper()
		if !strings.Contains(good, old) {
			t.Fatalf("there is no %s", old)
		}
		return strings.Replace(good, old, by, 1)
	}
	for body, says := range map[string]string{
		"":                                       "the document ends too early, after 0 bytes",
		"{":                                      "the document ends too early, after 1 bytes",
		good[:len(good)/2]:                       fmt.Sprintf("the document ends too early, after %d bytes", len(good)/2),
		good + "{}":                              "something follows the document",
		"[]":                                     `the document cannot be read: [ stands where { belongs, at byte 1`,
		`{"tsim":"1"}`:                           "there is no state in the document",
		`{"name":"x"}`:                           `the document cannot be read: there is a field "name"`,
		change(`"format":1`, `"format":2`):       "the document has format 2, of tsim 1.2.3, and this tsim reads format 1",
		change(`"Epoch":1`, `"Epoch":-1`):        "the document cannot be read: json: cannot unmarshal number -1",
		change(`"Epoch":1`, `"Epoch":1,"New":1`): `the document cannot be read: there is a field "New"`,
		change(`"Devices":[`, `"Devices":7,"EIDs":[`):                         `the document cannot be read: 7 stands where a list belongs`,
		change(`"Devices":[`, `"Devices":[`+strings.Repeat("{},", 100_000)):   "this is no document that tsim has written: most of what is in it says nothing",
		change(`"Devices":[`, `"Devices":[`+strings.Repeat("null,", 100_000)): "this is no document that tsim has written: most of what is in it says nothing",
		change(`"Devices":[`, `"Devices":[{},`):                               "the state is damaged: the first device is number 0 of 2",
	} {
		w := f.ask("POST", "/tsim/v1/forks", body)
		var told tsimclient.Error
		if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil || w.Code/100 != 4 || !strings.HasPrefix(told.Message, says) {
			t.Errorf("%.60s: %d %s, want %s", body, w.Code, w.Body, says)
		}
	}
	if _, err := readState(strings.NewReader(good), len(good)-1); err == nil || err.Error() != "the document is longer than 0 MiB" {
		t.Errorf("%v", err)
	}
	if n := len(f.registry.List("", 100)); n != 1 {
		t.Errorf("%d sandboxes", n)
	}
}

// FuzzDocument: whatever comes as a document, it is refused, or a sandbox made of it, without a panic.
func FuzzDocument(f *testing.F) {
	s, err := sim.New(newConfig(), sim.Env{})
	if err != nil {
		f.Fatal(err)
	}
	st, _ := s.Export()
	var text bytes.Buffer
	if err := (&stateDocument{"1.2.3", &st}).write(&text); err != nil {
		f.Fatal(err)
	}
	f.Add(text.Bytes())
	f.Add([]byte(`{"format":1,"state":{"Devices":[{},{}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		st, err := readState(bytes.NewReader(text), 1<<20)
		if err != nil {
			return
		}
		if s, err := sim.Import(st.Fork("fork", st.Config.Credentials, 2), sim.Env{}); err == nil {
			s.Close()
		}
	})
}

// TestSecretsHaveNoOtherPlace: what is hidden of a State by Redacted is all that is a secret by its type.
func TestSecretsHaveNoOtherPlace(t *testing.T) {
	places := map[string]bool{}
	var walk func(of reflect.Type, in string)
	seen := map[reflect.Type]bool{}
	walk = func(of reflect.Type, in string) {
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array:
			walk(of.Elem(), in)
		case reflect.Struct:
			if seen[of] {
				return
			}
			seen[of] = true
			for field := range of.Fields() {
				if field.IsExported() {
					walk(field.Type, of.Name()+"."+field.Name)
				}
			}
		case reflect.String:
			if of == reflect.TypeFor[config.Secret]() {
				places[in] = true
			}
		}
	}
	walk(reflect.TypeFor[sim.State](), "")
	want := map[string]bool{"Credential.AppSecret": true, "Credential.Password": true, "Listener.Password": true, "SavedToken.Text": true, "SavedPassword.Password": true}
	if !reflect.DeepEqual(places, want) {
		t.Errorf("secrets are in %v", places)
	}
}

// TestDigest: it is the same until something happens.
func TestDigest(t *testing.T) {
	f := newFixture(t)
	digest := func() (d tsimclient.Digest) {
		t.Helper()
		if err := json.Unmarshal(f.ask("GET", base+"/digest", "").Body.Bytes(), &d); err != nil || len(d.Digest) != 64 {
			t.Fatalf("%+v, %v", d, err)
		}
		return d
	}
	before := digest()
	if again := digest(); again.Digest != before.Digest || again.Inputs != before.Inputs {
		t.Errorf("%+v, and then %+v", before, again)
	}
	f.submit(euicc.OpDeviceSuspend, euicc.IDs{EID: eid1})
	if after := digest(); after.Digest == before.Digest || after.Inputs <= before.Inputs || after.Epoch != before.Epoch {
		t.Errorf("%+v, and then %+v", before, after)
	}
}
