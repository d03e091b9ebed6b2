/* VNN-LIB files: random formulas, printed and judged by the test, mean the same
 * to the reader for every input of a tiny network; what it cannot ask exactly
 * is refused with the line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "input/vnnlib.h"
#include "net/input_quantizer.h"
#include "temp_folder.h"
#include "tiny_net.h"

static const tiny_plan plan = {1, 2, 4, 256, 31};
static rp_error err;

static void put_file(const char *name, const char *text) {
  FILE *const file = fopen(name, "w");
  assert_non_null(file);
  assert_true(fputs(text, file) >= 0);
  assert_int_equal(fclose(file), 0);
}

static rp_vnnlib *read_text(temp_folder *folder, const rp_net *net,
                            const char *text, const char *values) {
  const char *const name = temp_file(folder, "p.vnnlib");
  const rp_vnnlib_source source = {.file = name, .values = values};
  rp_vnnlib *made = NULL;
  put_file(name, text);
  if (rp_vnnlib_read(&source, net, &made, &err) != RP_OK) return NULL;
  return made;
}

static bool is_inside(const rp_vnnlib_case *c, const uint8_t *x, int32_t n) {
  for (int32_t p = 0; p < n; p++)
    if (x[p] < c->box_lo[p] || x[p] > c->box_hi[p]) return false;
  return !c->is_empty;
}

static bool is_met(const rp_vnnlib *v, const uint8_t *x, const int32_t *out,
                   int32_t n_out) {
  for (int32_t i = 0; i < v->n_cases; i++)
    if (is_inside(&v->item[i], x, v->n_in) &&
        rp_condition_is_met(v->item[i].condition, out, n_out, 0))
      return true;
  return false;
}

/* ---- random formulas ---- */

enum { MOST_FORMULAS = 64 };

typedef struct formula {
  char kind; /* '&', '|', 'x' or 'y' */
  int32_t first, next;
  int32_t a, b, sign, factor, number; /* of an atom */
} formula;

typedef struct draft {
  formula f[MOST_FORMULAS];
  int32_t n, n_in, n_out, in_lo, in_hi;
  char text[16384];
  size_t used;
} draft;

static const char *const signs[] = {"<=", ">=", "<", ">"};

__attribute__((format(printf, 2, 3))) static void put(draft *d,
                                                      const char *format, ...) {
  va_list args;
  va_start(args, format);
  d->used += (size_t)vsnprintf(d->text + d->used, sizeof d->text - d->used,
                               format, args);
  va_end(args);
  assert_true(d->used < sizeof d->text);
}

static int32_t draw(rp_rng *rng, draft *d, int32_t depth) {
  const int32_t made = d->n++;
  formula *const f = &d->f[made];
  *f = (formula){.first = -1, .next = -1};
  if (depth > 0 && d->n + 4 < MOST_FORMULAS && rp_rng_below(rng, 3)) {
    f->kind = rp_rng_below(rng, 2) ? '&' : '|';
    const int32_t n = (int32_t)between(rng, 1, 3);
    for (int32_t i = 0; i < n && d->n + 4 < MOST_FORMULAS; i++) {
      const int32_t child = draw(rng, d, depth - 1);
      d->f[child].next = d->f[made].first;
      d->f[made].first = child;
    }
    return made;
  }
  f->kind = rp_rng_below(rng, 2) ? 'x' : 'y';
  f->sign = (int32_t)rp_rng_below(rng, 4);
  f->a = (int32_t)rp_rng_below(rng,
                               (uint32_t)(f->kind == 'x' ? d->n_in : d->n_out));
  f->b = (int32_t)rp_rng_below(rng, (uint32_t)d->n_out);
  f->factor = (int32_t)between(rng, -2, 2);
  f->number = f->kind == 'x'
                  ? (int32_t)between(rng, d->in_lo - 1, d->in_lo + d->in_hi + 1)
                  : (int32_t)between(rng, -8, 8);
  return made;
}

/* 2 a number is twice the value in the text: halves are decimals. */
static void print(draft *d, int32_t at) {
  const formula *const f = &d->f[at];
  if (f->kind == 'x') {
    const char *const half = f->factor > 0 ? ".5" : "";
    put(d, "(%s X_%d %d%s)", signs[f->sign], f->a, f->number,
        f->number >= 0 ? half : "");
  } else if (f->kind == 'y') {
    put(d, "(%s (+ Y_%d (* %d.0 Y_%d)) %d)", signs[f->sign], f->a, f->factor,
        f->b, f->number);
  } else {
    put(d, f->kind == '&' ? "(and" : "(or");
    for (int32_t c = f->first; c >= 0; c = d->f[c].next) {
      put(d, " ");
      print(d, c);
    }
    put(d, ")");
  }
}

static bool compare(int32_t sign, int32_t a, int32_t b) {
  return sign == 0 ? a <= b : sign == 1 ? a >= b : sign == 2 ? a < b : a > b;
}

static bool judge(const draft *d, int32_t at, const uint8_t *x,
                  const int32_t *out) {
  const formula *const f = &d->f[at];
  if (f->kind == 'x') {
    const bool half = f->factor > 0 && f->number >= 0;
    return compare(f->sign, 2 * (x[f->a] + d->in_lo), 2 * f->number + half);
  }
  if (f->kind == 'y')
    return compare(f->sign, out[f->a] + f->factor * out[f->b], f->number);
  for (int32_t c = f->first; c >= 0; c = d->f[c].next)
    if (judge(d, c, x, out) != (f->kind == '&')) return f->kind == '|';
  return f->kind == '&';
}

static void declare(draft *d, rp_rng *rng) {
  const bool is_new = rp_rng_below(rng, 2);
  d->used = 0;
  put(d, "; a comment (with ) brackets\n");
  if (is_new) put(d, "(vnnlib-version <2.0>)\n");
  for (int32_t i = 0; i < d->n_in; i++)
    put(d,
        is_new ? "(declare-fun X_%d () Int)\n" : "(declare-const X_%d Int)\n",
        i);
  for (int32_t i = 0; i < d->n_out; i++)
    put(d, "(declare-const Y_%d Int) ; %d\n", i, i);
}

static void formulas_mean_what_they_say(void **state) {
  rp_rng rng = rng_of_test(__func__);
  int32_t met = 0, total = 0;
  for (int32_t i = 0; i < 300; i++) {
    rp_net *const net = tiny_net(&rng, &plan);
    assert_non_null(net);
    enumeration all;
    enumerate(net, &all);
    draft d = {.n_in = net->n_in,
               .n_out = net->n_out,
               .in_lo = net->in_lo,
               .in_hi = net->in_hi};
    int32_t root[3];
    const int32_t n = (int32_t)between(&rng, 1, 3);
    declare(&d, &rng);
    for (int32_t k = 0; k < n; k++) {
      root[k] = draw(&rng, &d, 3);
      put(&d, "(assert ");
      print(&d, root[k]);
      put(&d, ")\n");
    }
    rp_vnnlib *const v = read_text(*state, net, d.text, NULL);
    if (!v) fail_msg("%s\n%s", err.text, d.text);
    for (int32_t k = 0; k < all.n; k++) {
      int32_t out[8];
      bool truth = true;
      assert_int_equal(rp_reference_forward(net, input_of(&all, k), out),
                       RP_OK);
      for (int32_t j = 0; j < n; j++)
        truth = truth && judge(&d, root[j], input_of(&all, k), out);
      if (is_met(v, input_of(&all, k), out, net->n_out) != truth)
        fail_msg("input %d:\n%s", k, d.text);
      met += truth;
      total++;
    }
    rp_vnnlib_free(v);
    enumeration_fini(&all);
    rp_net_free(net);
  }
  assert_in_range(met, total / 20, total - total / 20);
}

/* ---- reals ---- */

/* A real below 2^10 to billionths, exactly. */
static int compare_exactly(double real, int64_t billionths) {
  int e;
  const __int128 left = (__int128)ldexp(frexp(real, &e), 53) * 1000000000;
  const int shift = 53 - e < 80 ? 53 - e : 80; /* tiny ones are 0 */
  const __int128 right = billionths * ((__int128)1 << shift);
  return (left > right) - (left < right);
}

/* Bounds of all places between two steps, and on their edges, strict ones too:
 * the box has the integers that reals between them are rounded to, and only
 * those, each with a real to show for it. */
static void reals_go_through_the_quantizer(void **state) {
  rp_rng rng = rng_of_test(__func__);
  static const rp_input_rounding roundings[] = {RP_INPUT_DIVIDE_HALF_EVEN,
                                                RP_INPUT_DIVIDE_HALF_AWAY,
                                                RP_INPUT_MULTIPLY_HALF_EVEN};
  int32_t n_edges = 0, n_strict = 0;
  for (int32_t i = 0; i < 400; i++) {
    rp_net *const net = tiny_net(&rng, &plan);
    const float step = ldexpf((float)between(&rng, 1, 99), -7);
    assert_int_equal(
        rp_net_set_quantizer(net, step, roundings[rp_rng_below(&rng, 3)], NULL),
        RP_OK);
    draft d = {.n_in = net->n_in, .n_out = net->n_out};
    double lo[TINY_INPUTS], hi[TINY_INPUTS];
    int64_t billionths[TINY_INPUTS][2]; /* the decimals, exactly */
    bool is_strict[TINY_INPUTS][2];
    for (int32_t p = 0; p < net->n_in; p++)
      put(&d, "(declare-const X_%d Real)\n", p);
    for (int32_t j = 0; j < net->n_out; j++)
      put(&d, "(declare-const Y_%d Real)\n", j);
    for (int32_t p = 0; p < net->n_in; p++) {
      const double most = step * (net->in_hi + 1);
      char text[2][32];
      lo[p] = most * rp_rng_unit(&rng);
      hi[p] =
          lo[p] + (rp_rng_below(&rng, 2) ? most : step / 9) * rp_rng_unit(&rng);
      const double edge = ((double)between(&rng, 0, 2 * net->in_hi)) * step / 2;
      const uint32_t side = rp_rng_below(&rng, 4);
      if (side == 0) lo[p] = edge;
      if (side == 1) hi[p] = edge;
      n_edges += side < 2;
      if (hi[p] < lo[p]) lo[p] = hi[p] - step / 9;
      for (int k = 0; k < 2; k++) is_strict[p][k] = rp_rng_below(&rng, 2);
      snprintf(text[0], 32, "%.9f", lo[p]);
      snprintf(text[1], 32, "%.9f", hi[p]);
      sscanf(text[0], "%lf", &lo[p]);
      sscanf(text[1], "%lf", &hi[p]);
      billionths[p][0] = llround(lo[p] * 1e9);
      billionths[p][1] = llround(hi[p] * 1e9);
      if (lo[p] == hi[p]) is_strict[p][0] = is_strict[p][1] = false;
      n_strict += is_strict[p][0] + is_strict[p][1];
      put(&d, "(assert (%s X_%d %s))(assert (%s X_%d %s))\n",
          is_strict[p][0] ? ">" : ">=", p, text[0],
          is_strict[p][1] ? "<" : "<=", p, text[1]);
    }
    put(&d, "(assert (>= Y_0 Y_1))\n");
    rp_vnnlib *const v = read_text(*state, net, d.text, NULL);
    if (!v) fail_msg("%s\n%s", err.text, d.text);
    assert_int_equal(v->n_cases, 1);
    const rp_vnnlib_case *const c = &v->item[0];
    uint8_t x[TINY_INPUTS];
    double real[TINY_INPUTS];
    for (int32_t p = 0; p < net->n_in; p++) {
      for (int32_t k = is_strict[p][0]; k <= 64 - is_strict[p][1]; k++) {
        /* no real leads out of the box */
        const float r = (float)(lo[p] + (hi[p] - lo[p]) * k / 64);
        assert_in_range(rp_net_quantize(net, r), c->box_lo[p], c->box_hi[p]);
      }
      x[p] = (uint8_t)between(&rng, c->box_lo[p], c->box_hi[p]);
    }
    assert_true(rp_vnnlib_find_reals(v, c, net, x, real));
    for (int32_t p = 0; p < net->n_in; p++) {
      assert_true(compare_exactly(real[p], billionths[p][0]) >=
                  is_strict[p][0]);
      assert_true(compare_exactly(real[p], billionths[p][1]) <=
                  -is_strict[p][1]);
      assert_int_equal(rp_net_quantize(net, (float)real[p]), x[p]);
    }
    rp_vnnlib_free(v);
    rp_net_free(net);
  }
  assert_true(n_edges > 200 && n_strict > 200);
}

/* ---- refusals ---- */

static rp_net *make_pair(void) {
  const int32_t dims[1] = {2}, weight[4] = {1, 0, 0, 1};
  const int64_t bias[2] = {0, 0};
  const rp_dense_spec spec = {2, 2, weight, bias, {0, 255, 0, NULL}};
  rp_net *net;
  assert_int_equal(rp_net_create("pair", dims, 1, 255, &net, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  return net;
}

#define INTS                                                                   \
  "(declare-const X_0 Int)\n(declare-const X_1 Int)\n"                         \
  "(declare-const Y_0 Int)\n(declare-const Y_1 Int)\n"
#define REALS                                                                  \
  "(declare-const X_0 Real)\n(declare-const X_1 Real)\n"                       \
  "(declare-const Y_0 Real)\n(declare-const Y_1 Real)\n"

static void what_cannot_be_asked_is_refused(void **state) {
  static const struct {
    const char *text, *says;
  } cases[] = {
      {"", "expected 2 inputs X and 2 outputs Y"},
      {"(declare-const X_1 Int)", ":1: expected a declaration of X_0"},
      {INTS "(declare-const X_2 Int)", ":5: expected 2 inputs"},
      {"(declare-const X_0 Bool)", "type of a variable"},
      {INTS "(assert (<= X_0 X_1))", ":5: expected a bound of one input"},
      {INTS "(assert (<= X_0 Y_1))", ":5: expected a bound of one input"},
      {INTS "(assert (<= (* Y_0 Y_1) 1))", ":5: expected a linear constraint"},
      {INTS "(assert (<= Z 1))", "declared variable, found 'Z'"},
      {INTS "(assert (<= Y_2 1))", "declared variable, found 'Y_2'"},
      {INTS "(assert (<= Y_0 1 2))", "comparison of two terms"},
      {INTS "(assert (not (<= Y_0 1)))", "found 'not'"},
      {INTS "(assert (<= Y_0 1)", "expected a ) for every ("},
      {INTS "(assert (<= Y_0 1)))", "expected no ) without a ("},
      {INTS "(assert)", "one formula"},
      {INTS "(assert (<= Y_0 1) (<= Y_0 1))", "one formula"},
      {INTS "(assert Y_0)", "found 'Y_0'"},
      {INTS "(assert (<= Y_0 1e99))", "found '1e99'"},
      {INTS "(assert (<= Y_0 0.1234567890123456789))", "at most 18 digits"},
      {INTS "(assert (<= (* 1e10 Y_0) (* 1e-10 Y_1)))", "exact"},
      {INTS "(minimize Y_0)", "found 'minimize'"},
      {INTS "(assert (<= Y[0 1))", "a ] on the same line"},
      {REALS "(assert (>= Y_0 Y_1))", "--values integers"},
      {"((((((((((((((((((((((((((((((((((", "depth below 32"},
  };
  rp_net *const net = make_pair();
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    if (read_text(*state, net, cases[i].text, NULL))
      fail_msg("was read: %s", cases[i].text);
    if (!strstr(err.text, cases[i].says))
      fail_msg("expected '%s' in '%s'", cases[i].says, err.text);
  }
  rp_net_free(net);
}

static void tensors_of_version_2(void **state) {
  rp_net *const net = make_pair();
  rp_vnnlib *v = read_text(
      *state, net,
      "(vnnlib-version <2.0>)\n(declare-network N\n"
      "  (declare-input In uint8 [1, 2])\n  (declare-output Y int8 [2]))\n"
      "(assert (and (<= In[0,1] 7) (>= In[0,0] 3)))\n"
      "(assert (or (> Y[1] Y[0]) (< Y[0] 2)))\n",
      NULL);
  if (!v) fail_msg("%s", err.text);
  assert_int_equal(v->n_cases, 1);
  const rp_vnnlib_case *const c = &v->item[0];
  assert_int_equal(c->box_lo[0], 3);
  assert_int_equal(c->box_hi[0], 255);
  assert_int_equal(c->box_lo[1], 0);
  assert_int_equal(c->box_hi[1], 7);
  char text[RP_CONDITION_SIZE];
  assert_int_equal(rp_condition_write(c->condition, text, NULL), RP_OK);
  assert_string_equal(text, "-y0 + y1 >= 1 or -y0 >= -1");
  rp_vnnlib_free(v);
  for (int i = 0; i < 2; i++)
    assert_null(read_text(*state, net,
                          i ? "(declare-network N (declare-input X int8 [3]) "
                              "(declare-output Y int8 [2]))"
                            : "(declare-network N (declare-input X int8 [2]) "
                              "(declare-output Y int8 [2]))"
                              "(assert (<= X[2] 1))",
                          NULL));
  rp_net_free(net);
}

/* Two rows, two columns, three channels. */
static rp_net *make_image(void) {
  const int32_t dims[3] = {2, 2, 3};
  int32_t weight[24];
  const int64_t bias[2] = {0, 0};
  for (int32_t i = 0; i < 24; i++) weight[i] = i;
  const rp_dense_spec spec = {12, 2, weight, bias, {0, 255, 8, NULL}};
  rp_net *net;
  assert_int_equal(rp_net_create("image", dims, 3, 255, &net, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  return net;
}

/* Where in the network X_1 or X[0,0,0,1] is, of which the bound is 7; -1: the
 * file is refused. */
static int32_t find_place(temp_folder *folder, const rp_net *net,
                          const char *text, const char *layout) {
  const char *const name = temp_file(folder, "p.vnnlib");
  const rp_vnnlib_source source = {.file = name, .layout = layout};
  rp_vnnlib *v;
  int32_t place = -1;
  put_file(name, text);
  if (rp_vnnlib_read(&source, net, &v, &err) != RP_OK) return -1;
  for (int32_t p = 0; p < net->n_in; p++)
    if (v->item[0].box_hi[p] == 7) place = p;
  rp_vnnlib_free(v);
  return place;
}

static void channels_have_an_order(void **state) {
  rp_net *const net = make_image();
  char flat[1024] = "";
  for (int32_t i = 0; i < 12; i++)
    snprintf(flat + strlen(flat), sizeof flat - strlen(flat),
             "(declare-const X_%d Int)\n", i);
  snprintf(flat + strlen(flat), sizeof flat - strlen(flat),
           "(declare-const Y_0 Int)(declare-const Y_1 Int)\n"
           "(assert (<= X_1 7))(assert (>= Y_0 Y_1))\n");
  const char *const shaped[2] = {
      "(declare-network N (declare-input X int8 [1,3,2,2]) (declare-output Y "
      "int8 [2]))(assert (<= X[0,0,0,1] 7))(assert (>= Y[0] Y[1]))",
      "(declare-network N (declare-input X int8 [1,2,2,3]) (declare-output Y "
      "int8 [2]))(assert (<= X[0,0,0,1] 7))(assert (>= Y[0] Y[1]))"};
  assert_int_equal(find_place(*state, net, flat, NULL), -1);
  assert_non_null(strstr(err.text, "--layout nchw"));
  assert_int_equal(find_place(*state, net, flat, "nchw"), 3);
  assert_int_equal(find_place(*state, net, flat, "nhwc"), 1);
  assert_int_equal(find_place(*state, net, shaped[0], NULL), 3);
  assert_int_equal(find_place(*state, net, shaped[1], NULL), 1);
  strcpy(net->profile, "tflm");
  assert_int_equal(find_place(*state, net, flat, NULL), 1);
  strcpy(net->profile, "ort");
  assert_int_equal(find_place(*state, net, flat, NULL), -1);
  net->was_channels_first = true;
  assert_int_equal(find_place(*state, net, flat, NULL), 3);
  assert_int_equal(find_place(*state, net, shaped[0], NULL), 3);
  assert_int_equal(find_place(*state, net, shaped[1], NULL), 1);
  rp_net_free(net);
}

/* Scales of outputs are not kept: only their order is known. */
static void outputs_of_deployed_networks_are_compared_alone(void **state) {
  rp_net *const net = make_pair();
  strcpy(net->profile, "ort");
  const char *const order = INTS "(assert (>= (* 2 Y_0) (* 2.0 Y_1)))";
  const char *const value = INTS "(assert (>= Y_0 3))";
  const char *const sum = INTS "(assert (>= Y_0 (+ Y_1 1)))";
  rp_vnnlib *v = read_text(*state, net, order, NULL);
  assert_non_null(v);
  rp_vnnlib_free(v);
  assert_null(read_text(*state, net, value, NULL));
  assert_null(read_text(*state, net, sum, NULL));
  assert_non_null(strstr(err.text, "comparisons of two outputs"));
  v = read_text(*state, net, value, "integers");
  assert_non_null(v);
  rp_vnnlib_free(v);
  rp_net_free(net);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(formulas_mean_what_they_say),
      cmocka_unit_test(reals_go_through_the_quantizer),
      cmocka_unit_test(what_cannot_be_asked_is_refused),
      cmocka_unit_test(tensors_of_version_2),
      cmocka_unit_test(channels_have_an_order),
      cmocka_unit_test(outputs_of_deployed_networks_are_compared_alone),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
