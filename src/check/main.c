/* rampart-check RESULTS: checks every claim of the tables.
 *
 * All work is done in a child process, so that a file that makes a library
 * crash or loop is a failed check like any other. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/check.h"

static const char usage[] =
    "usage: rampart-check [OPTION]... RESULTS\n\n"
    "Checks every claim of a results file against its network and dataset.\n\n"
    "  --jobs N         number of threads (1)\n"
    "  --sample N       check only rows of this sample\n"
    "  --claims DIR     do not check: write the claims to this new folder, "
    "for\n"
    "                   rampart-verified-check (docs/claims.md)\n"
    "  --time-limit S   fail after this many seconds\n"
    "  --memory-limit N fail beyond N MiB (half of the machine's memory)\n"
    "  --network FILE   replaces the file that the results name; likewise\n"
    "                   --dataset, --labels, --proofs (RESULTS.proofs)\n\n"
    "Network and dataset must have the SHA-256 that the results name. Files\n"
    "that lack something, or contain something unknown or repeated, are\n"
    "refused. A robust row needs a proof, a violated row a counterexample, "
    "and\n"
    "a maximum radius a proof at lo and a counterexample at hi + 1. At the "
    "cap\n"
    "of the search there is no counterexample: such a radius is counted\n"
    "separately, as at least the cap. It is not checked whether the results\n"
    "contain all samples that somebody asked for, nor are times checked.\n\n"
    "Exit status: 0: all claims hold; 1: a claim does not hold (one line for\n"
    "each), or a limit was reached; 2: wrong command line or input; 3: "
    "nothing\n"
    "is wrong, but some claims came without evidence.\n";

/* The counts: proofs, counterexamples, rows. */
enum {
  PROVED,
  REFUTED,
  MISCLASSIFIED,
  OPEN,
  BARE,
  FALSE,
  CLOSED,
  AT_LEAST,
  WRITTEN,
  N
};

/* The options, the files read, and the present row with its sample. */
typedef struct claim {
  int64_t sample;     /* only this sample; -1: all */
  int64_t seconds;    /* time limit; 0: none */
  int64_t mebibytes;  /* of memory; 0: half of the machine's */
  const char *folder; /* write claims here; NULL: check them */
  results results;
  net net;
  array data, labels;
  long long *n; /* [N] counts */
  const row *row;
  bool search, is_next; /* in order after the previous row */
  int32_t *x;           /* [net.n_in] */
  int32_t label, class;
} claim;

/* Report that a claim failed. Evidence may be lacking unless it is `full`. */
static void report_failure(claim *q, bool lacks, const char *why) {
  const bool allowed = lacks && !q->results.full;
  q->n[allowed ? BARE : FALSE]++;
  if (allowed) return;
  printf("%s, sample %lld, %s %lld: %s\n", q->search ? "/radii" : "/queries",
         (long long)q->row->sample, q->search ? "lo" : "radius",
         (long long)q->row->lo, why);
}

/* Find the row's sample and label, and run the network on the sample. */
static bool find_sample(claim *q) {
  const int64_t i = q->row->sample, label = q->row->label;
  if (i < 0 || i >= q->data.n || q->labels.at[i] != label || label < 0 ||
      label >= q->net.n_out)
    return false;
  for (int32_t p = 0; p < q->net.n_in; p++)
    q->x[p] = (int32_t)q->data.at[i * q->net.n_in + p];
  q->label = (int32_t)label;
  q->class = rp_check_predict(&q->net, q->x);
  return true;
}

static bool is_verdict(const row *r, const char *verdict) {
  return !strcmp(r->verdict, verdict);
}

/* Write a claim of the present row. */
static void write_claim(claim *q, assertion a) {
  const row *table = q->search ? q->results.search : q->results.query;
  snprintf(a.name, sizeof a.name, "%s-%lld-%s", q->search ? "radii" : "queries",
           (long long)(q->row - table), a.verdict);
  a.sample = q->row->sample;
  a.label = q->label;
  a.n_in = q->net.n_in;
  a.x = q->x;
  rp_check_write_claim(q->folder, q->results.network_sha256, &a);
  q->n[WRITTEN]++;
}

/* One valid proof at the radius or a greater one suffices. */
static bool is_proved(const claim *q, stream *s, int64_t count, rp_error *why) {
  for (int64_t k = count - 1; k >= 0; k--)
    if (rp_check_proof(&q->net, q->x, q->label, s + k, count - k, why) == RP_OK)
      return true;
  return false;
}

/* Check that the sample is robust at the row's radius, or write that claim. */
static void take_robust(claim *q) {
  rp_error why = {"no proof of it"};
  int64_t count;
  stream *s = rp_check_read_streams(&q->results, q->row, &count);
  if (q->folder && (count > 0 || q->results.full))
    write_claim(q, (assertion){.verdict = "robust",
                               .radius = q->row->lo,
                               .streams = s,
                               .n_streams = count});
  else if (!q->folder && is_proved(q, s, count, &why))
    q->n[PROVED]++;
  else
    report_failure(q, true, why.text);
  while (count > 0) free(s[--count].plain.bytes);
  free(s);
}

static bool is_counterexample(const claim *q, const int64_t *at,
                              int64_t distance) {
  int32_t *x = rp_check_alloc((size_t)q->net.n_in, sizeof *x), most = 0;
  bool good = true;
  for (int32_t p = 0; p < q->net.n_in; p++) {
    good = good && at[p] >= 0 && at[p] <= q->net.in_hi;
    x[p] = good ? (int32_t)at[p] : 0;
    if (abs(x[p] - q->x[p]) > most) most = abs(x[p] - q->x[p]);
  }
  good = good && most == distance && rp_check_predict(&q->net, x) != q->label;
  free(x);
  return good;
}

/* Check that the row's counterexample is one, at exactly this distance, or
 * write that claim. */
static void take_violated(claim *q, int64_t distance) {
  const results *r = &q->results;
  const int64_t k = q->row->counterexample;
  const int64_t *at =
      k >= 0 && k < r->n_examples ? r->example + k * r->n_in : NULL;
  if (at && q->folder)
    write_claim(q, (assertion){.verdict = "violated",
                               .radius = distance,
                               .counterexample = at});
  else if (at && is_counterexample(q, at, distance))
    q->n[REFUTED]++;
  else
    report_failure(q, k < 0, "no counterexample at its distance");
}

/* Whether the values of a row are consistent. A search is closed or open, and
 * has no evidence. A query has one radius and any verdict, and a counterexample
 * only if violated. */
static bool is_consistent(const row *r, bool search, int64_t cap) {
  static const char reasons[] =
      "none time nodes memory numeric interrupted error solver";
  static const char evidence[] = "none replay interval dual tree solver";
  const bool violated = is_verdict(r, "violated");
  if (!rp_check_is_one_of(r->reason, reasons)) return false;
  if (search && is_verdict(r, "misclassified"))
    return r->lo == -1 && r->hi == -1;
  if (search)
    return r->lo >= 0 && r->lo <= r->hi && r->hi <= cap &&
           is_verdict(r, r->lo == r->hi ? "robust" : "unknown");
  return rp_check_is_one_of(r->evidence, evidence) &&
         rp_check_is_one_of(r->verdict,
                            "robust unknown misclassified violated") &&
         r->lo >= 1 && r->lo <= 255 &&
         (violated ? r->distance >= 1 && r->distance <= r->lo
                   : r->counterexample < 0 && r->distance == 0);
}

/* What is wrong with a row; NULL: nothing. An open row does not claim that its
 * sample is classified correctly, because the run may have ended before it was
 * tested. */
static const char *find_fault(claim *q) {
  const bool wrong = is_verdict(q->row, "misclassified");
  if (!q->is_next) return "is repeated or out of order";
  if (!is_consistent(q->row, q->search, q->results.cap))
    return "the values of the row contradict each other";
  if (!find_sample(q))
    return "the dataset has no such sample, or another label";
  if (!q->folder && !is_verdict(q->row, "unknown") &&
      wrong != (q->class != q->label))
    return "the claim about misclassification is wrong";
  return NULL;
}

/* Check a row. A search needs a proof at lo, and a counterexample at hi + 1
 * unless hi is the cap: a radius at the cap is the least that it can be, as the
 * results could name any cap. Radii that fail, or lack evidence, are not
 * counted. */
static void check_row(claim *q) {
  const row *r = q->row;
  const int64_t cap = q->results.cap;
  const bool wrong = is_verdict(r, "misclassified");
  const long long unchecked = q->n[FALSE] + q->n[BARE];
  const char *fault = find_fault(q);
  q->n[OPEN] += is_verdict(r, "unknown");
  q->n[MISCLASSIFIED] += wrong;
  if (fault) {
    report_failure(q, false, fault);
  } else if (wrong) {
    if (q->folder) write_claim(q, (assertion){.verdict = "misclassified"});
  } else {
    if (q->search ? r->lo > 0 : is_verdict(r, "robust")) take_robust(q);
    if (q->search && (r->hi < cap || r->counterexample >= 0))
      take_violated(q, r->hi + 1);
    if (is_verdict(r, "violated")) take_violated(q, r->distance);
  }
  if (q->search && is_verdict(r, "robust") &&
      q->n[FALSE] + q->n[BARE] == unchecked)
    q->n[r->hi < cap ? CLOSED : AT_LEAST]++;
}

/* Whether rows are in ascending order of samples, then radii. */
static bool is_next(const row *r, int64_t i, bool search) {
  return i == 0 || r->sample > r[-1].sample ||
         (!search && r->sample == r[-1].sample && r->lo > r[-1].lo);
}

static void print_totals(const claim *all, const long long *n) {
  const rp_printable_text file = rp_printable(all->results.f.file);
  if (all->folder)
    printf("%s: %lld claims written to %s, %lld open, %lld without evidence, "
           "%lld FAILED\n",
           file.text, n[WRITTEN], rp_printable(all->folder).text, n[OPEN],
           n[BARE], n[FALSE]);
  else
    printf("%s: %lld robust proved, %lld refuted, %lld "
           "misclassified, %lld open, %lld without evidence, %lld FAILED\n",
           file.text, n[PROVED], n[REFUTED], n[MISCLASSIFIED], n[OPEN], n[BARE],
           n[FALSE]);
}

static int check_all(const claim *all, int jobs) {
  const results *r = &all->results;
  const int64_t rows = r->n_queries + r->n_searches;
  long long n[N] = {0};
#pragma omp parallel for num_threads(jobs) schedule(dynamic) reduction(+ : n)
  for (int64_t i = 0; i < rows; i++) {
    claim q = *all;
    q.n = n;
    q.search = i >= r->n_queries;
    const int64_t at = q.search ? i - r->n_queries : i;
    q.row = (q.search ? r->search : r->query) + at;
    q.is_next = is_next(q.row, at, q.search);
    q.x = rp_check_alloc((size_t)q.net.n_in, sizeof *q.x);
    if (q.sample < 0 || q.row->sample == q.sample) check_row(&q);
    free(q.x);
  }
  if (all->folder)
    rp_check_write_network(all->folder, all->results.network_sha256, &all->net);
  print_totals(all, n);
  if (r->n_searches > 0 && !all->folder)
    printf("radii: %lld closed, %lld at least %d, the cap of the search\n",
           n[CLOSED], n[AT_LEAST], r->cap);
  fflush(stdout);
  return n[FALSE] ? FAILED : n[BARE] ? UNPROVED : 0;
}

/* Check that the cap is within the input range, as no two inputs are further
 * apart. Version 1 had one cap for all networks. */
static void check_cap(const results *r, const net *n) {
  const int32_t most = r->version == 1 ? 255 : n->in_hi;
  if (r->cap < (r->n_searches > 0) || r->cap > most)
    rp_check_stop(r->f.file, "'radius_cap': expected 1 to %d, found %d", most,
                  r->cap);
}

/* Check that every question has a row, which holds even if the run was stopped.
 * Version 1 may lack the number of questions. */
static void check_rows(const results *r) {
  const long long rows = r->n_queries + r->n_searches;
  if (rows < r->questions)
    rp_check_stop(r->f.file, "'questions': expected %d rows, found %lld",
                  r->questions, rows);
}

static void check_sample(const claim *q) {
  const results *r = &q->results;
  bool found = q->sample < 0;
  for (int64_t i = 0; i < r->n_queries + r->n_searches && !found; i++)
    found =
        q->sample ==
        (i < r->n_queries ? r->query[i] : r->search[i - r->n_queries]).sample;
  if (!found)
    rp_check_stop(r->f.file, "no row of sample %lld", (long long)q->sample);
}

static void end_at_time_limit(int signal) {
  static const char why[] =
      "rampart-check: time limit reached before all rows were checked\n";
  (void)signal;
  (void)!write(STDERR_FILENO, why, sizeof why - 1);
  _exit(FAILED);
}

/* Limit the memory, on top of what is in use: a crafted proof may need more
 * than there is, and the system might then kill any process. */
static void limit_memory(int64_t mebibytes) {
  const rlim_t page = (rlim_t)sysconf(_SC_PAGESIZE);
  const rlim_t half = (rlim_t)sysconf(_SC_PHYS_PAGES) / 2 * page;
  const rlim_t more = mebibytes ? (rlim_t)mebibytes << 20 : half;
  unsigned long long pages = 0;
  struct rlimit most;
  FILE *const in = fopen("/proc/self/statm", "re");
  const bool is_known = in && fscanf(in, "%llu", &pages) == 1;
  if (in) (void)fclose(in);
  if (!is_known || getrlimit(RLIMIT_AS, &most) != 0) return;
  if (most.rlim_cur > pages * page + more)
    most.rlim_cur = most.rlim_max = pages * page + more;
  (void)setrlimit(RLIMIT_AS, &most);
}

/* Inside, inputs are counted from 0. */
static void shift_counterexamples(results *r, const net *n) {
  for (int64_t i = 0; i < r->n_examples * r->n_in; i++)
    if (__builtin_sub_overflow(r->example[i], n->in_lo, &r->example[i]))
      r->example[i] = -1; /* none, as before */
}

/* Read the network that the claims are about. Blocks that a question adds to it
 * belong before rp_check_prepare. */
static void read_network(claim *q) {
  text file;
  rp_check_read_network(&q->results, &q->net, file);
  const char *wrong = rp_check_prepare(&q->net);
  if (wrong) rp_check_stop(file, "%s", wrong);
}

static int read_and_check(const char *file, int jobs, claim *q) {
  const struct rlimit some_time = {60, RLIM_INFINITY};
  const struct rlimit any_time = {RLIM_INFINITY, RLIM_INFINITY};
  (void)signal(SIGALRM, end_at_time_limit);
  (void)alarm((unsigned)q->seconds);
  limit_memory(q->mebibytes);
  (void)setrlimit(RLIMIT_CPU, &some_time);
  rp_check_read_results(file, &q->results);
  read_network(q);
  shift_counterexamples(&q->results, &q->net);
  check_rows(&q->results);
  check_cap(&q->results, &q->net);
  rp_check_read_dataset(&q->results, &q->net, &q->data, &q->labels);
  check_sample(q);
  (void)setrlimit(RLIMIT_CPU, &any_time);
  if (q->folder) rp_check_create_folder(q->folder);
  return check_all(q, jobs);
}

/* Parse a number of digits only. An empty text, as from an unset variable, is
 * an error. */
static bool read_number(const char *word, int64_t least, int64_t most,
                        int64_t *number) {
  char *rest;
  errno = 0;
  *number = strtoll(word, &rest, 10);
  return isdigit((unsigned char)*word) && !*rest && errno == 0 &&
         *number >= least && *number <= most;
}

int main(int argc, char **argv) {
  static const struct option options[] = {{"network", 1, NULL, NETWORK},
                                          {"dataset", 1, NULL, DATASET},
                                          {"labels", 1, NULL, LABELS},
                                          {"proofs", 1, NULL, PROOFS},
                                          {"jobs", 1, NULL, 'j'},
                                          {"sample", 1, NULL, 's'},
                                          {"claims", 1, NULL, 'c'},
                                          {"time-limit", 1, NULL, 't'},
                                          {"memory-limit", 1, NULL, 'm'},
                                          {"help", 0, NULL, 'h'},
                                          {0}};
  claim q = {.sample = -1};
  int64_t jobs = 1;
  bool good = true;
  opterr = 0; /* its messages would print the command line unescaped */
  for (int c; (c = getopt_long(argc, argv, "j:h", options, NULL)) != -1;) {
    if (c == 'h') return fputs(usage, stdout) < 0;
    if (c < N_FILES) q.results.by[c] = optarg;
    if (c == 'c') q.folder = optarg;
    if (c == 'j') good = read_number(optarg, 1, 256, &jobs) && good;
    if (c == 's') good = read_number(optarg, 0, INT64_MAX, &q.sample) && good;
    if (c == 't') good = read_number(optarg, 1, ACC_LIMIT, &q.seconds) && good;
    if (c == 'm') good = read_number(optarg, 1, 1 << 20, &q.mebibytes) && good;
    good = good && c != '?';
  }
  if (!good || optind + 1 != argc) {
    fputs("rampart-check: expected one results file; see --help\n", stderr);
    return BAD_INPUT;
  }
  (void)signal(SIGCHLD,
               SIG_DFL); /* if it were ignored, the status would be lost */
  const pid_t parent = getpid(), child = fork();
  if (child == 0) {
    (void)prctl(PR_SET_PDEATHSIG,
                SIGKILL); /* the child ends with this process */
    if (getppid() != parent) _exit(FAILED);
    _exit(read_and_check(argv[optind], (int)jobs, &q));
  }
  int status;
  if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status))
    return WEXITSTATUS(status);
  fprintf(stderr, "rampart-check: %s: damaged: the check crashed or hung\n",
          rp_printable(argv[optind]).text);
  return FAILED;
}
