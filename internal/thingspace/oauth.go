package thingspace

import (
	"tsim/internal/bound"
	"tsim/internal/sim"
)

// issueToken is POST …/oauth2/token ("Getting credentials"; RFC 6749, 4.4).
func issueToken(c *call) (reply, error) {
	s, err := client(c)
	if err != nil {
		return reply{}, err
	}
	bearer, left, err := s.Issue(c.appKey, c.secret)
	if err != nil {
		return reply{}, err
	}
	return reply{body: tokenReply{bearer.Token, "default", "Bearer", left}}, nil
}

type tokenReply struct {
	AccessToken string `json:"access_token"`
	Scope       string `json:"scope"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"` // seconds; one SDK crashes without it
}

// revokeToken is POST …/oauth2/revoke: no body comes back, and a header names the token.
func revokeToken(c *call) (reply, error) {
	s, err := client(c)
	if err != nil {
		return reply{}, err
	}
	token := c.form.Get("token")
	if token == "" {
		return reply{}, sim.Errorf(sim.TokenRequestInvalid, "the form has no field token; send token=<access_token>")
	}
	if err := s.Revoke(c.appKey, c.secret, token); err != nil {
		return reply{}, err
	}
	return reply{header: [2]string{"RevokedAccessToken", token}}, nil
}

// client is the sandbox of an OAuth call: its app key chooses.
func client(c *call) (*sim.Sim, error) {
	if c.appKey == "" {
		return nil, sim.Errorf(sim.ClientMissing, "no client credentials; send Authorization: Basic base64(appKey:appSecret)")
	}
	switch grant := c.form.Get("grant_type"); grant {
	case "client_credentials":
		return c.registry.ByAppKey(c.appKey)
	case "":
		return nil, sim.Errorf(sim.GrantMissing, "the form has no field grant_type; send grant_type=client_credentials")
	default:
		return nil, sim.Errorf(sim.GrantUnsupported, "grant_type %q is not supported; use client_credentials", bound.Short(grant))
	}
}
