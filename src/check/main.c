/* rampart-check RESULTS: the command line, and the processes that check.
 *
 * All reading and checking is done in child processes, each a share of the
 * rows. A file that makes a library crash or spin ends a child, not the check:
 * that is a failure like any other. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { MOST_JOBS = 256, FAILED = 1, BAD_INPUT = 2, UNPROVED = 3 };

static const char usage[] =
    "usage: rampart-check [OPTION]... RESULTS\n\n"
    "Checks every claim of a results file: the network and the dataset are "
    "read\n"
    "again (their SHA-256 must be the recorded ones), every counterexample is\n"
    "replayed, every proof is checked in whole numbers.\n\n"
    "  --jobs N         processes that check (1)\n"
    "  --sample N       only rows of this sample\n"
    "  --network FILE   in place of the file that the results name;\n"
    "  --dataset FILE   likewise\n"
    "  --labels FILE    likewise\n"
    "  --proofs FILE    proofs (RESULTS.proofs)\n"
    "  --help           this text\n\n"
    "Exit status: 0 every claim holds; 1 one does not, a line each; 2 wrong\n"
    "command line or unusable input; 3 nothing is wrong, but robust verdicts\n"
    "came without proof.\n";

typedef struct task {
  const char *file;
  sources sources;
  int64_t sample; /* -1: all */
  int32_t jobs;
} task;

/* What a child says at its end. */
typedef struct report {
  rp_status status;
  rp_error error;
  totals totals;
} report;

static void run_share(const task *t, int32_t share, report *r) {
  claims *c = calloc(1, sizeof *c);
  r->status = RP_E_MEMORY;
  if (!c) return;
  const struct rlimit no_core = {0, 0}, some_time = {600, RLIM_INFINITY};
  const struct rlimit any_time = {RLIM_INFINITY, RLIM_INFINITY};
  (void)setrlimit(RLIMIT_CORE, &no_core);
  (void)setrlimit(RLIMIT_CPU, &some_time); /* HDF5 may spin on damage */
  r->status = rp_check_load(t->file, &t->sources, c, &r->error);
  (void)setrlimit(RLIMIT_CPU, &any_time);
  const int64_t n = c->results.n_queries + c->results.n_radii;
  for (int64_t i = share; r->status == RP_OK && i < n; i += t->jobs) {
    const int64_t q = i - c->results.n_queries;
    const int64_t sample =
        q < 0 ? c->results.query[i].sample : c->results.radius[q].sample;
    if (t->sample < 0 || sample == t->sample) rp_check_row(c, i);
  }
  r->totals = c->totals;
  rp_check_unload(c);
  free(c);
}

static pid_t begin(const task *t, int32_t share, int *end) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    report r = {.status = RP_OK};
    run_share(t, share, &r);
    fflush(stdout);
    _exit(write(ends[1], &r, sizeof r) == sizeof r ? 0 : 1);
  }
  close(ends[1]);
  *end = ends[0];
  return child;
}

static bool finish(pid_t child, int end, report *r) {
  size_t got = 0;
  for (ssize_t n = 1; got < sizeof *r && n != 0;) {
    n = read(end, (char *)r + got, sizeof *r - got);
    if (n < 0 && errno != EINTR) break;
    if (n > 0) got += (size_t)n;
  }
  close(end);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return got == sizeof *r;
}

static void add(totals *to, const totals *from) {
  int64_t *a = (int64_t *)to;
  const int64_t *b = (const int64_t *)from;
  for (size_t i = 0; i < sizeof *to / sizeof *a; i++) a[i] += b[i];
}

static int conclude(const task *t, const totals *s) {
  printf("%s: %lld robust proved (%lld nodes, %lld bytes), %lld refuted and "
         "replayed, %lld misclassified, %lld open, %lld without evidence: ",
         t->file, (long long)s->proved, (long long)s->nodes,
         (long long)s->bytes, (long long)s->refuted, (long long)s->wrong_class,
         (long long)s->open, (long long)s->unproved);
  if (s->failed == 0)
    printf(s->unproved ? "nothing wrong, not all proved\n" : "all hold\n");
  else
    printf("%lld FAILED\n", (long long)s->failed);
  return s->failed ? FAILED : s->unproved ? UNPROVED : 0;
}

static int run(const task *t) {
  pid_t child[MOST_JOBS];
  int end[MOST_JOBS];
  totals sum = {0};
  int status = 0;
  for (int32_t k = 0; k < t->jobs; k++) child[k] = begin(t, k, &end[k]);
  for (int32_t k = 0; k < t->jobs; k++) {
    report r;
    if (child[k] < 0 || !finish(child[k], end[k], &r)) {
      if (status == 0)
        fprintf(stderr,
                "rampart-check: %s: checking it crashed or did not "
                "end: damaged files\n",
                t->file);
      status = FAILED;
    } else if (r.status != RP_OK) {
      if (status == 0) fprintf(stderr, "rampart-check: %s\n", r.error.text);
      status = BAD_INPUT;
    } else {
      add(&sum, &r.totals);
    }
  }
  return status ? status : conclude(t, &sum);
}

static bool whole(const char *text, int64_t most, int64_t *value) {
  char *end;
  errno = 0;
  *value = strtoll(text, &end, 10);
  return *text && !*end && !errno && *value >= 0 && *value <= most;
}

int main(int argc, char **argv) {
  static const struct option options[] = {
      {"jobs", required_argument, NULL, 'j'},
      {"sample", required_argument, NULL, 's'},
      {"network", required_argument, NULL, 'n'},
      {"dataset", required_argument, NULL, 'd'},
      {"labels", required_argument, NULL, 'l'},
      {"proofs", required_argument, NULL, 'p'},
      {"help", no_argument, NULL, 'h'},
      {0}};
  static task t = {.sample = -1, .jobs = 1};
  for (int c; (c = getopt_long(argc, argv, "j:h", options, NULL)) != -1;) {
    int64_t value = 1;
    char *text = c == 'n'   ? t.sources.network
                 : c == 'd' ? t.sources.dataset
                 : c == 'l' ? t.sources.labels
                 : c == 'p' ? t.sources.proofs
                            : NULL;
    if (c == 'h') return fputs(usage, stdout) < 0;
    if (text) snprintf(text, 512, "%s", optarg);
    if (c == '?' ||
        (c == 'j' && (!whole(optarg, MOST_JOBS, &value) || value < 1)) ||
        (c == 's' && !whole(optarg, INT64_MAX, &t.sample))) {
      fprintf(stderr, "rampart-check: wrong option; see --help\n");
      return BAD_INPUT;
    }
    if (c == 'j') t.jobs = (int32_t)value;
  }
  if (optind + 1 != argc) {
    fprintf(stderr, "rampart-check: expected one results file; see --help\n");
    return BAD_INPUT;
  }
  t.file = argv[optind];
  return run(&t);
}
