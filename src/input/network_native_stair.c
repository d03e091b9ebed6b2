/* Staircases of a block in native network files, version 2.
 *
 * A channel has equally long steps (its shift is 0 or more) or thresholds (its
 * shift is -1, or there is no `shift`). Thresholds are [channels][steps], or
 * [1][steps] for all channels that have some, or one after another. */
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/network_native.h"

/* More than any accumulator, and the mirrored one fits int64. */
static const int64_t MOST_THRESHOLD = (int64_t)1 << 62;

enum { MOST_SHIFT = 30, TABLE = -1 /* in place of a shift */ };

const char *const rp_native_stair_names[] = {"activation_min", "activation_max",
                                             "shift",          "descending",
                                             "threshold",      NULL};

/* What the group says of each channel. */
typedef struct claims {
  int32_t n;
  int64_t *lo, *hi, *bits, *descends; /* [n]; bits to drop, or TABLE */
} claims;

static void claims_fini(claims *c) {
  free(c->lo);
  free(c->hi);
  free(c->bits);
  free(c->descends);
}

static bool make_claims(claims *c) {
  const size_t n = (size_t)c->n;
  c->lo = rp_alloc(n, sizeof *c->lo);
  c->hi = rp_alloc(n, sizeof *c->hi);
  c->bits = rp_alloc(n, sizeof *c->bits);
  c->descends = rp_alloc(n, sizeof *c->descends);
  return c->lo && c->hi && c->bits && c->descends;
}

static bool has_table(const claims *c, int32_t channel) {
  return c->bits[channel] == TABLE && c->hi[channel] > c->lo[channel];
}

static int64_t count_steps(const claims *c, int32_t channel) {
  return has_table(c, channel) ? c->hi[channel] - c->lo[channel] : 0;
}

static rp_status read_shifts(hid_t group, claims *c, rp_error *err) {
  const bool has_thresholds = rp_h5_has_object(group, "threshold");
  if (rp_native_has_numbers(group, "shift"))
    return rp_native_read_numbers(
        group, "shift", c->n,
        (rp_native_limits){has_thresholds ? TABLE : 0, MOST_SHIFT}, c->bits,
        err);
  if (!has_thresholds)
    return rp_h5_fail(group, err,
                      "expected 'shift' or a dataset 'threshold', found "
                      "neither");
  for (int32_t i = 0; i < c->n; i++) c->bits[i] = TABLE;
  return RP_OK;
}

static rp_status check_channel(hid_t group, const claims *c, int32_t i,
                               rp_error *err) {
  if (c->lo[i] > c->hi[i])
    return rp_h5_fail(group, err,
                      "channel %d: expected activation_min at most "
                      "activation_max, found %lld..%lld",
                      i, (long long)c->lo[i], (long long)c->hi[i]);
  if (count_steps(c, i) > RP_MOST_STEPS)
    return rp_h5_fail(group, err,
                      "channel %d: expected at most %d thresholds, found "
                      "activations %lld..%lld",
                      i, RP_MOST_STEPS, (long long)c->lo[i],
                      (long long)c->hi[i]);
  if (c->descends[i] && c->bits[i] != TABLE)
    return rp_h5_fail(group, err,
                      "channel %d: expected thresholds where 'descending' is "
                      "1, found shift %lld",
                      i, (long long)c->bits[i]);
  return RP_OK;
}

static rp_status read_claims(hid_t group, claims *c, rp_error *err) {
  static const rp_native_limits activations = {-RP_ACC_LIMIT, RP_ACC_LIMIT};
  RP_TRY(rp_native_read_numbers(group, "activation_min", c->n, activations,
                                c->lo, err));
  RP_TRY(rp_native_read_numbers(group, "activation_max", c->n, activations,
                                c->hi, err));
  RP_TRY(read_shifts(group, c, err));
  if (rp_native_has_numbers(group, "descending"))
    RP_TRY(rp_native_read_numbers(group, "descending", c->n,
                                  (rp_native_limits){0, 1}, c->descends, err));
  for (int32_t i = 0; i < c->n; i++) RP_TRY(check_channel(group, c, i, err));
  return RP_OK;
}

/* ---- Thresholds ---- */

/* All thresholds, and how they are laid out. */
typedef struct thresholds {
  rp_native_array array;
  bool is_shared; /* one row for all channels */
} thresholds;

/* Find the rank, 1 or 2. */
static rp_status read_rank(hid_t group, int32_t *rank, rp_error *err) {
  hid_t id;
  RP_TRY(rp_h5_open_dataset(group, "threshold", &id, err));
  *rank = rp_h5_get_rank(id);
  const rp_status status =
      *rank == 1 || *rank == 2
          ? RP_OK
          : rp_h5_fail(id, err, "expected 1 or 2 dimensions, found %d", *rank);
  rp_h5_close(id);
  return status;
}

static rp_status check_list(hid_t group, const claims *c, int64_t found,
                            rp_error *err) {
  int64_t total = 0;
  for (int32_t i = 0; i < c->n; i++) total += count_steps(c, i);
  if (found == total && total > 0) return RP_OK;
  return rp_h5_fail(group, err,
                    "threshold: expected %lld thresholds, activation_max - "
                    "activation_min of all channels together, found %lld",
                    (long long)total, (long long)found);
}

/* Rows may not be padded, nor belong to a channel without thresholds. */
static rp_status check_rows(hid_t group, const claims *c, const int64_t *dims,
                            bool is_shared, rp_error *err) {
  int32_t users = 0;
  if (!is_shared && dims[0] != c->n)
    return rp_h5_fail(group, err,
                      "threshold: expected a row for each of %d channels, or "
                      "one for all, found %lld",
                      c->n, (long long)dims[0]);
  for (int32_t i = 0; i < c->n; i++) {
    const int64_t steps = count_steps(c, i);
    users += steps > 0;
    if (steps != dims[1] && (steps > 0 || !is_shared))
      return rp_h5_fail(group, err,
                        "threshold: channel %d: expected %lld thresholds (put "
                        "rows of different length one after another, in one "
                        "dimension), found %lld",
                        i, (long long)steps, (long long)dims[1]);
  }
  if (users > 0) return RP_OK;
  return rp_h5_fail(group, err,
                    "threshold: expected none, since no channel has steps, "
                    "found %lld",
                    (long long)dims[1]);
}

static rp_status check_values(hid_t group, const rp_native_array *array,
                              rp_error *err) {
  const int64_t *const value = array->data;
  const int64_t count =
      array->dims[0] * (array->rank == 2 ? array->dims[1] : 1);
  for (int64_t i = 0; i < count; i++)
    if (value[i] < -MOST_THRESHOLD || value[i] > MOST_THRESHOLD)
      return rp_h5_fail(group, err,
                        "threshold: number %lld: expected at most 2^62 in "
                        "magnitude, found %lld",
                        (long long)i, (long long)value[i]);
  return RP_OK;
}

static rp_status read_thresholds(hid_t group, const claims *c, thresholds *t,
                                 rp_error *err) {
  t->array.mem_type = H5T_NATIVE_INT64;
  RP_TRY(read_rank(group, &t->array.rank, err));
  RP_TRY(rp_native_read_array(group, "threshold", &t->array, err));
  t->is_shared = t->array.rank == 2 && t->array.dims[0] == 1;
  RP_TRY(t->array.rank == 1
             ? check_list(group, c, t->array.dims[0], err)
             : check_rows(group, c, t->array.dims, t->is_shared, err));
  return check_values(group, &t->array, err);
}

/* The tables of thresholds, channel after channel. Channels with the thresholds
 * of the one before share its table. */
typedef struct maker {
  hid_t group;
  rp_net *net;
  const claims *claims;
  const int64_t *last; /* thresholds of the last table; NULL: none yet */
  int64_t last_steps;
  bool last_descends;
  const rp_stair_table *table;
} maker;

static bool is_last_table(const maker *m, int32_t channel,
                          const int64_t *threshold) {
  const int64_t steps = count_steps(m->claims, channel);
  return m->last && m->last_steps == steps &&
         m->last_descends == (m->claims->descends[channel] != 0) &&
         !memcmp(m->last, threshold, (size_t)steps * sizeof *threshold);
}

static rp_status make_table(maker *m, int32_t channel, const int64_t *threshold,
                            rp_error *err) {
  const int32_t n = (int32_t)count_steps(m->claims, channel);
  const bool descends = m->claims->descends[channel] != 0;
  int64_t *mirrored = NULL;
  if (is_last_table(m, channel, threshold)) return RP_OK;
  if (descends) {
    mirrored = rp_alloc((size_t)n, sizeof *mirrored);
    if (!mirrored)
      return rp_fail(err, RP_E_MEMORY, "out of memory while reading a network");
    rp_stair_mirror(threshold, n, mirrored);
  }
  const rp_status status = rp_net_add_table(
      m->net, mirrored ? mirrored : threshold, n, &m->table, err);
  free(mirrored);
  m->last = threshold;
  m->last_steps = n;
  m->last_descends = descends;
  if (status != RP_E_INPUT || !err) return status;
  const rp_error inner = *err;
  return rp_h5_fail(m->group, err, "channel %d: %s", channel, inner.text);
}

static rp_status make_stairs(maker *m, const thresholds *t,
                             rp_native_stairs *stairs, rp_error *err) {
  const claims *const c = m->claims;
  const int64_t *next = t->array.data;
  for (int32_t i = 0; i < c->n; i++) {
    const int64_t steps = count_steps(c, i);
    if (steps > 0) RP_TRY(make_table(m, i, next, err));
    if (!t->is_shared) next += steps;
    stairs->stair[i] = (rp_stair){(int32_t)c->lo[i], (int32_t)c->hi[i],
                                  c->bits[i] < 0 ? 0 : (int32_t)c->bits[i],
                                  steps > 0 ? m->table : NULL};
    stairs->descends[i] = c->descends[i] != 0;
  }
  return RP_OK;
}

rp_status rp_native_read_stairs(hid_t group, rp_net *net,
                                rp_native_stairs *stairs, rp_error *err) {
  claims c = {.n = stairs->n};
  thresholds t = {.is_shared = false};
  rp_status status;
  stairs->stair = rp_alloc((size_t)c.n, sizeof *stairs->stair);
  stairs->descends = rp_alloc((size_t)c.n, sizeof *stairs->descends);
  if (!make_claims(&c) || !stairs->stair || !stairs->descends) {
    status = rp_fail(err, RP_E_MEMORY, "out of memory while reading a network");
    goto done;
  }
  RP_TRY_OR(status, done, read_claims(group, &c, err));
  if (rp_h5_has_object(group, "threshold"))
    RP_TRY_OR(status, done, read_thresholds(group, &c, &t, err));
  status = make_stairs(&(maker){.group = group, .net = net, .claims = &c}, &t,
                       stairs, err);
done:
  free(t.array.data);
  claims_fini(&c);
  return status;
}

void rp_native_stairs_fini(rp_native_stairs *stairs) {
  free(stairs->stair);
  free(stairs->descends);
}

/* ---- Writing ---- */

static bool has_thresholds(const rp_stair *stair) {
  return !rp_stair_is_even(stair);
}

static int64_t get_lo(const rp_stair *stair) {
  return stair->lo;
}

static int64_t get_hi(const rp_stair *stair) {
  return stair->hi;
}

static int64_t get_shift(const rp_stair *stair) {
  return has_thresholds(stair) ? TABLE : rp_stair_shift(stair);
}

static rp_status write_property(hid_t group, const char *name,
                                int64_t (*get)(const rp_stair *),
                                const rp_stair *stair, int32_t n,
                                rp_error *err) {
  int64_t *const number = rp_alloc((size_t)n, sizeof *number);
  if (!number)
    return rp_fail(err, RP_E_MEMORY, "out of memory while writing a network");
  for (int32_t c = 0; c < n; c++) number[c] = get(&stair[c]);
  const rp_status status = rp_native_write_numbers(group, name, n, number, err);
  free(number);
  return status;
}

/* What the thresholds of all channels look like. */
typedef struct layout {
  int64_t total;        /* thresholds */
  int32_t users, evens; /* channels with thresholds; with equal steps */
  bool is_shared;       /* all users have the same thresholds */
  int32_t first;        /* the first user */
} layout;

static layout plan_layout(const rp_stair *stair, int32_t n) {
  layout l = {.is_shared = true};
  for (int32_t c = 0; c < n; c++) {
    if (!has_thresholds(&stair[c])) {
      l.evens += stair[c].lo < stair[c].hi || rp_stair_shift(&stair[c]) > 0;
      continue;
    }
    if (l.users++ == 0) l.first = c;
    l.total += stair[c].hi - stair[c].lo;
    l.is_shared = l.is_shared && stair[c].table == stair[l.first].table;
  }
  return l;
}

static int64_t *put_thresholds(const rp_stair *stair, int64_t *to) {
  for (int32_t v = stair->lo + 1; v <= stair->hi; v++)
    *to++ = rp_stair_threshold(stair, v);
  return to;
}

static rp_status write_thresholds(hid_t group, const rp_stair *stair, int32_t n,
                                  const layout *l, rp_error *err) {
  const int64_t first = stair[l->first].hi - (int64_t)stair[l->first].lo;
  const int64_t count = l->is_shared ? first : l->total;
  const int64_t row[2] = {1, count}, list[1] = {count};
  int64_t *const all = rp_alloc((size_t)count, sizeof *all), *to = all;
  if (!all)
    return rp_fail(err, RP_E_MEMORY, "out of memory while writing a network");
  for (int32_t c = l->first; c < (l->is_shared ? l->first + 1 : n); c++)
    if (has_thresholds(&stair[c])) to = put_thresholds(&stair[c], to);
  const rp_h5_numbers numbers = {H5T_STD_I32LE, H5T_NATIVE_INT64,
                                 l->is_shared ? 2 : 1,
                                 l->is_shared ? row : list, all};
  const rp_status status =
      rp_h5_write_numbers(group, "threshold", &numbers, err);
  free(all);
  return status;
}

rp_status rp_native_write_stairs(hid_t group, const rp_stair *stair, int32_t n,
                                 rp_error *err) {
  const layout l = plan_layout(stair, n);
  RP_TRY(write_property(group, "activation_min", get_lo, stair, n, err));
  RP_TRY(write_property(group, "activation_max", get_hi, stair, n, err));
  if (l.evens > 0 || l.users == 0)
    RP_TRY(write_property(group, "shift", get_shift, stair, n, err));
  return l.users > 0 ? write_thresholds(group, stair, n, &l, err) : RP_OK;
}
