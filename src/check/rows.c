/* Rows of results: what each of them claims, and whether the claims hold. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"

typedef char path[4096];

/* The present row and its sample. */
typedef struct claim {
  const task *task;
  finding *found;
  const row *row;
  bool search, is_next; /* in order after the previous row */
  int32_t *x;           /* [n_in] */
  int32_t *box[2];      /* [n_in] that inputs stay in, or NULL */
  int32_t label, class;
} claim;

/* Report that a claim failed. Evidence may be lacking unless it is `full`. */
static void report_failure(claim *q, bool lacks, const char *why) {
  const bool allowed = lacks && !q->task->results.full;
  char *const lines = q->found->text;
  const size_t at = strlen(lines);
  q->found->n[allowed ? BARE : FALSE]++;
  if (allowed) return;
  snprintf(lines + at, sizeof q->found->text - at,
           "%s, sample %lld, %s %lld: %s\n", q->search ? "/radii" : "/queries",
           (long long)q->row->sample, q->search ? "lo" : "radius",
           (long long)q->row->lo, why);
}

/* Inputs outside the patch stay what they are. */
static void clip_to_patch(claim *q) {
  const results *r = &q->task->results;
  const net *n = &q->task->net;
  for (int32_t p = 0; p < n->n_in; p++) {
    const bool may_change =
        rp_check_is_in_patch(n, r->patch, q->row->target, p);
    if (r->n_boxes == 0) {
      q->box[0][p] = 0;
      q->box[1][p] = n->in_hi;
    }
    if (!may_change) q->box[0][p] = q->box[1][p] = q->x[p];
  }
}

/* Find the box of the row's sample, which lies in it. */
static bool find_box(claim *q) {
  const results *r = &q->task->results;
  const int64_t n_in = r->n_in, at = r->n_boxes == 1 ? 0 : q->row->sample;
  if (r->n_boxes == 0) {
    if (r->patch > 0) clip_to_patch(q);
    return true;
  }
  if (at >= r->n_boxes || (r->n_boxes > 1 && r->n_boxes != q->task->data.n))
    return false;
  for (int32_t p = 0; p < n_in; p++) {
    const int64_t lo = r->box[0][at * n_in + p], hi = r->box[1][at * n_in + p];
    const bool is_fixed = lo > hi;
    if (!is_fixed && (lo > q->x[p] || hi < q->x[p])) return false;
    q->box[0][p] = is_fixed ? q->x[p] : (int32_t)lo;
    q->box[1][p] = is_fixed ? q->x[p] : (int32_t)hi;
  }
  if (r->patch > 0) clip_to_patch(q);
  return true;
}

/* Find the row's sample and label, and run the network on the sample. */
static bool find_sample(claim *q) {
  const int64_t i = q->row->sample, label = q->row->label;
  if (i < 0 || i >= q->task->data.n || q->task->labels.at[i] != label ||
      label < 0 || label >= q->task->net.n_out ||
      (q->task->results.targets > 0 &&
       (q->row->target < 0 || q->row->target >= q->task->net.n_out)) ||
      (q->task->results.places > 0 &&
       (q->row->target < 0 || q->row->target >= q->task->results.places)))
    return false;
  for (int32_t p = 0; p < q->task->net.n_in; p++)
    q->x[p] = (int32_t)q->task->data.at[i * q->task->net.n_in + p];
  q->label = (int32_t)label;
  q->class = rp_check_predict(&q->task->net, q->x);
  return find_box(q);
}

/* Which of the networks with blocks of the property a row is about. */
static int32_t get_number(const claim *q) {
  const task *t = q->task;
  return t->n_asked <= 1          ? 0
         : t->results.targets > 0 ? (int32_t)q->row->target
                                  : q->label;
}

/* The network that proofs are about, and the class that stays. */
static const net *get_asked(const claim *q) {
  const task *t = q->task;
  return t->n_asked == 0 ? &t->net : &t->asked[get_number(q)];
}

static int32_t get_class(const claim *q) {
  return q->task->n_asked ? 0 : q->label;
}

static bool is_verdict(const row *r, const char *verdict) {
  return !strcmp(r->verdict, verdict);
}

/* The folder of a network's claims: of the only one, that which was named; else
 * one in it, after the label or the target that the network is about. */
static const char *get_folder(const task *t, int32_t number, path folder) {
  if (t->n_asked <= 1) return t->folder;
  const int n = snprintf(folder, sizeof(path), "%s/%s-%d", t->folder,
                         t->results.targets > 0 ? "target" : "label", number);
  if (n >= (int)sizeof(path))
    rp_check_stop(t->folder, "the folder's name is too long for files in it");
  return folder;
}

/* The part of the box that is within the claim's radius: it takes the place of
 * both. */
static void clip_box(claim *q, assertion *a) {
  const int64_t radius = a->radius;
  (void)find_box(q); /* again: another claim of the row may have clipped it */
  for (int32_t p = 0; p < a->n_in; p++) {
    if (q->box[0][p] < q->x[p] - radius)
      q->box[0][p] = (int32_t)(q->x[p] - radius);
    if (q->box[1][p] > q->x[p] + radius)
      q->box[1][p] = (int32_t)(q->x[p] + radius);
  }
  a->box[0] = q->box[0];
  a->box[1] = q->box[1];
}

/* Write a claim of the present row. */
static void write_claim(claim *q, assertion a) {
  path folder;
  const row *table =
      q->search ? q->task->results.search : q->task->results.query;
  int n = snprintf(a.name, sizeof a.name, "%s-%lld-%s",
                   q->search ? "radii" : "queries", (long long)(q->row - table),
                   a.verdict);
  if (a.number > 0)
    snprintf(a.name + n, sizeof a.name - (size_t)n, "-%lld",
             (long long)a.number);
  a.sample = q->row->sample;
  a.label = get_class(q);
  a.n_in = q->task->net.n_in;
  if (!a.x) a.x = q->x;
  if (q->box[0] && !is_verdict(q->row, "misclassified")) clip_box(q, &a);
  const char *const in = get_folder(q->task, get_number(q), folder);
  if (in != q->task->folder) rp_check_create_folder(in, false);
  rp_check_write_claim(in, q->task->results.network_sha256, &a);
  q->found->n[WRITTEN]++;
}

/* One valid proof at the radius or a greater one suffices. */
static bool is_proved(const claim *q, stream *s, int64_t count, rp_error *why) {
  const ball within = {q->x, {q->box[0], q->box[1]}};
  for (int64_t k = count - 1; k >= 0; k--)
    if (rp_check_proof_in(get_asked(q), &within, get_class(q), s + k, count - k,
                          why) == RP_OK)
      return true;
  return false;
}

/* What becomes of the images of a family, one after the other. */
typedef struct gallery {
  claim *claim;
  int64_t n;
} gallery;

static bool is_of_class(void *context, const int32_t *image) {
  const gallery *g = context;
  return rp_check_predict(get_asked(g->claim), image) == get_class(g->claim);
}

/* An image is a box of one point, and has a proof that says so. */
static bool write_image(void *context, const int32_t *image) {
  gallery *g = context;
  stream s = {
      .plain = rp_check_prove_point(get_asked(g->claim), get_class(g->claim))};
  write_claim(g->claim, (assertion){.verdict = "robust",
                                    .number = ++g->n,
                                    .x = image,
                                    .streams = &s,
                                    .n_streams = 1});
  free(s.plain.bytes);
  return true;
}

/* Run all images of the family, which needs no evidence, or write a claim about
 * each. */
static void take_family(claim *q) {
  gallery g = {.claim = q};
  const results *r = &q->task->results;
  const bool writes = q->task->folder != NULL;
  const bool good =
      rp_check_visit_images(&q->task->net, r->norm, q->x, q->row->lo,
                            writes ? write_image : is_of_class, &g);
  if (!good)
    report_failure(q, false, "an image of the family has another class");
  else if (!writes)
    q->found->n[PROVED]++;
}

/* Check that the sample is robust at the row's radius, or write that claim. */
static void take_robust(claim *q) {
  if (rp_check_is_family(q->task->results.norm)) {
    take_family(q);
    return;
  }
  rp_error why = {"no proof of it"};
  int64_t count;
  stream *s = rp_check_read_streams(&q->task->results, q->row, &count);
  if (q->task->folder && (count > 0 || q->task->results.full))
    write_claim(q, (assertion){.verdict = "robust",
                               .radius = q->row->lo,
                               .streams = s,
                               .n_streams = count});
  else if (!q->task->folder && is_proved(q, s, count, &why))
    q->found->n[PROVED]++;
  else
    report_failure(q, true, why.text);
  while (count > 0) free(s[--count].plain.bytes);
  free(s);
}

/* The distance of an input from the sample; -1: it has none. */
static int64_t measure_change(const claim *q, const int32_t *x) {
  const net *n = &q->task->net;
  const measure norm = q->task->results.norm;
  int64_t most = 0, sum = 0, count = 0;
  if (rp_check_is_family(norm)) return rp_check_find_radius(n, norm, q->x, x);
  for (int32_t p = 0; p < n->n_in; p++) {
    const int64_t change = llabs((int64_t)x[p] - q->x[p]);
    if (change > most) most = change;
    sum += change;
    count += change > 0;
  }
  return norm == LINF ? most : norm == L1 ? sum : count;
}

static bool is_counterexample(const claim *q, const int64_t *at,
                              int64_t distance) {
  int32_t *x = rp_check_alloc((size_t)q->task->net.n_in, sizeof *x);
  bool good = true;
  for (int32_t p = 0; p < q->task->net.n_in; p++) {
    good = good && at[p] >= 0 && at[p] <= q->task->net.in_hi;
    x[p] = good ? (int32_t)at[p] : 0;
    good =
        good && (!q->box[0] || (x[p] >= q->box[0][p] && x[p] <= q->box[1][p]));
  }
  good = good && measure_change(q, x) == distance &&
         rp_check_predict(get_asked(q), x) != get_class(q);
  free(x);
  return good;
}

/* The radius of a claim about a counterexample: of families that in L-infinity,
 * as folders know no others. */
static int64_t find_claimed_radius(const claim *q, const int64_t *at,
                                   int64_t distance) {
  int64_t most = 0;
  if (!rp_check_is_family(q->task->results.norm)) return distance;
  for (int32_t p = 0; p < q->task->net.n_in; p++)
    if (llabs(at[p] - q->x[p]) > most) most = llabs(at[p] - q->x[p]);
  return most;
}

/* Check that the row's counterexample is one, at exactly this distance, or
 * write that claim. */
static void take_violated(claim *q, int64_t distance) {
  const results *r = &q->task->results;
  const int64_t k = q->row->counterexample;
  const int64_t *at =
      k >= 0 && k < r->n_examples ? r->example + k * r->n_in : NULL;
  if (at && q->task->folder)
    write_claim(q, (assertion){.verdict = "violated",
                               .radius = find_claimed_radius(q, at, distance),
                               .counterexample = at});
  else if (at && is_counterexample(q, at, distance))
    q->found->n[REFUTED]++;
  else
    report_failure(q, k < 0, "no counterexample at its distance");
}

/* Whether the values of a row are consistent. A search is closed or open, and
 * has no evidence. A query has one radius and any verdict, and a counterexample
 * only if violated. */
static bool is_consistent(const results *of, const row *r, bool search) {
  static const char reasons[] =
      "none time nodes memory numeric interrupted error solver";
  static const char evidence[] = "none replay interval dual tree solver";
  const bool violated = is_verdict(r, "violated");
  if (!rp_check_is_one_of(r->reason, reasons)) return false;
  if (search && (is_verdict(r, "misclassified") || is_verdict(r, "invalid")))
    return r->lo == -1 && r->hi == -1;
  if (search)
    return r->lo >= 0 && r->lo <= r->hi && r->hi <= of->cap &&
           is_verdict(r, r->lo == r->hi ? "robust" : "unknown");
  return rp_check_is_one_of(r->evidence, evidence) &&
         rp_check_is_one_of(r->verdict,
                            "robust unknown misclassified violated invalid") &&
         r->lo >= 1 && r->lo <= rp_check_find_most_radius(of) &&
         (violated ? r->distance >= 1 && r->distance <= r->lo
                   : r->counterexample < 0 && r->distance == 0);
}

/* Whether a class is asked about, and which. */
static bool find_class(const claim *q, int32_t *class) {
  *class = (int32_t)q->row->target;
  return q->task->results.targets > 0 ||
         rp_check_find_class(q->task->results.property, class);
}

/* Whether there is nothing to prove about the sample: it has another class than
 * the label or, without a class that is asked for, breaks the property. */
static bool is_misclassified(const claim *q) {
  int32_t class;
  return q->task->n_asked == 0 || find_class(q, &class)
             ? q->class != q->label
             : rp_check_predict(get_asked(q), q->x) != get_class(q);
}

/* Whether the question makes no sense: to be of the label's own class. */
static bool is_invalid(const claim *q) {
  int32_t class;
  return find_class(q, &class) && class == q->label;
}

/* Whether it is this program's word that samples are misclassified or not: in a
 * folder they are claims, but for questions about a property. */
static bool has_last_word(const task *t) {
  return !t->folder || t->n_asked > 0;
}

/* What is wrong with a row; NULL: nothing. An open row does not claim that its
 * sample is classified correctly, because the run may have ended before it was
 * tested. */
static const char *find_fault(claim *q) {
  const bool wrong = is_verdict(q->row, "misclassified");
  if (!q->is_next) return "is repeated or out of order";
  if (q->task->results.patch > 0 &&
      !rp_check_has_all_places(&q->task->results, q->found->row))
    return "the rows of the sample are not about every place of the patch, "
           "each once at the same radii";
  if (!is_consistent(&q->task->results, q->row, q->search))
    return "the values of the row contradict each other";
  if (!find_sample(q))
    return "the dataset has no such sample in its box, or another label, or "
           "the network no such target or place";
  if (is_verdict(q->row, "unknown")) return NULL;
  if (is_verdict(q->row, "invalid") != is_invalid(q))
    return "the claim that the question makes no sense is wrong";
  if (has_last_word(q->task) && !is_invalid(q) && wrong != is_misclassified(q))
    return "the claim about misclassification is wrong";
  return NULL;
}

/* Check a row. A search needs a proof at lo, and a counterexample at hi + 1
 * unless hi is the cap: a radius at the cap is the least that it can be, as the
 * results could name any cap. Radii that fail, or lack evidence, are not
 * counted. */
static void check_row(claim *q) {
  const row *r = q->row;
  const int64_t cap = q->task->results.cap;
  const bool wrong = is_verdict(r, "misclassified");
  const char *fault = find_fault(q);
  q->found->n[UNKNOWN] += is_verdict(r, "unknown");
  q->found->n[MISCLASSIFIED] += wrong;
  if (!fault && is_verdict(r, "invalid")) return;
  if (fault) {
    report_failure(q, false, fault);
  } else if (wrong) {
    if (q->task->folder && q->task->n_asked == 0)
      write_claim(q, (assertion){.verdict = "misclassified"});
  } else {
    if (q->search ? r->lo > 0 : is_verdict(r, "robust")) take_robust(q);
    if (q->search && (r->hi < cap || r->counterexample >= 0))
      take_violated(q, r->hi + 1);
    if (is_verdict(r, "violated")) take_violated(q, r->distance);
  }
  if (q->search && is_verdict(r, "robust") &&
      q->found->n[FALSE] + q->found->n[BARE] == 0)
    q->found->n[r->hi < cap ? CLOSED : AT_LEAST]++;
}

/* Whether rows are in ascending order of samples, targets, then radii. */
static bool is_next(const row *r, int64_t i, bool search) {
  if (i == 0 || r->sample != r[-1].sample)
    return i == 0 || r->sample > r[-1].sample;
  if (r->target != r[-1].target) return r->target > r[-1].target;
  return !search && r->lo > r[-1].lo;
}

/* Whether there is a network with this number. */
static bool is_asked(const task *t, int32_t number) {
  return t->n_asked == 0 || t->asked[number].n_blocks > 0;
}

void rp_check_finish_claims(const task *t) {
  path folder;
  if (rmdir(t->folder) == 0) return; /* it is empty: there are no claims */
  for (int32_t k = 0; k < (t->n_asked > 0 ? t->n_asked : 1); k++) {
    const char *const in = get_folder(t, k, folder);
    if (is_asked(t, k) && access(in, F_OK) == 0)
      rp_check_write_network(in, t->results.network_sha256,
                             t->n_asked ? &t->asked[k] : &t->net);
  }
}

void rp_check_row(const task *t, int64_t i, finding *found) {
  const results *r = &t->results;
  claim q = {.task = t, .found = found, .search = i >= r->n_queries};
  const int64_t at = q.search ? i - r->n_queries : i;
  *found = (finding){.row = i};
  q.row = rp_check_get_row(r, i);
  q.is_next = is_next(q.row, at, q.search);
  q.x = rp_check_alloc((size_t)t->net.n_in, sizeof *q.x);
  for (int k = 0; k < 2 && (r->n_boxes > 0 || r->patch > 0); k++)
    q.box[k] = rp_check_alloc((size_t)t->net.n_in, sizeof *q.box[k]);
  check_row(&q);
  free(q.x);
  free(q.box[0]);
  free(q.box[1]);
}
