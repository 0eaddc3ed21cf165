package deliver

import (
	"net"
	"syscall"
	"unsafe"
)

// unread says how many bytes at the end of what was written to a connection its other side had not received
// when it closed. A close says how much was received before; a reset does not.
func unread(c net.Conn) int {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return 0
	}
	var n int32
	var failed syscall.Errno
	err = raw.Control(func(fd uintptr) {
		_, _, failed = syscall.Syscall(syscall.SYS_IOCTL, fd, syscall.TIOCOUTQ, uintptr(unsafe.Pointer(&n)))
	})
	if err != nil || failed != 0 {
		return 0
	}
	return int(n)
}
