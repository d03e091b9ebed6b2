/* A whole run, ranks and messages and files and all, on the fake engine:
 *   fake_cluster SCENARIO FOLDER
 * $FAKE_LOST_AFTER is the option lost_after, $FAKE_SLOW_WRITE how many seconds
 * writing the results takes more, which leaves the file $FAKE_MARK when it
 * begins, $FAKE_DIES a rank that is killed once MPI has started. Rank 0 prints
 * the tables as CSV without times, and the ranks' table, when the last task
 * ended and how many subproblems there were to standard error.
 * Exit status: 0, or 2 if the run could not start. */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cluster/cluster.h"
#include "core/rng.h"
#include "fake_engine.h"
#include "fake_job.h"
#include "run/replay.h"

/* What the fake engine finds is no counterexample of any network. */
bool rp_replay_confirms(const rp_setup *setup, int64_t sample, int32_t distance,
                        const uint8_t *x) {
  return setup && sample >= 0 && distance > 0 && x;
}

enum { SAMPLES = 100 };

typedef struct scenario {
  const char *name;
  const char *queried; /* samples, at radii 1, 3, 6 and 9; or NULL */
  const char *searched;
  int32_t slowest_ms;
  bool undecidable, endless;
} scenario;

static const scenario scenarios[] = {
    {"decidable", "0-79", "20-99", 4, false, false},
    {"tiny", "0-99", NULL, 0, false, false},
    {"undecidable", "0-49", "20-99", 2, true, false},
    {"endless", NULL, "0-5", 20, false, true},
    {"slow", "0-39", "60-79", 255, false, false},
    {"few", NULL, "60-61", 250, false, false},
    {"tail", "0-39", NULL, 20, false, false},
    {"sleeping", "0-39", "60-89", 90, false, false},
    {"losses", "0-19", "60-69", 255, false, false},
    {"kills", "0-74", "70-99", 12, false, false},
    {"missing", "0-99", "100", 1, false, false},
    {NULL, NULL, NULL, 0, false, false}};

static rp_status write_dataset(const scenario *s, const char *file,
                               rp_error *err) {
  FILE *const out = fopen(file, "w");
  if (!out) return rp_fail(err, RP_E_IO, "%s: cannot be written", file);
  rp_rng rng;
  rp_rng_init(&rng, 11);
  for (int i = 0; i < SAMPLES; i++) {
    const uint32_t ms = rp_rng_below(&rng, (uint32_t)s->slowest_ms + 1);
    const bool undecidable = s->undecidable && rp_rng_below(&rng, 3) == 0;
    /* In the tail: one sample's queries take six seconds each. */
    const int tenths = !strcmp(s->name, "tail") && i == 39 ? 60 : 0;
    fprintf(out, "%d,%u,%d,%u,%u,%d,%d,0,0\n", i % FAKE_N_OUT,
            s->endless ? 9 : rp_rng_below(&rng, 14),
            rp_rng_below(&rng, 10) == 0 && !s->endless && !tenths, ms,
            undecidable ? rp_rng_below(&rng, 256) : 0, s->endless, tenths);
  }
  return fclose(out) == 0 ? RP_OK : rp_fail(err, RP_E_IO, "%s: full?", file);
}

static rp_status make_job(const scenario *s, const char *folder, rp_job **job,
                          rp_error *err) {
  char file[512];
  RP_TRY(rp_job_create(job, err));
  rp_job *const j = *job;
  snprintf(file, sizeof file, "%s/net.h5", folder);
  j->network->file = strdup(file);
  /* Written once: no two HDF5 files are the same, nor their digests. */
  if (access(file, R_OK) != 0) RP_TRY(fake_write_network(file, err));
  snprintf(file, sizeof file, "%s/data.csv", folder);
  j->dataset_file = strdup(file);
  RP_TRY(write_dataset(s, file, err));
  snprintf(file, sizeof file, "%s/results.h5", folder);
  j->output = strdup(file);
  if (s->queried) {
    j->n_queries = 1;
    j->query = calloc(1, sizeof *j->query);
    j->query->samples = strdup(s->queried);
    if (!rp_radii_parse("9,1,6,3", 1, &j->query->radii)) return RP_E_INTERNAL;
  }
  const char *const lost_after = getenv("FAKE_LOST_AFTER");
  if (lost_after)
    RP_TRY(rp_options_set(&j->options, "lost_after", lost_after, err));
  if (s->searched) j->radius_samples = strdup(s->searched);
  j->radius_cap = (rp_radii){.n = 1, .item = {{12, 12, 0}}};
  return RP_OK;
}

typedef rp_status writer(const rp_results *results, const char *file,
                         const rp_file_step *before, rp_error *err);
/* The linker puts it in the place of rp_results_write_after. */
writer __real_rp_results_write_after, __wrap_rp_results_write_after;

rp_status __wrap_rp_results_write_after(const rp_results *results,
                                        const char *file,
                                        const rp_file_step *before,
                                        rp_error *err) {
  const char *const seconds = getenv("FAKE_SLOW_WRITE");
  if (seconds) {
    fake_leave_file(getenv("FAKE_MARK"));
    sleep((unsigned)atoi(seconds));
  }
  return __real_rp_results_write_after(results, file, before, err);
}

static void print_tables(const rp_results *r) {
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_query_row *const q = &r->query[i];
    printf("%lld,%d,%d,%s,%s,%s,%d,%lld\n", (long long)q->sample, q->label,
           q->radius, rp_verdict_name(q->verdict), rp_reason_name(q->reason),
           rp_evidence_name(q->evidence), q->distance,
           (long long)q->counterexample);
  }
  for (int64_t i = 0; i < r->n_radii; i++) {
    const rp_radius_row *const q = &r->radius[i];
    printf("%lld,%d,[%d,%d],%s,%s,%lld\n", (long long)q->sample, q->label,
           q->lo, q->hi, rp_verdict_name(q->verdict), rp_reason_name(q->reason),
           (long long)q->counterexample);
  }
  for (int64_t i = 0; i < r->n_ranks; i++) {
    const rp_rank_row *const k = &r->rank[i];
    fprintf(stderr,
            "rank %d: threads %d, tasks %lld, busy %.3f, queries %lld\n",
            k->rank, k->threads, (long long)k->tasks, k->busy_seconds,
            (long long)k->stats.queries);
  }
  double end_s = 0, busy_s = 0;
  int64_t subproblems = 0;
  for (int64_t i = 0; i < r->n_tasks; i++) {
    end_s = fmax(end_s, r->task[i].end_s);
    busy_s += r->task[i].end_s - r->task[i].begin_s;
    subproblems += r->task[i].piece > 0;
  }
  fprintf(stderr, "end %.3f busy %.3f subproblems %lld\n", end_s, busy_s,
          (long long)subproblems);
}

static int run_first(const scenario *s, const char *folder) {
  rp_error err = {""};
  rp_job *job = NULL;
  rp_results *results = NULL;
  rp_status st = make_job(s, folder, &job, &err);
  if (st == RP_OK)
    st = rp_cluster_run(job, "fake_cluster", RP_RUN_LIVE, &results, &err);
  rp_cluster_release(st);
  if (results) print_tables(results);
  if (st != RP_OK) fprintf(stderr, "fake_cluster: %s\n", err.text);
  rp_results_free(results);
  rp_job_free(job);
  return st == RP_OK ? 0 : 2;
}

/* Another rank; rank 0 lets it go where there is nothing to do. */
static int run_other(void) {
  rp_results *none;
  const rp_status st = rp_cluster_run(NULL, NULL, 0, &none, NULL);
  return st == RP_OK || st == RP_E_STOPPED ? 0 : 2;
}

static bool dies_before_the_first_task(void) {
  const char *const rank = getenv("FAKE_DIES");
  return rank && atoi(rank) == rp_cluster_rank();
}

int main(int argc, char **argv) {
  const scenario *s = scenarios;
  while (s->name && argc == 3 && strcmp(s->name, argv[1])) s++;
  if (argc != 3 || !s->name) {
    fprintf(stderr, "expected a scenario and a folder\n");
    return 2;
  }
  rp_error err = {""};
  rp_stop_install_handlers();
  if (rp_cluster_init(NULL, NULL, &err) != RP_OK) {
    fprintf(stderr, "fake_cluster: %s\n", err.text);
    return 2;
  }
  if (dies_before_the_first_task()) raise(SIGKILL);
  const int status =
      rp_cluster_rank() == 0 ? run_first(s, argv[2]) : run_other();
  rp_cluster_fini(status);
  return status;
}
