package tsimgodog

// Families says what each family of steps is about.
func Families() map[string]string {
	abouts := map[string]string{}
	for _, f := range vocabulary {
		abouts[f.name] = f.about
	}
	return abouts
}
