/* Corners of a staircase over an interval.
 *
 * The thresholds of a requantization by a shift are equally spaced, so between
 * the first and the last step inside the interval the hull is a straight strip
 * and six points carry it: the two ends, and both sides of the first and of
 * the last threshold. */
#include "bound/dual.h"

static void add_corner(rp_corners *corners, int64_t z, int32_t a) {
  corners->z[corners->n] = (int32_t)z;
  corners->a[corners->n] = a;
  corners->n++;
}

void rp_corners_of(const rp_stair *stair, int32_t lo, int32_t hi,
                   rp_corners *corners) {
  const int32_t k0 = rp_stair_apply(stair, lo), k1 = rp_stair_apply(stair, hi);
  corners->n = 0;
  add_corner(corners, lo, k0);
  if (k0 < k1) {
    const int64_t first = rp_stair_threshold(stair, k0 + 1);
    add_corner(corners, first - 1, k0);
    add_corner(corners, first, k0 + 1);
    if (k1 > k0 + 1) {
      const int64_t last = rp_stair_threshold(stair, k1);
      add_corner(corners, last - 1, k1 - 1);
      add_corner(corners, last, k1);
    }
  }
  if (hi > lo) add_corner(corners, hi, k1);
}
