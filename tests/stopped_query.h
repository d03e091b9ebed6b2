/* A query that is stopped at any instant and has to hand over all its open
 * nodes, as those are that a run's end interrupts. */
#ifndef RAMPART_TESTS_STOPPED_QUERY_H
#define RAMPART_TESTS_STOPPED_QUERY_H

#include <pthread.h>

#include "core/rng.h"
#include "verify/verify.h"

typedef struct stopper {
  rp_split *split;
  atomic_bool stop;
  int32_t spins; /* before the stop */
} stopper;

static void *stop_soon(void *context) {
  stopper *s = context;
  for (int32_t i = 0; i < s->spins; i++)
    (void)atomic_load_explicit(&s->stop, memory_order_relaxed);
  atomic_store(&s->split->wanted, RP_SUBPROBLEMS_OF_ALL);
  atomic_store(&s->stop, true);
  return NULL;
}

/* UNKNOWN: nothing was handed over, or not all. */
static void verify_stopped(rp_verifier *verifier, const rp_question *query,
                           rp_split *split, rp_rng *rng, uint8_t *witness,
                           rp_answer *answer) {
  pthread_t other;
  stopper s = {.split = split, .spins = 1 << rp_rng_below(rng, 18)};
  assert_int_equal(pthread_create(&other, NULL, stop_soon, &s), 0);
  rp_verify(verifier, query, &s.stop, witness, answer);
  pthread_join(other, NULL);
  if (answer->verdict == RP_UNKNOWN)
    assert_int_equal(answer->reason, RP_REASON_INTERRUPTED);
  atomic_store(&split->wanted, 0);
}

#endif
