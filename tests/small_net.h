/* A network of two inputs and two classes: class 0 unless the second input is
 * greater than the first by 3 or more, before rounding. */
#ifndef RAMPART_TESTS_SMALL_NET_H
#define RAMPART_TESTS_SMALL_NET_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "net/net.h"

/** @param shift  of the staircase of -8..7 */
static inline rp_net *make_small_net(int32_t in_hi, int32_t shift) {
  static const int32_t dims[1] = {2};
  static const int32_t weight[4] = {1, -1, -1, 1};
  static const int64_t bias[2] = {3, -2};
  const rp_dense_spec spec = {.n_in = 2,
                              .n_out = 2,
                              .weight = weight,
                              .bias = bias,
                              .stair = {-8, 7, shift}};
  rp_net *net;
  assert_int_equal(rp_net_create("two", dims, 1, in_hi, &net, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  return net;
}

#endif
