/* Benchmark: maximum radii of samples under a limit of CPU time a sample
 * (option sample_limit), without ranks around them.
 *
 * One line a sample: the radius or its ends, what was
 * published, CPU seconds, and the questions that were asked (radius, verdict,
 * seconds). A counterexample is replayed by the plain reference pass; a radius
 * that contradicts a published one ends the benchmark with exit status 1.
 *
 *   bench_radii [--limit S] [--cap R] [--set OPTION=VALUE] NETWORK [SAMPLES...]
 *
 * SAMPLES: a number or FROM-TO. Without them: those of QVIP's figure 7. The
 * summary leaves out samples that are misclassified. Needs RAMPART_SHARED. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench_networks.h"
#include "sched/radius.h"

enum { MOST_INPUTS = 4096 };

typedef struct bench {
  rp_options options;
  int32_t cap;
  bench_network network;
  FILE *known;
  int64_t samples, closed, wrong;
  int64_t misclassified, lo, hi; /* sums of the radii's ends */
  double cpu;
} bench;

/* The published radius; -1: none. */
static int32_t published(const bench *b, int64_t sample) {
  char line[256], network[32], radius[32];
  long long known;
  rewind(b->known);
  while (fgets(line, sizeof line, b->known))
    if (sscanf(line, "%31[^,],%lld,%31[^,]", network, &known, radius) == 3 &&
        !strcmp(network, b->network.name) && known == sample)
      return radius[0] == 'N' ? -1 : atoi(radius);
  return -1;
}

static void ask(bench *b, rp_verifier *verifier, int64_t sample, int32_t radius,
                rp_radius_search *search) {
  static uint8_t witness[MOST_INPUTS];
  rp_question query = bench_query(&b->network, sample, radius);
  query.cpu_limit_s = search->mark[radius].allowed_s;
  rp_answer answer;
  rp_verify(verifier, &query, NULL, witness, &answer);
  if (answer.verdict == RP_VIOLATED &&
      !bench_replays(b->network.net, &query, witness)) {
    printf("WRONG: %lld@%d does not replay\n", (long long)sample, radius);
    b->wrong++;
  }
  printf(" %d%c:%.2f", radius, rp_verdict_name(answer.verdict)[0],
         answer.cpu_seconds);
  fflush(stdout);
  rp_radius_answer(search, radius, &answer);
}

static bool is_classified(const bench *b, int64_t sample) {
  const rp_question query = bench_query(&b->network, sample, 0);
  int32_t prediction;
  if (rp_reference_predict(b->network.net, query.x, &prediction) != RP_OK)
    bench_fail("out of memory");
  return prediction == query.label;
}

static void run_sample(bench *b, int64_t sample) {
  rp_radius_search search;
  rp_verifier *verifier;
  rp_error err;
  if (!is_classified(b, sample)) {
    b->misclassified++;
    return;
  }
  if (rp_verifier_create(b->network.net, &b->options, &verifier, &err))
    bench_fail(err.text);
  if (!rp_radius_init(&search, b->cap, b->options.sample_limit))
    bench_fail("out of memory");
  printf("%5lld", (long long)sample);
  for (int32_t radius; (radius = rp_radius_next(&search)) > 0;)
    ask(b, verifier, sample, radius, &search);
  rp_verifier_free(verifier);
  const int32_t known = published(b, sample);
  const bool closed = search.lo == search.hi && !search.contradiction;
  printf(" | [%d, %d] %s, published %d, CPU %.2f s\n", search.lo, search.hi,
         closed ? "closed" : "open", known, search.used_s);
  fflush(stdout);
  b->samples++;
  b->closed += closed;
  b->cpu += search.used_s;
  b->lo += search.lo;
  b->hi += search.hi;
  if (search.contradiction ||
      (known >= 0 && (known < search.lo || known > search.hi))) {
    printf("WRONG: %lld\n", (long long)sample);
    b->wrong++;
  }
  rp_radius_fini(&search);
}

static void run_published(bench *b) {
  char line[256], network[32];
  long long sample;
  rewind(b->known);
  long at = 0;
  while (fgets(line, sizeof line, b->known)) {
    at = ftell(b->known);
    if (sscanf(line, "%31[^,],%lld", network, &sample) == 2 &&
        !strcmp(network, b->network.name))
      run_sample(b, sample);
    fseek(b->known, at, SEEK_SET);
  }
}

static void run_samples(bench *b, const char *text) {
  char *end;
  const int64_t from = strtoll(text, &end, 10);
  const int64_t to = *end == '-' ? strtoll(end + 1, &end, 10) : from;
  if (*end) bench_fail("expected SAMPLE or FROM-TO");
  for (int64_t sample = from; sample <= to; sample++) run_sample(b, sample);
}

static void set_option(bench *b, char *text) {
  rp_error err;
  char *equals = strchr(text, '=');
  if (!equals) bench_fail("--set takes NAME=VALUE");
  *equals = 0;
  if (rp_options_set(&b->options, text, equals + 1, &err)) bench_fail(err.text);
}

int main(int argc, char **argv) {
  bench b = {.cap = 64};
  rp_options_default(&b.options);
  b.options.sample_limit = 300;
  b.options.threads = 1;
  b.options.time_limit = 1e9;
  static const struct option longs[] = {{"limit", required_argument, 0, 'l'},
                                        {"cap", required_argument, 0, 'c'},
                                        {"set", required_argument, 0, 's'},
                                        {0, 0, 0, 0}};
  for (int o; (o = getopt_long(argc, argv, "", longs, NULL)) != -1;) {
    if (o == 'l')
      b.options.sample_limit = atof(optarg);
    else if (o == 'c')
      b.cap = atoi(optarg);
    else if (o == 's')
      set_option(&b, optarg);
    else
      return 2;
  }
  if (optind == argc) bench_fail("expected a network");
  bench_need_shared();
  bench_load(&b.network, argv[optind]);
  char file[1024];
  snprintf(file, sizeof file, "%s/qvip/published/figure7_P1-4.csv",
           bench_shared());
  b.known = fopen(file, "r");
  if (!b.known) bench_fail("no published radii");
  if (optind + 1 == argc) run_published(&b);
  for (int i = optind + 1; i < argc; i++) run_samples(&b, argv[i]);
  const double n = b.samples > 0 ? (double)b.samples : 1;
  printf("%lld samples, %lld misclassified, %lld closed, mean radius in [%.2f, "
         "%.2f], CPU %.1f s\n",
         (long long)b.samples, (long long)b.misclassified, (long long)b.closed,
         (double)b.lo / n, (double)b.hi / n, b.cpu);
  fclose(b.known);
  bench_unload(&b.network);
  return b.wrong ? 1 : 0;
}
