/* xoshiro256++ 1.0 and splitmix64, after the public-domain description by
 * Blackman and Vigna (2019). */
#include "core/rng.h"

static uint64_t draw_splitmix(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

void rp_rng_init(rp_rng *rng, uint64_t seed) {
  for (int i = 0; i < 4; i++) rng->s[i] = draw_splitmix(&seed);
}

uint64_t rp_rng_u64(rp_rng *rng) {
  uint64_t *s = rng->s;
  const uint64_t result = rotate_left(s[0] + s[3], 23) + s[0];
  const uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate_left(s[3], 45);
  return result;
}

uint32_t rp_rng_below(rp_rng *rng, uint32_t n) {
  return (uint32_t)(((rp_rng_u64(rng) >> 32) * n) >> 32);
}

double rp_rng_unit(rp_rng *rng) {
  return (double)(rp_rng_u64(rng) >> 11) * 0x1.0p-53;
}
