/* Proofs of the engine on networks small enough to enumerate: the checker
 * accepts each of them, and no damage makes it accept a claim that is false.
 *
 * False claims are made from true ones: a greater radius, another sample or
 * label, a network with one number changed. The proof of the true claim, its
 * head made to fit, is then refused as it is, and after any damage. Of a true
 * claim a damaged proof may still be one; what is cut off never is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/rng.h"
#include "idle_cuts.h"
#include "recorded.h"
#include "scene.h"
#include "slopes.h"
#include "verify/verify.h"

enum { NETWORKS = 240, DAMAGES = 120 };

static const tiny_plan plans[] = {
    {2, 3, 5, 1024, 15}, {2, 3, 8, 1024, 127}, {3, 4, 6, 256, 31}};

typedef struct tally {
  int64_t proofs, of_maxima, size, damaged, still_proved, false_claims;
  int64_t changed[ROLES]; /* in proofs that stay well formed */
  const scene *scene;     /* at hand */
} tally;

static void begin(rp_rng *rng, scene *s) {
  const int32_t steps = rp_rng_below(rng, 3) ? 0 : 30;
  scene_init(rng, &plans[rp_rng_below(rng, 3)], steps, s);
}

/* The proof of a radius, inflated; size 0: there is none. */
static bytes proof_of(rp_rng *rng, const scene *s, int32_t radius) {
  const rp_question query = {.x = s->x, .label = s->label, .radius = radius};
  uint8_t witness[TINY_INPUTS];
  rp_answer answer;
  rp_verify(s->verifier, &query, NULL, witness, &answer);
  assert_int_equal(answer.verdict,
                   radius < s->distance ? RP_ROBUST : RP_VIOLATED);
  const bool is_proved = answer.verdict == RP_ROBUST;
  assert_int_equal(rp_proof_size(s->recorder) > 0, is_proved);
  if (!is_proved) return (bytes){malloc(MOST_BYTES), 0};
  bytes b = stream_recorded(s->recorder);
  if (rp_rng_below(rng, 2)) put_record_of_slopes(rng, s, radius, &b);
  if (rp_rng_below(rng, 2)) put_idle_cuts(rng, &s->n, &b);
  return b;
}

/* One number in most cases, or a few; all else stays well formed. */
static void change_numbers(rp_rng *rng, bytes *b, tally *t) {
  static numbers apart;
  taken_apart(&t->scene->n, b, &apart);
  for (uint32_t d = rp_rng_below(rng, 4) ? 1 : 3; d > 0; d--)
    mutate(rng, &apart, t->changed);
  if (!put_together(&apart, b)) b->size = 0;
}

/* A false claim is refused with any proof, its head made to fit. */
static void refuse_all(rp_rng *rng, const net *n, const uint8_t *x,
                       int32_t label, int32_t radius, bytes proof,
                       const bytes *other, tally *t) {
  for (int32_t i = 0; i < DAMAGES; i++) {
    bytes b = copied(proof);
    if (i % 2)
      change_numbers(rng, &b, t);
    else
      for (uint32_t d = i ? 1 + rp_rng_below(rng, 3) : 0; d > 0; d--)
        damage_once(rng, &b, other);
    if (rp_rng_below(rng, 8)) fit_head(&b, label, radius);
    assert_false(accepted_alone(n, x, label, radius, b));
    free(b.data);
    t->damaged++;
    t->false_claims++;
  }
}

/* ---- false claims ---- */

static void greater_radius(rp_rng *rng, const scene *s, bytes proof,
                           const bytes *other, tally *t) {
  if (s->distance <= s->n.in_hi)
    refuse_all(rng, &s->n, s->x, s->label, s->distance, proof, other, t);
}

static void other_sample(rp_rng *rng, const scene *s, int32_t radius,
                         bytes proof, const bytes *other, tally *t) {
  for (int32_t i = 0; i < 20; i++) {
    int32_t d;
    const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->all.n);
    const int32_t label = (int32_t)rp_rng_below(rng, (uint32_t)s->n.n_out);
    (void)nearest_change(&s->all, input_of(&s->all, k), label, &d);
    if (d > radius) continue;
    refuse_all(rng, &s->n, input_of(&s->all, k), label, radius, proof, other,
               t);
    return;
  }
}

/* The truth about a changed network, by the checker's own forward pass: that is
 * held against the engine's over whole networks below. */
static bool is_robust(const scene *s, const net *n, int32_t radius) {
  int32_t x[TINY_INPUTS];
  for (int32_t k = 0; k < s->all.n; k++) {
    const uint8_t *at = input_of(&s->all, k);
    widened(at, n->n_in, x);
    if (distance_of(s->x, at, n->n_in) <= radius &&
        rp_check_predict(n, x) != s->label)
      return false;
  }
  return true;
}

static void other_network(rp_rng *rng, const scene *s, int32_t radius,
                          bytes proof, const bytes *other, tally *t) {
  for (int32_t i = 0; i < 20; i++) {
    net n = {0};
    assert_true(net_for_check(s->engine, &n));
    change_number(rng, &n);
    if (net_changed(&n) && !is_robust(s, &n, radius)) {
      refuse_all(rng, &n, s->x, s->label, radius, proof, other, t);
      i = 20;
    }
    check_net_free(&n);
  }
}

/* ---- true claims ---- */

static void cut_off_or_renamed(const scene *s, int32_t radius, bytes proof) {
  bytes b = copied(proof);
  for (b.size = 0; b.size < proof.size; b.size += 1 + proof.size / 50)
    assert_false(accepted_alone(&s->n, s->x, s->label, radius, b));
  b.size = proof.size;
  b.data[2]++;
  assert_false(accepted_alone(&s->n, s->x, s->label, radius, b));
  b.data[2]--;
  b.data[1] ^= 1;
  assert_false(accepted_alone(&s->n, s->x, s->label, radius, b));
  free(b.data);
}

/* Every rival's parts are announced by a record: without it they are not
 * proved. */
static void parts_left_out(const scene *s, int32_t radius, bytes proof) {
  static numbers whole, less;
  taken_apart(&s->n, &proof, &whole);
  for (size_t at = 0; at < whole.n; at++) {
    if (whole.role[at] != RECORD || whole.value[at] != 1) continue;
    bytes b = copied(proof);
    less = whole;
    cut_out(&less, at, end_of(&less, at));
    assert_true(put_together(&less, &b));
    assert_false(accepted_alone(&s->n, s->x, s->label, radius, b));
    free(b.data);
  }
}

static void damaged_at_random(rp_rng *rng, const scene *s, int32_t radius,
                              bytes proof, const bytes *other, tally *t) {
  for (int32_t i = 0; i < DAMAGES; i++) {
    bytes b = copied(proof);
    if (i % 2)
      change_numbers(rng, &b, t);
    else
      for (uint32_t d = 1 + rp_rng_below(rng, 3); d > 0; d--)
        damage_once(rng, &b, other);
    t->still_proved += accepted_alone(&s->n, s->x, s->label, radius, b);
    t->damaged++;
    free(b.data);
  }
}

/* ---- tests ---- */

static bool has_maxima(const net *n) {
  for (int32_t k = 0; k < n->n_blocks; k++)
    if (n->block[k].n_acc > n->block[k].n_out) return true;
  return false;
}

static void one_scene(rp_rng *rng, const scene *s, bytes *other, tally *t) {
  t->scene = s;
  const int32_t most = s->distance > s->n.in_hi ? s->n.in_hi : s->distance - 1;
  for (int32_t radius = 1; radius <= most; radius++) {
    bytes b = proof_of(rng, s, radius);
    assert_true(accepted_alone(&s->n, s->x, s->label, radius, b));
    t->proofs++;
    t->of_maxima += has_maxima(&s->n);
    t->size += (int64_t)b.size;
    if (radius == most) {
      greater_radius(rng, s, b, other, t);
      other_sample(rng, s, radius, b, other, t);
      other_network(rng, s, radius, b, other, t);
      cut_off_or_renamed(s, radius, b);
      parts_left_out(s, radius, b);
      damaged_at_random(rng, s, radius, b, other, t);
      free(other->data);
      *other = copied(b);
    }
    free(b.data);
  }
  if (s->distance <= s->n.in_hi) free(proof_of(rng, s, s->distance).data);
}

static void proofs_hold_and_false_claims_do_not(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  tally t = {0};
  bytes other = {NULL, 0};
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s;
    begin(&rng, &s);
    one_scene(&rng, &s, &other, &t);
    scene_fini(&s);
  }
  free(other.data);
  printf("%lld proofs accepted (%lld bytes, %lld of networks with maxima); "
         "%lld damaged proofs, "
         "%lld of them of false claims, all refused; %lld of true claims "
         "still proofs\n",
         (long long)t.proofs, (long long)t.size, (long long)t.of_maxima,
         (long long)t.damaged, (long long)t.false_claims,
         (long long)t.still_proved);
  printf("well formed, by what was changed: %lld multipliers, %lld fractions, "
         "%lld steps, %lld bounded accumulators, %lld nodes dropped, %lld "
         "renamed, %lld splits, %lld uses of cuts, %lld numbers of cuts\n",
         (long long)t.changed[MULTIPLIER], (long long)t.changed[FRAC],
         (long long)t.changed[ACTION], (long long)t.changed[AT],
         (long long)t.changed[RECORD],
         (long long)(t.changed[WHICH] + t.changed[WEIGHT]),
         (long long)(t.changed[SPLIT_WHERE] + t.changed[SPLIT_VALUE]),
         (long long)t.changed[USE], (long long)t.changed[CUT]);
  assert_true(t.damaged > 10000 && t.false_claims > 10000);
  assert_true(t.of_maxima > 20);
  assert_true(t.changed[MULTIPLIER] > 300 && t.changed[RECORD] > 1000 &&
              t.changed[SPLIT_VALUE] > 50 && t.changed[USE] > 100 &&
              t.changed[CUT] > 1000);
}

static void both_predict_the_same(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t i = 0; i < NETWORKS; i++) {
    scene s;
    int32_t x[TINY_INPUTS];
    begin(&rng, &s);
    for (int32_t k = 0; k < s.all.n; k++) {
      widened(input_of(&s.all, k), s.n.n_in, x);
      assert_int_equal(rp_check_predict(&s.n, x), s.all.prediction[k]);
    }
    scene_fini(&s);
  }
}

/* Without memory there is no proof; the verdict stands, or is honest. */
static void failed_allocations_leave_no_half_proof(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t i = 0; i < 40; i++) {
    scene s;
    begin(&rng, &s);
    const rp_question query = {.x = s.x, .label = s.label, .radius = 1};
    for (uint64_t n = 1; n < 60; n++) {
      uint8_t witness[TINY_INPUTS];
      rp_answer answer;
      rp_alloc_fail_after(n);
      rp_verify(s.verifier, &query, NULL, witness, &answer);
      rp_alloc_fail_after(0);
      if (rp_proof_size(s.recorder) == 0) continue;
      assert_int_equal(answer.verdict, RP_ROBUST);
      assert_true(s.distance > 1);
    }
    scene_fini(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(proofs_hold_and_false_claims_do_not),
      cmocka_unit_test(both_predict_the_same),
      cmocka_unit_test(failed_allocations_leave_no_half_proof),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
