/* Random tests print their seed and take it back by RAMPART_SEED.
 *
 * Unless told otherwise a test makes the same choices every time, so that what
 * was green stays green until the code changes; RAMPART_SEED=random goes
 * elsewhere each time, which is how new faults are looked for. */
#ifndef RAMPART_TESTS_SEEDED_H
#define RAMPART_TESTS_SEEDED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/rng.h"

static inline uint64_t seed_of_test(const char *test) {
  const char *given = getenv("RAMPART_SEED");
  uint64_t seed = 1;
  if (given && strcmp(given, "random") == 0)
    seed = (uint64_t)time(NULL) * 65536 + (uint64_t)getpid() % 65536;
  else if (given)
    seed = strtoull(given, NULL, 0);
  printf("%s: RAMPART_SEED=%llu\n", test, (unsigned long long)seed);
  return seed;
}

/** A generator for one test; the seed is printed. */
static inline rp_rng rng_of_test(const char *test) {
  rp_rng rng;
  rp_rng_init(&rng, seed_of_test(test));
  return rng;
}

/** Uniform in lo..hi, hi - lo < 2^32. */
static inline int64_t between(rp_rng *rng, int64_t lo, int64_t hi) {
  return lo + (int64_t)(rp_rng_u64(rng) % (uint64_t)(hi - lo + 1));
}

#endif
