package thingspace

// sessionReply is the answer of login and logout.
type sessionReply struct {
	SessionToken string `json:"sessionToken"`
}

// login is POST …/session/login ("Start a connectivity management session").
func login(c *call) (reply, error) {
	token, err := c.sim.Login(text(c.doc, "username"), text(c.doc, "password"))
	if err != nil {
		return reply{}, err
	}
	return reply{body: sessionReply{token}}, nil
}

// logout is POST …/session/logout: it says which session has ended.
func logout(c *call) (reply, error) {
	return reply{body: sessionReply{c.session}}, c.sim.Logout(c.session)
}

// resetPassword is PUT …/session/password/actions/reset ("Get a new Connectivity Management API
// password"): the server chooses the new one, and it counts at once.
func resetPassword(c *call) (reply, error) {
	fresh, err := c.sim.NewPassword(c.session, text(c.doc, "oldPassword"))
	return reply{body: passwordReply{fresh}}, err
}

type passwordReply struct {
	NewPassword string `json:"newPassword"`
}
