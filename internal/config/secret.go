package config

// Secret is a text that proves who somebody is: a password, the secret of an app key, the text of a token. Its type is how
// secrets are found in whatever is kept or handed on: no pattern is looked for. Printed, it shows nothing of itself; who has to
// tell it converts it to a string.
type Secret string

func (Secret) String() string { return "*****" }
