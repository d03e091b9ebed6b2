/* An engine that decides by what is written in the sample, in a time that is
 * written there too. It takes the place of the real one by being linked first.
 *
 * Sample: x[0] maximum radius, x[1] 1 if misclassified, x[2] milliseconds a
 * query takes, x[3] bits of undecidable radii 1..8, x[4] 1 if proofs below the
 * maximum radius take forever, x[5] tenths of seconds that it takes more.
 *
 * A query that is asked to split gives away parts of the time it has left; a
 * subproblem says how many milliseconds. Where the query is violated its
 * counterexample is in the last subproblem. */
#ifndef RAMPART_TESTS_FAKE_ENGINE_H
#define RAMPART_TESTS_FAKE_ENGINE_H

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "verify/verify.h"

enum { FAKE_N_IN = 8, FAKE_N_OUT = 2 };

struct rp_verifier {
  int32_t n_in;
  rp_split *split;
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
  while (!rp_deadline_has_passed(&deadline)) {
    const double left_s = fmin(1e-3, rp_deadline_left_s(&deadline));
    const struct timespec t = {.tv_nsec = (long)(1e9 * left_s)};
    nanosleep(&t, NULL);
  }
  return !rp_deadline_is_interrupted(&deadline);
}

/* A subproblem: milliseconds, and whether the counterexample is there. */
typedef struct fake_subproblem {
  uint32_t ms, holds_it;
} fake_subproblem;

static inline fake_subproblem fake_task(const rp_question *question) {
  const bool endless = question->x[4] && question->radius < question->x[0];
  fake_subproblem own = {
      endless ? 3600000u : question->x[2] + 100u * question->x[5], 1};
  if (question->subproblem && question->subproblem_size == sizeof own)
    memcpy(&own, question->subproblem, sizeof own);
  return own;
}

static inline void fake_give_all(rp_split *split, fake_subproblem *own,
                                 rp_answer *answer) {
  atomic_store(&split->wanted, 0);
  if (!split->give(split->context, (const uint8_t *)own, sizeof *own, true))
    return;
  answer->subproblems++;
  *own = (fake_subproblem){0, 0};
}

static inline void fake_give(rp_split *split, fake_subproblem *own,
                             rp_answer *answer) {
  const int wanted = atomic_load(&split->wanted);
  if (wanted == RP_SUBPROBLEMS_OF_ALL) {
    fake_give_all(split, own, answer);
    return;
  }
  const fake_subproblem subproblem = {own->ms / (uint32_t)(wanted + 1),
                                      own->holds_it};
  for (int k = 0; k < wanted; k++) {
    const fake_subproblem given = {subproblem.ms,
                                   k + 1 == wanted && own->holds_it};
    if (!split->give(split->context, (const uint8_t *)&given, sizeof given,
                     k + 1 == wanted))
      continue;
    answer->subproblems++;
    own->ms -= subproblem.ms;
    if (given.holds_it) own->holds_it = 0;
  }
  atomic_store(&split->wanted, 0);
}

/* False: stopped. */
static inline bool fake_run(rp_split *split, fake_subproblem *own,
                            const atomic_bool *stop, rp_answer *answer) {
  double from_s = rp_clock_wall_s();
  double split_from_s = from_s + (split ? split->after_s : 0);
  while (own->ms > 0) {
    const double now_s = rp_clock_wall_s();
    if (split && atomic_load(&split->wanted) > 0 && now_s >= split_from_s &&
        own->ms > 20) {
      fake_give(split, own, answer);
      split_from_s = now_s + split->again_s;
    }
    const double done_ms = floor(1e3 * (now_s - from_s));
    if (done_ms >= own->ms) return true;
    own->ms -= (uint32_t)done_ms;
    from_s += 1e-3 * done_ms;
    if (!fake_sleep(fmin(1e-3 * own->ms, 5e-3), stop)) return false;
  }
  return true;
}

static inline void fake_decide(const rp_question *question, uint8_t *witness,
                               rp_answer *answer) {
  const int32_t mrr = question->x[0], radius = question->radius;
  const bool undecidable =
      radius <= 8 && (question->x[3] >> (radius - 1) & 1) != 0;
  if (question->x[1]) {
    answer->verdict = RP_MISCLASSIFIED;
  } else if (undecidable) {
    answer->reason = RP_REASON_NODES;
  } else if (radius <= mrr) {
    answer->verdict = RP_ROBUST;
    answer->evidence = RP_EVIDENCE_TREE;
  } else {
    answer->verdict = RP_VIOLATED;
    answer->evidence = RP_EVIDENCE_REPLAY;
    answer->distance = question->x[3]   ? radius
                       : question->x[4] ? mrr + 1
                                        : (mrr + 1 + radius) / 2;
    memcpy(witness, question->x, FAKE_N_IN);
    witness[FAKE_N_IN - 1] = (uint8_t)answer->distance;
  }
}

/* For scripts that kill a rank, not rank 0, while it runs a subproblem: its
 * process is in the file $FAKE_SUBPROBLEM. */
static inline void fake_tell_subproblem(const rp_question *question) {
  const char *const file = getenv("FAKE_SUBPROBLEM");
  const char *const rank = getenv("OMPI_COMM_WORLD_RANK");
  if (!question->subproblem || !file || !rank || !strcmp(rank, "0")) return;
  char part[512];
  snprintf(part, sizeof part, "%s.%d", file, (int)getpid());
  FILE *const out = fopen(part, "w");
  if (!out) return;
  fprintf(out, "%d\n", (int)getpid());
  if (fclose(out) == 0) (void)rename(part, file);
}

/* As the kernel ends a process that wants too much memory: the question
 * $FAKE_KILLER, "SAMPLE RADIUS", kills its process, unless it is asked alone;
 * with $FAKE_KILLS_ALWAYS, even then. */
static inline void fake_die(const rp_question *question) {
  const char *const killer = getenv("FAKE_KILLER");
  char own[64];
  snprintf(own, sizeof own, "%lld %d", (long long)question->sample,
           question->radius);
  if (killer && !strcmp(killer, own) &&
      (question->memory_times < 2 || getenv("FAKE_KILLS_ALWAYS")))
    kill(getpid(), SIGKILL);
}

static inline void fake_leave_file(const char *file) {
  FILE *const out = file ? fopen(file, "w") : NULL;
  if (out) fclose(out);
}

/* For scripts that wait until a run is well under way: the fifth query of a
 * rank that ends by itself leaves the file $FAKE_MARK. */
static inline void fake_mark(void) {
  static int ended = 0;
  if (++ended == 5 && !getenv("FAKE_SLOW_WRITE"))
    fake_leave_file(getenv("FAKE_MARK"));
}

void rp_verifier_record(rp_verifier *verifier, rp_proof *proof) {
  (void)verifier, (void)proof;
}

void rp_verifier_split(rp_verifier *verifier, rp_split *split) {
  verifier->split = split;
}

void rp_verify(rp_verifier *verifier, const rp_question *question,
               const atomic_bool *stop, uint8_t *witness, rp_answer *answer) {
  const double began_s = rp_clock_wall_s();
  memset(answer, 0, sizeof *answer);
  answer->stats.queries = 1;
  fake_subproblem own = fake_task(question);
  fake_tell_subproblem(question);
  fake_die(question);
  if (verifier->n_in == FAKE_N_IN &&
      fake_run(verifier->split, &own, stop, answer)) {
    fake_decide(question, witness, answer);
    if (answer->verdict == RP_VIOLATED && !own.holds_it) {
      answer->verdict = RP_ROBUST;
      answer->evidence = RP_EVIDENCE_TREE;
      answer->distance = 0;
    }
    fake_mark();
  } else {
    answer->reason = RP_REASON_INTERRUPTED;
  }
  answer->seconds = answer->cpu_seconds = rp_clock_wall_s() - began_s;
}

#endif
