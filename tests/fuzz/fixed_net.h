/* Two networks that never change, so that findings of the past keep meaning
 * what they meant, and a question about each that takes a search. */
#ifndef RAMPART_TESTS_FIXED_NET_H
#define RAMPART_TESTS_FIXED_NET_H

#include <stdlib.h>

#include "net/net.h"

static inline rp_net *make_net_of(const rp_dense_spec *spec, int32_t in_hi) {
  rp_net *made = NULL;
  if (rp_net_create("fixed", &spec[0].n_in, 1, in_hi, &made, NULL) != RP_OK ||
      rp_net_add_dense(made, &spec[0], NULL) != RP_OK ||
      rp_net_add_dense(made, &spec[1], NULL) != RP_OK ||
      rp_net_finish(made, NULL) != RP_OK)
    abort();
  return made;
}

/** Three inputs of three bits: few enough to try all. FIXED_X is of class 0,
 *  and the nearest input of another class has distance 4. */
static inline rp_net *make_fixed_net(void) {
  static const int32_t w0[] = {-11, 9, 1,  -5, 0, -6, -7, -6, 7,
                               3,   8, 12, 2,  0, -2, 10, 0,  -4};
  static const int32_t w1[] = {5, 0, 0, 0,  3,  4, 0, -7, 0,
                               0, 0, 0, -4, -7, 5, 0, 3,  0};
  static const int64_t b0[] = {7, 6, 2, -5, -2, -3}, b1[] = {0, 0, 0};
  const rp_dense_spec spec[] = {{3, 6, w0, b0, {-4, 3, 3, NULL}},
                                {6, 3, w1, b1, {-2, 1, 6, NULL}}};
  return make_net_of(spec, 7);
}
static const uint8_t FIXED_X[] = {5, 5, 0};
enum { FIXED_LABEL = 0, FIXED_DISTANCE = 4 };

/** Four inputs of eight bits, too many to try all: WIDE_X is of class 1, up to
 *  the radius. */
static inline rp_net *make_wide_net(void) {
  static const int32_t w0[] = {0, 3, 0, 9,  0, 0, -6, 7, 8, 4,  0,  1,
                               8, 0, 7, -4, 0, 7, 0,  0, 9, -1, -4, -3};
  static const int32_t w1[] = {2, 0, -3, 1,  1,  0,  -3, 3, 0,
                               2, 3, -3, -1, -2, -2, -2, 0, 3};
  static const int64_t b0[] = {-267, 52, -179, 117, 2, -69},
                       b1[] = {-8, 12, 18};
  const rp_dense_spec spec[] = {{4, 6, w0, b0, {0, 7, 9, NULL}},
                                {6, 3, w1, b1, {-4, 3, 1, NULL}}};
  return make_net_of(spec, 255);
}
static const uint8_t WIDE_X[] = {61, 68, 108, 118};
enum { WIDE_LABEL = 1, WIDE_RADIUS = 79 };

#endif
