/* Overflow-checked allocation with a failure hook. The counter is the one
 * piece of state besides the log sink and the stop flag; it is zero outside
 * tests. */
#include "core/memory.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

static _Atomic uint64_t allocations_until_failure = 0;

void rp_alloc_fail_after(uint64_t n) {
  atomic_store(&allocations_until_failure, n);
}

static bool is_failure_due(void) {
  if (atomic_load(&allocations_until_failure) == 0) return false;
  return atomic_fetch_sub(&allocations_until_failure, 1) == 1;
}

void *rp_alloc(size_t count, size_t size) {
  if (is_failure_due()) return NULL;
  return calloc(count ? count : 1, size ? size : 1);
}

void *rp_realloc(void *block, size_t count, size_t size) {
  size_t bytes;
  if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
  if (is_failure_due()) return NULL;
  return realloc(block, bytes ? bytes : 1);
}
