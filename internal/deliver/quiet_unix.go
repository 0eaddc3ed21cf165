//go:build unix

package deliver

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// quiet says whether there is nothing to be read from a connection, not even its end.
func quiet(c net.Conn, _ time.Duration) bool {
	raw, err := c.(syscall.Conn).SyscallConn()
	if err != nil {
		return false
	}
	nothing := false
	err = raw.Read(func(fd uintptr) bool {
		var b [1]byte
		_, err := syscall.Read(int(fd), b[:])
		nothing = errors.Is(err, syscall.EAGAIN)
		return true
	})
	return err == nil && nothing
}
