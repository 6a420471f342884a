package main

import (
	"fmt"
	"os"
)

// printHelp prints the program's contract.
func printHelp() {
	fmt.Fprintf(os.Stdout, `OVERVIEW: Real, sealed memberlist nodes in one process, measured like Shoal's.

USAGE: memberlist SCENARIO [--nodes N] [--runs R] [--seed S] [--limit SECONDS] [--json FILE] [--duration SECONDS]
                           [--crash mute|killed]

SCENARIOS:
`)
	for _, each := range scenarios {
		fmt.Fprintf(os.Stdout, "  %-12s %s\n  %-12s Metrics:", each.name, each.abstract, "")
		for _, metric := range each.allMetrics() {
			fmt.Fprintf(os.Stdout, " %s", metric.name)
		}
		fmt.Fprintln(os.Stdout)
	}
	fmt.Fprintf(os.Stdout, `
OPTIONS:
  --nodes N            How many nodes, 2 to %d. Default 100. The scenario ping has two.
  --runs R             How many runs, one after the other, each in a process of its own. Default 1.
  --seed S             Chooses the member that crashes, leaves or is updated; run i uses S + i - 1. Default 1.
                       What memberlist draws cannot be seeded.
  --limit SECONDS      When to give up waiting for what is measured, and for a cluster to form. Default 120.
  --duration SECONDS   steady, ping: for how long is measured. Default for ping 5. Default for steady is one interval of
                       memberlist's full-state syncs, which grows with the cluster, so that each node makes one: 60 s
                       at 50 nodes, 90 s at 100, 120 s at 200, 150 s at 500. A shorter time misses some or all of them.
  --crash KIND         detect: mute (its sockets stay open, but nothing is read, answered or sent any more) or killed (its
                       sockets are closed without a farewell, so that the port refuses). Default mute.
  --json FILE          Where the JSON goes; - is standard output. Default -.

OUTPUT: Progress goes to standard error. One JSON object goes to --json:
  {scenario, transport: "loopback", nodes, seed, runs, preset: "memberlist-lan", options, machine, version,
   metrics: {NAME: {unit, n, p50, p99, max, mean}}}
Units are SI; percentiles go by nearest rank. n counts values; what did not happen counts as later than all that did, and
figures that it hides are null. When a run gave up there are also "failed", sentences that say what did not happen, and
"log", the commonest lines that memberlist itself logged right after the first run that gave up, digits replaced by #.
The exit status is 0 when there is a report, be it of failure; 1 when nothing could be run; 2 for a wrong command line.

HOW IT IS MEASURED:
  Joining     converge starts all nodes at once. A join that fails is tried again after %v; failed_joins counts them. All
              other scenarios add %d nodes at a time and the next when all know all, or after %v, because a crowd may never
              get together; then they wait until nodes send less than %.0f packets a second on average, 60 s at most.
  Events      Times are taken in memberlist's EventDelegate. The first suspicion is the first line "Suspect … has failed" that
              memberlist logs; its log is on only between crash and verdict, and off in all else that is timed.
  Bytes       What nodes send. A datagram counts 28 bytes of IPv4 and UDP headers. Bytes written to streams, by either
              side, count 40 bytes of IPv4 and TCP headers for each 1,448; handshakes and bare acknowledgements count nothing.
  Packets     Datagrams alone.
  CPU         User and system time of the process, all nodes together. Everything else that the process does is in it.
  Others      others_cpu_share is how much of the machine's CPU time went to other processes during a run, forming included.
              Beside other work times are not memberlist's own, and crowds that form on idle cores may never form.
  Memory      rss_bytes_per_node is the whole process divided by the nodes; rss_baseline_bytes is the process before the first.
  Allocations Heap objects, as the Go run time counts them.
  ping        %d pings are under way at any time; both sides are in the process, so both are in the CPU time.
              Measured in a process with next to no heap, where Go's collector takes most of the time, and once more
              beside a live heap of %d MiB (…_large_heap), as an agent may have; --duration is for each.

Example: memberlist detect --nodes 100 --crash killed --runs 5
`, maxNodes, joinRetry, joinBatch, joinPatience, restPacketsPerSecond, pingsInFlight, pingHeapBytes>>20)
}
