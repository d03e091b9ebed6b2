/* Engine and checker take the same networks: at the borders of what an
 * accumulator may reach, with activations clipped closely, loosely or not at
 * all, and steps beyond what a staircase may have. Proofs about networks that
 * are not clipped are accepted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "recorded.h"
#include "verify/verify.h"

enum { TRIES = 20000, MOST = 3 };

/* A network of layers of MOST neurons at most, in numbers. */
typedef struct draft {
  int32_t in_hi, n_layers, width[MOST + 1];
  int32_t weight[MOST][MOST * MOST];
  int64_t bias[MOST][MOST];
  rp_stair stair[MOST];
} draft;

static bool engine_takes(const draft *d) {
  rp_net *n;
  assert_int_equal(rp_net_create("n", d->width, 1, d->in_hi, &n, NULL), RP_OK);
  rp_status st = RP_OK;
  for (int32_t k = 0; k < d->n_layers && st == RP_OK; k++) {
    const rp_dense_spec spec = {d->width[k], d->width[k + 1], d->weight[k],
                                d->bias[k], d->stair[k]};
    st = rp_net_add_dense(n, &spec, NULL);
  }
  if (st == RP_OK) st = rp_net_finish(n, NULL);
  rp_net_free(n);
  assert_true(st == RP_OK || st == RP_E_INPUT);
  return st == RP_OK;
}

/* As the checker's reader hands a network over. */
static bool checker_takes(const draft *d) {
  block b[MOST];
  term t[MOST];
  stair s[MOST];
  int16_t weight[MOST][MOST * MOST];
  int64_t bias[MOST][MOST];
  net n = {.n_blocks = d->n_layers,
           .n_in = d->width[0],
           .in_hi = d->in_hi,
           .block = b};
  for (int32_t k = 0; k < d->n_layers; k++) {
    for (int32_t i = 0; i < MOST * MOST; i++)
      weight[k][i] = (int16_t)d->weight[k][i];
    memcpy(bias[k], d->bias[k], sizeof bias[k]);
    s[k] = (stair){d->stair[k].lo, d->stair[k].hi, d->stair[k].shift, NULL};
    t[k] = (term){k - 1, .kind = DENSE, .n_in = d->width[k], .w = weight[k]};
    b[k] = (block){.n_out = d->width[k + 1],
                   .n_terms = 1,
                   .n_stairs = 1,
                   .term = &t[k],
                   .b = bias[k],
                   .stair = &s[k]};
  }
  const bool taken = rp_check_prepare(&n) == NULL;
  for (int32_t k = 0; k < d->n_layers; k++) {
    free(b[k].own);
    free(b[k].begin);
    free(b[k].folded);
  }
  free(n.of);
  return taken;
}

static int32_t of_some_size(rp_rng *rng, int32_t most_bits) {
  const int64_t most = ((int64_t)1 << between(rng, 0, most_bits)) - 1;
  return (int32_t)between(rng, -most, most);
}

static rp_stair drawn_stair(rp_rng *rng) {
  const int64_t limit = RP_ACC_LIMIT;
  rp_stair s = {.lo = rp_rng_below(rng, 2) ? 0 : (int32_t)-limit,
                .hi = (int32_t)limit,
                .shift = (int32_t)between(rng, 0, 12)};
  if (rp_rng_below(rng, 3) == 0) s.hi = (int32_t)between(rng, 1, 1 << 12);
  return s;
}

static void draw(rp_rng *rng, draft *d) {
  *d = (draft){.in_hi = (int32_t)between(rng, 1, 255),
               .n_layers = (int32_t)between(rng, 1, MOST)};
  for (int32_t k = 0; k <= d->n_layers; k++)
    d->width[k] = (int32_t)between(rng, k == d->n_layers ? 2 : 1, MOST);
  for (int32_t k = 0; k < d->n_layers; k++) {
    d->stair[k] = drawn_stair(rng);
    for (int32_t i = 0; i < MOST * MOST; i++)
      d->weight[k][i] = of_some_size(rng, 15);
    for (int32_t i = 0; i < MOST; i++) d->bias[k][i] = of_some_size(rng, 30);
  }
}

/* The greatest size of one bias that the engine takes: the border. */
static int64_t border(draft *d, int32_t k, int32_t i) {
  int64_t lo = 0, hi = RP_ACC_LIMIT + 1;
  while (hi - lo > 1) {
    d->bias[k][i] = lo + (hi - lo) / 2;
    *(engine_takes(d) ? &lo : &hi) = d->bias[k][i];
  }
  return lo;
}

static void the_same_networks_are_taken(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t taken = 0, refused = 0, borders = 0;
  for (int32_t t = 0; t < TRIES; t++) {
    draft d;
    draw(&rng, &d);
    const bool good = engine_takes(&d);
    assert_int_equal(checker_takes(&d), good);
    taken += good;
    refused += !good;
    if (!good) continue;
    const int32_t k = (int32_t)between(&rng, 0, d.n_layers - 1);
    const int32_t i = (int32_t)between(&rng, 0, d.width[k + 1] - 1);
    const int64_t most = border(&d, k, i);
    for (int64_t b = most; b <= most + 1; b++) {
      d.bias[k][i] = b <= INT32_MAX ? b : INT32_MAX;
      assert_int_equal(checker_takes(&d), b <= most && engine_takes(&d));
    }
    borders++;
  }
  printf("%d networks taken by both, %d by none, %d borders\n", taken, refused,
         borders);
  assert_true(taken > TRIES / 4 && refused > TRIES / 20);
}

static void shapes_and_steps_have_the_same_limits(void **state) {
  (void)state;
  const int32_t limit = (int32_t)RP_ACC_LIMIT;
  const rp_stair stairs[] = {{0, limit, 0, NULL},
                             {0, limit + 1, 0, NULL},
                             {-limit, limit, 30, NULL},
                             {-limit - 1, 0, 30, NULL},
                             {0, 1, 31, NULL},
                             {0, 1, -1, NULL},
                             {1, 1, 0, NULL},
                             {2, 1, 0, NULL},
                             {0, 1, 0, NULL}};
  for (size_t s = 0; s < sizeof stairs / sizeof *stairs; s++) {
    draft d = {.in_hi = 255, .n_layers = 1, .width = {2, 2}};
    d.stair[0] = stairs[s];
    assert_int_equal(checker_takes(&d), engine_takes(&d));
  }
  assert_int_equal(ACC_LIMIT, RP_ACC_LIMIT);
}

/* Hidden activations are all that a shift leaves of their accumulators. */
static rp_net *unclipped_net(rp_rng *rng) {
  const int32_t limit = (int32_t)RP_ACC_LIMIT, n_in = 4;
  int32_t weight[16];
  const int64_t bias[4] = {0};
  rp_net *n;
  assert_int_equal(rp_net_create("n", &n_in, 1, 7, &n, NULL), RP_OK);
  for (int32_t k = 0; k < 2; k++) {
    for (int32_t i = 0; i < 16; i++) weight[i] = (int32_t)between(rng, -9, 9);
    const rp_dense_spec spec = {
        4, 4 - k, weight, bias, {-limit, limit, 4 + k, NULL}};
    assert_int_equal(rp_net_add_dense(n, &spec, NULL), RP_OK);
  }
  assert_int_equal(rp_net_finish(n, NULL), RP_OK);
  return n;
}

static int32_t prove(rp_net *engine, rp_rng *rng) {
  rp_options options;
  rp_verifier *verifier;
  rp_proof *proof;
  net n = {0};
  uint8_t x[TINY_INPUTS] = {0}, witness[TINY_INPUTS];
  int32_t label, proved = 0;
  rp_options_default(&options);
  options.threads = 1;
  options.node_limit = 50;
  options.attack_moves = 0;
  assert_true(net_for_check(engine, &n));
  assert_int_equal(rp_verifier_create(engine, &options, &verifier, NULL),
                   RP_OK);
  assert_int_equal(rp_proof_create(&proof), RP_OK);
  rp_verifier_record(verifier, proof);
  for (int32_t p = 0; p < n.n_in; p++) x[p] = (uint8_t)between(rng, 0, 7);
  assert_int_equal(rp_reference_predict(engine, x, &label), RP_OK);
  for (int32_t radius = 1; radius <= 3; radius++) {
    const rp_question query = {.x = x, .label = label, .radius = radius};
    rp_answer answer;
    rp_verify(verifier, &query, NULL, witness, &answer);
    if (answer.verdict != RP_ROBUST) break;
    bytes b = stream_recorded(proof);
    assert_true(accepted_alone(&n, x, label, radius, b));
    assert_false(accepted_alone(&n, x, label, radius + 1, b));
    free(b.data);
    proved++;
  }
  rp_verifier_free(verifier);
  rp_proof_free(proof);
  check_net_free(&n);
  return proved;
}

static void proofs_without_clipping_are_accepted(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t proved = 0;
  for (int32_t t = 0; t < 100; t++) {
    rp_net *const engine = unclipped_net(&rng);
    proved += prove(engine, &rng);
    rp_net_free(engine);
  }
  printf("%d proofs\n", proved);
  assert_true(proved > 50);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_same_networks_are_taken),
      cmocka_unit_test(shapes_and_steps_have_the_same_limits),
      cmocka_unit_test(proofs_without_clipping_are_accepted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
