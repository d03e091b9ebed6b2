/* Proofs of subproblems: queries of tiny networks whose search was shared, at
 * random and again. The checker accepts all streams together, and refuses them
 * where one is missing, damaged or of another query, unless what is left is a
 * proof still; of a false claim it accepts nothing, whatever is done to the
 * streams.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pool.h"
#include "verify/verify.h"

/* Few queries about such networks are split: networks are drawn until there are
 * enough. */
enum { MOST_NETWORKS = 8000, CUT = 50, FALSE_CLAIMS = 1100, DAMAGES = 60 };

static const tiny_plan plans[] = {{3, 3, 8, 1024, 127}, {2, 3, 8, 1024, 127}};

typedef struct tally {
  int64_t cut, streams, missing, still, false_claims, damaged, doubled;
} tally;

/* @param without  a stream that is left out; -1: none */
static bool accepted(const scene *s, int32_t radius, const pool *p,
                     int32_t without) {
  stream all[MOST_STREAMS] = {0};
  int32_t wide_x[TINY_INPUTS], n = 0;
  rp_error why = {""};
  widened(s->x, s->n.n_in, wide_x);
  for (int32_t i = 0; i < p->count; i++) {
    const bytes b = p->proof[i];
    if (i == without) continue;
    uint8_t *exact = malloc(b.size + 1); /* so that reading on is seen */
    memcpy(exact, b.data, b.size);
    all[n++] = (stream){
        .name = p->name[i], .radius = radius, .plain = {exact, b.size}};
  }
  const rp_status st = rp_check_proof(&s->n, wide_x, s->label, all, n, &why);
  while (n > 0) free(all[--n].plain.bytes);
  assert_true(st == RP_OK || (st == RP_E_INPUT && why.text[0]));
  return st == RP_OK;
}

static void damage_all(const scene *s, int32_t radius, pool *p, bool is_true,
                       const bytes *other, tally *t) {
  for (int32_t k = 0; k < DAMAGES; k++) {
    pool *own = copy_of_pool(p);
    rp_rng_init(&own->rng, rp_rng_u64(&p->rng));
    for (uint32_t d = k ? 1 + rp_rng_below(&own->rng, 3) : 0; d > 0; d--)
      damage_streams(own, other);
    for (int32_t i = 0; i < own->count; i++)
      if (!is_true || rp_rng_below(&own->rng, 8))
        fit_head(&own->proof[i], s->label, radius);
    const bool good = accepted(s, radius, own, -1);
    assert_true(is_true || !good);
    t->false_claims += !is_true;
    t->damaged++;
    drop_streams(own);
    free(own);
  }
}

static void leave_out_and_double(const scene *s, int32_t radius, pool *p,
                                 tally *t) {
  for (int32_t i = 0; i < p->count; i++) {
    t->missing++;
    t->still += accepted(s, radius, p, i);
  }
  assert_false(accepted(s, radius, p, 0));
  if (p->count == MOST_STREAMS) return;
  /* The same subproblem again, under the same name. */
  p->proof[p->count] = copied(p->proof[p->count - 1]);
  p->name[p->count] = p->name[p->count - 1];
  p->count++;
  assert_true(accepted(s, radius, p, -1));
  free(p->proof[--p->count].data);
  t->doubled++;
}

static void one_query(const scene *s, int32_t radius, pool *p, bytes *other,
                      tally *t) {
  prove_in_subproblems(s, radius, p);
  assert_true(accepted(s, radius, p, -1));
  if (p->count > 1) {
    t->cut++;
    t->streams += p->count;
    leave_out_and_double(s, radius, p, t);
    damage_all(s, radius, p, true, other, t);
    if (s->distance <= s->n.in_hi)
      damage_all(s, s->distance, p, false, other, t);
    free(other->data);
    *other = copied(p->proof[p->count - 1]);
  }
  drop_streams(p);
}

static void subproblems_make_one_proof(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  bytes other = {NULL, 0};
  pool *p = calloc(1, sizeof *p);
  assert_non_null(p);
  rp_rng_init(&p->rng, rp_rng_u64(&rng));
  give_to(p);
  for (int32_t i = 0; i < MOST_NETWORKS && (t.cut < CUT || t.doubled < CUT ||
                                            t.false_claims < FALSE_CLAIMS);
       i++) {
    scene s;
    scene_init(&rng, &plans[rp_rng_below(&rng, 2)], 0, &s);
    const int32_t most = s.distance > s.n.in_hi ? s.n.in_hi : s.distance - 1;
    for (int32_t radius = 1; radius <= most; radius++)
      one_query(&s, radius, p, &other, &t);
    scene_fini(&s);
  }
  free(other.data);
  free(p);
  printf("%lld proofs in %lld streams; one left out %lld times, %lld still "
         "proofs; %lld damaged, %lld of them of false claims\n",
         (long long)t.cut, (long long)t.streams, (long long)t.missing,
         (long long)t.still, (long long)t.damaged, (long long)t.false_claims);
  assert_true(t.cut >= CUT && t.doubled >= CUT);
  assert_true(t.false_claims >= FALSE_CLAIMS);
  assert_true(4 * t.still < t.missing);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(subproblems_make_one_proof),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
