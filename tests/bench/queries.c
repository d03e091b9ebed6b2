/* Benchmark: fixed lists of queries, every verdict checked.
 *
 * Prints one line a query: verdict, CPU seconds, nodes, linear programs and
 * pivots, evaluations of the dual bound, where the time went; then a summary
 * of each suite. A counterexample is replayed by the plain reference pass and
 * its distance measured; a verdict that contradicts a published one, or a
 * robust verdict at a radius at which this run has a counterexample, ends the
 * benchmark with exit status 1.
 *
 *   bench_queries [--cpu-limit S] [--time-limit S] [--threads N] [--quiet]
 *                 SUITE...
 *   bench_queries P1-4:509@6 P3-6:100-149@2 ...
 *
 * Needs the public networks and datasets of ../shared (RAMPART_SHARED). */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "bench_networks.h"
#include "verify/verify.h"

/* Suites: space-separated ranges NETWORK:FROM-TO@RADIUS. */
typedef struct suite {
  const char *name, *ranges, *known;
} suite;

static const suite suites[] = {
    {"table2-mnist", "P1-6:0-99@1 P1-6:100-199@2 P1-6:200-299@3 P1-6:300-399@4",
     "table2.csv"},
    {"table2-fashion",
     "P4-6:0-99@1 P4-6:100-199@2 P4-6:200-249@3 P4-6:300-349@4", "table2.csv"},
    {"table3-middle",
     "P1-4:100-199@2 P1-4:300-399@4 P1-4:500-599@6 P1-4:900-999@10",
     "table3_P1-4.csv"},
    {"table3-large", "P1-4:1900-1999@20 P1-4:2900-2999@30", "table3_P1-4.csv"},
    {"first-light", "P1-4:100-124@2 P3-6:1900-1919@20", NULL},
    {"deep-2", "P3-4:100-149@2 P3-6:100-149@2 P3-8:100-149@2 P3-10:100-149@2",
     NULL},
    {"deep-4", "P3-4:300-349@4 P3-6:300-349@4", NULL},
    {"deep-6", "P3-4:500-549@6 P3-6:500-549@6", NULL},
    {"deep-large",
     "P3-4:1900-1949@20 P3-6:1900-1949@20 P3-4:2900-2949@30 "
     "P3-6:2900-2949@30",
     NULL},
    {"wide-bits",
     "P1-8:100-199@2 P1-8:300-399@4 P1-10:100-199@2 P1-10:300-399@4", NULL},
};

enum { MOST_QUERIES = 10000, MOST_SAMPLES = 10000 };

/* What is loaded at the moment, and what the run counts. */
typedef struct bench {
  rp_options options;
  bool quiet;
  bench_network network;
  rp_verifier *verifier;
  FILE *known;
  const char *known_dataset; /* first column wanted */
  int64_t count[RP_VERDICT_COUNT], wrong;
  double cpu, slowest;
  double each[MOST_QUERIES]; /* CPU seconds, misclassified samples left out */
  int64_t n_each;
  rp_stats stats;
  /* Of the loaded network's samples: the largest radius without and the
   * smallest distance of a counterexample; -1 if there is none yet. */
  int32_t robust[MOST_SAMPLES], violated[MOST_SAMPLES];
} bench;

static void load(bench *b, const char *name) {
  rp_error err;
  if (bench_is_loaded(&b->network, name)) return;
  rp_verifier_free(b->verifier);
  bench_load(&b->network, name);
  memset(b->robust, -1, sizeof b->robust);
  memset(b->violated, -1, sizeof b->violated);
  if (rp_verifier_create(b->network.net, &b->options, &b->verifier, &err))
    bench_fail(err.text);
}

/* The published verdict of a query, or RP_UNKNOWN. */
static rp_verdict published(bench *b, int64_t sample, int32_t radius) {
  if (!b->known) return RP_UNKNOWN;
  char line[256], dataset[64], verdict[32];
  long long known_sample;
  int known_radius;
  rewind(b->known);
  while (fgets(line, sizeof line, b->known))
    if (sscanf(line, "%63[^,],%lld,%d,%31[^,]", dataset, &known_sample,
               &known_radius, verdict) == 4 &&
        !strcmp(dataset, b->known_dataset) && known_sample == sample &&
        known_radius == radius)
      return !strcmp(verdict, "Robust")       ? RP_ROBUST
             : !strcmp(verdict, "Non-robust") ? RP_VIOLATED
                                              : RP_UNKNOWN;
  return RP_UNKNOWN;
}

/* Does an answer fit what this run has said about the sample before? */
static bool is_consistent(bench *b, int64_t sample, const rp_question *query,
                          const rp_answer *answer) {
  if (sample >= MOST_SAMPLES) return true;
  int32_t *robust = &b->robust[sample], *violated = &b->violated[sample];
  if (answer->verdict == RP_ROBUST && query->radius > *robust)
    *robust = query->radius;
  if (answer->verdict == RP_VIOLATED &&
      (*violated < 0 || answer->distance < *violated))
    *violated = answer->distance;
  return *violated < 0 || *robust < *violated;
}

static void check(bench *b, int64_t sample, const rp_question *query,
                  const rp_answer *answer, const uint8_t *witness) {
  const rp_verdict known = published(b, sample, query->radius);
  const bool decided =
      answer->verdict == RP_ROBUST || answer->verdict == RP_VIOLATED;
  bool wrong = decided && known != RP_UNKNOWN && known != answer->verdict;
  if (!is_consistent(b, sample, query, answer)) wrong = true;
  if (answer->verdict == RP_VIOLATED &&
      !bench_replays(b->network.net, query, witness))
    wrong = true;
  if (!wrong) return;
  b->wrong++;
  printf("WRONG: %s sample %lld radius %d: %s, published %s; this run: robust "
         "at %d, counterexample at %d\n",
         b->network.name, (long long)sample, query->radius,
         rp_verdict_name(answer->verdict), rp_verdict_name(known),
         b->robust[sample % MOST_SAMPLES], b->violated[sample % MOST_SAMPLES]);
}

static void run_query(bench *b, int64_t sample, int32_t radius) {
  static uint8_t witness[4096];
  rp_answer answer;
  const rp_question query = bench_query(&b->network, sample, radius);
  rp_verify(b->verifier, &query, NULL, witness, &answer);
  check(b, sample, &query, &answer, witness);
  b->count[answer.verdict]++;
  b->cpu += answer.cpu_seconds;
  if (answer.cpu_seconds > b->slowest) b->slowest = answer.cpu_seconds;
  if (answer.verdict != RP_MISCLASSIFIED && b->n_each < MOST_QUERIES)
    b->each[b->n_each++] = answer.cpu_seconds;
  rp_stats_merge(&b->stats, &answer.stats);
  if (b->quiet) return;
  const rp_stats *s = &answer.stats;
  printf("%-7s %5lld @%-2d %-13s %-8s %-7s cpu %8.3f nodes %6lld lp %6lld "
         "pivots %8lld dual %7lld exact %6lld attack %.3f bound %.3f lp %.3f\n",
         b->network.name, (long long)sample, radius,
         rp_verdict_name(answer.verdict), rp_evidence_name(answer.evidence),
         rp_reason_name(answer.reason), answer.cpu_seconds, (long long)s->nodes,
         (long long)s->lp_solves, (long long)s->lp_iterations,
         (long long)s->dual_evals, (long long)s->exact_evals,
         1e-9 * (double)s->attack_ns, 1e-9 * (double)s->bound_ns,
         1e-9 * (double)s->lp_ns);
  fflush(stdout);
}

/* The first range of a list; returns the rest. */
static const char *run_range(bench *b, const char *text) {
  bench_range range;
  const char *rest = bench_range_next(text, &range);
  load(b, range.network);
  b->known_dataset = b->known && !strcmp(b->network.name, "P1-4") ? "P1-4"
                     : b->network.fashion ? "fashion-mnist"
                                          : "mnist";
  for (int64_t sample = range.from; sample <= range.to; sample++)
    run_query(b, sample, range.radius);
  return rest;
}

static int compare_seconds(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double find_median(bench *b) {
  if (b->n_each == 0) return 0;
  qsort(b->each, (size_t)b->n_each, sizeof *b->each, compare_seconds);
  return b->each[b->n_each / 2];
}

static void run_ranges(bench *b, const char *name, const char *ranges,
                       const char *known) {
  char file[1024];
  memset(b->count, 0, sizeof b->count);
  memset(&b->stats, 0, sizeof b->stats);
  b->cpu = b->slowest = 0;
  b->n_each = 0;
  b->known = NULL;
  if (known) {
    snprintf(file, sizeof file, "%s/qvip/published/%s", bench_shared(), known);
    b->known = fopen(file, "r");
  }
  while (*ranges) ranges = run_range(b, ranges);
  if (b->known) fclose(b->known);
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const int64_t asked =
      b->count[RP_ROBUST] + b->count[RP_VIOLATED] + b->count[RP_UNKNOWN];
  printf("%s: %lld queries, %lld robust, %lld violated, %lld unknown, %lld "
         "misclassified; CPU %.2f s, median %.4f s, slowest %.3f s; nodes "
         "%lld, lp %lld, "
         "pivots %lld, dual %lld, aborts %lld; peak memory %ld MB\n",
         name, (long long)asked, (long long)b->count[RP_ROBUST],
         (long long)b->count[RP_VIOLATED], (long long)b->count[RP_UNKNOWN],
         (long long)b->count[RP_MISCLASSIFIED], b->cpu, find_median(b),
         b->slowest, (long long)b->stats.nodes, (long long)b->stats.lp_solves,
         (long long)b->stats.lp_iterations, (long long)b->stats.dual_evals,
         (long long)b->stats.lp_failures, usage.ru_maxrss / 1024);
}

static void run_argument(bench *b, const char *argument) {
  for (size_t i = 0; i < sizeof suites / sizeof *suites; i++)
    if (!strcmp(suites[i].name, argument)) {
      run_ranges(b, argument, suites[i].ranges, suites[i].known);
      return;
    }
  run_ranges(b, argument, argument,
             strstr(argument, "P1-4") ? "table3_P1-4.csv" : NULL);
}

int main(int argc, char **argv) {
  static bench b;
  rp_options_default(&b.options);
  b.options.threads = 1;
  b.options.time_limit = 1e9;
  b.options.cpu_limit = 60;
  enum { QUIET = 'q', SET = 's' };
  static const struct option longs[] = {
      {"quiet", no_argument, 0, QUIET},
      {"set", required_argument, 0, SET},
      {"time-limit", required_argument, 0, 't'},
      {"cpu-limit", required_argument, 0, 'c'},
      {"threads", required_argument, 0, 'n'},
      {"engine", required_argument, 0, 'e'},
      {0, 0, 0, 0}};
  rp_error err;
  int option;
  while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1) {
    rp_status status = RP_OK;
    char *equals;
    switch (option) {
    case QUIET:
      b.quiet = true;
      break;
    case 't':
      status = rp_options_set(&b.options, "time_limit", optarg, &err);
      break;
    case 'c':
      status = rp_options_set(&b.options, "cpu_limit", optarg, &err);
      break;
    case 'n':
      status = rp_options_set(&b.options, "threads", optarg, &err);
      break;
    case 'e':
      status = rp_options_set(&b.options, "engine", optarg, &err);
      break;
    case SET:
      equals = strchr(optarg, '=');
      if (!equals) bench_fail("--set takes NAME=VALUE");
      *equals = 0;
      status = rp_options_set(&b.options, optarg, equals + 1, &err);
      break;
    default:
      return 2;
    }
    if (status != RP_OK) bench_fail(err.text);
  }
  bench_need_shared();
  for (int i = optind; i < argc; i++) run_argument(&b, argv[i]);
  rp_verifier_free(b.verifier);
  bench_unload(&b.network);
  return b.wrong ? 1 : 0;
}
