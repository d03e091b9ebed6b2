/* Small reproducible random numbers: the same seed gives the same stream on
 * every machine. xoshiro256++ seeded by splitmix64 (Blackman and Vigna). */
#ifndef RAMPART_CORE_RNG_H
#define RAMPART_CORE_RNG_H

#include <stdint.h>

typedef struct rp_rng {
  uint64_t s[4];
} rp_rng;

void rp_rng_init(rp_rng *rng, uint64_t seed);
uint64_t rp_rng_u64(rp_rng *rng);

/** Uniform in 0..n-1, n >= 1 (multiply-shift; bias below 2^-32). */
uint32_t rp_rng_below(rp_rng *rng, uint32_t n);

/** Uniform in [0, 1). */
double rp_rng_unit(rp_rng *rng);

#endif
