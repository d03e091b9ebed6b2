/* A job becomes a plan: each query once, by sample and radius, whatever the
 * order and overlap of the job's lines. */
#include "run/setup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/compare.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/pair.h"
#include "core/text.h"
#include "files/sha256.h"
#include "input/class_names.h"
#include "run/wire.h"
#include "sched/radius.h"

/* Say where the value stands that turned out to be wrong. */
static rp_status add_place(const rp_job_place *at, rp_status status,
                           const rp_error *why, rp_error *err) {
  if (status == RP_OK) return RP_OK;
  return rp_fail(err, status, "%s%s%s", at->text, *at->text ? ": " : "",
                 why->text);
}

/* ---- files ---- */

static rp_status read_network(const rp_job *job, rp_setup *setup,
                              rp_error *err) {
  const rp_network_source source = {.file = job->network->file,
                                    .format = job->network->format,
                                    .profile = job->network->profile,
                                    .name = job->network->name,
                                    .input_bits = job->network->input_bits,
                                    .bits = job->network->bits};
  if (!source.file) return rp_fail(err, RP_E_USAGE, "the job has no network");
  return rp_network_read(&source, &setup->net, err);
}

/* Said before a run of hours, not by the checker behind it. */
static void warn_of_evidence(const rp_job *job) {
  if (job->options.evidence == RP_KEEP_FULL &&
      rp_network_is_deployed(job->network->file))
    rp_log(RP_LOG_WARN,
           "evidence full: rampart-check reads networks in Rampart's own "
           "format alone; write %s as one by rampart import first",
           job->network->file);
}

static rp_status read_dataset(const rp_job *job, rp_setup *setup,
                              rp_error *err) {
  const rp_dataset_source source = {.file = job->dataset_file,
                                    .labels = job->labels_file,
                                    .format = job->dataset_format,
                                    .x_name = job->x_name,
                                    .y_name = job->y_name,
                                    .layout = job->dataset_layout,
                                    .values = job->values};
  if (!source.file) return rp_fail(err, RP_E_USAGE, "the job has no dataset");
  RP_TRY(rp_dataset_read(&source, &setup->data, err));
  RP_TRY(rp_dataset_fit(setup->data, setup->net, err));
  return rp_class_names_choose(job->classes_file, setup->data, setup->net, err);
}

static rp_status read_property(const rp_job *job, rp_setup *setup,
                               rp_error *err) {
  if (!*job->options.property) return RP_OK;
  rp_error why = {""};
  RP_TRY(rp_condition_read(job->options.property, &setup->condition, err));
  RP_TRY(
      add_place(&job->property_at,
                rp_condition_check(setup->condition, setup->net->n_out, &why),
                &why, err));
  if (setup->condition->kind == RP_CONDITION_EACH)
    setup->targets = setup->net->n_out;
  return RP_OK;
}

static rp_status take_patch(const rp_job *job, rp_setup *setup, rp_error *err) {
  const rp_net *const net = setup->net;
  const bool is_image = net->n_dims == 2 || net->n_dims == 3;
  if (!job->patch) return RP_OK;
  if (setup->targets > 0)
    return rp_fail(err, RP_E_USAGE,
                   "patch: expected no targets beside it, as its places are "
                   "asked about one by one");
  if (!is_image)
    return rp_fail(err, RP_E_USAGE,
                   "patch: expected a network of images, found inputs of %d "
                   "dimension%s",
                   net->n_dims, net->n_dims == 1 ? "" : "s");
  const int32_t most =
      net->dims[0] < net->dims[1] ? net->dims[0] : net->dims[1];
  if (job->patch > most)
    return rp_fail(err, RP_E_USAGE,
                   "patch: expected 1 to %d, the rows or columns of the image, "
                   "found %d",
                   most, job->patch);
  setup->patch = (rp_patch){job->patch, net->dims[0], net->dims[1],
                            net->n_dims == 3 ? net->dims[2] : 1};
  setup->targets = rp_patch_places(&setup->patch);
  return RP_OK;
}

static rp_status check_known(const rp_job *job, const rp_setup *setup,
                             rp_error *err) {
  if (setup->targets == 0 || !job->known) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "known answers are about samples, not about samples and "
                 "%s: expected none",
                 setup->patch.size ? "places of a patch" : "targets");
}

/* ---- samples and pairs ---- */

int64_t rp_setup_sample(const rp_setup *setup, int64_t subject) {
  return rp_pair_sample(subject, setup->targets);
}

int32_t rp_setup_label(const rp_setup *setup, int64_t subject) {
  return setup->data->label[rp_setup_sample(setup, subject)];
}

bool rp_setup_get_box(const rp_setup *setup, int64_t subject, int32_t radius,
                      uint8_t *lo, uint8_t *hi) {
  const int32_t n = setup->net->n_in;
  const int64_t sample = rp_setup_sample(setup, subject);
  const int32_t place = rp_pair_target(subject, setup->targets);
  const uint8_t *const x = setup->data->x + (size_t)sample * (size_t)n;
  int32_t outside;
  if (!setup->boxes && !setup->patch.size) return false;
  if (setup->norm == RP_NORM_L0 || radius > UINT8_MAX)
    radius = UINT8_MAX; /* one input may change by that */
  if (setup->boxes)
    (void)rp_boxes_get(setup->boxes, sample, x, radius, lo, hi, &outside);
  for (int32_t p = 0; p < n; p++) {
    if (!setup->boxes) {
      lo[p] = (uint8_t)(x[p] > radius ? x[p] - radius : 0);
      hi[p] = (uint8_t)(x[p] + radius < setup->net->in_hi ? x[p] + radius
                                                          : setup->net->in_hi);
    }
    if (setup->patch.size && !rp_patch_covers(&setup->patch, place, p))
      lo[p] = hi[p] = x[p];
  }
  return true;
}

bool rp_setup_has(const rp_setup *setup, int64_t subject) {
  return subject >= 0 && rp_setup_sample(setup, subject) < setup->data->n;
}

/* What the engine that was chosen can do. */
static rp_status check_norm(const rp_job *job, rp_error *err) {
  const rp_options *const options = &job->options;
  if (options->norm == RP_NORM_LINF || options->engine == RP_ENGINE_HULL)
    return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "norm %s: expected engine hull, which alone knows other norms "
                 "than linf, found %s",
                 rp_norm_name(options->norm), rp_engine_name(options->engine));
}

/* ---- plan ---- */

static int compare_queries(const void *left, const void *right) {
  const rp_question *const a = left, *const b = right;
  return rp_compare_questions(a->sample, a->radius, b->sample, b->radius);
}

/* How many questions there are about a sample: one, or one for each class but
 * its label, or for each place of the patch. Lists them if `to` is not NULL. */
static int64_t list_subjects(const rp_setup *setup, int64_t sample,
                             int64_t *to) {
  int64_t n = 0;
  if (setup->targets == 0) {
    if (to) *to = sample;
    return 1;
  }
  for (int32_t target = 0; target < setup->targets; target++) {
    if (!setup->patch.size && target == setup->data->label[sample]) continue;
    if (to) to[n] = rp_pair(sample, target, setup->targets);
    n++;
  }
  return n;
}

/* Samples become what is asked about them. */
static rp_status expand_samples(const rp_setup *setup, int64_t **index,
                                int64_t *count, rp_error *err) {
  int64_t total = 0, n = 0;
  for (int64_t i = 0; i < *count; i++)
    total += list_subjects(setup, (*index)[i], NULL);
  int64_t *const subject = rp_alloc((size_t)total, sizeof *subject);
  if (subject)
    for (int64_t i = 0; i < *count; i++)
      n += list_subjects(setup, (*index)[i], subject + n);
  free(*index);
  *index = subject;
  *count = n;
  return subject ? RP_OK
                 : rp_fail(err, RP_E_MEMORY, "no memory for %lld questions",
                           (long long)total);
}

/* The samples or pairs of a selection. */
static rp_status select_subjects(const rp_setup *setup, const char *selection,
                                 const rp_job_place *at, int64_t **index,
                                 int64_t *count, rp_error *err) {
  rp_error why = {""};
  RP_TRY(add_place(
      at, rp_selection_parse(selection, setup->data->n, index, count, &why),
      &why, err));
  return expand_samples(setup, index, count, err);
}

/* Fractions and L-infinity have been checked. */
static rp_status check_radii(const rp_setup *setup, const bool *is_meant,
                             rp_error *why) {
  const int32_t most = rp_radii_find_limit(setup->norm);
  for (int32_t r = most + 1; r <= RP_RADIUS_MAX; r++)
    if (is_meant[r])
      return rp_fail(why, RP_E_USAGE,
                     "radius %d: expected at most %d in the "
                     "norm %s",
                     r, most, rp_norm_name(setup->norm));
  return RP_OK;
}

/* The radii of a line, in ascending order, once each.
 *  @param radius  out, [RP_RADIUS_MAX] */
static rp_status list_radii(const rp_job_query *line, const rp_setup *setup,
                            int32_t *radius, int32_t *n, rp_error *err) {
  bool is_meant[RP_RADIUS_MAX + 1];
  /* With a box alone: the radius of the whole range. */
  const rp_radii any = {.n = 1, .item = {{1, 1, 1}}};
  const rp_radii *const radii = line->radii.n > 0 ? &line->radii : &any;
  rp_error why = {""};
  if (line->radii.n == 0 && setup->norm != RP_NORM_LINF)
    return rp_fail(err, RP_E_USAGE,
                   "norm %s: expected a radius beside the samples, as a box or "
                   "a patch has none in it",
                   rp_norm_name(setup->norm));
  RP_TRY(add_place(
      &line->radii_at,
      rp_radii_resolve(radii,
                       rp_radii_find_whole(setup->norm, setup->net->in_hi),
                       is_meant, &why),
      &why, err));
  RP_TRY(add_place(&line->radii_at, check_radii(setup, is_meant, &why), &why,
                   err));
  *n = 0;
  for (int32_t r = 1; r <= RP_RADIUS_MAX; r++)
    if (is_meant[r]) radius[(*n)++] = r;
  return RP_OK;
}

static rp_status add_queries(const rp_job_query *line, rp_setup *setup,
                             rp_error *err) {
  int32_t radius[RP_RADIUS_MAX], n_radii;
  int64_t *index, count;
  RP_TRY(list_radii(line, setup, radius, &n_radii, err));
  RP_TRY(select_subjects(setup, line->samples, &line->samples_at, &index,
                         &count, err));
  const int64_t before = setup->plan.n_queries;
  const size_t total = (size_t)before + (size_t)count * (size_t)n_radii;
  rp_question *const query = rp_realloc(setup->query, total, sizeof *query);
  if (!query) {
    free(index);
    return rp_fail(err, RP_E_MEMORY, "no memory for %zu queries", total);
  }
  setup->query = query;
  setup->plan.n_queries = (int64_t)total;
  rp_question *to = query + before;
  for (int64_t i = 0; i < count; i++)
    for (int32_t k = 0; k < n_radii; k++)
      *to++ = (rp_question){.sample = index[i], .radius = radius[k]};
  free(index);
  return RP_OK;
}

static void sort_queries(rp_setup *setup) {
  rp_question *const query = setup->query;
  const int64_t n = setup->plan.n_queries;
  if (n == 0) return;
  qsort(query, (size_t)n, sizeof *query, compare_queries);
  int64_t kept = 1;
  for (int64_t i = 1; i < n; i++)
    if (compare_queries(&query[i], &query[kept - 1])) query[kept++] = query[i];
  setup->plan.n_queries = kept;
}

/* No two inputs are further apart than this, so a radius beyond it would mean
 * nothing. */
static rp_status take_cap(const rp_job *job, rp_setup *setup, rp_error *err) {
  const rp_norm norm = job->options.norm;
  const int32_t in_hi = setup->net->in_hi;
  const int32_t most = rp_radii_find_most(norm, setup->net->n_in, in_hi);
  int32_t cap = most;
  rp_error why = {""};
  rp_status st = rp_radii_resolve_one(
      &job->radius_cap, rp_radii_find_whole(norm, in_hi), &cap, &why);
  if (st == RP_OK && cap > most)
    st =
        rp_fail(&why, RP_E_USAGE,
                "radius cap %d: expected 1 to %d, the greatest %s of network "
                "%s",
                cap, most, norm == RP_NORM_LINF ? "input" : "radius for inputs",
                setup->net->name);
  RP_TRY(add_place(&job->cap_at, st, &why, err));
  setup->plan.cap = cap;
  return RP_OK;
}

static rp_status plan_searches(const rp_job *job, rp_setup *setup,
                               rp_error *err) {
  if (!job->radius_samples) return RP_OK;
  RP_TRY(take_cap(job, setup, err));
  RP_TRY(select_subjects(setup, job->radius_samples, &job->search_at,
                         &setup->search, &setup->plan.n_searches, err));
  qsort(setup->search, (size_t)setup->plan.n_searches, sizeof *setup->search,
        rp_compare_int64);
  if (job->options.sample_limit < RP_NO_LIMIT_S)
    setup->plan.sample_limit_s = job->options.sample_limit;
  return RP_OK;
}

static rp_status check_label(const rp_setup *setup, int64_t subject,
                             rp_error *err) {
  return rp_dataset_check_label(setup->data, setup->net,
                                rp_setup_sample(setup, subject), err);
}

/* Of the samples that are asked for; others may have none. */
static rp_status check_labels(const rp_setup *setup, rp_error *err) {
  const rp_sched_plan *const plan = &setup->plan;
  for (int64_t i = 0; i < plan->n_queries; i++)
    RP_TRY(check_label(setup, setup->query[i].sample, err));
  for (int64_t i = 0; i < plan->n_searches; i++)
    RP_TRY(check_label(setup, setup->search[i], err));
  return RP_OK;
}

static rp_status check_box(const char *file, const rp_setup *setup,
                           int64_t subject, uint8_t *sides, rp_error *err) {
  const int32_t n_in = setup->net->n_in, base = setup->net->in_lo;
  const int64_t sample = rp_setup_sample(setup, subject);
  const uint8_t *const x = setup->data->x + (size_t)sample * (size_t)n_in;
  int32_t p;
  if (rp_boxes_get(setup->boxes, sample, x, 1, sides, sides + n_in, &p))
    return RP_OK;
  const size_t at = setup->boxes->n == 1 ? 0 : (size_t)sample * (size_t)n_in;
  return rp_fail(err, RP_E_INPUT,
                 "%.*s: box of sample %lld, input %d: expected lower <= sample "
                 "<= upper, found lower %d, sample %d, upper %d",
                 rp_text_fit(file, 200), file, (long long)sample, p,
                 base + setup->boxes->lo[at + (size_t)p], base + x[p],
                 base + setup->boxes->hi[at + (size_t)p]);
}

/* The samples asked about lie in their boxes. */
static rp_status check_boxes(const rp_job *job, const rp_setup *setup,
                             rp_error *err) {
  const rp_sched_plan *const plan = &setup->plan;
  rp_status st = RP_OK;
  if (!setup->boxes) return RP_OK;
  uint8_t *const sides = rp_alloc(2 * (size_t)setup->net->n_in, 1);
  if (!sides) return rp_fail(err, RP_E_MEMORY, "boxes: out of memory");
  for (int64_t i = 0; i < plan->n_queries && st == RP_OK; i++)
    st = check_box(job->box, setup, setup->query[i].sample, sides, err);
  for (int64_t i = 0; i < plan->n_searches && st == RP_OK; i++)
    st = check_box(job->box, setup, setup->search[i], sides, err);
  free(sides);
  return st;
}

/* Two jobs have the same digest if they ask the same samples and radii; the cap
 * of the searches is kept beside it. */
static rp_status hash_questions(rp_setup *setup, rp_error *err) {
  const rp_sched_plan *const plan = &setup->plan;
  rp_bytes wire = {0};
  rp_bytes_put(&wire, (uint64_t)plan->n_queries, 8);
  for (int64_t i = 0; i < plan->n_queries; i++) {
    rp_bytes_put(&wire, (uint64_t)plan->query[i].sample, 8);
    rp_bytes_put(&wire, (uint64_t)plan->query[i].radius, 4);
  }
  for (int64_t i = 0; i < plan->n_searches; i++)
    rp_bytes_put(&wire, (uint64_t)plan->search[i], 8);
  if (!wire.failed)
    rp_sha256_bytes(wire.data, wire.size, setup->questions_sha256);
  free(wire.data);
  return wire.failed ? rp_fail(err, RP_E_MEMORY, "job: out of memory") : RP_OK;
}

/* Every n-th sample of the job, from the shard's own number on: neighbours in a
 * dataset may be alike, so that runs of samples would be of unequal hardness.
 */
static void take_shard(const rp_job *job, rp_setup *setup) {
  rp_sched_plan *const plan = &setup->plan;
  int64_t q = 0, s = 0, queries = 0, searches = 0;
  for (int64_t at = 0; q < plan->n_queries || s < plan->n_searches; at++) {
    const bool kept = at % job->n_shards == job->shard - 1;
    int64_t sample = INT64_MAX;
    if (q < plan->n_queries)
      sample = rp_setup_sample(setup, setup->query[q].sample);
    if (s < plan->n_searches &&
        rp_setup_sample(setup, setup->search[s]) < sample)
      sample = rp_setup_sample(setup, setup->search[s]);
    for (; q < plan->n_queries &&
           rp_setup_sample(setup, setup->query[q].sample) == sample;
         q++)
      if (kept) setup->query[queries++] = setup->query[q];
    for (; s < plan->n_searches &&
           rp_setup_sample(setup, setup->search[s]) == sample;
         s++)
      if (kept) setup->search[searches++] = setup->search[s];
  }
  plan->n_queries = queries;
  plan->n_searches = searches;
}

/* Results name their inputs, for whoever checks them: not cut short, and not
 * with other characters. */
static rp_status check_names(const rp_job *job, rp_error *err) {
  const rp_provenance *const p = NULL;
  const struct {
    const char *what, *name;
    size_t size;
  } names[] = {
      {"network's file", job->network->file, sizeof p->network_file},
      {"dataset's file", job->dataset_file, sizeof p->dataset_file},
      {"file of labels", job->labels_file, sizeof p->labels_file},
      {"file of boxes", job->box, sizeof p->box_file},
      {"array of samples", job->x_name, sizeof p->x_name},
      {"array of labels", job->y_name, sizeof p->y_name},
  };
  for (size_t i = 0; i < sizeof names / sizeof *names && job->output; i++) {
    const char *const name = names[i].name ? names[i].name : "";
    bool can_be_kept = strlen(name) < names[i].size;
    for (const char *c = name; *c; c++)
      can_be_kept = can_be_kept && (unsigned char)*c >= 0x20 && *c != 0x7f;
    if (!can_be_kept)
      return rp_fail(err, RP_E_INPUT,
                     "name of the %s: results can hold at most %zu bytes and "
                     "no control characters, found %zu bytes, '%.60s'...",
                     names[i].what, names[i].size - 1, strlen(name), name);
  }
  return RP_OK;
}

rp_status rp_setup_load(const rp_job *job, rp_setup *setup, rp_error *err) {
  memset(setup, 0, sizeof *setup);
  RP_TRY(check_names(job, err));
  RP_TRY(read_network(job, setup, err));
  warn_of_evidence(job);
  RP_TRY(read_property(job, setup, err));
  RP_TRY(take_patch(job, setup, err));
  RP_TRY(check_known(job, setup, err));
  RP_TRY(check_norm(job, err));
  setup->norm = job->options.norm;
  if (!setup->condition) RP_TRY(rp_net_expect_classes(setup->net, err));
  RP_TRY(read_dataset(job, setup, err));
  if ((job->box || job->patch) && rp_norm_is_family(setup->norm))
    return rp_fail(err, RP_E_USAGE,
                   "%s: expected the norm linf, l1 or l0 beside it, found %s",
                   job->box ? "box" : "patch", rp_norm_name(setup->norm));
  if (job->box)
    RP_TRY(rp_boxes_read(job->box, setup->net, setup->data->n, &setup->boxes,
                         err));
  for (int32_t i = 0; i < job->n_queries; i++)
    RP_TRY(add_queries(&job->query[i], setup, err));
  sort_queries(setup);
  RP_TRY(plan_searches(job, setup, err));
  RP_TRY(check_labels(setup, err));
  RP_TRY(check_boxes(job, setup, err));
  rp_sched_plan *const plan = &setup->plan;
  plan->query = setup->query;
  plan->search = setup->search;
  plan->n_in = setup->net->n_in;
  if (plan->n_queries + plan->n_searches == 0)
    return rp_fail(err, RP_E_USAGE,
                   "the job asks for nothing: expected samples and radii to "
                   "verify, or samples to find the radius of");
  RP_TRY(hash_questions(setup, err));
  if (job->n_shards > 0) take_shard(job, setup);
  return RP_OK;
}

void rp_setup_free(rp_setup *setup) {
  rp_net_free(setup->net);
  rp_condition_free(setup->condition);
  rp_dataset_free(setup->data);
  rp_boxes_free(setup->boxes);
  free(setup->query);
  free(setup->search);
  memset(setup, 0, sizeof *setup);
}

/* ---- provenance ---- */

#define PUT_TEXT(field, text) rp_text_copy(field, sizeof(field), text)

void rp_setup_describe(const rp_setup *setup, const rp_job *job,
                       const char *history, int32_t ranks, int32_t threads,
                       rp_provenance *p) {
  PUT_TEXT(p->title, job->title);
  PUT_TEXT(p->network, setup->net->name);
  PUT_TEXT(p->network_file, job->network->file);
  PUT_TEXT(p->dataset_file, job->dataset_file);
  PUT_TEXT(p->labels_file, job->labels_file);
  PUT_TEXT(p->x_name, job->x_name);
  PUT_TEXT(p->y_name, job->y_name);
  PUT_TEXT(p->dataset_layout, setup->data->layout);
  PUT_TEXT(p->network_format, job->network->format);
  PUT_TEXT(p->dataset_format, job->dataset_format);
  PUT_TEXT(p->labels_sha256, setup->data->labels_sha256);
  PUT_TEXT(p->evidence, rp_keep_name(job->options.evidence));
  PUT_TEXT(p->network_sha256, setup->net->sha256);
  rp_class_names_join(setup->net, p->class_names, sizeof p->class_names);
  PUT_TEXT(p->network_profile, setup->net->profile);
  PUT_TEXT(p->source_sha256, setup->net->source_sha256);
  PUT_TEXT(p->dataset_sha256, setup->data->sha256);
  PUT_TEXT(p->job_sha256, job->sha256);
  PUT_TEXT(p->box_file, job->box);
  PUT_TEXT(p->box_sha256, setup->boxes ? setup->boxes->sha256 : "");
  PUT_TEXT(p->questions_sha256, setup->questions_sha256);
  if (job->n_shards > 0)
    snprintf(p->shard, sizeof p->shard, "%d/%d", job->shard, job->n_shards);
  const int64_t questions = setup->plan.n_queries + setup->plan.n_searches;
  p->questions = questions < INT32_MAX ? (int32_t)questions : INT32_MAX;
  PUT_TEXT(p->rule, rp_rule_name(setup->net->rule));
  PUT_TEXT(p->engine, rp_engine_name(job->options.engine));
  PUT_TEXT(p->history, history);
  p->ranks = ranks;
  p->threads = threads;
  p->n_in = setup->net->n_in;
  p->in_lo = setup->net->in_lo;
  p->in_hi = setup->net->in_hi;
  p->in_step = (double)setup->net->in_step;
  p->values = job->values;
  p->input_bits = job->network->input_bits;
  p->bits = job->network->bits;
  p->radius_cap = job->radius_samples ? setup->plan.cap : 0;
  p->targets = setup->targets;
  p->patch = setup->patch.size;
  p->options = job->options;
}
