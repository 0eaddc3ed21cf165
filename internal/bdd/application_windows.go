package bdd

import (
	"os/exec"
	"strconv"
	"syscall"
)

// shell is a command that runs a line.
func shell(line string) *exec.Cmd {
	cmd := exec.Command("cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + line + `"`}
	return cmd
}

// askToEnd ends it at once, with all that it has started: there is nothing gentler for a program without a window.
func askToEnd(cmd *exec.Cmd) { end(cmd) }

func end(cmd *exec.Cmd) {
	_ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
}
