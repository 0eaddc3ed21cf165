package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tsim/tsimclient"
)

const account = "0000123456-00001"

// client has a sandbox of its own, which nobody else steers. So it knows, from the replies it has got, what must be there.
type client struct {
	w       *world
	number  int
	lives   uint64
	draw    *luck
	base    string // of the server in this life
	http    *http.Client
	control *tsimclient.Client
	counts  counts
	doubt   command // what had no reply when tsim was killed

	sandbox    string // its name; "" for none
	credential tsimclient.Credential
	sessions   []tokens            // that must work
	saved      map[string]expected // snapshots
	forked     string              // a fork; "" for none
	forkedWith []asked             // some requests that it has
	expected
}

// tokens are what a login gave.
type tokens struct{ bearer, session string }

// expected is what must be in the sandbox, beside what time has brought.
type expected struct {
	epoch    uint64
	powered  map[string]bool     // by EID
	profiles map[string][]string // ICCIDs by EID
	rules    map[string]bool
	holds    map[uint64]bool
	mode     tsimclient.ClockMode
	now      time.Time // at the latest reply that told it
	requests []asked
	all      []string           // of a snapshot: the ids of all its requests, also those that were not replied to
	checked  int                // how many of the requests have been found in an earlier life
	tail     []tsimclient.Event // the latest ones that are surely kept
	read     []tsimclient.Event // that were read since the last reply to something that changes
	settled  map[uint64]bool    // callbacks whose delivery has been recorded
}

// asked is a request that was replied to.
type asked struct {
	id  string
	ids []string // ICCIDs or EIDs, as they were sent
}

// counts is what a client has seen.
type counts struct {
	actions, logins, commands, doubts, inEffect, requests, events, cards, delivered int
}

func (c *counts) add(o *counts) {
	for _, pair := range []struct{ to, from *int }{
		{&c.actions, &o.actions}, {&c.logins, &o.logins}, {&c.commands, &o.commands}, {&c.doubts, &o.doubts}, {&c.inEffect, &o.inEffect},
		{&c.requests, &o.requests}, {&c.events, &o.events}, {&c.cards, &o.cards}, {&c.delivered, &o.delivered},
	} {
		*pair.to += *pair.from
	}
}

// command is something that changes the sandbox. It does it and changes what is expected; if it gets no reply, found says after
// the next start whether it is in effect, and changes what is expected then.
type command struct {
	name  string
	do    func(context.Context) error
	found func(context.Context) (bool, error) // nil if nobody can tell, nor needs to
}

// load does one thing after the other until there is no reply.
func (c *client) load(ctx context.Context) error {
	for {
		next := c.choose()
		err := next.do(ctx)
		switch told, refused := errors.AsType[*tsimclient.Error](err); {
		case err == nil && next.name == "read":
		case err == nil:
			c.surely()
		case refused && told.Status >= 400: // no kill explains that
			return fmt.Errorf("%s: %w", next.name, err)
		default:
			c.doubt = next
			c.counts.doubts++
			return ctx.Err()
		}
	}
}

// surely says that all that was read so far has been kept: for something that was done afterwards has been.
func (c *client) surely() {
	if len(c.read) > 0 {
		c.tail, c.read = c.read, nil
	}
}

// choose draws what to do next.
func (c *client) choose() command {
	if c.sandbox == "" {
		return c.create()
	}
	n := c.draw.below(1000)
	for _, way := range []struct {
		part int
		make func() command
	}{
		{570, c.act}, {80, c.login}, {70, c.look}, {50, c.power}, {60, c.rule}, {40, c.hold}, {40, c.clock}, {40, c.advance}, {10, c.reset}, {5, c.remove}, {15, c.save}, {10, c.rewind}, {10, c.fork},
	} {
		if n -= way.part; n < 0 {
			return way.make()
		}
	}
	panic("the parts are less than 1000")
}

func (c *client) create() command {
	name := ""
	if c.draw.below(2) == 0 {
		name = fmt.Sprintf("of-%d-%d-%d", c.number, c.lives, c.draw.next())
	}
	return command{name: "create", do: func(ctx context.Context) error {
		yaml, err := json.Marshal(scenario(c.w.listener.url))
		if err != nil {
			return err
		}
		is, err := c.control.CreateSandbox(ctx, tsimclient.SandboxSpec{Name: name, ScenarioSpec: tsimclient.ScenarioSpec{Scenario: yaml}, TTL: "24h"})
		if err != nil {
			return err
		}
		c.counts.commands++
		return c.begin(&is)
	}, found: func(ctx context.Context) (bool, error) {
		if name == "" {
			return false, nil // whatever it is called, nobody asks for it
		}
		c.control.Sandbox = name
		is, err := c.control.Info(ctx)
		if missing(err) {
			return false, nil
		}
		if err == nil {
			err = c.begin(&is)
		}
		return true, err
	}}
}

// begin begins to use a sandbox that is new.
func (c *client) begin(is *tsimclient.Sandbox) error {
	if _, known := c.w.names.LoadOrStore(is.Name, true); known {
		return wrong("the name %q was given twice", is.Name)
	}
	c.sandbox, c.control.Sandbox, c.credential = is.Name, is.Name, is.Credentials[0]
	c.sessions, c.saved = nil, map[string]expected{}
	c.anew(is)
	return nil
}

// anew expects what is there after a reset.
func (c *client) anew(is *tsimclient.Sandbox) {
	c.expected = expected{
		epoch: is.Clock.Epoch, mode: is.Clock.Mode, now: is.Clock.Now,
		powered: map[string]bool{}, profiles: map[string][]string{}, rules: map[string]bool{}, holds: map[uint64]bool{}, settled: map[uint64]bool{},
	}
}

// inventory reads the devices when they are not known yet.
func (c *client) inventory(ctx context.Context) error {
	if len(c.profiles) > 0 {
		return nil
	}
	devices, err := c.control.AllDevices(ctx, tsimclient.DeviceFilter{}, 100)
	for _, d := range devices {
		for _, p := range d.Profiles {
			c.profiles[d.EID] = append(c.profiles[d.EID], p.ICCID)
		}
		if _, known := c.powered[d.EID]; !known {
			c.powered[d.EID] = true
		}
	}
	return err
}

func (c *client) remove() command {
	return command{name: "remove", do: func(ctx context.Context) error {
		_, err := c.control.DeleteSandbox(ctx)
		if err == nil {
			c.counts.commands++
			c.sandbox = ""
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		_, err := c.control.Info(ctx)
		if missing(err) {
			c.sandbox = ""
			return true, nil
		}
		return false, err
	}}
}

func (c *client) reset() command {
	keep := c.draw.below(2) == 0
	var to tsimclient.ScenarioSpec
	if c.draw.below(2) == 0 { // with other devices
		seed := c.draw.next() >> 32
		to.Seed = &seed
	}
	done := func(is *tsimclient.Sandbox) {
		if !keep {
			c.sessions = nil
		}
		c.anew(is)
	}
	return command{name: "reset", do: func(ctx context.Context) error {
		var kept []tsimclient.Keep
		if keep {
			kept = append(kept, tsimclient.KeepTokens)
		}
		is, err := c.control.ResetTo(ctx, to, kept...)
		if err != nil {
			return err
		}
		if is.Clock.Epoch != c.epoch+1 {
			return wrong("epoch %d came after epoch %d", is.Clock.Epoch, c.epoch)
		}
		c.counts.commands++
		done(&is)
		return nil
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.control.Info(ctx)
		if err != nil || is.Clock.Epoch == c.epoch {
			return false, err
		}
		if is.Clock.Epoch != c.epoch+1 {
			return true, wrong("epoch %d came after epoch %d", is.Clock.Epoch, c.epoch)
		}
		done(&is)
		return true, nil
	}}
}

func (c *client) login() command {
	return command{name: "login", do: func(ctx context.Context) error {
		var bearer struct {
			Token string `json:"access_token"`
		}
		form := url.Values{"grant_type": {"client_credentials"}}.Encode()
		err := c.ask(ctx, "POST", "/api/ts/v1/oauth2/token", tokens{}, strings.NewReader(form), &bearer)
		if err != nil {
			return err
		}
		var session struct {
			Token string `json:"sessionToken"`
		}
		user, err := json.Marshal(map[string]string{"username": c.credential.Username, "password": c.credential.Password})
		if err == nil {
			err = c.ask(ctx, "POST", "/api/m2m/v1/session/login", tokens{bearer: bearer.Token}, bytes.NewReader(user), &session)
		}
		if err == nil {
			c.counts.logins++
			c.sessions = append(c.sessions, tokens{bearer.Token, session.Token})
		}
		return err
	}}
}

// act suspends or resumes one to three devices.
func (c *client) act() command {
	if len(c.sessions) == 0 {
		return c.login()
	}
	return command{name: "act", do: func(ctx context.Context) error {
		if err := c.inventory(ctx); err != nil {
			return err
		}
		op := []string{"profile_suspend", "profile_resume", "device_suspend", "device_resume"}[c.draw.below(4)]
		eids := slices.Sorted(maps.Keys(c.profiles))
		first := c.draw.below(len(eids))
		eids = slices.Concat(eids[first:], eids[:first])
		a := asked{}
		body := fmt.Sprintf(`{"accountName":%q,"devices":[`, account)
		for i, eid := range eids[:1+c.draw.below(3)] {
			kind, id := "eid", eid
			if strings.HasPrefix(op, "profile") {
				kind, id = "iccid", c.profiles[eid][len(c.profiles[eid])-1]
			}
			if i > 0 {
				body += ","
			}
			body += fmt.Sprintf(`{"deviceIds":[{"kind":%q,"id":%q}]}`, kind, id)
			a.ids = append(a.ids, id)
		}
		var reply struct {
			RequestID string `json:"requestId"`
		}
		with := c.sessions[c.draw.below(len(c.sessions))]
		if err := c.ask(ctx, "POST", "/api/m2m/v1/devices/profile/actions/"+op, with, strings.NewReader(body+"]}"), &reply); err != nil {
			return err
		}
		if _, twice := c.w.ids.LoadOrStore(reply.RequestID, true); twice || reply.RequestID == "" {
			return wrong("the requestId %q was given twice", reply.RequestID)
		}
		a.id = reply.RequestID
		c.counts.actions++
		c.requests = append(c.requests, a)
		return nil
	}}
}

// look reads the latest events.
func (c *client) look() command {
	return command{name: "read", do: func(ctx context.Context) error {
		events, err := c.latest(ctx)
		if err == nil {
			c.read = events
		}
		return err
	}}
}

func (c *client) power() command {
	var eid string
	var on bool
	return command{name: "power", do: func(ctx context.Context) error {
		if err := c.inventory(ctx); err != nil {
			return err
		}
		eids := slices.Sorted(maps.Keys(c.powered))
		eid = eids[c.draw.below(len(eids))]
		on = !c.powered[eid]
		_, err := c.control.PatchDevice(ctx, eid, tsimclient.DevicePatch{Powered: &on})
		if err == nil {
			c.counts.commands++
			c.powered[eid] = on
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		if eid == "" {
			return false, nil
		}
		d, err := c.control.Device(ctx, eid)
		c.powered[eid] = d.Powered
		return err == nil && d.Powered == on, err
	}}
}

// rule puts a rule or takes it away.
func (c *client) rule() command {
	name := fmt.Sprintf("rule-%d", c.draw.below(5))
	there := c.rules[name]
	return command{name: "rule", do: func(ctx context.Context) (err error) {
		if there {
			_, err = c.control.DeleteRule(ctx, name)
		} else {
			_, err = c.control.PutRule(ctx, tsimclient.Rule{
				Name: name, When: tsimclient.When{Operation: []tsimclient.Operation{"delete"}}, Outcome: &tsimclient.Outcome{Silent: true},
			})
		}
		if err == nil {
			c.counts.commands++
			c.setRule(name, !there)
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		_, err := c.control.Rule(ctx, name)
		is := !missing(err)
		if is && err != nil {
			return false, err
		}
		c.setRule(name, is)
		return is != there, nil
	}}
}

func (c *client) setRule(name string, is bool) {
	if delete(c.rules, name); is {
		c.rules[name] = true
	}
}

// hold holds the callbacks of a card, or lifts such a hold.
func (c *client) hold() command {
	var lifted uint64
	return command{name: "hold", do: func(ctx context.Context) error {
		if len(c.holds) > 2 {
			for _, lifted = range slices.Sorted(maps.Keys(c.holds)) {
				break
			}
			_, err := c.control.LiftHold(ctx, lifted)
			if err == nil {
				c.counts.commands++
				delete(c.holds, lifted)
			}
			return err
		}
		if err := c.inventory(ctx); err != nil {
			return err
		}
		eids := slices.Sorted(maps.Keys(c.powered))
		h, err := c.control.HoldAll(ctx, tsimclient.HoldFilter{EID: eids[c.draw.below(len(eids))]})
		if err == nil {
			c.counts.commands++
			c.holds[h.ID] = true
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		list, err := c.control.Holds(ctx, tsimclient.Page{Limit: tsimclient.MaxLimit})
		is := map[uint64]bool{}
		for _, h := range list.Holds {
			is[h.ID] = true
		}
		for id := range c.holds {
			if !is[id] && id != lifted {
				return false, nil // which check finds
			}
		}
		changed := len(is) != len(c.holds)
		if err == nil {
			c.holds = is
		}
		return changed, err
	}}
}

// clock chooses what moves time.
func (c *client) clock() command {
	set := tsimclient.ClockSettings{}
	mode, speed := []tsimclient.ClockMode{tsimclient.ClockReal, tsimclient.ClockReal, tsimclient.ClockManual, tsimclient.ClockAuto}[c.draw.below(4)], 1000.0
	set.Mode, set.Speed = &mode, &speed
	return command{name: "clock", do: func(ctx context.Context) error {
		is, err := c.control.SetClock(ctx, set)
		if err == nil {
			c.counts.commands++
			c.mode, c.now = is.Mode, is.Now
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.control.Clock(ctx)
		changed := is.Mode != c.mode
		if err == nil && is.Mode == mode {
			c.mode = mode
			c.now = laterOf(c.now, is.Now)
		}
		return changed, err
	}}
}

// advance lets ten minutes pass.
func (c *client) advance() command {
	return command{name: "advance", do: func(ctx context.Context) error {
		a, err := c.control.Advance(ctx, tsimclient.Advance{By: "10m"})
		if err == nil {
			c.counts.commands++
			c.now = a.Now
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.control.Clock(ctx)
		moved := is.Now.After(c.now)
		c.now = laterOf(c.now, is.Now)
		return moved, err
	}}
}

func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// copy is what is expected now, apart from what will be.
func (e *expected) copy() expected {
	o := *e
	o.powered, o.profiles, o.rules, o.holds = maps.Clone(e.powered), maps.Clone(e.profiles), maps.Clone(e.rules), maps.Clone(e.holds)
	o.requests, o.checked, o.tail, o.read, o.settled = slices.Clone(e.requests), 0, nil, nil, map[uint64]bool{}
	return o
}

// save saves a snapshot, or deletes one where there are enough.
func (c *client) save() command {
	name := c.snapshot()
	if len(c.saved) >= 3 {
		return command{name: "delete a snapshot", do: func(ctx context.Context) error {
			_, err := c.control.DeleteSnapshot(ctx, name)
			if err == nil {
				c.counts.commands++
				delete(c.saved, name)
			}
			return err
		}, found: func(ctx context.Context) (bool, error) {
			is, err := c.hasSnapshot(ctx, name)
			if !is {
				delete(c.saved, name)
			}
			return !is, err
		}}
	}
	name = fmt.Sprintf("at-%d", c.draw.next()>>32)
	return command{name: "save a snapshot", do: func(ctx context.Context) error {
		saved := c.copy()
		var err error
		if saved.all, err = c.listed(ctx); err == nil {
			_, err = c.control.SaveSnapshot(ctx, name)
		}
		if err == nil {
			c.counts.commands++
			c.saved[name] = saved
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.hasSnapshot(ctx, name)
		if is && err == nil {
			saved := c.copy()
			saved.all, err = c.listed(ctx)
			c.saved[name] = saved
		}
		return is, err
	}}
}

// listed is the ids of all requests.
func (c *client) listed(ctx context.Context) ([]string, error) {
	var ids []string
	for page := (tsimclient.Page{Limit: tsimclient.MaxLimit}); ; {
		list, err := c.control.Requests(ctx, tsimclient.RequestFilter{}, page)
		for _, r := range list.Requests {
			ids = append(ids, r.ID)
		}
		if page.After = list.Next; err != nil || page.After == "" {
			return ids, err
		}
	}
}

// snapshot is the name of one that there is, "" if there is none.
func (c *client) snapshot() string {
	names := slices.Sorted(maps.Keys(c.saved))
	if len(names) == 0 {
		return ""
	}
	return names[c.draw.below(len(names))]
}

func (c *client) hasSnapshot(ctx context.Context, name string) (bool, error) {
	list, err := c.control.Snapshots(ctx, tsimclient.Page{Limit: tsimclient.MaxLimit})
	return slices.ContainsFunc(list.Snapshots, func(s tsimclient.Snapshot) bool { return s.Name == name }), err
}

// rewind goes back to a snapshot.
func (c *client) rewind() command {
	name := c.snapshot()
	if name == "" {
		return c.save()
	}
	was, before := c.saved[name], c.epoch
	done := func(is *tsimclient.Sandbox) {
		c.expected = was.copy()
		c.epoch = is.Clock.Epoch
	}
	return command{name: "rewind", do: func(ctx context.Context) error {
		c.w.listener.mayRepeat(was.all)
		is, err := c.control.Rewind(ctx, name)
		if err == nil {
			c.counts.commands++
			if is.Clock.Epoch <= before {
				return wrong("epoch %d came after epoch %d", is.Clock.Epoch, before)
			}
			done(&is)
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		is, err := c.control.Info(ctx)
		if err != nil || is.Clock.Epoch == before {
			return false, err
		}
		done(&is)
		return true, nil
	}}
}

// fork forks the sandbox as it is, or removes the fork.
func (c *client) fork() command {
	if name := c.forked; name != "" {
		gone := func() { c.forked, c.forkedWith = "", nil }
		fork := func() *tsimclient.Client {
			return &tsimclient.Client{BaseURL: c.base, Sandbox: name, HTTPClient: c.http}
		}
		return command{name: "remove a fork", do: func(ctx context.Context) error {
			_, err := fork().DeleteSandbox(ctx)
			if err == nil {
				c.counts.commands++
				gone()
			}
			return err
		}, found: func(ctx context.Context) (bool, error) {
			_, err := fork().Info(ctx)
			if !missing(err) {
				return false, err
			}
			gone()
			return true, nil
		}}
	}
	name := fmt.Sprintf("fork-%d-%d", c.number, c.draw.next())
	with := slices.Clone(c.requests[max(0, len(c.requests)-5):])
	return command{name: "fork", do: func(ctx context.Context) error {
		all, err := c.listed(ctx)
		if err == nil {
			c.w.listener.mayRepeat(all)
			_, err = c.control.Fork(ctx, "", tsimclient.ForkSpec{Name: name})
		}
		if err == nil {
			c.counts.commands++
			c.forked, c.forkedWith = name, with
		}
		return err
	}, found: func(ctx context.Context) (bool, error) {
		_, err := (&tsimclient.Client{BaseURL: c.base, Sandbox: name, HTTPClient: c.http}).Info(ctx)
		if missing(err) {
			return false, nil
		}
		c.forked, c.forkedWith = name, with
		return true, err
	}}
}

// missing says whether an error is that there is nothing of that name.
func missing(err error) bool {
	told, ok := errors.AsType[*tsimclient.Error](err)
	return ok && told.Status == http.StatusNotFound
}

// wrong is an error that no kill explains.
func wrong(format string, args ...any) error {
	return &tsimclient.Error{Status: http.StatusTeapot, Message: fmt.Sprintf(format, args...)}
}

// ask makes a call of ThingSpace.
func (c *client) ask(ctx context.Context, method, path string, with tokens, body io.Reader, reply any) error {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	if with.bearer == "" {
		req.SetBasicAuth(c.credential.AppKey, c.credential.AppSecret)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		req.Header.Set("Authorization", "Bearer "+with.bearer)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("VZ-M2M-Token", with.session)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return wrong("%s %s: %d %s", method, path, resp.StatusCode, text)
	}
	return json.Unmarshal(text, reply)
}
