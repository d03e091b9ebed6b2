/* rampart-check RESULTS: do the tables' claims follow?
 *
 * All reading and checking is done in child processes, each with a share of the
 * rows. A file that makes a library crash or spin ends a child, not the check:
 * that is a failure like any other. */
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
    "Checks every claim of a results file against its network and dataset.\n\n"
    "  --jobs N         processes that check (1)\n"
    "  --sample N       only rows of this sample\n"
    "  --network FILE   in place of the file that the results name; likewise\n"
    "                   --dataset, --labels, --proofs (RESULTS.proofs)\n\n"
    "Exit status: 0 all claims hold; 1 one does not, a line each; 2 wrong\n"
    "command line or input; 3 not everything came with evidence.\n";

/* What is counted. */
enum { PROVED, REFUTED, MISCLASSIFIED, OPEN, BARE, FALSE, NODES, BYTES, N };

typedef struct task {
  const char *file;
  char (*by)[512]; /* files named on the command line */
  int64_t sample;  /* -1: all */
  int64_t jobs;
} task;

/* What was read, and the row at hand with its sample. */
typedef struct claim {
  net net;
  dataset data;
  results results;
  long long n[N];
  const row *row;
  bool search;
  int32_t *x; /* [net.n_in] */
  int32_t label, class;
} claim;

static void fails(claim *q, const char *why) {
  q->n[FALSE]++;
  printf("%s, sample %lld, %s %lld: %s\n", q->search ? "/radii" : "/queries",
         (long long)q->row->sample, q->search ? "lo" : "radius",
         (long long)q->row->radius, why);
}

static bool wants(claim *q, const char *what) {
  return !strcmp(q->results.text[S_evidence], what);
}

/* The row's sample, its label, and what the network says. */
static bool known(claim *q) {
  const dataset *d = &q->data;
  const int64_t i = q->row->sample, label = q->row->label;
  if (i < 0 || i >= d->n || d->label[i] != label || label < 0 ||
      label >= q->net.n_out)
    return false;
  for (int64_t p = 0; p < d->dim; p++) q->x[p] = (int32_t)d->x[i * d->dim + p];
  q->label = (int32_t)label;
  q->class = rp_check_predict(&q->net, q->x);
  return true;
}

/* The distance of the row's counterexample; 0: it is none. */
static int64_t refuted_at(claim *q) {
  const results *r = &q->results;
  const int32_t n_in = q->net.n_in;
  int32_t *x = rp_check_alloc((size_t)n_in, sizeof *x), most = 0;
  const int64_t at = q->row->counterexample;
  bool good = at < r->n_examples;
  for (int32_t p = 0; good && p < n_in; p++) {
    x[p] = r->example[at * n_in + p];
    if (abs(x[p] - q->x[p]) > most) most = abs(x[p] - q->x[p]);
    good = x[p] <= q->net.in_hi;
  }
  q->n[REFUTED]++;
  if (!good || rp_check_predict(&q->net, x) == q->label) most = 0;
  free(x);
  return most;
}

/* One accepted proof at the radius or a greater one is enough. */
static void is_proved(claim *q) {
  rp_error why = {"no proof of it"};
  const block *b;
  blob packed, plain;
  int64_t from = 0, nodes;
  rp_status st = RP_E_INPUT;
  while (st != RP_OK &&
         (b = rp_check_next_proof(&q->results, q->row->sample, q->row->radius,
                                  &from, &packed)) != NULL) {
    st = rp_check_inflate(packed, b->plain_size, &plain, &why);
    if (st == RP_OK) {
      st = rp_check_proof(&q->net, q->x, q->label, (int32_t)b->key[1],
                          plain.bytes, plain.size, &nodes, &why);
      q->n[NODES] += nodes;
      q->n[BYTES] += (long long)packed.size;
      free(plain.bytes);
    }
    free(packed.bytes);
  }
  if (st == RP_OK)
    q->n[PROVED]++;
  else if (from == 0 && !wants(q, "full"))
    q->n[BARE]++;
  else
    fails(q, why.text);
}

static void check_query(claim *q) {
  const row *r = q->row;
  if (!strcmp(r->verdict, "robust")) {
    is_proved(q);
  } else if (!strcmp(r->verdict, "unknown")) {
    q->n[OPEN]++;
  } else if (strcmp(r->verdict, "violated") != 0) {
    fails(q, "a verdict that cannot be");
  } else if (r->counterexample < 0 && wants(q, "none")) {
    q->n[BARE]++;
  } else if (r->counterexample < 0 || r->distance < 1 ||
             r->distance > r->radius || refuted_at(q) != r->distance) {
    fails(q, "no counterexample at its distance");
  }
}

/* Proof at lo, counterexample at hi + 1, or hi is the cap. */
static void check_search(claim *q) {
  const row *r = q->row;
  const int64_t cap = q->results.whole[S_radius_cap];
  const bool closed = r->radius == r->hi;
  if (r->radius < 0 || r->hi < r->radius || r->hi > cap ||
      strcmp(r->verdict, closed ? "robust" : "unknown") != 0) {
    fails(q, "lo, hi and verdict cannot be");
    return;
  }
  if (r->radius > 0) is_proved(q);
  if (r->counterexample < 0 && r->hi != cap && wants(q, "none"))
    q->n[BARE]++;
  else if (r->counterexample < 0 ? r->hi != cap : refuted_at(q) != r->hi + 1)
    fails(q, "no counterexample at hi + 1, and hi is not the cap");
  q->n[OPEN] += !closed;
}

/* Samples of unknown rows may never have been looked at. */
static void check_row(claim *q) {
  const row *r = q->row;
  const bool wrong = !strcmp(r->verdict, "misclassified");
  if (!known(q) || (!q->search && (r->radius < 1 || r->radius > 255)))
    fails(q, "no such sample, label or radius");
  else if ((strcmp(r->verdict, "unknown") && wrong != (q->class != q->label)) ||
           (wrong && q->search && (r->radius != -1 || r->hi != -1)))
    fails(q, "whether it is misclassified is told wrongly");
  else if (wrong)
    q->n[MISCLASSIFIED]++;
  else if (q->search)
    check_search(q);
  else
    check_query(q);
}

/* ---- processes ---- */

static int check_share(const task *t, int64_t share, claim *q) {
  const struct rlimit some_time = {60, RLIM_INFINITY};
  const struct rlimit any_time = {RLIM_INFINITY, RLIM_INFINITY};
  const results *r = &q->results;
  rp_error err = {""};
  (void)setrlimit(RLIMIT_CPU, &some_time);
  rp_status st = rp_check_results(t->file, t->by, &q->results, &err);
  if (st == RP_OK) st = rp_check_network(r, &q->net, &err);
  if (st == RP_OK) st = rp_check_dataset(r, &q->net, &q->data, &err);
  (void)setrlimit(RLIMIT_CPU, &any_time);
  if (st != RP_OK && share == 0)
    fprintf(stderr, "rampart-check: %s\n", err.text);
  if (st != RP_OK) return BAD_INPUT;
  q->x = rp_check_alloc((size_t)q->net.n_in, sizeof *q->x);
  for (int64_t i = share; i < r->n_queries + r->n_searches; i += t->jobs) {
    q->search = i >= r->n_queries;
    q->row = q->search ? &r->search[i - r->n_queries] : &r->query[i];
    if (t->sample < 0 || q->row->sample == t->sample) check_row(q);
  }
  return 0;
}

static pid_t begin(const task *t, int64_t share, int *from) {
  int ends[2];
  fflush(stdout);
  if (pipe(ends) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    claim *q = rp_check_alloc(1, sizeof *q);
    const int status = check_share(t, share, q);
    fflush(stdout);
    _exit(write(ends[1], q->n, sizeof q->n) == sizeof q->n ? status : FAILED);
  }
  close(ends[1]);
  *from = ends[0];
  return child;
}

/* Counts are shorter than a pipe's buffer: they come whole or not at all. */
static int add_share(pid_t child, int from, const char *file, long long *sum) {
  long long own[N];
  int status = 0;
  const bool whole = child > 0 && read(from, own, sizeof own) == sizeof own;
  if (child > 0) waitpid(child, &status, 0);
  for (int i = 0; whole && i < N; i++) sum[i] += own[i];
  if (whole) return WEXITSTATUS(status);
  fprintf(stderr,
          "rampart-check: %s: reading or checking it crashes or does not end: "
          "damaged files\n",
          file);
  return FAILED;
}

static int run(const task *t) {
  pid_t child[MOST_JOBS];
  int from[MOST_JOBS], status = 0;
  long long s[N] = {0};
  for (int64_t k = 0; k < t->jobs; k++) child[k] = begin(t, k, &from[k]);
  for (int64_t k = 0; k < t->jobs; k++) {
    const int own = add_share(child[k], from[k], t->file, s);
    if (own) status = own;
  }
  if (status) return status;
  printf("%s: %lld robust proved (%lld nodes, %lld bytes), %lld refuted, %lld "
         "misclassified, %lld open, %lld without evidence, %lld FAILED\n",
         t->file, s[PROVED], s[NODES], s[BYTES], s[REFUTED], s[MISCLASSIFIED],
         s[OPEN], s[BARE], s[FALSE]);
  return s[FALSE] ? FAILED : s[BARE] ? UNPROVED : 0;
}

int main(int argc, char **argv) {
  static char by[N_TEXTS + 1][512];
  task t = {.by = by, .sample = -1, .jobs = 1};
  static const struct option options[] = {{"network", 1, NULL, S_network_file},
                                          {"dataset", 1, NULL, S_dataset_file},
                                          {"labels", 1, NULL, S_labels_file},
                                          {"proofs", 1, NULL, S_proofs_file},
                                          {"jobs", 1, NULL, 'j'},
                                          {"sample", 1, NULL, 's'},
                                          {"help", 0, NULL, 'h'},
                                          {0}};
  bool good = true;
  char *rest = (char[]){""};
  for (int c; (c = getopt_long(argc, argv, "j:h", options, NULL)) != -1;) {
    if (c == 'h') return fputs(usage, stdout) < 0;
    if (c <= S_proofs_file) snprintf(by[c], sizeof by[c], "%s", optarg);
    if (c == 'j') t.jobs = strtoll(optarg, &rest, 10);
    if (c == 's') t.sample = strtoll(optarg, &rest, 10);
    good = good && c != '?' && !*rest && t.jobs > 0 && t.jobs <= MOST_JOBS &&
           (c != 's' || t.sample >= 0);
  }
  if (!good || optind + 1 != argc) {
    fprintf(stderr, "rampart-check: expected options and one results file; "
                    "see --help\n");
    return BAD_INPUT;
  }
  t.file = argv[optind];
  return run(&t);
}
