package main

import (
	"errors"
	"log"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
)

const (
	datagramHeaderBytes = 28    // IPv4 and UDP
	segmentHeaderBytes  = 40    // IPv4 and TCP
	segmentBytes        = 1_448 // of payload, on Ethernet with timestamps
)

// traffic is what a node has sent.
type traffic struct {
	packets, bytes, dials uint64
}

func (t traffic) since(earlier traffic) traffic {
	return traffic{t.packets - earlier.packets, t.bytes - earlier.bytes, t.dials - earlier.dials}
}

func (t traffic) plus(other traffic) traffic {
	return traffic{t.packets + other.packets, t.bytes + other.bytes, t.dials + other.dials}
}

// condition is what has become of a node.
type condition int32

const (
	running condition = iota
	mute              // its sockets are open, and nothing goes in or out
	killed            // its sockets are closed, or about to be
)

// transport is memberlist's own, which counts what it sends and can crash.
type transport struct {
	*memberlist.NetTransport
	streams               chan net.Conn
	packets, bytes, dials atomic.Uint64
	condition             atomic.Int32

	mutex sync.Mutex
	held  []net.Conn // streams of a mute node: collected, they would be closed
}

var errCrashed = errors.New("this node has crashed")

func newTransport(address string, port int, logger *log.Logger) (*transport, error) {
	inner, err := memberlist.NewNetTransport(&memberlist.NetTransportConfig{
		BindAddrs: []string{address}, BindPort: port, Logger: logger,
	})
	if err != nil {
		return nil, err
	}
	t := &transport{NetTransport: inner, streams: make(chan net.Conn)}
	go t.relayStreams()
	return t, nil
}

// relayStreams wraps accepted streams. Those of a mute node stay open, and nobody reads them.
func (t *transport) relayStreams() {
	for conn := range t.NetTransport.StreamCh() {
		if t.is(mute) {
			t.hold(conn)
		} else {
			t.streams <- &stream{conn, t}
		}
	}
}

func (t *transport) hold(conn net.Conn) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.held = append(t.held, conn)
}

func (t *transport) sent() traffic {
	return traffic{t.packets.Load(), t.bytes.Load(), t.dials.Load()}
}

// crash stops all that the node sends, at once. Who is killed must still be shut down.
func (t *transport) crash(how condition) { t.condition.Store(int32(how)) }

func (t *transport) is(c condition) bool { return t.condition.Load() == int32(c) }

func (t *transport) WriteTo(b []byte, address string) (time.Time, error) {
	return t.WriteToAddress(b, memberlist.Address{Addr: address})
}

func (t *transport) WriteToAddress(b []byte, address memberlist.Address) (time.Time, error) {
	if !t.is(running) {
		return time.Now(), nil
	}
	t.packets.Add(1)
	t.bytes.Add(uint64(len(b) + datagramHeaderBytes))
	return t.NetTransport.WriteToAddress(b, address)
}

func (t *transport) DialTimeout(address string, timeout time.Duration) (net.Conn, error) {
	return t.DialAddressTimeout(memberlist.Address{Addr: address}, timeout)
}

func (t *transport) DialAddressTimeout(address memberlist.Address, timeout time.Duration) (net.Conn, error) {
	if !t.is(running) {
		return nil, errCrashed
	}
	t.dials.Add(1)
	conn, err := t.NetTransport.DialAddressTimeout(address, timeout)
	if err != nil {
		return nil, err
	}
	return &stream{conn, t}, nil
}

// PacketCh yields nothing when the node is mute. memberlist asks for it before each packet, so at most the one that it
// already waits for is read, and the answer to that is not sent.
func (t *transport) PacketCh() <-chan *memberlist.Packet {
	if t.is(mute) {
		return nil
	}
	return t.NetTransport.PacketCh()
}

func (t *transport) StreamCh() <-chan net.Conn { return t.streams }

// stream counts what its node sends on it.
type stream struct {
	net.Conn
	node *transport
}

func (s *stream) Write(b []byte) (int, error) {
	if !s.node.is(running) {
		return len(b), nil
	}
	n, err := s.Conn.Write(b)
	segments := (n + segmentBytes - 1) / segmentBytes
	s.node.bytes.Add(uint64(n + segments*segmentHeaderBytes))
	return n, err
}

// Close tells the peer nothing when the node is mute.
func (s *stream) Close() error {
	if s.node.is(mute) {
		s.node.hold(s.Conn)
		return nil
	}
	return s.Conn.Close()
}
