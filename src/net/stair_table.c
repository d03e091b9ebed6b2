/* Building tables of thresholds: the line that guesses, and how far thresholds
 * leave the chords between others. */
#include "net/stair_table.h"

#include <math.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/memory.h"

enum {
  MOST_WALK = 6,  /* thresholds that a guess may miss */
  NEAR_SHARE = 16 /* a dent is small if so many of them make a step */
};

static int32_t cut_threshold(int64_t threshold) {
  if (threshold > RP_STAIR_NEVER) return RP_STAIR_NEVER;
  return (int32_t)(threshold < -RP_STAIR_NEVER ? -RP_STAIR_NEVER : threshold);
}

int32_t rp_stair_table_search(const rp_stair_table *table, int32_t z) {
  int32_t below = 0, above = table->n; /* [0, below) reached, [above, n) not */
  while (below < above) {
    const int32_t middle = below + (above - below) / 2;
    if (table->threshold[middle] <= z)
      below = middle + 1;
    else
      above = middle;
  }
  return below;
}

/* -------------------------------------------------------------- the guess */

/* Mean width of a step between the thresholds that accumulators can reach. A
 * single one says nothing of its width: then its distance from 0, as the only
 * size at hand. */
static double compute_unit(const rp_stair_table *table) {
  const int32_t *t = table->threshold;
  const int32_t steps = table->last - table->first - 1;
  if (steps < 0) return 1;
  const double width = (double)t[table->last - 1] - (double)t[table->first];
  const double unit = width > 0 ? width / steps : fabs((double)t[table->first]);
  return unit > 0 ? unit : 1;
}

/* The highest line that guesses no threshold too early. What is taken off in
 * the end is thousands of times what its evaluation can be wrong by, with or
 * without a fused multiplication. */
static void place_line(rp_stair_table *table) {
  table->slope = 1 / table->unit;
  double offset = table->last;
  for (int32_t i = table->first; i < table->last; i++) {
    const double before = (double)table->threshold[i] - 1;
    offset = fmin(offset, i + 1 - before * table->slope);
  }
  table->offset = offset - 1e-12 * (1 + fabs(offset) + table->n);
}

/* Guesses rise with z, so they are most too early just before a threshold and
 * most too late at one. */
static bool is_rough(const rp_stair_table *table) {
  for (int32_t i = table->first; i < table->last; i++) {
    const int32_t z = table->threshold[i];
    if (rp_stair_table_guess(table, z - 1) >
            rp_stair_table_search(table, z - 1) ||
        rp_stair_table_guess(table, z) + MOST_WALK <
            rp_stair_table_search(table, z))
      return true;
  }
  return false;
}

/* --------------------------------------------------------------- the dent */

int32_t rp_stair_table_measure_chord(const rp_stair_table *table, int32_t i,
                                     int32_t k, int32_t side) {
  const int32_t *t = table->threshold;
  const int64_t rise = (int64_t)t[k] - t[i], steps = (int64_t)k - i;
  int64_t most = 0;
  for (int32_t j = i + 1; j < k; j++) {
    const int64_t off = rise * (j - i) - ((int64_t)t[j] - t[i]) * steps;
    most = side * off > most ? side * off : most;
  }
  return most > 0 ? (int32_t)((most + steps - 1) / steps) : 0;
}

/* Is b off the chord from a to c, to the right side? */
static bool is_bend(const int32_t *t, int32_t a, int32_t b, int32_t c,
                    int32_t side) {
  return side * ((int64_t)(b - a) * ((int64_t)t[c] - t[b]) -
                 (int64_t)(c - b) * ((int64_t)t[b] - t[a])) <
         0;
}

/* Indices of the hull above (side 1) or below (side -1) the thresholds. */
static int32_t find_hull(const rp_stair_table *table, int32_t side,
                         int32_t *kept) {
  int32_t n = 0;
  for (int32_t i = table->first; i < table->last; i++) {
    while (n >= 2 &&
           !is_bend(table->threshold, kept[n - 2], kept[n - 1], i, side))
      n--;
    kept[n++] = i;
  }
  return n;
}

/* The largest distance of a threshold from the chord between any two around it.
 * No chord is above the hull's upper side or below its lower side, and these
 * consist of chords; so a threshold is farthest from the one of the hull that
 * spans it. */
static int32_t measure_dent(const rp_stair_table *table, int32_t *kept) {
  int32_t most = 0;
  for (int32_t side = -1; side <= 1; side += 2) {
    const int32_t n = find_hull(table, side, kept);
    for (int32_t e = 0; e + 1 < n; e++) {
      const int32_t off =
          rp_stair_table_measure_chord(table, kept[e], kept[e + 1], side);
      if (off > most) most = off;
    }
  }
  return most;
}

/* ---------------------------------------------------------------- building */

static rp_status check_thresholds(const int64_t *threshold, int32_t n,
                                  rp_error *err) {
  if (n < 1 || n > RP_MOST_STEPS)
    return rp_fail(err, RP_E_INPUT,
                   "staircase: expected 1..%d thresholds, found %d",
                   RP_MOST_STEPS, n);
  for (int32_t i = 1; i < n; i++)
    if (threshold[i] < threshold[i - 1])
      return rp_fail(err, RP_E_INPUT,
                     "staircase: expected ascending thresholds, found %lld "
                     "after %lld at %d",
                     (long long)threshold[i], (long long)threshold[i - 1], i);
  return RP_OK;
}

static void find_reachable(rp_stair_table *table) {
  int32_t first = 0, last = table->n;
  while (first < last && table->threshold[first] < -RP_ACC_LIMIT) first++;
  while (first < last && table->threshold[last - 1] > RP_ACC_LIMIT) last--;
  table->first = first;
  table->last = last;
}

static void prepare(rp_stair_table *table, int32_t *scratch) {
  find_reachable(table);
  table->unit = compute_unit(table);
  place_line(table);
  table->is_rough = is_rough(table);
  table->dent = measure_dent(table, scratch);
  table->is_near =
      table->dent <= 1 || (double)table->dent * NEAR_SHARE <= table->unit;
}

rp_status rp_stair_table_create(const int64_t *threshold, int32_t n,
                                rp_stair_table **table, rp_error *err) {
  RP_TRY(check_thresholds(threshold, n, err));
  rp_stair_table *made =
      rp_alloc(1, sizeof *made + ((size_t)n + 1) * sizeof *made->threshold);
  int32_t *scratch = rp_alloc((size_t)n, sizeof *scratch);
  if (!made || !scratch) {
    free(made);
    free(scratch);
    return rp_fail(err, RP_E_MEMORY, "out of memory while building a network");
  }
  made->n = n;
  for (int32_t i = 0; i < n; i++)
    made->threshold[i] = cut_threshold(threshold[i]);
  made->threshold[n] = RP_STAIR_NEVER;
  prepare(made, scratch);
  free(scratch);
  *table = made;
  return RP_OK;
}

void rp_stair_table_free(rp_stair_table *table) {
  free(table);
}

/* sigma(z) = hi - #{i: z >= t_i}, so mirrored(z) = lo + #{i: z > -t_i}.
 * Thresholds beyond all accumulators are cut first: 1 - t cannot overflow. */
void rp_stair_mirror(const int64_t *threshold, int32_t n, int64_t *mirrored) {
  for (int32_t i = 0; i < n; i++)
    mirrored[n - 1 - i] = (int64_t)1 - cut_threshold(threshold[i]);
}
