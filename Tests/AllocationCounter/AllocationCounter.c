// Takes the place of glibc's allocation functions in the executable that links it, and counts what passes through.
// The counters are per thread and live in the executable's own thread-local storage: counting allocates nothing.

#include "AllocationCounter.h"

#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#if defined(__GLIBC__)

#include <errno.h>
#include <malloc.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static __thread bool is_counting = false;
static __thread int64_t allocations = 0;
static __thread int64_t bytes = 0;

static void *counted(void *pointer) {
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

#else

bool allocation_counter_is_available(void) { return false; }
void allocation_counter_start(void) {}
int64_t allocation_counter_stop(void) { return 0; }
int64_t allocation_counter_bytes(void) { return 0; }

#endif

int64_t thread_cpu_nanoseconds(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return 0;
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}
