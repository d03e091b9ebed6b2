/* The network of jobs for the fake engine: it only has to be one. */
#ifndef RAMPART_TESTS_FAKE_JOB_H
#define RAMPART_TESTS_FAKE_JOB_H

#include "fake_engine.h"
#include "input/network_file.h"

static inline rp_status fake_write_network(const char *file, rp_error *err) {
  static const int32_t dims[1] = {FAKE_N_IN};
  static const int32_t weight[FAKE_N_OUT * FAKE_N_IN] = {1, 2, 3};
  static const int64_t bias[FAKE_N_OUT] = {5, -7};
  const rp_dense_spec spec = {.n_in = FAKE_N_IN,
                              .n_out = FAKE_N_OUT,
                              .weight = weight,
                              .bias = bias,
                              .stair = {.lo = -8, .hi = 7, .shift = 2}};
  rp_net *net;
  RP_TRY(rp_net_create("fake", dims, 1, 255, &net, err));
  rp_status st = rp_net_add_dense(net, &spec, err);
  if (st == RP_OK) st = rp_net_finish(net, err);
  if (st == RP_OK) st = rp_network_write(net, file, err);
  rp_net_free(net);
  return st;
}

#endif
