/* A subproblem that was taken over: a copy of its bytes. */
#ifndef RAMPART_TESTS_COPIED_SUBPROBLEM_H
#define RAMPART_TESTS_COPIED_SUBPROBLEM_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct subproblem {
  uint8_t *bytes; /* the owner frees them */
  size_t size;
} subproblem;

static inline subproblem copy_subproblem(const uint8_t *from, size_t size) {
  const subproblem copy = {malloc(size), size};
  if (!copy.bytes) abort();
  memcpy(copy.bytes, from, size);
  return copy;
}

#endif
