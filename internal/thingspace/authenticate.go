package thingspace

import (
	"net/http"
	"strings"

	"tsim/internal/config"
	"tsim/internal/sim"
)

// authenticate finds the sandbox of a call from its credentials, and checks those.
func (h *Handler) authenticate(c *call, r *http.Request, need auth) error {
	if need == basic {
		c.appKey, c.secret, _ = r.BasicAuth()
		return nil
	}
	token := bearerOf(r)
	if token == "" {
		return sim.Errorf(sim.BearerMissing, "send the header Authorization: Bearer <access_token>")
	}
	s, err := h.registry.ByToken(token)
	if err != nil {
		return err
	}
	c.sim, c.session = s, r.Header.Get(sessionHeader)
	if need == bearer {
		return s.CheckBearer(token)
	}
	return s.Authenticate(token, c.session)
}

// sessionHeader has the session token of a call.
const sessionHeader = "VZ-M2M-Token"

// bearerOf is the bearer of a call, or "".
func bearerOf(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// sandbox is the first that a credential of the call names, be it good or not; nil when none does.
func (h *Handler) sandbox(r *http.Request) *sim.Sim {
	sandbox, _ := h.registry.ByToken(bearerOf(r))
	if key, _, given := r.BasicAuth(); sandbox == nil && given {
		sandbox, _ = h.registry.ByAppKey(key)
	}
	if sandbox == nil {
		sandbox, _ = h.registry.ByToken(r.Header.Get(sessionHeader))
	}
	return sandbox
}

// dialect is how a refusal is spelled: as the sandbox of the call says, or else the default one.
func (h *Handler) dialect(sandbox *sim.Sim) config.Compat {
	if sandbox == nil {
		sandbox, _ = h.registry.Sandbox(sim.Default)
	}
	if sandbox == nil {
		return config.Compat{}
	}
	return sandbox.Compat()
}
