package tsimtest

import "tsim/tsimbox"

// Others are the devices that a WantEach does not name.
const Others = tsimbox.Others

// Want holds the callbacks of a request, whoever hears them, to a status each, in the order in which tsim decided them:
// "SUCCESS", "warning", "Failed", or in the case of a failure its faultstring. One that was not delivered has its state behind
// that, such as "SUCCESS, archived". A callback counts once, however many attempts it took. It returns what they say. With
// another clock than a manual one, it waits until nothing of the request is still to come.
func (s *Sandbox) Want(request string, want ...string) []Message {
	s.t.Helper()
	said, err := s.Box.Want(s.t.Context(), request, want...)
	return got(s, said, err)
}

// WantEach is Want for a request of many devices, which come in any order. What is wanted of a device stands under its
// ICCID, or else its EID, and what is wanted of those that are not named under Others:
//
//	box.WantEach(request, map[string][]string{tsimtest.Others: {"SUCCESS"}, iccid: {"Profile is already suspended"}})
func (s *Sandbox) WantEach(request string, want map[string][]string) {
	s.t.Helper()
	s.must(s.Box.WantEach(s.t.Context(), request, want))
}
