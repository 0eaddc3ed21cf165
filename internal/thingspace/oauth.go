package thingspace

import (
	"tsim/internal/bound"
	"tsim/internal/sim"
)

// issueToken is POST …/oauth2/token ("Getting credentials"; RFC 6749, 4.4).
func issueToken(c *call) (reply, error) {
	bearer, left, err := c.sim.Issue(c.appKey, c.secret)
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
	token := c.form.Get("token")
	if err := c.sim.Revoke(c.appKey, c.secret, token); err != nil {
		return reply{}, err
	}
	return reply{header: [2]string{"RevokedAccessToken", token}}, nil
}

// checkClient finds the sandbox of an OAuth call, which its app key chooses, and checks the rest of its form and the secret.
func (c *call) checkClient() (err error) {
	if c.appKey == "" {
		return sim.Errorf(sim.ClientMissing, "no client credentials; send Authorization: Basic base64(appKey:appSecret)")
	}
	switch grant := c.form.Get("grant_type"); grant {
	case "client_credentials":
		if c.sim, err = c.registry.ByAppKey(c.appKey); err != nil {
			return err
		}
	case "":
		return sim.Errorf(sim.GrantMissing, "the form has no field grant_type; send grant_type=client_credentials")
	default:
		return sim.Errorf(sim.GrantUnsupported, "grant_type %q is not supported; use client_credentials", bound.Short(grant))
	}
	if field := c.row.formField; field != "" && c.form.Get(field) == "" {
		return sim.Errorf(sim.TokenRequestInvalid, "the form has no field %s; send %[1]s=<access_token>", field)
	}
	return c.sim.CheckClient(c.appKey, c.secret)
}
