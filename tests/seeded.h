/* Random tests print their seed and take it back by RAMPART_SEED. */
#ifndef RAMPART_TESTS_SEEDED_H
#define RAMPART_TESTS_SEEDED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "rampart/rng.h"

/** A generator for one test; the seed is printed. */
static inline rp_rng rng_of_test(const char *test) {
  const char *given = getenv("RAMPART_SEED");
  const uint64_t seed =
      given ? strtoull(given, NULL, 0)
            : (uint64_t)time(NULL) * 65536 + (uint64_t)getpid() % 65536;
  rp_rng rng;
  printf("%s: RAMPART_SEED=%llu\n", test, (unsigned long long)seed);
  rp_rng_init(&rng, seed);
  return rng;
}

/** Uniform in lo..hi, hi - lo < 2^32. */
static inline int64_t between(rp_rng *rng, int64_t lo, int64_t hi) {
  return lo + (int64_t)(rp_rng_u64(rng) % (uint64_t)(hi - lo + 1));
}

#endif
