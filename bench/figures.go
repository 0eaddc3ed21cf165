package main

// benches is the whole table, with what is to be reached.
var benches = []bench{
	{action(quiet, 9, 3), []*row{
		{Key: "action-rate", Figure: "one-device action, 16 connections", Unit: "1/s", Target: atLeast(0.75)},
		{Key: "action-cpu", Figure: "  its CPU time", Unit: "µs", Target: atMost(1.4)},
	}},
	{action("info", 3, 1), []*row{
		{Key: "action-logged", Figure: "  with the log on", Unit: "1/s"},
		{Key: "action-logged-cpu", Figure: "  its CPU time, with the log on", Unit: "µs"},
	}},
	{rules, []*row{
		{Key: "rules", Figure: "  with 100 rules that never match; ceiling: none", Unit: "1/s"},
		{Key: "rules-cpu", Figure: "  its CPU time, with the rules", Unit: "µs", Target: atMost(1.1)},
	}},
	{kept("interval"), []*row{
		{Key: "state-interval", Figure: "  with --state, synced at intervals", Unit: "1/s", Target: atLeast(0.5)},
		{Key: "state-interval-cpu", Figure: "  its CPU time, with --state", Unit: "µs"},
	}},
	{kept("always"), []*row{
		{Key: "state-always", Figure: "  with --state, synced before each reply", Unit: "1/s"},
		{Key: "state-always-cpu", Figure: "  its CPU time, with --state", Unit: "µs"},
	}},
	{recorded, []*row{
		{Key: "record", Figure: "  recorded; ceiling: without", Unit: "1/s"},
		{Key: "record-cpu", Figure: "  its CPU time, recorded", Unit: "µs"},
	}},
	{recovery, []*row{
		{Key: "recovery", Figure: "recovery from 100,000 actions after a kill", Unit: "s"},
		{Key: "recovery-bytes", Figure: "  what an action takes of the log", Unit: "B"},
	}},
	{latency, []*row{
		{Key: "latency", Figure: "its p99 at 200 a second", Unit: "ms", Target: atMost(1.3)},
	}},
	{invalid, []*row{
		{Key: "invalid", Figure: "invalid body, 16 connections", Unit: "1/s", Target: atLeast(0.6)},
	}},
	{bulkReply, []*row{
		{Key: "bulk-reply", Figure: "10,000-device call to its reply", Unit: "ms", Target: atMost(1.15)},
	}},
	{bulkRefusal, []*row{
		{Key: "bulk-refusal", Figure: "  refused for its last device; ceiling: accepted", Unit: "ms", Target: atMost(1)},
	}},
	{bulkMemory, []*row{
		{Key: "bulk-memory", Figure: "  memory while handled, in bodies", Unit: "x", Target: upTo(3)},
	}},
	{resume, []*row{
		{Key: "resume", Figure: "device_resume, three callbacks a device", Unit: "1/s", Target: atLeast(0.85)},
		{Key: "resume-cpu", Figure: "  CPU time of a callback", Unit: "µs"},
	}},
	{lateness(2_500), []*row{
		{Key: "lateness-2500", Figure: "lateness p99, 2,500 callbacks a second", Unit: "ms", Target: atMost(2)},
	}},
	{lateness(10_000), []*row{
		{Key: "lateness-10000", Figure: "lateness p99, 10,000 callbacks a second", Unit: "ms", Target: atMost(2)},
	}},
	{slow, []*row{
		{Key: "slow", Figure: "fast listener beside a slow one; ceiling: alone", Unit: "1/s", Target: atLeast(0.9)},
	}},
	{startup, []*row{
		{Key: "startup", Figure: "binary to first answered request", Unit: "ms", Target: atMost(2.5)},
	}},
	{idle, []*row{
		{Key: "idle", Figure: "idle resident memory", Unit: "MiB", Target: upTo(20)},
	}},
	{fleet, []*row{
		{Key: "fleet-memory", Figure: "memory per two-profile device, large fleet", Unit: "B", Target: upTo(700)},
		{Key: "fleet-ready", Figure: "  until it is ready", Unit: "s", Target: upTo(3)},
	}},
	{owed, []*row{
		{Key: "pending-owed", Figure: "memory of 1,000,000 owed operations", Unit: "MiB", Target: upTo(200)},
		{Key: "pending-job", Figure: "  time per job, nobody listens", Unit: "µs", Target: atMost(3)},
	}},
	{hanging, []*row{
		{Key: "pending-callbacks", Figure: "memory of 1,000,000 callbacks, listener hangs", Unit: "MiB", Target: upTo(340)},
	}},
	{growthByDevices, []*row{
		{Key: "growth-devices", Figure: "exponent of an action's time, by devices", Target: upTo(0.1)},
	}},
	{growthByCall, []*row{
		{Key: "growth-call", Figure: "exponent of a device's time, by devices a call", Target: upTo(0.1)},
	}},
	{growthByEvents, []*row{
		{Key: "growth-events", Figure: "exponent of an action's time, by events", Target: upTo(0.1)},
	}},
	{soak, []*row{
		{Key: "soak-memory", Figure: "soak: resident memory in the end; ceiling: early", Unit: "MiB", Target: atMost(1.2)},
		{Key: "soak-goroutines", Figure: "  goroutines", Target: atMost(1.2)},
		{Key: "soak-descriptors", Figure: "  file descriptors", Target: atMost(1.2)},
	}},
}
