/* Checks the rows of a results file against each other, the attributes and the
 * counterexamples. */
#include "store/results_check.h"

#include <inttypes.h>

#include "core/pair.h"
#include "files/h5util.h"

/* ---- order ---- */

static bool is_before(const rp_query_row *a, const rp_query_row *b) {
  return a->sample < b->sample ||
         (a->sample == b->sample && a->radius < b->radius);
}

static rp_status check_order(hid_t file, const rp_results *r, rp_error *err) {
  const int32_t targets = r->provenance.targets;
  for (int64_t i = 1; i < r->n_queries; i++)
    if (!is_before(&r->query[i - 1], &r->query[i]))
      return rp_h5_fail(file, err,
                        "/queries, row %" PRId64 ": expected samples and radii "
                        "in ascending order, each once, found sample %" PRId64
                        " at radius %d",
                        i, rp_pair_sample(r->query[i].sample, targets),
                        r->query[i].radius);
  for (int64_t i = 1; i < r->n_radii; i++)
    if (r->radius[i].sample <= r->radius[i - 1].sample)
      return rp_h5_fail(file, err,
                        "/radii, row %" PRId64 ": expected samples in "
                        "ascending order, each once, found %" PRId64,
                        i, rp_pair_sample(r->radius[i].sample, targets));
  return RP_OK;
}

/* ---- targets ---- */

static rp_status check_target(hid_t file, const rp_results *r,
                              const char *table, int64_t subject, int32_t label,
                              rp_error *err) {
  const int32_t targets = r->provenance.targets;
  if (targets == 0 || r->provenance.patch > 0 ||
      rp_pair_target(subject, targets) != label)
    return RP_OK;
  return rp_h5_fail(file, err,
                    "%s, sample %" PRId64 ": expected targets other than the "
                    "label, found %d",
                    table, rp_pair_sample(subject, targets), label);
}

static rp_status check_targets(hid_t file, const rp_results *r, rp_error *err) {
  for (int64_t i = 0; i < r->n_queries; i++)
    RP_TRY(check_target(file, r, "/queries", r->query[i].sample,
                        r->query[i].label, err));
  for (int64_t i = 0; i < r->n_radii; i++)
    RP_TRY(check_target(file, r, "/radii", r->radius[i].sample,
                        r->radius[i].label, err));
  return RP_OK;
}

/* ---- radii ---- */

static rp_status check_radius(hid_t file, const rp_radius_row *row, int64_t i,
                              int32_t cap, rp_error *err) {
  if (row->lo > row->hi)
    return rp_h5_fail(
        file, err, "/radii, row %" PRId64 ": expected lo <= hi, found %d..%d",
        i, row->lo, row->hi);
  if (cap > 0 && row->hi > cap)
    return rp_h5_fail(file, err,
                      "/radii, row %" PRId64
                      ": expected hi up to %d (attribute "
                      "'radius_cap'), found %d",
                      i, cap, row->hi);
  return RP_OK;
}

static rp_status check_asked(hid_t file, const rp_results *r, const char *table,
                             int64_t row, int32_t radius, rp_error *err) {
  const int32_t most = rp_radii_find_limit(r->provenance.options.norm);
  if (radius <= most) return RP_OK;
  return rp_h5_fail(file, err,
                    "%s, row %" PRId64
                    ", column 'radius': expected at most %d, found %d",
                    table, row, most, radius);
}

/* Without a cap it would be unknown which radii are maximal and which only
 * ended at the cap. */
static rp_status check_radii(hid_t file, const rp_results *r, bool old,
                             rp_error *err) {
  const rp_provenance *const p = &r->provenance;
  const int32_t cap = p->radius_cap;
  const int32_t most = rp_radii_find_most(p->options.norm, p->n_in, p->in_hi);
  if (!old && r->n_radii > 0 && cap == 0)
    return rp_h5_fail(file, err,
                      "attribute 'radius_cap': expected 1..%d, as there are "
                      "radii, found 0",
                      most);
  if (!old && cap > most)
    return rp_h5_fail(
        file, err,
        "attribute 'radius_cap': expected at most %d, the greatest "
        "%s, found %d",
        most, p->options.norm == RP_NORM_LINF ? "input" : "radius", cap);
  for (int64_t i = 0; i < r->n_radii; i++)
    RP_TRY(check_radius(file, &r->radius[i], i, cap, err));
  return RP_OK;
}

/* ---- counterexamples ---- */

static rp_status check_number(hid_t file, const rp_results *r,
                              const char *table, int64_t row, int64_t number,
                              rp_error *err) {
  if (number < r->n_counterexamples) return RP_OK;
  return rp_h5_fail(file, err,
                    "%s, row %" PRId64 ", column 'counterexample': expected "
                    "at most %" PRId64 ", found %" PRId64,
                    table, row, r->n_counterexamples - 1, number);
}

/* Whoever replays it would contradict the verdict. */
static rp_status check_verdict(hid_t file, const rp_query_row *q, int64_t row,
                               rp_error *err) {
  if (q->verdict == RP_VIOLATED || (q->counterexample < 0 && q->distance == 0))
    return RP_OK;
  return rp_h5_fail(file, err,
                    "/queries, row %" PRId64 ": expected no counterexample of "
                    "a query that is %s, found one",
                    row, rp_verdict_name(q->verdict));
}

rp_status rp_results_check(hid_t file, const rp_results *results, bool old,
                           rp_error *err) {
  const rp_results *const r = results;
  RP_TRY(check_order(file, r, err));
  RP_TRY(check_targets(file, r, err));
  RP_TRY(check_radii(file, r, old, err));
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_query_row *const q = &r->query[i];
    RP_TRY(check_asked(file, r, "/queries", i, q->radius, err));
    RP_TRY(check_number(file, r, "/queries", i, q->counterexample, err));
    RP_TRY(check_verdict(file, q, i, err));
  }
  for (int64_t i = 0; i < r->n_radii; i++)
    RP_TRY(
        check_number(file, r, "/radii", i, r->radius[i].counterexample, err));
  for (int64_t i = 0; i < r->n_tasks; i++)
    RP_TRY(check_asked(file, r, "/timeline", i, r->task[i].radius, err));
  return RP_OK;
}
