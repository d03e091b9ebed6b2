/* Arrays of one owner, carved from one aligned block. With no block a carver
 * only counts, so the same layout runs twice: to measure and to place. */
#ifndef RAMPART_ATTACK_CARVE_H
#define RAMPART_ATTACK_CARVE_H

#include <stddef.h>
#include <stdint.h>

#include "core/assert.h"
#include "core/memory.h"

typedef struct carver {
  char *block;
  size_t used;
} carver;

static inline void *carve(carver *from, size_t count, size_t size) {
  char *part = from->block ? from->block + from->used : NULL;
  from->used += (count * size + 63) & ~(size_t)63;
  RP_ASSERT(((uintptr_t)part & 63) == 0);
  return part;
}

/** A zeroed block for what was measured; *memory is what is to be freed. */
static inline carver begin_to_carve(size_t bytes, void **memory) {
  *memory = rp_alloc(bytes + 63, 1);
  const uintptr_t aligned = ((uintptr_t)*memory + 63) & ~(uintptr_t)63;
  return (carver){*memory ? (char *)aligned : NULL, 0};
}

#endif
