package main

import (
	"bytes"
	"sort"
	"time"

	"github.com/hashicorp/memberlist"
)

// watch records when each other node learns one thing about one member.
type watch struct {
	subject  *node
	metadata []byte // nil: that the member is gone
	started  time.Time
	learned  map[int]time.Duration
	done     chan struct{} // closed when everybody else has learned it
}

// expectGone watches a member that is about to crash or leave. Deaths are counted anew from here.
func (c *cluster) expectGone(subject *node) *watch { return c.begin(subject, nil) }

// expectMetadata watches a member that is about to publish.
func (c *cluster) expectMetadata(subject *node, metadata []byte) *watch {
	return c.begin(subject, metadata)
}

func (c *cluster) begin(subject *node, metadata []byte) *watch {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.heldDead = map[string]bool{}
	c.watch = &watch{
		subject: subject, metadata: metadata, started: time.Now(), learned: map[int]time.Duration{},
		done: make(chan struct{}),
	}
	return c.watch
}

// isDone waits for everybody.
func (w *watch) isDone(limit time.Duration) bool {
	select {
	case <-w.done:
		return true
	case <-time.After(limit):
		return false
	}
}

// times are in rising order.
func (c *cluster) times(w *watch) []time.Duration {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	times := make([]time.Duration, 0, len(w.learned))
	for _, time := range w.learned {
		times = append(times, time)
	}
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	return times
}

// falseDeaths counts members who were held dead by anybody but the one who is gone, since the watch began.
func (c *cluster) falseDeaths() int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return len(c.heldDead)
}

// NotifyJoin, NotifyLeave and NotifyUpdate make a node memberlist's EventDelegate. memberlist calls them under its own lock.
func (n *node) NotifyJoin(member *memberlist.Node) {
	c := n.cluster
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.sizes[n.index]++
	if c.sizes[n.index] == c.running {
		c.complete++
	}
	if c.complete == c.running {
		select {
		case c.formed <- time.Now():
		default:
		}
	}
	if w := c.watch; w != nil && w.metadata == nil && member.Name == w.subject.name() {
		delete(w.learned, n.index)
	}
}

func (n *node) NotifyLeave(member *memberlist.Node) {
	c := n.cluster
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.sizes[n.index] == c.running {
		c.complete--
	}
	c.sizes[n.index]--
	w := c.watch
	switch {
	case w != nil && n == w.subject: // Who has crashed may think what it likes.
	case w != nil && w.metadata == nil && member.Name == w.subject.name():
		w.note(n, len(c.nodes)-1)
	default:
		c.heldDead[member.Name] = true
	}
}

func (n *node) NotifyUpdate(member *memberlist.Node) {
	c := n.cluster
	c.mutex.Lock()
	defer c.mutex.Unlock()
	w := c.watch
	if w != nil && w.metadata != nil && n != w.subject && member.Name == w.subject.name() &&
		bytes.Equal(member.Meta, w.metadata) {
		w.note(n, len(c.nodes)-1)
	}
}

func (w *watch) note(observer *node, others int) {
	if _, known := w.learned[observer.index]; known {
		return
	}
	w.learned[observer.index] = time.Since(w.started)
	if len(w.learned) == others {
		select {
		case <-w.done:
		default:
			close(w.done)
		}
	}
}
