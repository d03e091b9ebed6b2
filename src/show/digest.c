/* Counts the rows: first what is known about each sample, then everything else
 * from that. */
#include "show/digest.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/pair.h"
#include "show/digest_internal.h"
#include "show/facts.h"

enum { LAST = RP_DIGEST_RADII - 1 };

static int32_t clip(int32_t value, int32_t lo, int32_t hi) {
  return value < lo ? lo : value > hi ? hi : value;
}

/* ---- Samples ---- */

/* A violation below a proof, which no run writes, is clipped, so that no
 * interval has a negative length. */
static rp_digest_sample make_sample(const rp_digest *d, const rp_facts *f) {
  const int32_t targets = d->results->provenance.targets;
  const int32_t lo = f->misclassified ? -1 : clip(f->proved, 0, LAST);
  const bool violated = f->refuted <= LAST;
  const int32_t least = lo > 0 ? lo : 0;
  return (rp_digest_sample){.sample = rp_pair_sample(f->sample, targets),
                            .target = rp_pair_target(f->sample, targets),
                            .label = f->label,
                            .lo = lo,
                            .hi = violated ? clip(f->refuted - 1, least, LAST)
                                           : LAST,
                            .violated = violated,
                            .searched = f->searched,
                            .asked = f->asked,
                            .valid = !f->invalid,
                            .counterexample = violated ? f->counterexample : -1,
                            .reached = -1,
                            .reason = f->reason};
}

static void add_sample(rp_digest *d, const rp_facts *f) {
  rp_digest_sample *const s = &d->sample[d->n_samples++];
  *s = make_sample(d, f);
  d->n_invalid += !s->valid;
  d->n_unasked += s->valid && !s->asked;
  d->n_asked += s->valid && s->asked;
  d->n_correct += s->valid && s->asked && s->lo >= 0;
}

/* Collect what is known about each sample. Queries are sorted by sample.
 * sample_of: out, [n_queries], index of each query's sample. */
static rp_status gather_samples(rp_digest *d, int64_t *sample_of,
                                rp_error *err) {
  const rp_results *const r = d->results;
  rp_fact_list list;
  int64_t k = 0;
  RP_TRY(rp_facts_collect_results(r, &list, err));
  for (int64_t i = 0; i < list.n; i++) add_sample(d, &list.of[i]);
  for (int64_t i = 0; i < r->n_queries; i++) {
    while (list.of[k].sample != r->query[i].sample) k++;
    sample_of[i] = k;
  }
  free(list.of);
  return RP_OK;
}

/* ---- Counts ---- */

static void count_verdicts(rp_digest *d) {
  const rp_results *const r = d->results;
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_query_row *const q = &r->query[i];
    d->query_verdict[q->verdict]++;
    d->at_radius[clip(q->radius, 0, LAST)][q->verdict]++;
    if (q->verdict == RP_UNKNOWN) d->query_reason[q->reason]++;
  }
  for (int64_t i = 0; i < r->n_ranks; i++) {
    d->busy_s += r->rank[i].busy_seconds;
    d->cpu_s += r->rank[i].cpu_seconds;
  }
}

rp_verdict rp_digest_get_verdict(const rp_digest_sample *sample,
                                 int32_t radius) {
  if (!sample->valid) return RP_INVALID;
  if (sample->lo < 0) return RP_MISCLASSIFIED;
  if (!sample->asked) return RP_UNKNOWN;
  if (radius <= sample->lo) return RP_ROBUST;
  return sample->violated && radius > sample->hi ? RP_VIOLATED : RP_UNKNOWN;
}

static void count_in_curve(rp_digest_curve *curve, const rp_digest_sample *s,
                           int32_t radius) {
  switch (rp_digest_get_verdict(s, radius)) {
  case RP_ROBUST:
    curve->certified[radius]++;
    break;
  case RP_UNKNOWN:
    curve->undecided[radius]++;
    break;
  case RP_VIOLATED:
  case RP_MISCLASSIFIED:
    curve->violated[radius]++;
    break;
  case RP_INVALID:
  case RP_VERDICT_COUNT:
    break;
  }
}

/* Find the end of the curve. A search decides every radius up to the cap, and
 * the curve ends one step after the last sample is violated. */
static int32_t find_end_of_searches(const rp_digest *d) {
  const int32_t cap = d->results->provenance.radius_cap;
  const int32_t most = cap > 0 && cap < LAST ? cap : LAST;
  int32_t end = -1;
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    if (!s->searched || !s->valid) continue;
    const int32_t own = s->lo < 0 ? 0 : s->violated ? s->hi + 1 : most;
    if (own > end) end = own;
  }
  return end > most ? most : end;
}

static void count_in_curves(rp_digest *d, const int64_t *sample_of) {
  const rp_results *const r = d->results;
  const int32_t end = find_end_of_searches(d);
  d->last_radius = end > 0 ? end : 0;
  for (int64_t k = 0; k < d->n_samples; k++) {
    const rp_digest_sample *const s = &d->sample[k];
    const int32_t own = s->searched ? end : 0;
    for (int32_t radius = 0; radius <= own; radius++)
      count_in_curve(&d->curve, s, radius);
  }
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_digest_sample *const s = &d->sample[sample_of[i]];
    const int32_t radius = clip(r->query[i].radius, 0, LAST);
    if (radius == 0 || (s->searched && radius <= end)) continue;
    count_in_curve(&d->curve, s, radius);
    if (radius > d->last_radius) d->last_radius = radius;
  }
}

/* ---- The digest ---- */

static void find_classes_reached(rp_digest *d, const rp_net *net, int32_t *out,
                                 int32_t *work) {
  const rp_results *const r = d->results;
  for (int64_t k = 0; k < d->n_samples; k++) {
    rp_digest_sample *const s = &d->sample[k];
    if (s->counterexample < 0) continue;
    const size_t first = (size_t)s->counterexample * (size_t)net->n_in;
    rp_net_forward(net, r->counterexample + first, NULL, out, work);
    s->reached = rp_first_max(out, net->n_out);
  }
}

static rp_status find_rivals(rp_digest *d, const rp_net *net, rp_error *err) {
  const rp_provenance *const p = &d->results->provenance;
  if (!net || net->n_in != p->n_in || net->in_lo != p->in_lo ||
      net->in_hi != p->in_hi)
    return RP_OK;
  int32_t *const out = rp_alloc((size_t)net->n_out, sizeof *out);
  int32_t *const work = rp_alloc(rp_net_forward_work(net), sizeof *work);
  const bool ok = out && work;
  if (ok) find_classes_reached(d, net, out, work);
  free(out);
  free(work);
  return ok ? RP_OK : rp_fail(err, RP_E_MEMORY, "report: out of memory");
}

static rp_status fill_digest(rp_digest *d, const rp_net *net, rp_error *err) {
  const rp_results *const r = d->results;
  const size_t n = (size_t)(r->n_queries + r->n_radii);
  d->sample = rp_alloc(n, sizeof *d->sample);
  d->query_seconds = rp_alloc((size_t)r->n_queries, sizeof(double));
  d->radius_seconds = rp_alloc((size_t)r->n_radii, sizeof(double));
  int64_t *const sample_of = rp_alloc((size_t)r->n_queries, sizeof *sample_of);
  if (!d->sample || !d->query_seconds || !d->radius_seconds || !sample_of) {
    free(sample_of);
    return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  }
  const rp_status st = gather_samples(d, sample_of, err);
  if (st == RP_OK) count_in_curves(d, sample_of);
  free(sample_of);
  RP_TRY(st);
  count_verdicts(d);
  rp_digest_count_maxima(d);
  rp_digest_sort_times(d);
  RP_TRY(rp_digest_find_extremes(d, err));
  return find_rivals(d, net, err);
}

rp_status rp_digest_create(const rp_results *results, const rp_net *net,
                           rp_digest **digest, rp_error *err) {
  rp_digest *const d = rp_alloc(1, sizeof *d);
  if (!d) return rp_fail(err, RP_E_MEMORY, "report: out of memory");
  d->results = results;
  const rp_status st = fill_digest(d, net, err);
  if (st == RP_OK)
    *digest = d;
  else
    rp_digest_free(d);
  return st;
}

void rp_digest_free(rp_digest *digest) {
  if (!digest) return;
  free(digest->sample);
  free(digest->query_seconds);
  free(digest->radius_seconds);
  free(digest);
}
