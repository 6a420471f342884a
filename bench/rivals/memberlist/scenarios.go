package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// leaveTimeout is for memberlist to send its farewell.
	leaveTimeout = 5 * time.Second
	// aftermath is how long verdicts that a death brings about by mistake may take to show.
	aftermath = 5 * time.Second

	pingsInFlight = 32
	pingDuration  = 5 * time.Second
	pingHeapBytes = 64 << 20
)

// crashes are the kinds that --crash knows.
var crashes = map[string]condition{"mute": mute, "killed": killed}

// scenario is one thing to measure.
type scenario struct {
	name     string
	abstract string
	nodes    int // 0: as many as --nodes says
	metrics  []metric
	measure  func(o options, c *cluster, s samples) error
	options  func(o options) map[string]any
}

var scenarios = []scenario{
	{
		name:     "converge",
		abstract: "All nodes start at once and join through one seed, until everybody sees everybody.",
		metrics:  []metric{timeToOneView, cpuSeconds, totalBytes, falseDeaths, failedJoins},
		measure:  converge,
	},
	{
		name:     "steady",
		abstract: "Nothing happens. Traffic has one value for each node, everything else one for each run.",
		metrics: []metric{
			cpuSecondsPerNodeSecond, packetsPerNodeSecond, bytesPerNodeSecond, allocationsPerNodeSecond, rssBytesPerNode,
			rssBaselineBytes, streamsDialled, falseDeaths,
		},
		measure: steady,
		options: func(o options) map[string]any { return map[string]any{"duration": steadyDuration(o).Seconds()} },
	},
	{
		name:     "detect",
		abstract: "One member crashes, until everybody holds it dead.",
		metrics:  []metric{firstSuspect, firstDead, deadEverywhere, falseDeaths},
		measure:  detect,
		options:  func(o options) map[string]any { return map[string]any{"crash": o.crash} },
	},
	{
		name:     "leave",
		abstract: "One member leaves with a farewell, until nobody lists it.",
		metrics:  []metric{goneEverywhere},
		measure:  leave,
	},
	{
		name:     "disseminate",
		abstract: "One member changes 8 bytes of metadata, until 50, 99 and 100 % of the others have been told.",
		metrics:  []metric{t50, t99, t100},
		measure:  disseminate,
	},
	{
		name:     "ping",
		abstract: "Two nodes: sealed pings with their acks, for each second of both nodes' CPU time together.",
		nodes:    2,
		metrics:  []metric{pingExchangesPerCPUSecond, pingExchangesPerCPUSecondLargeHeap, lostPings},
		measure:  ping,
		options:  func(o options) map[string]any { return map[string]any{"duration": pingTime(o).Seconds()} },
	},
}

// allMetrics are the scenario's and the one that all have.
func (s scenario) allMetrics() []metric {
	return append(append([]metric(nil), s.metrics...), othersCPUShare)
}

func findScenario(name string) (scenario, bool) {
	for _, each := range scenarios {
		if each.name == name {
			return each, true
		}
	}
	return scenario{}, false
}

func converge(o options, c *cluster, s samples) error {
	progress("%d nodes start at once", o.nodes)
	cpu, start := cpuTime(), time.Now()
	if err := c.startAtOnce(); err != nil {
		return err
	}
	select {
	case at := <-c.formed:
		s.add(cpuSeconds, (cpuTime() - cpu).Seconds())
		s.add(timeToOneView, at.Sub(start).Seconds())
		s.add(totalBytes, float64(c.traffic().bytes))
		s.add(falseDeaths, float64(c.falseDeaths()))
		s.add(failedJoins, float64(c.failedJoins.Load()))
		return nil
	case <-time.After(o.limit - time.Since(start)):
		s.add(falseDeaths, float64(c.falseDeaths()))
		s.add(failedJoins, float64(c.failedJoins.Load()))
		return c.unformed(o.limit)
	}
}

// syncInterval is how often a node makes a full-state sync, by memberlist's own formula.
func syncInterval(nodes int) time.Duration {
	const interval, unscaled = 30 * time.Second, 32
	if nodes <= unscaled {
		return interval
	}
	return interval * time.Duration(math.Ceil(math.Log2(float64(nodes)/unscaled))+1)
}

func steadyDuration(o options) time.Duration {
	if o.duration > 0 {
		return o.duration
	}
	return syncInterval(o.nodes)
}

func steady(o options, c *cluster, s samples) error {
	baseline := residentBytes()
	if err := c.form(o.limit); err != nil {
		return err
	}
	// A node first syncs one interval and up to 30 s after its start: 30 s after the last start any stretch of one interval
	// holds one sync of each.
	time.Sleep(30*time.Second - time.Since(c.lastStart))
	duration := steadyDuration(o)
	progress("measuring for %v", duration)
	c.mutex.Lock()
	c.heldDead = map[string]bool{}
	c.mutex.Unlock()
	before := make([]traffic, len(c.nodes))
	for i, n := range c.nodes {
		before[i] = n.transport.sent()
	}
	mallocs, cpu, start := mallocCount(), cpuTime(), time.Now()
	time.Sleep(duration)
	seconds := time.Since(start).Seconds()
	nodeSeconds := seconds * float64(o.nodes)
	s.add(cpuSecondsPerNodeSecond, (cpuTime()-cpu).Seconds()/nodeSeconds)
	s.add(allocationsPerNodeSecond, float64(mallocCount()-mallocs)/nodeSeconds)
	var dials uint64
	for i, n := range c.nodes {
		sent := n.transport.sent().since(before[i])
		s.add(packetsPerNodeSecond, float64(sent.packets)/seconds)
		s.add(bytesPerNodeSecond, float64(sent.bytes)/seconds)
		dials += sent.dials
	}
	s.add(streamsDialled, float64(dials))
	s.add(rssBytesPerNode, float64(residentBytes())/float64(o.nodes))
	s.add(rssBaselineBytes, float64(baseline))
	s.add(falseDeaths, float64(c.falseDeaths()))
	return nil
}

func detect(o options, c *cluster, s samples) error {
	if err := c.form(o.limit); err != nil {
		return err
	}
	victim := c.pickOne(o.seed)
	progress("%s crashes: %s", victim.name(), o.crash)
	c.log.listen("Suspect " + victim.name() + " has failed")
	w := c.expectGone(victim)
	victim.transport.crash(crashes[o.crash])
	if crashes[o.crash] == killed {
		if err := victim.list.Shutdown(); err != nil {
			return err
		}
	}
	isDone := w.isDone(o.limit)
	if suspected := c.log.stop(); !suspected.IsZero() {
		s.add(firstSuspect, suspected.Sub(w.started).Seconds())
	}
	times := c.times(w)
	if len(times) > 0 {
		s.add(firstDead, times[0].Seconds())
	}
	if isDone {
		s.add(deadEverywhere, times[len(times)-1].Seconds())
	}
	time.Sleep(aftermath)
	s.add(falseDeaths, float64(c.falseDeaths()))
	if !isDone {
		return fmt.Errorf("%v after the crash %d of %d nodes held the member dead", o.limit, len(times), o.nodes-1)
	}
	return nil
}

func leave(o options, c *cluster, s samples) error {
	if err := c.form(o.limit); err != nil {
		return err
	}
	leaver := c.pickOne(o.seed)
	progress("%s leaves", leaver.name())
	w := c.expectGone(leaver)
	go func() {
		if err := leaver.list.Leave(leaveTimeout); err != nil {
			progress("%s: %v", leaver.name(), err)
		}
		if err := leaver.list.Shutdown(); err != nil {
			progress("%s: %v", leaver.name(), err)
		}
	}()
	isDone := w.isDone(o.limit)
	times := c.times(w)
	if !isDone {
		return fmt.Errorf("%v after the farewell %d of %d nodes had heard it", o.limit, len(times), o.nodes-1)
	}
	s.add(goneEverywhere, times[len(times)-1].Seconds())
	return nil
}

func disseminate(o options, c *cluster, s samples) error {
	if err := c.form(o.limit); err != nil {
		return err
	}
	publisher := c.pickOne(o.seed)
	progress("%s publishes", publisher.name())
	metadata := binary.BigEndian.AppendUint64(nil, uint64(o.seed))
	publisher.metadata.Store(&metadata)
	w := c.expectMetadata(publisher, metadata)
	go func() {
		if err := publisher.list.UpdateNode(o.limit); err != nil {
			progress("%s: %v", publisher.name(), err)
		}
	}()
	isDone := w.isDone(o.limit)
	times := c.times(w)
	others := o.nodes - 1
	for _, share := range []struct {
		metric  metric
		percent int
	}{{t50, 50}, {t99, 99}, {t100, 100}} {
		if rank := (share.percent*others + 99) / 100; rank <= len(times) {
			s.add(share.metric, times[rank-1].Seconds())
		}
	}
	if !isDone {
		return fmt.Errorf("%v after the update %d of %d nodes knew it", o.limit, len(times), others)
	}
	return nil
}

func pingTime(o options) time.Duration {
	if o.duration > 0 {
		return o.duration
	}
	return pingDuration
}

// ping is measured twice. In a process with next to no heap Go's collector runs after every sixty packets or so and takes
// most of the time; beside a heap such as an agent has, it hardly runs.
func ping(o options, c *cluster, s samples) error {
	if err := c.form(o.limit); err != nil {
		return err
	}
	bare, lostBare := c.exchangePings(pingTime(o))
	heap := make([]byte, pingHeapBytes)
	runtime.GC()
	roomy, lostRoomy := c.exchangePings(pingTime(o))
	runtime.KeepAlive(heap)
	s.add(pingExchangesPerCPUSecond, bare)
	s.add(pingExchangesPerCPUSecondLargeHeap, roomy)
	s.add(lostPings, float64(lostBare+lostRoomy))
	return nil
}

// exchangePings lets the first node ping the second, and returns answered pings per second of CPU time, and unanswered ones.
func (c *cluster) exchangePings(duration time.Duration) (float64, int64) {
	from, to := c.nodes[0], c.nodes[1]
	address := &net.UDPAddr{IP: net.ParseIP(to.address()), Port: port}
	var answered, lost atomic.Int64
	var workers sync.WaitGroup
	cpu := cpuTime()
	deadline := time.Now().Add(duration)
	for i := 0; i < pingsInFlight; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for time.Now().Before(deadline) {
				if _, err := from.list.Ping(to.name(), address); err == nil {
					answered.Add(1)
				} else {
					lost.Add(1)
				}
			}
		}()
	}
	workers.Wait()
	return float64(answered.Load()) / (cpuTime() - cpu).Seconds(), lost.Load()
}

func mallocCount() uint64 {
	var statistics runtime.MemStats
	runtime.ReadMemStats(&statistics)
	return statistics.Mallocs
}
