package main

import (
	"bytes"
	"fmt"
	"log"
	"math/rand"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	port     = 7946
	maxNodes = 5_000
	// joinRetry is how long a node waits after a join that failed.
	joinRetry = time.Second
	// Where a cluster is only to be there, so many nodes join at a time, and the next ones when all know all; a crowd may
	// never get together. After the patience they come all the same.
	joinBatch    = 10
	joinPatience = time.Minute
	// A node is at rest when it sends less than this: a ping and an ack a second, and no gossip.
	restPacketsPerSecond = 3.0
	// settling is waited for at most so long.
	settleLimit = time.Minute
)

// cluster is all nodes of one run, and what they report to the bench.
type cluster struct {
	nodes  []*node
	logger *log.Logger
	log    *logSink

	formed      chan time.Time // when every node that runs saw all that run for the first time
	failedJoins atomic.Int64
	lastStart   time.Time

	mutex       sync.Mutex
	running     int   // nodes that are started, or about to be
	sizes       []int // members that each node sees
	complete    int   // nodes that see so many as run
	heldDead    map[string]bool
	lastJoinErr error
	watch       *watch
}

// node is one member, and the delegate that memberlist asks for its metadata and tells of others.
type node struct {
	cluster   *cluster
	index     int
	transport *transport
	list      *memberlist.Memberlist
	metadata  atomic.Pointer[[]byte]
}

func newCluster(size int) *cluster {
	sink := newLogSink()
	c := &cluster{
		nodes: make([]*node, size), logger: sink.logger, log: sink, formed: make(chan time.Time, 1),
		sizes: make([]int, size), heldDead: map[string]bool{},
	}
	for i := range c.nodes {
		c.nodes[i] = &node{cluster: c, index: i}
		c.nodes[i].metadata.Store(&[]byte{})
	}
	return c
}

// pickOne draws a member that is not the seed.
func (c *cluster) pickOne(seed int64) *node {
	return c.nodes[1+rand.New(rand.NewSource(seed)).Intn(len(c.nodes)-1)]
}

func (c *cluster) traffic() traffic {
	var sum traffic
	for _, n := range c.nodes {
		sum = sum.plus(n.transport.sent())
	}
	return sum
}

// startAtOnce starts all nodes together, which join through the first, each again and again until it may. It returns when
// every node runs.
func (c *cluster) startAtOnce() error {
	c.expect(len(c.nodes))
	if err := c.nodes[0].start(); err != nil {
		return err
	}
	return c.startTogether(c.nodes[1:])
}

func (c *cluster) startTogether(nodes []*node) error {
	errs := make(chan error, len(nodes))
	for _, n := range nodes {
		go func(n *node) {
			err := n.start()
			errs <- err
			if err == nil {
				n.join()
			}
		}(n)
	}
	for range nodes {
		if err := <-errs; err != nil {
			return err
		}
	}
	c.lastStart = time.Now()
	return nil
}

// form builds the cluster gently and returns when it is at rest.
func (c *cluster) form(limit time.Duration) error {
	progress("%d nodes join, %d at a time", len(c.nodes), joinBatch)
	c.expect(1)
	if err := c.nodes[0].start(); err != nil {
		return err
	}
	<-c.formed
	for start := 1; start < len(c.nodes); start += joinBatch {
		end := start + joinBatch
		patience := joinPatience
		if end >= len(c.nodes) {
			end, patience = len(c.nodes), limit
		}
		c.expect(end)
		if err := c.startTogether(c.nodes[start:end]); err != nil {
			return err
		}
		select {
		case <-c.formed:
		case <-time.After(patience):
			if end == len(c.nodes) {
				return c.unformed(limit)
			}
		}
	}
	c.settle()
	return nil
}

// expect says how many nodes will run, and that nobody waits for a smaller cluster any more.
func (c *cluster) expect(running int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.running = running
	c.complete = 0
	for _, size := range c.sizes {
		if size == running {
			c.complete++
		}
	}
	select {
	case <-c.formed:
	default:
	}
}

// settle waits until nodes have no more gossip to send.
func (c *cluster) settle() {
	deadline := time.Now().Add(settleLimit)
	for before, calm := c.traffic(), 0; calm < 2; {
		if time.Now().After(deadline) {
			progress("the nodes still gossip after %v", settleLimit)
			return
		}
		started := time.Now()
		time.Sleep(time.Second)
		now := c.traffic()
		perSecond := float64(now.since(before).packets) / time.Since(started).Seconds()
		if perSecond < restPacketsPerSecond*float64(len(c.nodes)) {
			calm++
		} else {
			calm = 0
		}
		before = now
	}
}

// unformed says, in memberlist's own words where it has any, why not everybody sees everybody.
func (c *cluster) unformed(limit time.Duration) error {
	c.mutex.Lock()
	least, most := c.sizes[0], c.sizes[0]
	for _, size := range c.sizes {
		if size < least {
			least = size
		}
		if size > most {
			most = size
		}
	}
	text := fmt.Sprintf("after %v %d of %d nodes see all %d members; they see %d to %d; %d members were held dead, %d joins failed",
		limit, c.complete, len(c.nodes), len(c.nodes), least, most, len(c.heldDead), c.failedJoins.Load())
	if c.lastJoinErr != nil {
		text += fmt.Sprintf(", the last with %q", strings.Join(strings.Fields(c.lastJoinErr.Error()), " "))
	}
	c.mutex.Unlock()
	c.log.collect(logSample)
	return fmt.Errorf("%s", text)
}

func (n *node) name() string { return fmt.Sprintf("node-%d", n.index) }

// address differs for each node, and for each process of the bench, so that no two compete for a port.
func (n *node) address() string {
	return fmt.Sprintf("127.%d.%d.%d", 1+processNumber%254, n.index/250, 1+n.index%250)
}

func (n *node) start() error {
	t, err := newTransport(n.address(), port, n.cluster.logger)
	if err != nil {
		return err
	}
	n.transport = t
	config := memberlist.DefaultLANConfig()
	config.Name = n.name()
	config.BindAddr = n.address()
	config.Transport = t
	config.SecretKey = bytes.Repeat([]byte{7}, 32)
	config.Logger = n.cluster.logger
	config.Delegate = n
	config.Events = n
	n.list, err = memberlist.Create(config)
	return err
}

func (n *node) join() {
	for {
		_, err := n.list.Join([]string{fmt.Sprintf("%s:%d", n.cluster.nodes[0].address(), port)})
		if err == nil {
			return
		}
		n.cluster.failedJoins.Add(1)
		n.cluster.mutex.Lock()
		n.cluster.lastJoinErr = err
		n.cluster.mutex.Unlock()
		time.Sleep(joinRetry)
	}
}

// NodeMeta and the rest make a node memberlist's Delegate.
func (n *node) NodeMeta(limit int) []byte                  { return *n.metadata.Load() }
func (n *node) NotifyMsg([]byte)                           {}
func (n *node) GetBroadcasts(overhead, limit int) [][]byte { return nil }
func (n *node) LocalState(join bool) []byte                { return nil }
func (n *node) MergeRemoteState(buf []byte, join bool)     {}
