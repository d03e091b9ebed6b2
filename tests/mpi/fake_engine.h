/* An engine that decides by what is written in the sample, in a time that is
 * written there too. It takes the place of the real one by being linked first.
 *
 * Sample: x[0] maximum radius, x[1] 1 if misclassified, x[2] milliseconds a
 * query takes, x[3] bits of undecidable radii 1..8, x[4] 1 if proofs below the
 * maximum radius take forever. */
#ifndef RAMPART_TESTS_FAKE_ENGINE_H
#define RAMPART_TESTS_FAKE_ENGINE_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rampart/verify.h"

enum { FAKE_N_IN = 8, FAKE_N_OUT = 2 };

struct rp_verifier {
  int32_t n_in;
};

rp_status rp_verifier_create(const rp_net *net, const rp_options *options,
                             rp_verifier **verifier, rp_error *err) {
  if (options->threads < 1)
    return rp_fail(err, RP_E_INTERNAL, "threads are not settled");
  /* A way to make the start fail on one rank. */
  const char *const rank = getenv("OMPI_COMM_WORLD_RANK");
  const char *const failing = getenv("FAKE_FAILS_ON");
  if (rank && failing && !strcmp(rank, failing))
    return rp_fail(err, RP_E_MEMORY, "no memory for the engine");
  *verifier = calloc(1, sizeof **verifier);
  if (!*verifier) return rp_fail(err, RP_E_MEMORY, "out of memory");
  (*verifier)->n_in = net->n_in;
  return RP_OK;
}

void rp_verifier_free(rp_verifier *verifier) {
  free(verifier);
}

static inline bool fake_sleep(double seconds, const atomic_bool *stop) {
  const rp_deadline deadline = rp_deadline_after(seconds, stop);
  while (!rp_deadline_passed(&deadline)) {
    const double left_s = fmin(1e-3, rp_deadline_left_s(&deadline));
    const struct timespec t = {.tv_nsec = (long)(1e9 * left_s)};
    nanosleep(&t, NULL);
  }
  return !rp_deadline_interrupted(&deadline);
}

static inline void fake_decide(const rp_query *query, uint8_t *witness,
                               rp_answer *answer) {
  const int32_t mrr = query->x[0], radius = query->radius;
  const bool undecidable =
      radius <= 8 && (query->x[3] >> (radius - 1) & 1) != 0;
  if (query->x[1]) {
    answer->verdict = RP_MISCLASSIFIED;
  } else if (undecidable) {
    answer->reason = RP_REASON_NODES;
  } else if (radius <= mrr) {
    answer->verdict = RP_ROBUST;
    answer->evidence = RP_EVIDENCE_TREE;
  } else {
    answer->verdict = RP_VIOLATED;
    answer->evidence = RP_EVIDENCE_REPLAY;
    answer->distance = query->x[3]   ? radius
                       : query->x[4] ? mrr + 1
                                     : (mrr + 1 + radius) / 2;
    memcpy(witness, query->x, FAKE_N_IN);
    witness[FAKE_N_IN - 1] = (uint8_t)answer->distance;
  }
}

/* For scripts that wait until a run is well under way: the fifth query of a
 * rank that ends by itself leaves the file $FAKE_MARK. */
static inline void fake_mark(void) {
  static int ended = 0;
  const char *const file = getenv("FAKE_MARK");
  if (++ended != 5 || !file) return;
  FILE *const out = fopen(file, "w");
  if (out) fclose(out);
}

void rp_verifier_record(rp_verifier *verifier, rp_proof *proof) {
  (void)verifier, (void)proof;
}

void rp_verify(rp_verifier *verifier, const rp_query *query,
               const atomic_bool *stop, uint8_t *witness, rp_answer *answer) {
  const double began_s = rp_clock_wall_s();
  memset(answer, 0, sizeof *answer);
  answer->stats.queries = 1;
  const bool endless = query->x[4] && query->radius < query->x[0];
  const double needed_s = endless ? 3600 : 1e-3 * query->x[2];
  if (verifier->n_in == FAKE_N_IN && fake_sleep(needed_s, stop)) {
    fake_decide(query, witness, answer);
    fake_mark();
  } else {
    answer->reason = RP_REASON_INTERRUPTED;
  }
  answer->seconds = answer->cpu_seconds = rp_clock_wall_s() - began_s;
}

#endif
