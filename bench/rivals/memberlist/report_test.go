package main

import (
	"testing"
	"time"
)

func TestPercentilesGoByNearestRankAndWhatIsAbsentComesLast(t *testing.T) {
	f := newFigures("s", []float64{4, 1, 3, 2}, 0)
	if f.N != 4 || *f.P50 != 2 || *f.P99 != 4 || *f.Max != 4 || *f.Mean != 2.5 {
		t.Errorf("four values: %+v", f)
	}
	f = newFigures("s", []float64{2, 1, 3}, 1)
	if f.N != 3 || *f.P50 != 2 || f.P99 != nil || f.Max != nil || f.Mean != nil {
		t.Errorf("three values and one that is absent: %+v", f)
	}
	f = newFigures("s", nil, 1)
	if f.N != 0 || f.P50 != nil || f.Mean != nil {
		t.Errorf("nothing but one that is absent: %+v", f)
	}
}

func TestFullStateSyncsGrowRarerAsMemberlistScalesThem(t *testing.T) {
	for nodes, want := range map[int]time.Duration{
		32: 30 * time.Second, 33: time.Minute, 50: time.Minute, 100: 90 * time.Second, 200: 2 * time.Minute, 500: 150 * time.Second,
	} {
		if got := syncInterval(nodes); got != want {
			t.Errorf("%d nodes sync every %v, want %v", nodes, got, want)
		}
	}
}

func TestAMuteNodeKeepsItsSocketsAndAnswersNothing(t *testing.T) {
	c := newCluster(2)
	if err := c.form(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	subject := c.nodes[1]
	w := c.expectGone(subject)
	before := subject.transport.sent()
	subject.transport.crash(mute)
	conn, err := c.nodes[0].transport.NetTransport.DialTimeout(subject.address()+":7946", time.Second)
	if err != nil {
		t.Fatalf("the port of a mute node refuses: %v", err)
	}
	defer conn.Close()
	if !w.isDone(30 * time.Second) {
		t.Error("a mute node is not found dead")
	}
	if sent := subject.transport.sent().since(before); sent.packets != 0 {
		t.Errorf("a mute node sent %d packets", sent.packets)
	}
}
