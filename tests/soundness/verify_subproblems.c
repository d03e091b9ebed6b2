/* A query's search cut into subproblems, and those again, at random, and
 * stopped at any instant with all its open nodes handed over: the verdicts of
 * all together are those of enumeration. Subproblems that nobody takes stay
 * with their search; damaged ones do not crash, and never give a counterexample
 * that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "copied_subproblem.h"
#include "stopped_query.h"
#include "tiny_query.h"
#include "verify/verify.h"

/* Threads decide how many subproblems a query gives away: networks are drawn
 * until there are enough. */
enum {
  NETWORKS = 1000,
  MOST_NETWORKS = 20 * NETWORKS,
  ENOUGH = 300, /* subproblems */
  MOST_SUBPROBLEMS = 4000
};

static const tiny_plan plans[] = {
    {3, 3, 8, 4096, 127}, {2, 3, 8, 4096, 127}, {4, 4, 6, 512, 31}};

/* The subproblems of one query, and who gives and takes them. */
typedef struct pool {
  rp_rng rng;
  subproblem subproblem[MOST_SUBPROBLEMS];
  int32_t count, next;
  int32_t givings, refused;
  uint32_t chance; /* of another wish after a giving: 0 of 8 to 8 of 8 */
  rp_split split;
  int64_t handed_over; /* queries and subproblems that were stopped so */
} pool;

static bool give(void *context, const uint8_t *bytes, size_t size, bool last) {
  pool *p = context;
  p->givings += last;
  if (last && rp_rng_below(&p->rng, 8) < p->chance)
    atomic_store(&p->split.wanted, 1 + (int)rp_rng_below(&p->rng, 3));
  if (size == 0 || p->count == MOST_SUBPROBLEMS ||
      rp_rng_below(&p->rng, 6) == 0) {
    p->refused++;
    return false;
  }
  p->subproblem[p->count++] = copy_subproblem(bytes, size);
  return true;
}

static rp_verifier *loose_verifier(rp_rng *rng, const rp_net *net) {
  rp_options options;
  rp_options_default(&options);
  options.threads = between(rng, 1, 4);
  options.dual_steps = 0;
  options.box_points = rp_rng_below(rng, 4) ? 0 : 65536;
  options.attack_moves = rp_rng_below(rng, 2) ? 0 : 300;
  rp_verifier *verifier;
  assert_int_equal(rp_verifier_create(net, &options, &verifier, NULL), RP_OK);
  rp_verifier_cut_at_once(verifier);
  return verifier;
}

static void replays(const tiny_query *s, const uint8_t *witness,
                    int32_t radius) {
  int32_t prediction;
  assert_int_equal(rp_reference_predict(s->net, witness, &prediction), RP_OK);
  assert_int_not_equal(prediction, s->label);
  assert_in_range(distance_of(s->x, witness, s->net->n_in), 1, radius);
}

/* Where the stop leaves it open it is asked again; what it gave away is then
 * decided twice. */
static void verify_stopped_or_again(rp_verifier *verifier,
                                    const rp_question *query, pool *p,
                                    uint8_t *witness, rp_answer *answer) {
  verify_stopped(verifier, query, &p->split, &p->rng, witness, answer);
  p->handed_over += answer->verdict == RP_ROBUST && answer->subproblems > 0;
  if (answer->verdict == RP_UNKNOWN)
    rp_verify(verifier, query, NULL, witness, answer);
}

/* All of a query, subproblems and theirs too; true if all of it is robust. */
static bool robust_in_subproblems(rp_verifier *verifier, const tiny_query *s,
                                  int32_t radius, pool *p) {
  rp_question query = {.x = s->x, .label = s->label, .radius = radius};
  uint8_t witness[TINY_INPUTS];
  rp_answer answer;
  bool robust = true;
  rp_verifier_split(verifier, &p->split);
  for (p->count = p->next = 0;;) {
    atomic_store(&p->split.wanted, 1 + (int)rp_rng_below(&p->rng, 3));
    p->split.name++;
    if (rp_rng_below(&p->rng, 4) == 0)
      verify_stopped_or_again(verifier, &query, p, witness, &answer);
    else
      rp_verify(verifier, &query, NULL, witness, &answer);
    assert_int_not_equal(answer.verdict, RP_UNKNOWN);
    if (answer.verdict == RP_VIOLATED) replays(s, witness, radius);
    robust = robust && answer.verdict == RP_ROBUST;
    if (p->next == p->count) break;
    query.subproblem = p->subproblem[p->next].bytes;
    query.subproblem_size = p->subproblem[p->next++].size;
  }
  rp_verifier_split(verifier, NULL);
  return robust;
}

static void drop_all(pool *p) {
  for (int32_t i = 0; i < p->count; i++) free(p->subproblem[i].bytes);
  p->count = 0;
}

static pool *new_pool(uint64_t seed) {
  pool *p = calloc(1, sizeof *p);
  assert_non_null(p);
  rp_rng_init(&p->rng, seed);
  p->chance = rp_rng_below(&p->rng, 9);
  p->split.give = give;
  p->split.context = p;
  return p;
}

static void subproblems_together_are_the_query(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int64_t subproblems = 0, refused = 0, cut = 0, robust = 0, handed_over = 0;
  int64_t deep = 0;
  for (int32_t i = 0;
       i < NETWORKS ||
       ((subproblems < ENOUGH || cut < ENOUGH / 3) && i < MOST_NETWORKS);
       i++) {
    tiny_query s;
    tiny_query_init(&rng, &plans[rp_rng_below(&rng, 3)], &s);
    pool *p = new_pool(rp_rng_u64(&rng));
    rp_verifier *verifier = loose_verifier(&rng, s.net);
    for (int32_t radius = 1; radius <= s.net->in_hi; radius++) {
      const bool all = robust_in_subproblems(verifier, &s, radius, p);
      assert_int_equal(all, radius < s.distance);
      subproblems += p->count;
      if (s.net->n_blocks > 2) deep += p->count;
      cut += p->count > 0;
      robust += p->count > 0 && all;
      drop_all(p);
    }
    refused += p->refused;
    handed_over += p->handed_over;
    rp_verifier_free(verifier);
    free(p);
    tiny_query_fini(&s);
  }
  printf("%lld queries cut (%lld robust), %lld subproblems (%lld of deep "
         "networks), %lld refused, %lld stopped or cut and gone on with\n",
         (long long)cut, (long long)robust, (long long)subproblems,
         (long long)deep, (long long)refused, (long long)handed_over);
  assert_true(cut >= ENOUGH / 3 && robust > 30 && refused > 30);
  assert_true(subproblems >= ENOUGH && deep >= ENOUGH / 3);
  assert_true(handed_over > 30);
}

/* Any bytes: an answer, and a counterexample only if it is one. */
static void damaged_subproblems_are_survived(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int64_t damaged = 0, errors = 0;
  for (int32_t i = 0; i < NETWORKS || (damaged < ENOUGH && i < MOST_NETWORKS);
       i++) {
    tiny_query s;
    tiny_query_init(&rng, &plans[rp_rng_below(&rng, 3)], &s);
    pool *p = new_pool(rp_rng_u64(&rng));
    rp_verifier *verifier = loose_verifier(&rng, s.net);
    const int32_t radius = (int32_t)between(&rng, 1, s.net->in_hi);
    (void)robust_in_subproblems(verifier, &s, radius, p);
    for (int32_t k = 0; k < p->count && k < 30; k++) {
      subproblem *h = &p->subproblem[k];
      const uint32_t at = rp_rng_below(&rng, (uint32_t)h->size);
      if (rp_rng_below(&rng, 2))
        h->bytes[at] = (uint8_t)rp_rng_u64(&rng);
      else
        h->size = at;
      const rp_question query = {.x = s.x,
                                 .label = s.label,
                                 .radius = radius,
                                 .subproblem = h->bytes,
                                 .subproblem_size = h->size};
      uint8_t witness[TINY_INPUTS];
      rp_answer answer;
      rp_verify(verifier, &query, NULL, witness, &answer);
      if (answer.verdict == RP_VIOLATED) replays(&s, witness, radius);
      errors += answer.reason == RP_REASON_ERROR;
      damaged++;
    }
    drop_all(p);
    rp_verifier_free(verifier);
    free(p);
    tiny_query_fini(&s);
  }
  printf("%lld damaged, %lld refused\n", (long long)damaged, (long long)errors);
  assert_true(damaged >= ENOUGH && errors > damaged / 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(subproblems_together_are_the_query),
      cmocka_unit_test(damaged_subproblems_are_survived),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
