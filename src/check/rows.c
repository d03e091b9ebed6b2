/* Do the tables' claims follow? */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

/* A claim: what is said of a sample. */
typedef struct claim {
  claims *c;
  const char *table;
  int64_t sample, at; /* at: radius, or lo */
  const uint8_t *x;
  int32_t label, class;
} claim;

static void fails(const claim *q, const char *why) {
  q->c->totals.failed++;
  printf("%s, sample %lld, %s %lld: %s\n", q->table, (long long)q->sample,
         q->table[1] == 'q' ? "radius" : "lo", (long long)q->at, why);
}

/* The sample and its label are the dataset's; what does the network say? */
static bool known(claim *q, int64_t label) {
  const dataset *d = &q->c->data;
  if (q->sample < 0 || q->sample >= d->n) return false;
  q->x = d->x + (size_t)q->sample * (size_t)d->dim;
  if (d->label[q->sample] != label || label < 0 || label >= q->c->net.n_out)
    return false;
  q->label = (int32_t)label;
  return rp_check_predict(&q->c->net, q->x, &q->class) == RP_OK;
}

/* The distance of a counterexample that is one; 0: it is none. */
static int32_t refuted_at(const claim *q, int64_t row) {
  const claims *c = q->c;
  const int32_t n_in = c->net.n_in;
  int32_t class, most = 0;
  if (row < 0 || row >= c->results.n_examples) return 0;
  const uint8_t *x = c->results.example + (size_t)row * (size_t)n_in;
  for (int32_t p = 0; p < n_in; p++) {
    const int32_t d = abs(x[p] - q->x[p]);
    if (d > most) most = d;
    if (x[p] > c->net.in_hi) return 0;
  }
  const rp_status st = rp_check_predict(&c->net, x, &class);
  return st == RP_OK && class != q->label ? most : 0;
}

static rp_status proof_accepted(const claim *q, const blob *packed,
                                int32_t radius, rp_error *err) {
  blob plain;
  proof p = {0};
  RP_TRY(rp_check_inflate(packed->bytes, packed->size, false, &plain, err));
  rp_status st =
      rp_check_proof_open(plain.bytes, plain.size, q->label, radius, &p, err);
  if (st == RP_OK)
    st = rp_check_proof(&q->c->net, q->x, q->label, radius, &p, err);
  q->c->totals.nodes += p.n_nodes;
  q->c->totals.bytes += (int64_t)packed->size;
  rp_check_proof_close(&p);
  free(plain.bytes);
  return st;
}

/* One accepted proof at the radius or a greater one is enough. */
static void is_proved(const claim *q, int32_t radius) {
  rp_error why = {"no proof of it"};
  blob packed;
  int32_t of_radius;
  int64_t from = 0;
  bool any = false;
  while (rp_check_store_find(&q->c->store, q->sample, radius, &from, &packed,
                             &of_radius)) {
    const rp_status st = proof_accepted(q, &packed, of_radius, &why);
    free(packed.bytes);
    any = true;
    if (st == RP_OK) {
      q->c->totals.proved++;
      return;
    }
  }
  if (any || !strcmp(q->c->results.sources.evidence, "full"))
    fails(q, why.text);
  else
    q->c->totals.unproved++;
}

static void check_query(claims *c, const query_row *r) {
  claim q = {.c = c, .table = "/queries", .sample = r->sample, .at = r->radius};
  if (!known(&q, r->label) || r->radius < 1 || r->radius > 255) {
    fails(&q, "no such sample, label or radius");
  } else if (!strcmp(r->verdict, "unknown")) {
    c->totals.open++;
  } else if (!strcmp(r->verdict, "misclassified")) {
    c->totals.wrong_class++;
    if (q.class == q.label) fails(&q, "the sample is classified correctly");
  } else if (q.class != q.label) {
    fails(&q, "the sample itself is misclassified");
  } else if (!strcmp(r->verdict, "robust")) {
    is_proved(&q, (int32_t)r->radius);
  } else if (strcmp(r->verdict, "violated") != 0) {
    fails(&q, "a verdict that cannot be");
  } else if (r->counterexample < 0 &&
             !strcmp(c->results.sources.evidence, "none")) {
    c->totals.unproved++;
  } else {
    const int32_t d = refuted_at(&q, r->counterexample);
    c->totals.refuted++;
    if (d < 1 || d > r->radius || d != r->distance)
      fails(&q, "the counterexample does not refute it at that distance");
  }
}

/* hi follows from a counterexample at hi + 1, or from the search's cap. */
static void check_upper(const claim *q, const radius_row *r) {
  const sources *s = &q->c->results.sources;
  if (r->counterexample >= 0) {
    q->c->totals.refuted++;
    if (refuted_at(q, r->counterexample) != r->hi + 1)
      fails(q, "the counterexample does not stand at hi + 1");
  } else if (r->hi != s->radius_cap) {
    if (!strcmp(s->evidence, "none"))
      q->c->totals.unproved++;
    else
      fails(q, "no counterexample at hi + 1, and hi is not the cap");
  }
}

static void check_radius(claims *c, const radius_row *r) {
  claim q = {.c = c, .table = "/radii", .sample = r->sample, .at = r->lo};
  const bool wrong = !strcmp(r->verdict, "misclassified");
  const bool closed = !strcmp(r->verdict, "robust");
  if (!known(&q, r->label)) {
    fails(&q, "no such sample or label");
  } else if (wrong != (q.class != q.label) ||
             wrong != (r->lo == -1 && r->hi == -1)) {
    fails(&q, "misclassified or not: the table is wrong");
  } else if (wrong) {
    c->totals.wrong_class++;
  } else if (r->lo < 0 || r->hi > 255 || r->lo > r->hi ||
             r->hi > c->results.sources.radius_cap ||
             closed != (r->lo == r->hi) ||
             (!closed && strcmp(r->verdict, "unknown") != 0)) {
    fails(&q, "lo, hi and verdict cannot be");
  } else {
    if (r->lo > 0) is_proved(&q, (int32_t)r->lo);
    check_upper(&q, r);
    c->totals.open += !closed;
  }
}

void rp_check_row(claims *c, int64_t i) {
  if (i < c->results.n_queries)
    check_query(c, &c->results.query[i]);
  else
    check_radius(c, &c->results.radius[i - c->results.n_queries]);
}

static void replace(char *text, const char *by) {
  if (by[0]) memcpy(text, by, 512);
}

rp_status rp_check_load(const char *file, const sources *s, claims *c,
                        rp_error *err) {
  sources *own = &c->results.sources;
  RP_TRY(rp_check_results(file, &c->results, err));
  replace(own->network, s->network);
  replace(own->dataset, s->dataset);
  replace(own->labels, s->labels);
  snprintf(own->proofs, sizeof own->proofs, "%.500s.proofs", file);
  replace(own->proofs, s->proofs);
  RP_TRY(rp_check_network(own, &c->net, err));
  if (c->net.n_in != own->n_in || c->net.in_hi != own->in_hi)
    return rp_fail(err, RP_E_INPUT, "%s: not about inputs of this network",
                   file);
  RP_TRY(rp_check_dataset(own, &c->net, &c->data, err));
  return rp_check_store_open(own, &c->store, err);
}

void rp_check_unload(claims *c) {
  rp_check_net_free(&c->net);
  rp_check_store_close(&c->store);
  free(c->data.x);
  free(c->data.label);
  free(c->results.query);
  free(c->results.radius);
  free(c->results.example);
}
