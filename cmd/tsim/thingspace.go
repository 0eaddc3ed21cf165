package main

// eidLength is how many digits an EID has.
const eidLength = 32

// thingspaceFlags say where ThingSpace is, simulated, and who logs in there.
type thingspaceFlags struct{ url string }
