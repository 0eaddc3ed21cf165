package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

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
		var body strings.Builder
		fmt.Fprintf(&body, `{"accountName":%q,"devices":[`, account)
		for i, eid := range eids[:1+c.draw.below(3)] {
			kind, id := "eid", eid
			if strings.HasPrefix(op, "profile") {
				kind, id = "iccid", c.profiles[eid][len(c.profiles[eid])-1]
			}
			if i > 0 {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `{"deviceIds":[{"kind":%q,"id":%q}]}`, kind, id)
			a.ids = append(a.ids, id)
		}
		var reply struct {
			RequestID string `json:"requestId"`
		}
		with := c.sessions[c.draw.below(len(c.sessions))]
		if err := c.ask(ctx, "POST", "/api/m2m/v1/devices/profile/actions/"+op, with, strings.NewReader(body.String()+"]}"), &reply); err != nil {
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
