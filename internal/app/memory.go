package app

import (
	"os"
	"runtime/debug"
)

// TuneMemory trades memory that small machines have for less work by the garbage collector, and stays below 100 MB
// under ordinary load. GOGC and GOMEMLIMIT, where set, decide instead.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(300)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(72 << 20)
	}
}
