//go:build !linux

package embedded

import "syscall"

// dieWithParent can do nothing here: after a kill -9 the server outlives the program, and the next
// start says that it is still running.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}
