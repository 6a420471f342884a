package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"
)

// processNumber tells the loopback addresses of concurrent runs apart.
var processNumber = os.Getpid()

// outcome is what one run, or all of them, measured.
type outcome struct {
	Values samples        `json:"values"`
	Absent map[string]int `json:"absent,omitempty"`
	Failed []string       `json:"failed,omitempty"`
	Log    []string       `json:"log,omitempty"`
}

// measureOnce makes one run in this process.
func measureOnce(chosen scenario, o options) outcome {
	c := newCluster(o.nodes)
	result := outcome{Values: samples{}}
	machine, own, start := machineTime(), cpuTime(), time.Now()
	if err := chosen.measure(o, c, result.Values); err != nil {
		result.Failed = []string{err.Error()}
		result.Log = c.log.commonest()
	}
	others := (machineTime() - machine) - (cpuTime() - own)
	share := others.Seconds() / time.Since(start).Seconds() / float64(runtime.NumCPU())
	result.Values.add(othersCPUShare, math.Max(0, share))
	return result
}

// measureAll makes each run in a process of its own. What a run did not measure is counted as absent.
func measureAll(chosen scenario, o options) (outcome, error) {
	all := outcome{Values: samples{}, Absent: map[string]int{}}
	for run := 0; run < o.runs; run++ {
		progress("%s, run %d of %d", chosen.name, run+1, o.runs)
		one, err := spawn(chosen, o, o.seed+int64(run))
		if err != nil {
			return all, err
		}
		for _, metric := range chosen.allMetrics() {
			values := one.Values[metric.name]
			all.Values[metric.name] = append(all.Values[metric.name], values...)
			if len(values) == 0 {
				all.Absent[metric.name]++
			}
		}
		for _, sentence := range one.Failed {
			progress("%s", sentence)
			all.Failed = append(all.Failed, fmt.Sprintf("run %d: %s", run+1, sentence))
		}
		if len(all.Log) == 0 {
			all.Log = one.Log
		}
	}
	return all, nil
}

func spawn(chosen scenario, o options, seed int64) (outcome, error) {
	var result outcome
	program, err := os.Executable()
	if err != nil {
		return result, err
	}
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
	command := exec.Command(program, chosen.name, "--one", "--nodes", strconv.Itoa(o.nodes),
		"--seed", strconv.FormatInt(seed, 10), "--limit", seconds(o.limit), "--duration", seconds(o.duration),
		"--crash", o.crash)
	var output bytes.Buffer
	command.Stdout = &output
	command.Stderr = os.Stderr
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Run(); err != nil {
		return result, fmt.Errorf("a run ended early: %v", err)
	}
	err = json.Unmarshal(output.Bytes(), &result)
	return result, err
}

// progress tells the person who waits.
func progress(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, "memberlist: "+format+"\n", arguments...)
}
