/* Benchmark: the default engine beside what else could be given the queries.
 *
 * Baselines: QVIP's encoding (onehot) and the compact integer encoding, whole
 * to GLPK and whole to Cbc (skipped, and said so, where there is no command
 * `cbc`). All have the same limit of wall time and one thread. The default list
 * is short ranges of samples at the radii where baselines still decide
 * something; it takes 15 minutes. One neighbour was left out for its five
 * minutes: P1-6 104@1, which nobody here decides in 60 s.
 *
 * CPU seconds: of this process for what runs in it (building the program
 * included), of the child for Cbc (reading the file included, writing it not).
 * What takes less than 0.1 s is asked again until 0.1 s or 1000 repetitions are
 * spent, and the mean counts; the verifier is made once a network, for every
 * engine alike. Repeating warms the caches, which is worth more to the default
 * engine; so the ratio of the first askings is given too, with the caches as
 * the slowest contestant left them. Ratios are geometric means of a baseline's
 * time over that of the default engine: over the queries the baseline solves;
 * over the others, where its time at the limit makes them lower bounds; over
 * all.
 *
 * A counterexample counts once the plain reference pass replays it. Whoever
 * claims robust against one is named, and ends the benchmark with exit status
 * 1; such a claim is not a solution. So does an engine whose counterexample
 * does not replay; a solver's point that does not is a failure of its
 * tolerances.
 *
 *   bench_baselines [--time-limit S] [NETWORK:FROM-TO@RADIUS]...
 *
 * Needs the public networks and datasets of ../shared (RAMPART_SHARED). */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_networks.h"
#include "bound/region.h"
#include "cbc.h"

static const char default_list[] =
    "digits:100-107@1 digits:100-103@4 P1-4:100-103@1 P1-4:100-104@2 "
    "P1-6:0-3@1 P1-6:100-104@2 P4-6:0-3@1 P3-4:100-101@1 P3-6:0-0@1";

enum { MOST_REPETITIONS = 1000, MOST_INPUTS = 4096 };
static const double repeated_s = 0.1;

typedef enum contestant {
  HULL,
  ONEHOT,
  COMPACT,
  CBC_ONEHOT,
  CBC_COMPACT,
  N_CONTESTANTS,
  N_ENGINES = CBC_ONEHOT
} contestant;

static const char *const names[N_CONTESTANTS] = {
    "hull", "onehot", "compact", "Cbc on onehot", "Cbc on compact"};

typedef enum finding { OPEN, FAILED, ROBUST, POINT } finding;

/* What a contestant says to one query, and at what cost. */
typedef struct result {
  finding found;
  bool by_intervals;
  double cpu, first_cpu; /* mean; of the first asking */
} result;

/* Ratios of one baseline over some of the queries. */
typedef struct ratios {
  int32_t n, solved;
  double log_solved, log_first, log_open; /* sums */
  double least, greatest;                 /* of the solved */
} ratios;

typedef struct bench {
  rp_options options;
  bool with_cbc;
  bench_network network;
  rp_verifier *verifier[N_ENGINES];
  rp_region *ball;
  uint8_t witness[MOST_INPUTS];
  ratios all[N_CONTESTANTS], hard[N_CONTESTANTS]; /* beyond intervals */
  int64_t wrong;
} bench;

static void unload(bench *b) {
  for (int e = 0; e < N_ENGINES; e++) {
    rp_verifier_free(b->verifier[e]);
    b->verifier[e] = NULL;
  }
  rp_region_free(b->ball);
  b->ball = NULL;
  bench_unload(&b->network);
}

static void load(bench *b, const char *name) {
  static const rp_engine engines[N_ENGINES] = {RP_ENGINE_HULL, RP_ENGINE_ONEHOT,
                                               RP_ENGINE_COMPACT};
  rp_error err;
  if (bench_is_loaded(&b->network, name)) return;
  unload(b);
  bench_load(&b->network, name);
  if (b->network.net->n_in > MOST_INPUTS) bench_fail("too many inputs");
  if (rp_region_create(b->network.net, &b->ball)) bench_fail("out of memory");
  for (int e = 0; e < N_ENGINES; e++) {
    b->options.engine = engines[e];
    if (rp_verifier_create(b->network.net, &b->options, &b->verifier[e], &err))
      bench_fail(err.text);
  }
}

/* -------------------------------------------------------- one contestant */

static result ask_engine(bench *b, contestant who, const rp_question *query) {
  rp_answer answer;
  rp_verify(b->verifier[who], query, NULL, b->witness, &answer);
  result r = {OPEN, answer.evidence == RP_EVIDENCE_INTERVAL, answer.cpu_seconds,
              0};
  if (answer.verdict == RP_VIOLATED)
    r.found = POINT;
  else if (answer.verdict == RP_ROBUST || answer.reason == RP_REASON_SOLVER)
    r.found = ROBUST;
  else if (answer.reason != RP_REASON_TIME)
    r.found = FAILED;
  return r;
}

static result ask_cbc(bench *b, contestant who, const rp_question *query) {
  static const finding findings[] = {[RP_INTEGER_CLAIMS_ROBUST] = ROBUST,
                                     [RP_INTEGER_POINT] = POINT,
                                     [RP_INTEGER_LIMIT] = OPEN,
                                     [RP_INTEGER_FAILED] = FAILED};
  const rp_net *net = b->network.net;
  rp_region_ball(net, query->x, query->radius, b->ball);
  const rp_integer_query program = {who == CBC_ONEHOT ? RP_INTEGER_ONEHOT
                                                      : RP_INTEGER_COMPACT,
                                    net,
                                    b->ball->x_lo,
                                    b->ball->x_hi,
                                    query->label,
                                    1};
  result r = {0};
  r.found =
      findings[cbc_ask(&program, b->options.time_limit, b->witness, &r.cpu)];
  return r;
}

static result ask_once(bench *b, contestant who, const rp_question *query) {
  result r =
      who < N_ENGINES ? ask_engine(b, who, query) : ask_cbc(b, who, query);
  if (r.found == POINT && !bench_replays(b->network.net, query, b->witness)) {
    printf("%s: its point does not replay\n", names[who]);
    r.found = FAILED;
    b->wrong += who < N_ENGINES; /* which replay what they report */
  }
  return r;
}

/* The mean of as many repetitions as it takes to measure it. */
static result ask(bench *b, contestant who, const rp_question *query) {
  result r = ask_once(b, who, query);
  double sum = r.first_cpu = r.cpu;
  int32_t n = 1;
  for (; sum < repeated_s && n < MOST_REPETITIONS; n++)
    sum += ask_once(b, who, query).cpu;
  r.cpu = sum / n;
  return r;
}

/* ------------------------------------------------------------- one query */

static void count(ratios *t, const result *baseline, const result *hull) {
  const double ratio = baseline->cpu / hull->cpu;
  t->n++;
  if (baseline->found != ROBUST && baseline->found != POINT) {
    t->log_open += log(ratio);
    return;
  }
  t->least = t->solved ? fmin(t->least, ratio) : ratio;
  t->greatest = t->solved ? fmax(t->greatest, ratio) : ratio;
  t->solved++;
  t->log_solved += log(ratio);
  t->log_first += log(baseline->first_cpu / hull->first_cpu);
}

/* A claim against a replayed counterexample is wrong and no solution. */
static void judge(bench *b, int32_t n, result *results) {
  int32_t finder = -1;
  for (int32_t who = 0; who < n && finder < 0; who++)
    if (results[who].found == POINT) finder = who;
  for (int32_t who = 0; who < n && finder >= 0; who++) {
    if (results[who].found != ROBUST) continue;
    printf("CONTRADICTION: %s claims robust, a counterexample of %s replays\n",
           names[who], names[finder]);
    results[who].found = FAILED;
    b->wrong++;
  }
}

static void print_query(const bench *b, int64_t sample, int32_t radius,
                        int32_t n, const result *results) {
  static const char *const words[] = {"open", "failed", "robust", "violated"};
  printf("%-6s %5lld @%d", b->network.name, (long long)sample, radius);
  for (int32_t who = 0; who < n; who++)
    printf(" | %-8s %10.5f", words[results[who].found], results[who].cpu);
  printf("%s\n", results[HULL].by_intervals ? " | intervals" : "");
  fflush(stdout);
}

static void run_query(bench *b, int64_t sample, int32_t radius) {
  const rp_question query = bench_query(&b->network, sample, radius);
  const int32_t n = b->with_cbc ? N_CONTESTANTS : N_ENGINES;
  int32_t prediction;
  if (rp_reference_predict(b->network.net, query.x, &prediction) ||
      prediction != query.label)
    return;
  result results[N_CONTESTANTS];
  for (int32_t who = 0; who < n; who++)
    results[who] = ask(b, (contestant)who, &query);
  judge(b, n, results);
  print_query(b, sample, radius, n, results);
  if (results[HULL].found != ROBUST && results[HULL].found != POINT) return;
  for (int32_t who = HULL + 1; who < n; who++) {
    count(&b->all[who], &results[who], &results[HULL]);
    if (!results[HULL].by_intervals)
      count(&b->hard[who], &results[who], &results[HULL]);
  }
}

/* --------------------------------------------------------------- all of it */

static void run_list(bench *b, const char *list) {
  while (*list) {
    bench_range range;
    list = bench_range_next(list, &range);
    load(b, range.network);
    for (int64_t sample = range.from; sample <= range.to; sample++)
      run_query(b, sample, range.radius);
  }
}

static double mean(double log_sum, int32_t n) {
  return n > 0 ? exp(log_sum / n) : NAN;
}

static void print_ratios(const bench *b, const char *what, const ratios *t) {
  printf("\n%s\n%-15s %8s %10s %10s %10s %10s %12s %12s\n", what, "baseline",
         "solved", "ratio", "first", "least", "greatest", "open: over",
         "all: over");
  for (int32_t who = HULL + 1; who < N_CONTESTANTS; who++) {
    const ratios *r = &t[who];
    if (who >= N_ENGINES && !b->with_cbc)
      printf("%-15s skipped: no command cbc\n", names[who]);
    else
      printf("%-15s %3d / %-3d %9.0f %10.0f %10.1f %10.0f %12.0f %12.0f\n",
             names[who], r->solved, r->n, mean(r->log_solved, r->solved),
             mean(r->log_first, r->solved), r->least, r->greatest,
             mean(r->log_open, r->n - r->solved),
             mean(r->log_solved + r->log_open, r->n));
  }
}

static void read_options(bench *b, int argc, char **argv) {
  static const struct option longs[] = {
      {"time-limit", required_argument, 0, 't'}, {0, 0, 0, 0}};
  rp_error err;
  rp_options_default(&b->options);
  b->options.threads = 1;
  b->options.time_limit = 60;
  int option;
  while ((option = getopt_long(argc, argv, "", longs, NULL)) != -1)
    if (option != 't')
      exit(2);
    else if (rp_options_set(&b->options, "time_limit", optarg, &err))
      bench_fail(err.text);
}

int main(int argc, char **argv) {
  static bench b;
  read_options(&b, argc, argv);
  bench_need_shared();
  b.with_cbc = cbc_is_installed();
  if (!b.with_cbc) printf("Cbc is skipped: there is no command cbc\n");
  printf("CPU seconds, limit %g s:", b.options.time_limit);
  for (int32_t who = 0; who < N_CONTESTANTS; who++) printf(" | %s", names[who]);
  printf("\n");
  if (optind == argc) run_list(&b, default_list);
  for (int i = optind; i < argc; i++) run_list(&b, argv[i]);
  print_ratios(&b, "all queries", b.all);
  print_ratios(&b, "queries that intervals alone do not decide", b.hard);
  printf("\nwrong answers: %lld\n", (long long)b.wrong);
  unload(&b);
  return b.wrong ? 1 : 0;
}
