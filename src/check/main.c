/* rampart-check RESULTS. This program knows nothing of MPI: one of several
 * ranks becomes rampart-check-ranks (room `team`), which asks MPI itself how
 * many there are; the environment only says that a launcher is there. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"

static int read_and_check(const char *file, const rp_check_options *o,
                          task *t) {
  rp_check_read_within_limits(file, o, t);
  return rp_check_rows(t, (int)o->jobs);
}

static bool is_several(const char *variable) {
  const char *said = getenv(variable);
  return said && strcmp(said, "1") != 0;
}

/* srun tells a rank's number, and the number of all tasks in its own variable.
 */
static bool is_one_of_several(void) {
  const bool by_srun = getenv("PMIX_RANK") && !getenv("OMPI_COMM_WORLD_SIZE") &&
                       is_several("SLURM_STEP_NUM_TASKS");
  return is_several("OMPI_COMM_WORLD_SIZE") || is_several("PMI_SIZE") ||
         by_srun;
}

/* Become the program with MPI, which lies beside this one. */
static int become_a_rank(char **argv) {
  static const char suffix[] = "-ranks";
  char file[4096];
  const ssize_t n =
      readlink("/proc/self/exe", file, sizeof file - sizeof suffix);
  if (n > 0) {
    memcpy(file + n, suffix, sizeof suffix);
    (void)execv(file, argv);
  }
  fputs("rampart-check: to check on several ranks it needs rampart-check-ranks "
        "beside it\n",
        stderr);
  return BAD_INPUT;
}

int main(int argc, char **argv) {
  if (is_one_of_several()) return become_a_rank(argv);
  if (is_several("SLURM_STEP_NUM_TASKS")) {
    fputs("rampart-check: srun started several processes without MPI: use srun "
          "--mpi=pmix, or mpirun\n",
          stderr);
    return BAD_INPUT;
  }
  return rp_check_start(argc, argv, read_and_check);
}
