// Command memberlist measures HashiCorp's memberlist with the bench's scenarios, so that Shoal can be put beside it.
//
// It runs N real nodes in this process, each with a UDP and a TCP socket of its own on a loopback address of its own,
// sealed with AES-GCM, configured by DefaultLANConfig with logging off, and joined through one seed. One scenario per
// call, one JSON object per call, in the form that shoal-bench writes. Collector and scheduler are as Go has them. Each
// run is a process of its own, so that no run inherits the heap, the sockets or the goroutines of the one before.
//
// The contract is what --help prints. `make rivals` builds the program against Debian's packaged library.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"
	"syscall"
	"time"
)

// options are what the command line says.
type options struct {
	nodes    int
	runs     int
	seed     int64
	limit    time.Duration
	duration time.Duration // 0: the scenario's own
	crash    string
	json     string
	one      bool
}

func main() {
	// Runs die with this process, and to the kernel that means with the thread that started them.
	runtime.LockOSThread()
	chosen, o, err := parse(os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil:
		fmt.Fprintf(os.Stderr, "memberlist: %v\nSee memberlist --help.\n", err)
		os.Exit(2)
	}
	if err := perform(chosen, o); err != nil {
		fmt.Fprintf(os.Stderr, "memberlist: %v\n", err)
		os.Exit(1)
	}
}

func perform(chosen scenario, o options) error {
	if err := raiseFileLimit(o.nodes); err != nil {
		return err
	}
	if o.one {
		return json.NewEncoder(os.Stdout).Encode(measureOnce(chosen, o))
	}
	outcome, err := measureAll(chosen, o)
	if err != nil {
		return err
	}
	return writeReport(o.json, newReport(chosen, o, outcome))
}

func parse(arguments []string) (scenario, options, error) {
	var o options
	flags := flag.NewFlagSet("memberlist", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {}
	flags.IntVar(&o.nodes, "nodes", 100, "")
	flags.IntVar(&o.runs, "runs", 1, "")
	flags.Int64Var(&o.seed, "seed", 1, "")
	limit := flags.Int("limit", 120, "")
	duration := flags.Int("duration", 0, "")
	flags.StringVar(&o.crash, "crash", "mute", "")
	flags.StringVar(&o.json, "json", "-", "")
	flags.BoolVar(&o.one, "one", false, "")

	if len(arguments) == 0 || arguments[0] == "-h" || arguments[0] == "-help" || arguments[0] == "--help" {
		printHelp()
		return scenario{}, o, flag.ErrHelp
	}
	chosen, ok := findScenario(arguments[0])
	if !ok {
		return scenario{}, o, fmt.Errorf("there is no scenario %q", arguments[0])
	}
	if err := flags.Parse(arguments[1:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			printHelp()
		}
		return scenario{}, o, err
	}
	o.limit = time.Duration(*limit) * time.Second
	o.duration = time.Duration(*duration) * time.Second
	if chosen.nodes > 0 {
		o.nodes = chosen.nodes
	}
	switch {
	case flags.NArg() > 0:
		return scenario{}, o, fmt.Errorf("%q is one argument too many", flags.Arg(0))
	case o.nodes < 2 || o.nodes > maxNodes:
		return scenario{}, o, fmt.Errorf("--nodes must be 2 to %d, but is %d", maxNodes, o.nodes)
	case o.runs < 1:
		return scenario{}, o, fmt.Errorf("--runs must be at least 1, but is %d", o.runs)
	case o.limit <= 0:
		return scenario{}, o, fmt.Errorf("--limit must be at least 1 second, but is %d", *limit)
	case o.duration < 0:
		return scenario{}, o, fmt.Errorf("--duration must not be negative, but is %d", *duration)
	case crashes[o.crash] == running:
		return scenario{}, o, fmt.Errorf("--crash must be mute or killed, but is %q", o.crash)
	}
	return chosen, o, nil
}

// raiseFileLimit makes room for two listening sockets per node, and for as many streams between them.
func raiseFileLimit(nodes int) error {
	need := uint64(6*nodes + 64)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot read the limit of open files: %v", err)
	}
	if limit.Max < need {
		return fmt.Errorf("%d nodes need %d open files, but at most %d are allowed; raise it: ulimit -Hn %d",
			nodes, need, limit.Max, need)
	}
	if limit.Cur >= need {
		return nil
	}
	limit.Cur = limit.Max
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("cannot raise the limit of open files: %v", err)
	}
	return nil
}
