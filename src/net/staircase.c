/* The only file that knows rounding rules.
 *
 * Rule R0, with s bits to drop: sigma(z) = clamp(floor((z + 2^(s-1)) / 2^s)),
 * that is, round to nearest with ties upward; s = 0 drops nothing. So
 * sigma(z) >= v  iff  z + 2^(s-1) >= v 2^s, which gives the threshold. The
 * shift of a negative number is arithmetic, as gcc and clang define it. */
#include "net/net.h"

static int64_t compute_half_step(const rp_stair *stair) {
  return stair->shift ? (int64_t)1 << (stair->shift - 1) : 0;
}

int32_t rp_stair_apply(const rp_stair *stair, int64_t z) {
  const int64_t v = (z + compute_half_step(stair)) >> stair->shift;
  if (v < stair->lo) return stair->lo;
  return v > stair->hi ? stair->hi : (int32_t)v;
}

int64_t rp_stair_threshold(const rp_stair *stair, int32_t v) {
  return (int64_t)v * ((int64_t)1 << stair->shift) - compute_half_step(stair);
}

/* |z| <= 2^30 and half a step <= 2^29: the sum fits int32. */
void rp_stair_apply_all(const rp_stair *stair, int32_t n,
                        const int32_t *restrict z, int32_t *restrict a) {
  for (int32_t i = 0; i < n; i++) {
    const int32_t shift = stair[i].shift;
    const int32_t v = (z[i] + (((int32_t)1 << shift) >> 1)) >> shift;
    const int32_t raised = v < stair[i].lo ? stair[i].lo : v;
    a[i] = raised > stair[i].hi ? stair[i].hi : raised;
  }
}
