/* Staircases of a layer laid out for loops that are inlined and vectorized:
 * one array a number, and beside every staircase the line that it follows,
 * clipped to the same values.
 *
 * Only for equal steps (rp_stair_is_even; rp_net_is_dense_chain says so of a
 * whole network). A staircase is kept as a step that begins at `edge` with
 * value `value`, and the clip around it. Lanes that were never set are constant
 * 0. */
#ifndef RAMPART_NET_STAIR_LANES_H
#define RAMPART_NET_STAIR_LANES_H

#include <stddef.h>

#include "core/vector.h"
#include "net/stair.h"

typedef struct rp_stair_lanes {
  int32_t *edge, *value, *shift, *lo, *hi;
  float *slope, *middle; /* of the line z slope + middle */
} rp_stair_lanes;

/** Bytes for so many lanes, and their place there.
 *  @param block  zeroed, aligned for vectors; NULL: nothing is placed
 *  @param width  a multiple of 16 keeps every array aligned to 64 bytes */
size_t rp_stair_lanes_bytes(size_t width);
void rp_stair_lanes_place(rp_stair_lanes *lanes, void *block, size_t width);

/** Put one staircase with equal steps into lane i. */
void rp_stair_lanes_set(rp_stair_lanes *lanes, int32_t i,
                        const rp_stair *stair);

RP_INLINED int32_t rp_clamp_int(int32_t v, int32_t lo, int32_t hi) {
  v = v < lo ? lo : v;
  return v > hi ? hi : v;
}

RP_INLINED float rp_clamp_float(float v, float lo, float hi) {
  v = v < lo ? lo : v;
  return v > hi ? hi : v;
}

/** Values of the first n lanes: a = sigma(z), and t = the clipped line at z.
 *  Arrays must not overlap. Spec: rp_stair_apply for |z| <= RP_ACC_LIMIT. */
RP_INLINED void rp_stair_lanes_apply(const rp_stair_lanes *lanes, int32_t n,
                                     const int32_t *z, int32_t *a, float *t) {
  const int32_t *edge = lanes->edge, *shift = lanes->shift;
  const int32_t *value = lanes->value, *lo = lanes->lo, *hi = lanes->hi;
  const float *slope = lanes->slope, *middle = lanes->middle;
  RP_NO_OVERLAP for (int32_t i = 0; i < n; i++) {
    const int32_t v = value[i] + ((z[i] - edge[i]) >> shift[i]);
    a[i] = rp_clamp_int(v, lo[i], hi[i]);
    t[i] = rp_clamp_float((float)z[i] * slope[i] + middle[i], (float)lo[i],
                          (float)hi[i]);
  }
}

#endif
