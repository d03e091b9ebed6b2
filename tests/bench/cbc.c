/* Running the command `cbc` and reading its solution file: a line with the
 * status, then a line `number name value cost` for each column that is not 0,
 * marked by ** in front where it breaks a bound. */
#include "cbc.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { GRACE_S = 10, MISSING = 127 };

static void be_silent(void) {
  const int null = open("/dev/null", O_RDWR);
  for (int fd = 0; null >= 0 && fd <= 2; fd++) dup2(null, fd);
}

static void limit_cpu(double limit_s) {
  const rlim_t seconds = (rlim_t)ceil(limit_s) + GRACE_S;
  const struct rlimit limit = {seconds, seconds};
  setrlimit(RLIMIT_CPU, &limit);
}

/* Run to the end; returns its exit status, -1 after a signal. */
static int run(char *const *arguments, double limit_s, double *cpu_seconds) {
  fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    be_silent();
    limit_cpu(limit_s);
    execvp(arguments[0], arguments);
    _exit(MISSING);
  }
  int status;
  struct rusage usage;
  if (child < 0 || wait4(child, &status, 0, &usage) != child) return -1;
  *cpu_seconds =
      (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
      1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool cbc_is_installed(void) {
  double cpu_seconds;
  char *const arguments[] = {"cbc", "-quit", NULL};
  return run(arguments, 1, &cpu_seconds) != MISSING;
}

/* A column that is not listed is 0, hence at its lower bound. */
static void read_point(const rp_integer_query *query, FILE *in,
                       uint8_t *witness) {
  char line[256];
  int column;
  double value;
  const int32_t n_in = query->net->n_in;
  memcpy(witness, query->box_lo, (size_t)n_in);
  while (fgets(line, sizeof line, in)) {
    if (sscanf(line, "%*[* ]%*d c%d %lf", &column, &value) != 2) continue;
    const int32_t p = column - 1;
    if (p < n_in)
      witness[p] =
          (uint8_t)fmin(fmax(rint(value), query->box_lo[p]), query->box_hi[p]);
  }
}

static bool starts_with(const char *text, const char *start) {
  return !strncmp(text, start, strlen(start));
}

static rp_integer_outcome read_solution(const rp_integer_query *query,
                                        const char *file, uint8_t *witness) {
  char status[256] = "";
  FILE *in = fopen(file, "r");
  if (!in) return RP_INTEGER_LIMIT; /* killed before it could write */
  rp_integer_outcome outcome = RP_INTEGER_FAILED;
  if (!fgets(status, sizeof status, in)) status[0] = 0;
  if (starts_with(status, "Optimal")) {
    read_point(query, in, witness);
    outcome = RP_INTEGER_POINT;
  } else if (starts_with(status, "Infeasible") ||
             starts_with(status, "Integer infeasible")) {
    outcome = RP_INTEGER_CLAIMS_ROBUST;
  } else if (starts_with(status, "Stopped on time")) {
    outcome = RP_INTEGER_LIMIT;
  } else {
    printf("cbc: not understood: %s\n", status);
  }
  fclose(in);
  return outcome;
}

rp_integer_outcome cbc_ask(const rp_integer_query *query, double limit_s,
                           uint8_t *witness, double *cpu_seconds) {
  char folder[] = "/tmp/rampart-bench-XXXXXX";
  char program[64], solution[64], limit[32];
  if (!mkdtemp(folder)) return RP_INTEGER_FAILED;
  snprintf(program, sizeof program, "%s/program.lp", folder);
  snprintf(solution, sizeof solution, "%s/solution", folder);
  snprintf(limit, sizeof limit, "%.3f", limit_s);
  char *const arguments[] = {"cbc",      program, "-timeMode", "elapsed",
                             "-seconds", limit,   "-solve",    "-solution",
                             solution,   NULL};
  rp_integer_outcome outcome = RP_INTEGER_FAILED;
  if (rp_integer_write(query, program) == RP_OK) {
    run(arguments, limit_s, cpu_seconds);
    outcome = read_solution(query, solution, witness);
  }
  remove(program);
  remove(solution);
  rmdir(folder);
  return outcome;
}
