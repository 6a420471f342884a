package main

import (
	"encoding/json"
	"os"
	"runtime"
	"sort"
	"strings"
)

// libraryVersion is the package's, set when the program is built.
var libraryVersion = "of unknown version"

// metric has the name and the unit that shoal-bench uses.
type metric struct{ name, unit string }

var (
	timeToOneView = metric{"time_to_one_view", "s"}
	cpuSeconds    = metric{"cpu_seconds", "s"}
	totalBytes    = metric{"total_bytes", "B"}
	failedJoins   = metric{"failed_joins", "1"}

	cpuSecondsPerNodeSecond  = metric{"cpu_seconds_per_node_second", "1"}
	packetsPerNodeSecond     = metric{"packets_per_node_second", "1/s"}
	bytesPerNodeSecond       = metric{"bytes_per_node_second", "B/s"}
	allocationsPerNodeSecond = metric{"allocations_per_node_second", "1/s"}
	rssBytesPerNode          = metric{"rss_bytes_per_node", "B"}
	rssBaselineBytes         = metric{"rss_baseline_bytes", "B"}
	streamsDialled           = metric{"streams_dialled", "1"}

	firstSuspect   = metric{"first_suspect", "s"}
	firstDead      = metric{"first_dead", "s"}
	deadEverywhere = metric{"dead_everywhere", "s"}
	falseDeaths    = metric{"false_deaths", "1"}

	goneEverywhere = metric{"gone_everywhere", "s"}

	t50  = metric{"t50", "s"}
	t99  = metric{"t99", "s"}
	t100 = metric{"t100", "s"}

	pingExchangesPerCPUSecond          = metric{"ping_exchanges_per_cpu_second", "1/s"}
	pingExchangesPerCPUSecondLargeHeap = metric{"ping_exchanges_per_cpu_second_large_heap", "1/s"}
	lostPings                          = metric{"lost_pings", "1"}

	othersCPUShare = metric{"others_cpu_share", "1"}
)

// samples are values by the metric's name.
type samples map[string][]float64

func (s samples) add(m metric, value float64) { s[m.name] = append(s[m.name], value) }

// figures sum up a metric. Null is what cannot be said.
type figures struct {
	Unit string   `json:"unit"`
	N    int      `json:"n"`
	P50  *float64 `json:"p50"`
	P99  *float64 `json:"p99"`
	Max  *float64 `json:"max"`
	Mean *float64 `json:"mean"`
}

// newFigures takes percentiles by nearest rank; what was absent comes after every value.
func newFigures(unit string, values []float64, absent int) figures {
	sorted := append([]float64(nil), values...)
	sort.Float64s(sorted)
	total := len(sorted) + absent
	at := func(percent int) *float64 {
		rank := (percent*total + 99) / 100
		if rank < 1 || rank > len(sorted) {
			return nil
		}
		return &sorted[rank-1]
	}
	f := figures{Unit: unit, N: len(sorted), P50: at(50), P99: at(99), Max: at(100)}
	if absent == 0 && len(sorted) > 0 {
		mean := 0.0
		for _, value := range sorted {
			mean += value / float64(len(sorted))
		}
		f.Mean = &mean
	}
	return f
}

// report has the keys of shoal-bench's, in its order.
type report struct {
	Failed    string             `json:"failed,omitempty"`
	Log       []string           `json:"log,omitempty"`
	Machine   string             `json:"machine"`
	Metrics   map[string]figures `json:"metrics"`
	Nodes     int                `json:"nodes"`
	Options   map[string]any     `json:"options"`
	Preset    string             `json:"preset"`
	Runs      int                `json:"runs"`
	Scenario  string             `json:"scenario"`
	Seed      int64              `json:"seed"`
	Transport string             `json:"transport"`
	Version   string             `json:"version"`
}

func newReport(chosen scenario, o options, all outcome) report {
	r := report{
		Failed: strings.Join(all.Failed, "; "), Log: all.Log, Machine: machine(), Metrics: map[string]figures{},
		Nodes: o.nodes, Options: map[string]any{}, Preset: "memberlist-lan", Runs: o.runs, Scenario: chosen.name,
		Seed: o.seed, Transport: "loopback", Version: "memberlist " + libraryVersion + ", " + runtime.Version(),
	}
	for _, metric := range chosen.allMetrics() {
		r.Metrics[metric.name] = newFigures(metric.unit, all.Values[metric.name], all.Absent[metric.name])
	}
	if chosen.options != nil {
		r.Options = chosen.options(o)
	}
	r.Options["limit"] = o.limit.Seconds()
	return r
}

func writeReport(path string, r report) error {
	file := os.Stdout
	if path != "-" {
		created, err := os.Create(path)
		if err != nil {
			return err
		}
		defer created.Close()
		file = created
	}
	encoder := json.NewEncoder(file)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
