package main

import (
	"fmt"
	"io"
	"log"
	"regexp"
	"sort"
	"strings"
	"sync"
	"time"
)

const (
	// logSample is for how long memberlist's log is read when it gave up.
	logSample = 5 * time.Second
	// logLines are shown at most.
	logLines = 8
)

// logSink reads memberlist's log. The log is off, and costs memberlist no formatting, except while somebody wants it.
type logSink struct {
	logger *log.Logger

	mutex  sync.Mutex
	counts map[string]int
	phrase string
	heard  time.Time // when the phrase was first logged
}

var digits = regexp.MustCompile(`[0-9]+`)

func newLogSink() *logSink {
	return &logSink{logger: log.New(io.Discard, "", 0), counts: map[string]int{}}
}

// listen turns the log on and waits for a phrase.
func (s *logSink) listen(phrase string) {
	s.mutex.Lock()
	s.phrase = phrase
	s.mutex.Unlock()
	s.logger.SetOutput(s)
}

// stop turns the log off and returns when the phrase was first heard; zero for never.
func (s *logSink) stop() time.Time {
	s.logger.SetOutput(io.Discard)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.heard
}

// collect turns the log on for a while.
func (s *logSink) collect(duration time.Duration) {
	progress("reading memberlist's log for %v", duration)
	s.logger.SetOutput(s)
	time.Sleep(duration)
	s.stop()
}

// commonest are the lines heard most often.
func (s *logSink) commonest() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	var lines []string
	for line := range s.counts {
		if !strings.HasPrefix(line, "[DEBUG]") {
			lines = append(lines, line)
		}
	}
	sort.Slice(lines, func(i, j int) bool {
		a, b := lines[i], lines[j]
		return s.counts[a] > s.counts[b] || s.counts[a] == s.counts[b] && a < b
	})
	if len(lines) > logLines {
		lines = lines[:logLines]
	}
	for i, line := range lines {
		lines[i] = fmt.Sprintf("%d × %s", s.counts[line], line)
	}
	return lines
}

func (s *logSink) Write(line []byte) (int, error) {
	now := time.Now()
	text := strings.TrimSpace(string(line))
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.phrase != "" && s.heard.IsZero() && strings.Contains(text, s.phrase) {
		s.heard = now
	}
	s.counts[digits.ReplaceAllString(text, "#")]++
	return len(line), nil
}
