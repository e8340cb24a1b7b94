package embedded

import "syscall"

// dieWithParent has the kernel signal the child when the program ends, however it ends.
func dieWithParent(attr *syscall.SysProcAttr, sig syscall.Signal) { attr.Pdeathsig = sig }
