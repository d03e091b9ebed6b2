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
  for (int32_t k = 0; k < d->n_layers; k++) free_derived(&b[k]);
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

/* ---- graphs: constants beyond the limit are folded, and columns ---- */

/* Weights and biases so large that many accumulators leave the limit, and
 * staircases so coarse that some of these are constant. */
static rp_stair coarse_stair(rp_rng *rng, rp_net *engine) {
  rp_stair s = {0, (int32_t)between(rng, 1, 3), 0, NULL};
  int64_t threshold[3];
  if (rp_rng_below(rng, 2)) {
    s.shift = (int32_t)between(rng, 0, 30);
    return s;
  }
  for (int32_t v = 0; v < s.hi; v++)
    threshold[v] = between(rng, -(1LL << 33), 1LL << 33);
  for (int32_t v = 1; v < s.hi; v++)
    if (threshold[v] < threshold[v - 1]) threshold[v] = threshold[v - 1];
  assert_int_equal(rp_net_add_table(engine, threshold, s.hi, &s.table, NULL),
                   RP_OK);
  return s;
}

/* What a file's reader hands over to both. */
typedef struct both {
  rp_net *engine;
  net n;
  tiny_shape in, out[2];
  bool engine_takes;
} both;

static void add_to_both(rp_rng *rng, both *w, int32_t k) {
  enum { TERMS = 2 };
  const tiny_shape out = w->out[k];
  const int32_t n_out = tiny_size(out), n_terms = (int32_t)between(rng, 1, 2);
  rp_term own[TERMS];
  int64_t bias[TINY_WIDTH];
  rp_stair stairs[TINY_WIDTH];
  bool has_conv = false;
  block *b = &w->n.block[k];
  *b = (block){.n_out = n_out, .n_acc = n_out, .n_terms = n_terms};
  b->term = calloc(TERMS, sizeof *b->term);
  for (int32_t t = 0; t < n_terms; t++) {
    const int32_t source = t == 0 ? k - 1 : RP_INPUT;
    own[t] = (rp_term){
        source, tiny_op(rng, out, source < 0 ? w->in : w->out[0], INT16_MAX)};
    b->term[t] = term_for_check(b, &own[t]);
    has_conv = has_conv || b->term[t].kind == CONV;
  }
  b->folds = rp_rng_below(rng, 2);
  b->n_stairs = has_conv ? out.c : n_out;
  b->b = calloc((size_t)n_out, sizeof *b->b);
  b->stair = calloc((size_t)b->n_stairs, sizeof *b->stair);
  for (int32_t i = 0; i < n_out; i++) {
    const int64_t most = (1LL << between(rng, 0, 34)) - 1;
    b->b[i] = bias[i] = between(rng, -most, most);
  }
  for (int32_t c = 0; c < b->n_stairs; c++) {
    stairs[c] = coarse_stair(rng, w->engine);
    b->stair[c] = stair_for_check(&stairs[c]);
  }
  const rp_block_spec spec = {.n_out = n_out,
                              .n_terms = n_terms,
                              .term = own,
                              .bias = bias,
                              .n_stairs = b->n_stairs,
                              .stair = stairs,
                              .folds_constants = b->folds};
  w->engine_takes = rp_net_add_block(w->engine, &spec, NULL) == RP_OK;
}

/* Both say the same of every input, with constants in the same places. */
static int32_t compare_both(const both *w) {
  enumeration all;
  int32_t x[TINY_INPUTS], folded = 0;
  enumerate(w->engine, &all);
  for (int32_t i = 0; i < all.n; i++) {
    widened(input_of(&all, i), w->n.n_in, x);
    assert_int_equal(rp_check_predict(&w->n, x), all.prediction[i]);
  }
  for (int32_t k = 0; k < w->n.n_blocks; k++)
    for (int32_t i = 0; i < w->n.block[k].n_out; i++) {
      const stair *own = &w->n.block[k].own[i];
      const rp_stair *of = &w->engine->block[k].stair[i];
      assert_true(own->lo == of->lo && own->hi == of->hi);
      assert_int_equal(w->n.block[k].b[i], w->engine->block[k].bias[i]);
      folded += w->n.block[k].folded[i];
    }
  enumeration_fini(&all);
  return folded;
}

static void the_same_graphs_are_taken(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t taken = 0, refused = 0, folded = 0;
  for (int32_t t = 0; t < TRIES; t++) {
    both w = {.in = tiny_image(&rng, 4),
              .out[0] = tiny_image(&rng, TINY_WIDTH)};
    const int32_t dims[3] = {w.in.h, w.in.w, w.in.c};
    const int32_t lo = (int32_t)between(&rng, -3, 3);
    w.out[1] = (tiny_shape){1, 1, (int32_t)between(&rng, 2, 4)};
    assert_int_equal(rp_net_create("n", dims, 3, 3, &w.engine, NULL), RP_OK);
    assert_int_equal(rp_net_set_input(w.engine, lo, 1, NULL), RP_OK);
    w.n = (net){.n_in = tiny_size(w.in), .in_hi = 3, .in_lo = lo, .in_zero = 1};
    w.n.block = calloc(2, sizeof *w.n.block);
    for (int32_t k = 0; k < 2 && (k == 0 || w.engine_takes); k++) {
      w.n.n_blocks = k + 1;
      add_to_both(&rng, &w, k);
    }
    w.engine_takes = w.engine_takes && rp_net_finish(w.engine, NULL) == RP_OK;
    assert_int_equal(rp_check_prepare(&w.n) == NULL, w.engine_takes);
    if (w.engine_takes) folded += compare_both(&w);
    taken += w.engine_takes;
    refused += !w.engine_takes;
    check_net_free(&w.n);
    rp_net_free(w.engine);
  }
  printf("%d graphs taken by both, %d by none; %d constants\n", taken, refused,
         folded);
  assert_true(taken > TRIES / 20 && refused > TRIES / 20 && folded > 100);
}

/* One input that is read with the greatest weight by so many outputs. */
static bool is_column_taken(int32_t rows) {
  const int32_t one = 1;
  rp_net *engine;
  rp_stair s = {0, 1, 0, NULL};
  int32_t *index = calloc((size_t)rows, sizeof *index);
  int32_t *weight = calloc((size_t)rows, sizeof *weight);
  int64_t *bias = calloc((size_t)rows, sizeof *bias);
  rp_term own = {RP_INPUT, NULL};
  for (int32_t i = 0; i < rows; i++) weight[i] = INT16_MAX;
  assert_int_equal(rp_op_select_create(rows, 1, index, weight, &own.op, NULL),
                   RP_OK);
  assert_int_equal(rp_net_create("n", &one, 1, 1, &engine, NULL), RP_OK);
  block b = {rows, rows, .n_terms = 1, .n_stairs = 1, .b = bias};
  term t = term_for_check(&b, &own);
  stair stairs = stair_for_check(&s);
  net n = {.n_blocks = 1, .n_in = 1, .in_hi = 1, .block = &b};
  b.term = &t;
  b.stair = &stairs;
  const rp_block_spec spec = {.n_out = rows,
                              .n_terms = 1,
                              .term = &own,
                              .bias = bias,
                              .n_stairs = 1,
                              .stair = &s};
  assert_int_equal(rp_net_add_block(engine, &spec, NULL), RP_OK);
  const bool taken = rp_net_finish(engine, NULL) == RP_OK;
  assert_int_equal(rp_check_prepare(&n) == NULL, taken);
  rp_net_free(engine);
  free(t.w);
  free(t.index);
  free_derived(&b);
  free(n.of);
  free(index);
  free(weight);
  free(bias);
  return taken;
}

static void columns_have_the_same_limit(void **state) {
  (void)state;
  const int32_t most = (int32_t)(RP_COLUMN_LIMIT / INT16_MAX);
  assert_true(is_column_taken(most));
  assert_false(is_column_taken(most + 1));
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
  rp_verifier_cut_at_once(verifier);
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
      cmocka_unit_test(the_same_graphs_are_taken),
      cmocka_unit_test(columns_have_the_same_limit),
      cmocka_unit_test(proofs_without_clipping_are_accepted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
