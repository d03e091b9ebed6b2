/* Allocation that checks sizes for overflow and that tests can make fail. */
#ifndef RAMPART_CORE_MEMORY_H
#define RAMPART_CORE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/** Zeroed array of count elements; NULL on overflow or lack of memory.
 *  Freed with free(). count 0 gives a valid pointer. */
void *rp_alloc(size_t count, size_t size);

/** Resize to count elements; NULL keeps the old block. */
void *rp_realloc(void *block, size_t count, size_t size);

/** Test hook: the n-th allocation from now fails once (0 switches it off). */
void rp_alloc_fail_after(uint64_t n);

#endif
