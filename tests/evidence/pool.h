/* The streams of one query whose search was shared, at random and again, and
 * stopped and gone on with; and what damage does to them. */
#ifndef RAMPART_TESTS_POOL_H
#define RAMPART_TESTS_POOL_H

#include "copied_subproblem.h"
#include "recorded.h"
#include "scene.h"
#include "slopes.h"
#include "stopped_query.h"

enum { MOST_STREAMS = 64 };

/* The streams of one query, by name, and subproblems that wait. */
typedef struct pool {
  rp_rng rng;
  subproblem subproblem[MOST_STREAMS];
  int32_t n_subproblems;
  bytes proof[MOST_STREAMS];
  uint64_t name[MOST_STREAMS];
  int32_t count;
  rp_split split;
} pool;

static inline bool give(void *context, const uint8_t *from, size_t size,
                        bool last) {
  pool *p = context;
  if (last && rp_rng_below(&p->rng, 4))
    atomic_store(&p->split.wanted, 1 + (int)rp_rng_below(&p->rng, 3));
  if (size == 0 || p->n_subproblems + 1 == MOST_STREAMS) return false;
  p->subproblem[p->n_subproblems++] = copy_subproblem(from, size);
  return true;
}

/* A query that a stop leaves open is asked again, under another name: what it
 * gave away goes on with a stream that nobody has. */
static inline void verify_somehow(const scene *s, const rp_question *query,
                                  pool *p, rp_answer *answer) {
  uint8_t witness[TINY_INPUTS];
  answer->verdict = RP_UNKNOWN;
  p->split.name += 1 + rp_rng_below(&p->rng, 300);
  atomic_store(&p->split.wanted, 2);
  if (rp_rng_below(&p->rng, 3) == 0)
    verify_stopped(s->verifier, query, &p->split, &p->rng, witness, answer);
  if (answer->verdict != RP_UNKNOWN) return;
  p->split.name++;
  rp_verify(s->verifier, query, NULL, witness, answer);
}

/* All streams of a robust query. */
static inline void prove_in_subproblems(const scene *s, int32_t radius,
                                        pool *p) {
  rp_question query = {.x = s->x, .label = s->label, .radius = radius};
  rp_answer answer;
  p->n_subproblems = p->count = 0;
  rp_verifier_split(s->verifier, &p->split);
  for (int32_t next = 0;; next++) {
    verify_somehow(s, &query, p, &answer);
    assert_int_equal(answer.verdict, RP_ROBUST);
    p->name[p->count] = p->split.name;
    p->proof[p->count] = stream_recorded(s->recorder);
    if (next == 0 && rp_rng_below(&p->rng, 2))
      put_record_of_slopes(&p->rng, s, radius, &p->proof[0]);
    p->count++;
    if (next == p->n_subproblems) break;
    query.subproblem = p->subproblem[next].bytes;
    query.subproblem_size = p->subproblem[next].size;
  }
  rp_verifier_split(s->verifier, NULL);
  for (int32_t i = 0; i < p->n_subproblems; i++) free(p->subproblem[i].bytes);
}

static inline void drop_streams(pool *p) {
  while (p->count > 0) free(p->proof[--p->count].data);
}

/** Searches give their subproblems to this pool, which must not move. */
static inline void give_to(pool *p) {
  p->split.give = give;
  p->split.context = p;
}

/* ---- what is done to streams ---- */

static inline void damage_streams(pool *p, const bytes *other) {
  const int32_t i = (int32_t)rp_rng_below(&p->rng, (uint32_t)p->count);
  const int32_t j = (int32_t)rp_rng_below(&p->rng, (uint32_t)p->count);
  switch (rp_rng_below(&p->rng, 6)) {
  case 0: /* another stream in its place */
    p->proof[i].size = p->proof[j].size;
    memmove(p->proof[i].data, p->proof[j].data, p->proof[j].size);
    break;
  case 1: /* of another query */
    if (other->size == 0) break;
    p->proof[i].size = other->size;
    memcpy(p->proof[i].data, other->data, other->size);
    break;
  case 2: /* another name, so another source */
    p->name[i] += rp_rng_below(&p->rng, 3) - (uint64_t)1;
    break;
  default:
    damage_once(&p->rng, &p->proof[i], other);
  }
}

/* Damage is to a copy. */
static inline pool *copy_of_pool(const pool *p) {
  pool *own = malloc(sizeof *own);
  assert_non_null(own);
  memcpy(own, p, sizeof *own);
  for (int32_t i = 0; i < p->count; i++) own->proof[i] = copied(p->proof[i]);
  return own;
}

#endif
