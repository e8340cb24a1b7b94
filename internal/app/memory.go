package app

import (
	"math"
	"runtime/debug"
)

// TuneMemory trades memory that small machines have for less work by the garbage collector, and stays below 100 MB
// under ordinary load. GOGC and GOMEMLIMIT, where the operator set them, decide instead.
func TuneMemory() {
	const goDefault = 100
	if was := debug.SetGCPercent(300); was != goDefault {
		debug.SetGCPercent(was)
	}
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(72 << 20)
	}
}
