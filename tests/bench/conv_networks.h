/* Convolutional networks of the shapes of deployed ones, with random weights.
 */
#ifndef RAMPART_BENCH_CONV_NETWORKS_H
#define RAMPART_BENCH_CONV_NETWORKS_H

#include "net/net.h"

typedef struct conv_layer_plan {
  int32_t c, kernel_h, kernel_w, stride, pad, groups; /* c: channels out */
} conv_layer_plan;

typedef struct conv_net_plan {
  const char *name;
  int32_t radius, n;
  conv_layer_plan layer[6];
} conv_net_plan;

/** The shapes of TinyMaix's networks for MNIST: convolutions, a mean over what
 *  is left, a dense layer. */
enum { CONV_NETWORKS = 3 };
extern const conv_net_plan conv_networks[CONV_NETWORKS];

/** The same network at every call; aborts if memory is short. */
rp_net *build_conv_network(const conv_net_plan *plan);

/** Zeroed memory, or an abort. */
void *bench_allocate(size_t count, size_t size);

#endif
