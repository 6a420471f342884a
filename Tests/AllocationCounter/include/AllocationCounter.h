#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stdbool.h>
#include <stdint.h>

/// Whether this platform lets the counter see every allocation: glibc only.
bool allocation_counter_is_available(void);

/// Forgets what was counted and begins to count the calling thread's allocations.
void allocation_counter_start(void);

/// Ends counting; returns how often malloc, calloc, realloc, aligned_alloc, memalign or posix_memalign was called.
int64_t allocation_counter_stop(void);

/// The bytes that were allocated less those that were freed, between the last start and stop.
int64_t allocation_counter_bytes(void);

/// Begins to count the allocations of all threads, those that come later too. There is no end to it: take differences.
void allocation_counter_start_process(void);

/// How often any thread has allocated since `allocation_counter_start_process`.
int64_t allocation_counter_process(void);

/// The processor time that the calling thread has had, in nanoseconds: what other processes take does not count.
int64_t thread_cpu_nanoseconds(void);

#endif
