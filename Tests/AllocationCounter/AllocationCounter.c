// Takes the place of glibc's allocation functions in the executable that links it, and counts what passes through.
// The counters are per thread and live in the executable's own thread-local storage: counting allocates nothing.

#include "AllocationCounter.h"

#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#if defined(__GLIBC__)

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static __thread bool is_counting = false;
static __thread int64_t allocations = 0;
static __thread int64_t bytes = 0;

// The whole process: each thread counts in a cache line of its own, so that threads do not wait for each other.
enum { line_count = 256 };
static struct { _Alignas(64) _Atomic int64_t count; } lines[line_count];
static _Atomic int lines_taken = 0;
static _Atomic bool is_counting_process = false;
static __thread int own_line = -1;

static void count_for_process(void) {
  if (own_line < 0) {
    int line = atomic_fetch_add_explicit(&lines_taken, 1, memory_order_relaxed);
    own_line = line < line_count ? line : line_count - 1;
  }
  if (own_line < line_count - 1) {
    int64_t count = atomic_load_explicit(&lines[own_line].count, memory_order_relaxed);
    atomic_store_explicit(&lines[own_line].count, count + 1, memory_order_relaxed);
  } else {
    // The threads that came too late share the last line.
    atomic_fetch_add_explicit(&lines[own_line].count, 1, memory_order_relaxed);
  }
}

static void *counted(void *pointer) {
  if (atomic_load_explicit(&is_counting_process, memory_order_relaxed)) count_for_process();
  if (is_counting) {
    allocations += 1;
    if (pointer) bytes += (int64_t)malloc_usable_size(pointer);
  }
  return pointer;
}

static void released(void *pointer) {
  if (is_counting && pointer) bytes -= (int64_t)malloc_usable_size(pointer);
}

void *malloc(size_t size) { return counted(__libc_malloc(size)); }

void *calloc(size_t count, size_t size) { return counted(__libc_calloc(count, size)); }

void *realloc(void *pointer, size_t size) {
  released(pointer);
  return counted(__libc_realloc(pointer, size));
}

void *memalign(size_t alignment, size_t size) { return counted(__libc_memalign(alignment, size)); }

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **result, size_t alignment, size_t size) {
  if (alignment % sizeof(void *) != 0 || alignment == 0 || (alignment & (alignment - 1)) != 0) return EINVAL;
  void *pointer = memalign(alignment, size);
  if (!pointer) return ENOMEM;
  *result = pointer;
  return 0;
}

void free(void *pointer) {
  released(pointer);
  __libc_free(pointer);
}

bool allocation_counter_is_available(void) { return true; }

void allocation_counter_start(void) {
  allocations = 0;
  bytes = 0;
  is_counting = true;
}

int64_t allocation_counter_stop(void) {
  is_counting = false;
  return allocations;
}

int64_t allocation_counter_bytes(void) { return bytes; }

void allocation_counter_start_process(void) { atomic_store_explicit(&is_counting_process, true, memory_order_relaxed); }

int64_t allocation_counter_process(void) {
  int64_t sum = 0;
  for (int line = 0; line < line_count; line++) sum += atomic_load_explicit(&lines[line].count, memory_order_relaxed);
  return sum;
}

#else

bool allocation_counter_is_available(void) { return false; }
void allocation_counter_start(void) {}
int64_t allocation_counter_stop(void) { return 0; }
int64_t allocation_counter_bytes(void) { return 0; }
void allocation_counter_start_process(void) {}
int64_t allocation_counter_process(void) { return 0; }

#endif

int64_t thread_cpu_nanoseconds(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return 0;
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
