/* The command line of rampart-check, and limits of time and memory.
 *
 * All work is done in a child process, so that a file that makes a library
 * crash or loop is a failed check like any other. */
#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check/check.h"

static const char usage[] =
    "usage: rampart-check [OPTION]... RESULTS\n"
    "       mpirun -n RANKS rampart-check [OPTION]... RESULTS\n\n"
    "Checks every claim of a results file against its network and dataset.\n\n"
    "  --jobs N         number of threads (1), on each rank\n"
    "  --sample N       check only rows of this sample\n"
    "  --claims DIR     do not check: write the claims to this new folder, "
    "for\n"
    "                   rampart-verified-check (docs/claims.md)\n"
    "  --time-limit S   fail after this many seconds\n"
    "  --memory-limit N fail beyond N MiB (half of the machine's memory, for\n"
    "                   all ranks on it together)\n"
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

static void end_at_time_limit(int signal) {
  static const char why[] =
      "rampart-check: time limit reached before all rows were checked\n";
  (void)signal;
  (void)!write(STDERR_FILENO, why, sizeof why - 1);
  _exit(FAILED);
}

/* Limit the memory, on top of what is in use: a crafted proof may need more
 * than there is, and the system might then kill any process. */
static void limit_memory(const rp_check_options *o) {
  const rlim_t page = (rlim_t)sysconf(_SC_PAGESIZE);
  const rlim_t half = (rlim_t)sysconf(_SC_PHYS_PAGES) / 2 * page;
  const rlim_t more =
      o->mebibytes ? (rlim_t)o->mebibytes << 20 : half / (rlim_t)o->sharers;
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

void rp_check_read_within_limits(const char *file, const rp_check_options *o,
                                 task *t) {
  const struct rlimit some_time = {60, RLIM_INFINITY};
  const struct rlimit any_time = {RLIM_INFINITY, RLIM_INFINITY};
  (void)signal(SIGALRM, end_at_time_limit);
  (void)alarm((unsigned)o->seconds);
  limit_memory(o);
  (void)setrlimit(RLIMIT_CPU, &some_time);
  rp_check_read_task(file, t);
  (void)setrlimit(RLIMIT_CPU, &any_time);
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

/* False: not the command line of this program. */
static bool parse(int argc, char **argv, rp_check_options *o, task *t) {
  static const struct option words[] = {{"network", 1, NULL, NETWORK},
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
  bool good = true;
  opterr = 0; /* its messages would print the command line unescaped */
  for (int c; (c = getopt_long(argc, argv, "j:h", words, NULL)) != -1;) {
    if (c == 'h') exit(fputs(usage, stdout) < 0);
    if (c < N_FILES) t->results.by[c] = optarg;
    if (c == 'c') t->folder = optarg;
    if (c == 'j') good = read_number(optarg, 1, 256, &o->jobs) && good;
    if (c == 's') good = read_number(optarg, 0, INT64_MAX, &t->sample) && good;
    if (c == 't') good = read_number(optarg, 1, ACC_LIMIT, &o->seconds) && good;
    if (c == 'm') good = read_number(optarg, 1, 1 << 20, &o->mebibytes) && good;
    good = good && c != '?';
  }
  return good && optind + 1 == argc;
}

int rp_check_start(int argc, char **argv, rp_check_work *work) {
  task t = {.sample = -1};
  rp_check_options o = {.jobs = 1, .sharers = 1};
  if (!parse(argc, argv, &o, &t)) {
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
    _exit(work(argv[optind], &o, &t));
  }
  int status;
  if (child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status))
    return WEXITSTATUS(status);
  fprintf(stderr, "rampart-check: %s: damaged: the check crashed or hung\n",
          rp_printable(argv[optind]).text);
  return FAILED;
}
