package main

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuTime is the process's so far, user and system.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err) // It takes no argument that could be wrong.
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// machineTime is the CPU time that anything on the machine has used, hypervisor included, in steps of 10 ms.
func machineTime() time.Duration {
	columns := strings.Fields(field("/proc/stat", "cpu "))
	var ticks uint64
	for i, column := range columns {
		const idle, wait, guest = 3, 4, 8 // guest and what follows is in user already
		if i != idle && i != wait && i < guest {
			count, _ := strconv.ParseUint(column, 10, 64)
			ticks += count
		}
	}
	return time.Duration(ticks) * 10 * time.Millisecond
}

// residentBytes is the process's resident set.
func residentBytes() uint64 { return kibibytes("/proc/self/status", "VmRSS:") * 1_024 }

// machine is the machine in one line.
func machine() string {
	parts := []string{strings.Trim(field("/etc/os-release", "PRETTY_NAME="), `"`)}
	if processor := strings.TrimLeft(field("/proc/cpuinfo", "model name"), "\t :"); processor != "" {
		parts = append(parts, processor)
	}
	gibibytes := math.Round(float64(kibibytes("/proc/meminfo", "MemTotal:")) / (1 << 20))
	parts = append(parts, fmt.Sprintf("%d cores", runtime.NumCPU()), fmt.Sprintf("%.0f GiB", gibibytes))
	return strings.Join(parts, ", ")
}

func kibibytes(path, key string) uint64 {
	count, _ := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(field(path, key), "kB")), 10, 64)
	return count
}

// field is the rest of the first line that begins with key; empty when there is none.
func field(path, key string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	for _, line := range strings.Split(string(text), "\n") {
		if strings.HasPrefix(line, key) {
			return strings.TrimSpace(strings.TrimPrefix(line, key))
		}
	}
	return ""
}
