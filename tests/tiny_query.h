/* A question about a tiny network, with all that enumeration knows of it. */
#ifndef RAMPART_TESTS_TINY_QUERY_H
#define RAMPART_TESTS_TINY_QUERY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tiny_net.h"

typedef struct tiny_query {
  rp_net *net;
  enumeration all;
  const uint8_t *x; /* one of all inputs; its class is the label */
  int32_t label;
  int32_t distance; /* of the nearest counterexample; INT32_MAX: none */
} tiny_query;

static inline void tiny_query_init(rp_rng *rng, const tiny_plan *plan,
                                   tiny_query *q) {
  q->net = tiny_net(rng, plan);
  assert_non_null(q->net);
  enumerate(q->net, &q->all);
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)q->all.n);
  q->x = input_of(&q->all, k);
  q->label = q->all.prediction[k];
  (void)nearest_change(&q->all, q->x, q->label, &q->distance);
}

static inline void tiny_query_fini(tiny_query *q) {
  enumeration_fini(&q->all);
  rp_net_free(q->net);
}

#endif
