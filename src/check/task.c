/* What the rows of results are about: network, samples, properties and boxes
 * are read and checked against each other. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"

int32_t rp_check_find_most_radius(const results *r) {
  return r->norm == L1 || r->norm == L0 ? MOST_RADIUS : MOST_RADIUS_LINF;
}

/* Check that no two inputs are further apart than the cap says, and that it is
 * a radius. Version 1 had one cap for all networks. */
static void check_cap(const results *r, const net *n) {
  const bool is_of_values = r->norm == LINF || r->norm == BRIGHTNESS;
  const int64_t apart = is_of_values          ? n->in_hi
                        : r->norm == L0       ? n->n_in
                        : r->norm == CONTRAST ? MOST_RADIUS_LINF
                                              : (int64_t)n->n_in * n->in_hi;
  const int64_t any = rp_check_find_most_radius(r);
  const int32_t most = (int32_t)(r->version == 1 || apart > any ? any : apart);
  if (r->cap < (r->n_searches > 0) || r->cap > most)
    rp_check_stop(r->f.file, "'radius_cap': expected 1 to %d, found %d", most,
                  r->cap);
}

/* Check that every question has a row, which holds even if the run was stopped.
 * Version 1 may lack the number of questions. */
static void check_rows(const results *r) {
  const long long rows = rp_check_count_rows(r);
  if (rows < r->questions)
    rp_check_stop(r->f.file, "'questions': expected %d rows, found %lld",
                  r->questions, rows);
}

/* The places follow from the image. */
static void check_places(const results *r, const net *n) {
  const int32_t places = rp_check_count_places(n, r->patch);
  if (r->patch > 0 && r->places != places)
    rp_check_stop(r->f.file,
                  "'places': expected %d, those of a patch of %d x %d in the "
                  "network's image, found %d",
                  places, r->patch, r->patch, r->places);
}

/* The checker that reads claims as text knows boxes alone, and so images as
 * points. */
static void check_norm(const task *t) {
  const results *r = &t->results;
  if (rp_check_is_family(r->norm) && (r->n_boxes > 0 || r->patch > 0))
    rp_check_stop(r->f.file, "'norm': a family of images has no boxes");
  if (t->folder && (r->norm == L1 || r->norm == L0))
    rp_check_stop(r->f.file,
                  "'norm': claims in %s cannot be written "
                  "for rampart-verified-check, which knows "
                  "linf alone",
                  r->norm == L1 ? "l1" : "l0");
}

static void check_sample(const task *t) {
  const results *r = &t->results;
  bool found = t->sample < 0;
  for (int64_t i = 0; i < rp_check_count_rows(r) && !found; i++)
    found = t->sample == rp_check_get_row(r, i)->sample;
  if (!found)
    rp_check_stop(r->f.file, "no row of sample %lld", (long long)t->sample);
}

/* Inside, inputs are counted from 0. */
static void shift_counterexamples(results *r, const net *n) {
  for (int64_t i = 0; i < r->n_examples * r->n_in; i++)
    if (__builtin_sub_overflow(r->example[i], n->in_lo, &r->example[i]))
      r->example[i] = -1; /* none, as before */
}

static void shift_boxes(results *r, const net *n) {
  for (int k = 0; k < 2; k++)
    for (int64_t i = 0; i < r->n_boxes * r->n_in; i++)
      if (__builtin_sub_overflow(r->box[k][i], n->in_lo, &r->box[k][i]) ||
          r->box[k][i] < 0 || r->box[k][i] > n->in_hi)
        rp_check_stop(r->f.file, "a box has numbers that are no inputs");
}

/* Read the network that the claims are about. Blocks that a question adds to it
 * belong before rp_check_prepare. */
static void read_network(task *t) {
  text file;
  rp_check_read_network(&t->results, &t->net, file);
  const char *wrong = rp_check_prepare(&t->net);
  if (wrong) rp_check_stop(file, "%s", wrong);
}

/* Add the blocks of the property for a label. */
static void ask(task *t, const char *property, int32_t label, net *asked) {
  text file;
  if (asked->n_blocks > 0) return; /* is there */
  rp_check_read_network(&t->results, asked, file);
  const char *wrong = rp_check_ask(&t->net, property, label, asked);
  if (wrong) rp_check_stop(t->results.f.file, "'property': %s", wrong);
}

/* The top k depends on the label, each class on the target: then every label or
 * target of a row has a network of its own. */
static void ask_for_row(task *t, const row *of) {
  const int32_t targets = t->results.targets;
  const int64_t number = targets > 0 ? of->target : of->label;
  text property;
  if (number < 0 || number >= t->n_asked) return; /* the row is refused */
  snprintf(property, sizeof property, "class %d", (int)number);
  ask(t, targets > 0 ? property : t->results.property, (int32_t)number,
      &t->asked[number]);
}

static void ask_all(task *t) {
  const results *r = &t->results;
  const bool are_many =
      r->targets > 0 || !strncmp(r->property, "not in top ", 11);
  if (!r->property[0]) return;
  if (r->targets > 0 && r->targets != t->net.n_out)
    rp_check_stop(r->f.file,
                  "'targets': expected %d, the network's outputs, "
                  "found %d",
                  t->net.n_out, r->targets);
  t->n_asked = are_many ? t->net.n_out : 1;
  t->asked = rp_check_alloc((size_t)t->n_asked, sizeof *t->asked);
  if (!are_many) ask(t, r->property, 0, t->asked);
  for (int64_t i = 0; are_many && i < rp_check_count_rows(r); i++)
    ask_for_row(t, rp_check_get_row(r, i));
}

void rp_check_read_task(const char *file, task *t) {
  rp_check_read_results(file, &t->results);
  check_norm(t);
  read_network(t);
  ask_all(t);
  shift_counterexamples(&t->results, &t->net);
  shift_boxes(&t->results, &t->net);
  check_rows(&t->results);
  check_places(&t->results, &t->net);
  check_cap(&t->results, &t->net);
  rp_check_read_dataset(&t->results, &t->net, &t->data, &t->labels);
  check_sample(t);
}
