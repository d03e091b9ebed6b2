/* Cases: the atoms about inputs become a box, those about outputs a condition.
 * Clauses with equal boxes share a case. */
#include "input/vnnlib_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "files/packed.h"
#include "input/network_file.h"
#include "net/input_quantizer.h"

enum { MOST_BYTES = 1 << 28, MOST_BOUNDS = 1 << 24, IMAGE = 3 };

static rp_status fail_memory(const char *file, rp_error *err) {
  return rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
}

/* ---- one case ---- */

static void case_fini(rp_vnnlib_case *c) {
  free(c->lo);
  free(c->hi);
  free(c->box_lo);
  free(c->box_hi);
  rp_condition_free(c->condition);
}

static rp_status case_init(const rp_vnnlib_reader *r, rp_vnnlib_case *c) {
  const size_t n = (size_t)r->net->n_in;
  *c = (rp_vnnlib_case){.lo = rp_alloc(n, sizeof *c->lo),
                        .hi = rp_alloc(n, sizeof *c->hi),
                        .box_lo = rp_alloc(n, 1),
                        .box_hi = rp_alloc(n, 1)};
  rp_status status = c->lo && c->hi && c->box_lo && c->box_hi
                         ? RP_OK
                         : fail_memory(r->source->file, r->err);
  if (status == RP_OK)
    status = rp_condition_create(RP_CONDITION_ROWS, 0, &c->condition, r->err);
  if (status != RP_OK) case_fini(c);
  return status;
}

static bool is_about_inputs(const rp_vnnlib_reader *r,
                            const rp_vnnlib_atom *atom) {
  return atom->sum.n > 0 && atom->sum.part[0].output < r->n_in;
}

/* The tighter one of two bounds; sign 1: the greater one. */
static void tighten(rp_vnnlib_bound *bound, rp_decimal value, bool is_strict,
                    int sign) {
  const int order =
      bound->is_given ? sign * rp_decimal_compare(value, bound->value) : 1;
  if (order > 0) *bound = (rp_vnnlib_bound){value, true, is_strict};
  if (order == 0) bound->is_strict = bound->is_strict || is_strict;
}

/* factor x + number >= 0, where factor is 1 or -1 after division by it. */
static rp_status take_bound(rp_vnnlib_reader *r, const rp_vnnlib_atom *atom,
                            rp_vnnlib_case *c) {
  const struct rp_sum_part *const part = &atom->sum.part[0];
  rp_decimal number = atom->sum.number;
  int64_t factor = part->factor.digits;
  bool is_plain = atom->sum.n == 1 && factor != 0 && factor != INT64_MIN;
  for (int32_t i = 0; is_plain && i < part->factor.places; i++)
    is_plain =
        !__builtin_mul_overflow(number.digits, (int64_t)10, &number.digits);
  const int64_t size = factor < 0 ? -factor : factor;
  if (!is_plain || number.digits % size != 0)
    return rp_vnnlib_fail(&r->tree, atom->node, r->err,
                          "expected a bound of one input, such as (<= X_0 "
                          "0.5), or a constraint of outputs alone");
  number.digits /= factor > 0 ? -size : size;
  const int32_t place = r->made->place[part->output];
  tighten(factor > 0 ? &c->lo[place] : &c->hi[place], number, atom->is_strict,
          factor > 0 ? 1 : -1);
  return RP_OK;
}

/* Is it k y_a - k y_b >= 0, whose truth no scale and no zero point changes? */
static bool is_comparison(const rp_sum *sum) {
  return sum->n == 2 && sum->number.digits == 0 &&
         sum->part[0].factor.digits == -sum->part[1].factor.digits &&
         sum->part[0].factor.places == sum->part[1].factor.places;
}

static bool states_integers(const rp_vnnlib_reader *r) {
  return r->source->values && !strcmp(r->source->values, "integers");
}

/* Numbers of outputs are the network's own only where the user says so, or
 * where the network was made as one of integers and a type agrees. */
static bool has_own_outputs(const rp_vnnlib_reader *r) {
  return states_integers(r) || (!r->is_real_out && !*r->net->profile);
}

static rp_status take_outputs(rp_vnnlib_reader *r, const rp_vnnlib_atom *atom,
                              int32_t clause, rp_vnnlib_case *c) {
  rp_sum sum = {.number = atom->sum.number};
  rp_status status = RP_OK;
  for (int32_t i = 0; i < atom->sum.n && status == RP_OK; i++)
    status = rp_sum_add(&sum, atom->sum.part[i].output - r->n_in,
                        atom->sum.part[i].factor, r->err);
  if (status == RP_OK && sum.n > 0 && !is_comparison(&sum) &&
      !has_own_outputs(r))
    status = rp_vnnlib_fail(
        &r->tree, atom->node, r->err,
        "expected comparisons of two outputs with each other, because the "
        "scale of the outputs is not known; --values integers says that "
        "numbers are the network's own integers");
  if (status == RP_OK)
    status =
        rp_condition_add(c->condition, clause, &sum, atom->is_strict, r->err);
  rp_sum_fini(&sum);
  return status;
}

/* ---- boxes ---- */

static __int128 floor_of(rp_decimal value, bool *is_whole) {
  int64_t divisor = 1;
  for (int32_t i = 0; i < value.places; i++) divisor *= 10;
  const int64_t rest = value.digits % divisor;
  *is_whole = rest == 0;
  return value.digits / divisor - (rest < 0);
}

/* Integers: what the network itself counts. */
static void bound_integer(const rp_net *net, rp_vnnlib_case *c, int32_t p) {
  __int128 lo = net->in_lo, hi = (__int128)net->in_lo + net->in_hi;
  bool is_whole;
  if (c->lo[p].is_given) {
    __int128 least = floor_of(c->lo[p].value, &is_whole);
    least += !is_whole || c->lo[p].is_strict;
    if (least > lo) lo = least;
  }
  if (c->hi[p].is_given) {
    __int128 most = floor_of(c->hi[p].value, &is_whole);
    most -= is_whole && c->hi[p].is_strict;
    if (most < hi) hi = most;
  }
  if (lo > hi) {
    c->is_empty = true;
    lo = hi = net->in_lo;
  }
  c->box_lo[p] = (uint8_t)(lo - net->in_lo);
  c->box_hi[p] = (uint8_t)(hi - net->in_lo);
}

/* Compare a number with a decimal, exactly: m 2^e 10^places with the decimal's
 * digits. */
static int compare_real(double number, rp_decimal value) {
  static const __int128 most = (__int128)1 << 120;
  int e;
  __int128 left = (__int128)ldexp(frexp(number, &e), 53);
  __int128 right = value.digits;
  e -= 53;
  if (left == 0 || right == 0 || (left < 0) != (right < 0) || e > 11)
    return left == 0 ? (right < 0) - (right > 0) : left < 0 ? -1 : 1;
  for (int32_t i = 0; i < value.places; i++) left *= 10; /* below 2^113 */
  for (; e > 0; e--) left *= 2;
  for (; e < 0; e++) {
    if (right > most || right < -most)
      return right > 0 ? -1 : 1; /* far beyond the left side */
    right *= 2;
  }
  return left < right ? -1 : left > right;
}

static double divide(rp_decimal value) {
  double divisor = 1;
  for (int32_t i = 0; i < value.places; i++) divisor *= 10;
  return (double)value.digits / divisor;
}

/* The greatest number of binary32 that is at most a decimal (side -1), or the
 * least one that is at least so (side 1). */
static float find_float(rp_decimal value, int side) {
  float found = (float)divide(value);
  const float outward = side < 0 ? -HUGE_VALF : HUGE_VALF;
  while (side * compare_real((double)found, value) < 0)
    found = nextafterf(found, outward);
  for (;;) {
    const float inward = nextafterf(found, -outward);
    if (side * compare_real((double)inward, value) < 0) return found;
    found = inward;
  }
}

/* Likewise of binary64. */
static double find_double(rp_decimal value, int side) {
  double found = divide(value);
  const double outward = side < 0 ? -HUGE_VAL : HUGE_VAL;
  while (side * compare_real(found, value) < 0)
    found = nextafter(found, outward);
  for (;;) {
    const double inward = nextafter(found, -outward);
    if (side * compare_real(inward, value) < 0) return found;
    found = inward;
  }
}

/* What reals that a bound lets through, and that are next to it, are rounded to
 * in binary32: above a lower bound (side 1), below an upper one (side -1). Not
 * to the bound's own number if that is a tie which a strict bound leaves out.
 */
static float round_inward(const rp_vnnlib_bound *bound, int side) {
  const float below = find_float(bound->value, -1);
  const float above = find_float(bound->value, 1);
  const double middle = ((double)below + (double)above) / 2;
  const int order = compare_real(middle, bound->value);
  if (below == above) return below;
  if (order != 0) return order < 0 ? above : below;
  if (!bound->is_strict) return (float)middle;
  return side > 0 ? above : below;
}

/* Reals: all integers that reals within the bounds are rounded to, behind
 * rounding to binary32. Both roundings keep the order. */
static void bound_real(const rp_net *net, rp_vnnlib_case *c, int32_t p) {
  const rp_vnnlib_bound *const lo = &c->lo[p], *const hi = &c->hi[p];
  c->box_lo[p] = lo->is_given ? rp_net_quantize(net, round_inward(lo, 1)) : 0;
  c->box_hi[p] = hi->is_given ? rp_net_quantize(net, round_inward(hi, -1))
                              : (uint8_t)net->in_hi;
  if (!lo->is_given || !hi->is_given) return;
  const int order = rp_decimal_compare(lo->value, hi->value);
  if (order > 0 || (order == 0 && (lo->is_strict || hi->is_strict))) {
    c->is_empty = true;
    c->box_hi[p] = c->box_lo[p];
  }
}

static void make_box(const rp_vnnlib_reader *r, rp_vnnlib_case *c) {
  for (int32_t p = 0; p < r->net->n_in; p++)
    (r->made->is_real ? bound_real : bound_integer)(r->net, c, p);
}

static bool is_above(double number, const rp_vnnlib_bound *lo) {
  return !lo->is_given || compare_real(number, lo->value) >= lo->is_strict;
}

static bool is_below(double number, const rp_vnnlib_bound *hi) {
  return !hi->is_given ||
         compare_real(number, hi->value) <= -(int)hi->is_strict;
}

/* The number of binary64 that a bound lets through and that is next to it. */
static double find_inward(const rp_vnnlib_bound *bound, int side) {
  const double found = find_double(bound->value, side);
  const bool is_bound = compare_real(found, bound->value) == 0;
  return bound->is_strict && is_bound ? nextafter(found, side * HUGE_VAL)
                                      : found;
}

/* The middle of the integer's reals if the bounds let it through, else the
 * number that is nearest to it. */
static bool find_real(const rp_vnnlib_case *c, const rp_net *net, int32_t p,
                      uint8_t x, double *real) {
  const rp_vnnlib_bound *const lo = &c->lo[p], *const hi = &c->hi[p];
  const float middle = (float)(x + net->in_lo - net->in_zero) * net->in_step;
  double found = (double)middle;
  if (!is_above(found, lo))
    found = find_inward(lo, 1);
  else if (!is_below(found, hi))
    found = find_inward(hi, -1);
  *real = found;
  return is_above(found, lo) && is_below(found, hi) &&
         rp_net_quantize(net, (float)found) == x;
}

bool rp_vnnlib_find_reals(const rp_vnnlib *vnnlib, const rp_vnnlib_case *of,
                          const rp_net *net, const uint8_t *x, double *real) {
  for (int32_t i = 0; i < vnnlib->n_in; i++) {
    const int32_t p = vnnlib->place[i];
    if (!vnnlib->is_real)
      real[i] = net->in_lo + x[p];
    else if (!find_real(of, net, p, x[p], &real[i]))
      return false;
  }
  return true;
}

/* ---- all cases ---- */

static bool is_same_box(const rp_vnnlib_bound *a, const rp_vnnlib_bound *b,
                        int32_t n) {
  for (int32_t p = 0; p < n; p++)
    if (a[p].is_given != b[p].is_given || a[p].is_strict != b[p].is_strict ||
        (a[p].is_given && rp_decimal_compare(a[p].value, b[p].value)))
      return false;
  return true;
}

static rp_vnnlib_case *find_case(const rp_vnnlib_reader *r,
                                 const rp_vnnlib_case *c) {
  const int32_t n = r->net->n_in;
  for (int32_t i = 0; i < r->made->n_cases; i++) {
    rp_vnnlib_case *const other = &r->made->item[i];
    if (is_same_box(other->lo, c->lo, n) && is_same_box(other->hi, c->hi, n))
      return other;
  }
  return NULL;
}

/* Append the box of a new case. */
static rp_status add_case(rp_vnnlib_reader *r, rp_vnnlib_case *made) {
  rp_vnnlib *const v = r->made;
  if ((int64_t)(v->n_cases + 1) * v->n_in > MOST_BOUNDS)
    return rp_fail(r->err, RP_E_INPUT,
                   "%s: expected boxes of at most %d bounds in all, found more",
                   r->source->file, MOST_BOUNDS);
  rp_vnnlib_case *const grown =
      rp_realloc(v->item, (size_t)v->n_cases + 1, sizeof *grown);
  if (!grown) return fail_memory(r->source->file, r->err);
  v->item = grown;
  make_box(r, made);
  v->item[v->n_cases++] = *made;
  return RP_OK;
}

/* Find the case with the clause's box, or make it. */
static rp_status get_case(rp_vnnlib_reader *r,
                          const struct rp_vnnlib_clause *clause,
                          rp_vnnlib_case **to) {
  rp_vnnlib_case made;
  RP_TRY(case_init(r, &made));
  rp_status status = RP_OK;
  for (int32_t i = 0; i < clause->n && status == RP_OK; i++)
    if (is_about_inputs(r, &r->atom[clause->atom[i]]))
      status = take_bound(r, &r->atom[clause->atom[i]], &made);
  *to = status == RP_OK ? find_case(r, &made) : NULL;
  if (status == RP_OK && !*to) {
    status = add_case(r, &made);
    if (status == RP_OK) {
      *to = &r->made->item[r->made->n_cases - 1];
      return RP_OK;
    }
  }
  case_fini(&made);
  return status;
}

static rp_status take_clause(rp_vnnlib_reader *r,
                             const struct rp_vnnlib_clause *clause) {
  static const rp_sum nothing = {0};
  rp_vnnlib_case *to;
  RP_TRY(get_case(r, clause, &to));
  const int32_t number = to->condition->n_clauses;
  bool is_empty = true;
  for (int32_t i = 0; i < clause->n; i++) {
    if (is_about_inputs(r, &r->atom[clause->atom[i]])) continue;
    RP_TRY(take_outputs(r, &r->atom[clause->atom[i]], number, to));
    is_empty = false;
  }
  if (!is_empty) return RP_OK; /* else any outputs will do: 0 >= 0 */
  return rp_condition_add(to->condition, number, &nothing, false, r->err);
}

rp_status rp_vnnlib_make_cases(rp_vnnlib_reader *r,
                               const rp_vnnlib_clauses *clauses) {
  for (int32_t i = 0; i < clauses->n; i++)
    RP_TRY(take_clause(r, &clauses->clause[i]));
  return RP_OK;
}

/* ---- what the numbers are ---- */

static rp_status choose_values(rp_vnnlib_reader *r) {
  const char *const stated = r->source->values;
  r->made->is_real = stated ? !strcmp(stated, "reals") : r->is_real_in;
  if (!r->made->is_real || r->net->in_rounding != RP_INPUT_UNQUANTIZED)
    return RP_OK;
  return rp_fail(
      r->err, RP_E_INPUT,
      "%s: real inputs need the quantizer of the network's input, and network "
      "%s has none; --values integers says that the numbers are the network's "
      "own integers",
      r->source->file, r->net->name);
}

/* Does the file have channels before rows and columns? */
static rp_status choose_layout(const rp_vnnlib_reader *r, bool *is_first) {
  const rp_net *const net = r->net;
  const char *const stated = r->source->layout;
  const bool has_order =
      net->n_dims == IMAGE && net->dims[2] > 1 && net->dims[2] < net->n_in;
  const int32_t n = r->n_x_dims;
  *is_first = has_order && stated && !strcmp(stated, "nchw");
  if (!has_order || stated) return RP_OK;
  const int32_t *const last = r->x_dims + (n >= IMAGE ? n - IMAGE : 0);
  const bool may_be_last =
      n >= IMAGE && !memcmp(last, net->dims, IMAGE * sizeof *last);
  const bool may_be_first = n >= IMAGE && last[0] == net->dims[2] &&
                            last[1] == net->dims[0] && last[2] == net->dims[1];
  *is_first = may_be_first || (!may_be_last && net->was_channels_first);
  if (may_be_first != may_be_last || net->was_channels_first) return RP_OK;
  if (!may_be_first && rp_text_is_one_of(net->profile, RP_TFLITE_PROFILES))
    return RP_OK; /* channels last, as all files of TFLite */
  return rp_fail(
      r->err, RP_E_INPUT,
      "%s: the order of inputs is open: --layout nchw says channels, "
      "rows, columns, --layout nhwc rows, columns, channels",
      r->source->file);
}

static rp_status place_inputs(rp_vnnlib_reader *r) {
  const rp_net *const net = r->net;
  bool is_first;
  r->made->n_in = net->n_in;
  r->made->place = rp_alloc((size_t)net->n_in, sizeof *r->made->place);
  if (!r->made->place) return fail_memory(r->source->file, r->err);
  RP_TRY(choose_layout(r, &is_first));
  const int32_t channels = is_first ? net->dims[2] : 1;
  const int32_t places = net->n_in / channels;
  for (int32_t i = 0; i < net->n_in; i++)
    r->made->place[i] = i % places * channels + i / places;
  return RP_OK;
}

/* ---- the file ---- */

void rp_vnnlib_free(rp_vnnlib *v) {
  if (!v) return;
  for (int32_t i = 0; i < v->n_cases; i++) case_fini(&v->item[i]);
  free(v->item);
  free(v->place);
  free(v);
}

static void reader_fini(rp_vnnlib_reader *r) {
  for (int32_t i = 0; i < r->n_atoms; i++) rp_sum_fini(&r->atom[i].sum);
  free(r->atom);
  rp_vnnlib_tree_fini(&r->tree);
}

static rp_status read_tree(rp_vnnlib_reader *r) {
  rp_vnnlib_clauses clauses = {0};
  RP_TRY(rp_vnnlib_declare(r));
  RP_TRY(choose_values(r));
  RP_TRY(place_inputs(r));
  rp_status status = rp_vnnlib_read_assertions(r, &clauses);
  if (status == RP_OK) status = rp_vnnlib_make_cases(r, &clauses);
  rp_vnnlib_clauses_fini(&clauses);
  return status;
}

static rp_status read_text(rp_vnnlib_reader *r, rp_file_content *text,
                           rp_vnnlib **made) {
  r->made = rp_alloc(1, sizeof *r->made);
  if (!r->made) return fail_memory(r->source->file, r->err);
  rp_status status = rp_vnnlib_parse(r->source->file, (char *)text->bytes,
                                     text->size, &r->tree, r->err);
  if (status == RP_OK) status = read_tree(r);
  if (status == RP_OK)
    *made = r->made;
  else
    rp_vnnlib_free(r->made);
  reader_fini(r);
  return status;
}

rp_status rp_vnnlib_read(const rp_vnnlib_source *source, const rp_net *net,
                         rp_vnnlib **made, rp_error *err) {
  rp_vnnlib_reader r = {.source = source, .net = net, .err = err};
  rp_file_content packed, text;
  RP_TRY(rp_file_load(source->file, MOST_BYTES, &packed, err));
  rp_status status = rp_packed_load(&packed, MOST_BYTES, &text, err);
  rp_file_content_fini(&packed);
  RP_TRY(status);
  status = read_text(&r, &text, made);
  rp_file_content_fini(&text);
  return status;
}
