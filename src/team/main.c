/* rampart-check over MPI ranks: each has read everything and checks rows that
 * rank 0 hands out one by one; rank 0 keeps the tally and checks rows itself.
 *
 * Nothing is repaired here. If a rank fails, ends early or answers something
 * else than what it was given, the job ends with an error and without counts:
 * the launcher ends the other ranks. Nothing is printed to the end before all
 * ranks have reported.
 *
 * All ranks have the results that rank 0 has, by their SHA-256, and these name
 * the network and the dataset by theirs; proofs are valid wherever they come
 * from. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check/check.h"

enum { TAG_FINDING = 1, TAG_ROW };

static int rank, size;

static void nap(void) {
  const struct timespec t = {.tv_nsec = 100000};
  (void)nanosleep(&t, NULL);
}

/* Wait until all ranks are here. A barrier of MPI's own would spin meanwhile,
 * on a core that another rank may compute on. */
static void meet(void) {
  MPI_Request all;
  int here = 0;
  MPI_Ibarrier(MPI_COMM_WORLD, &all);
  for (MPI_Test(&all, &here, MPI_STATUS_IGNORE); !here;
       MPI_Test(&all, &here, MPI_STATUS_IGNORE))
    nap();
}

/* ---- the start ---- */

static void end_at_start(int signal) {
  static const char why[] = "rampart-check: MPI does not start\n";
  (void)signal;
  (void)!write(STDERR_FILENO, why, sizeof why - 1);
  _exit(FAILED);
}

static void start_mpi(rp_check_options *o) {
  enum { PATIENCE_S = 600 };
  MPI_Comm host;
  int level, sharers;
  (void)signal(SIGALRM, end_at_start);
  (void)alarm(PATIENCE_S);
  MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &level);
  (void)alarm(0);
  if (level < MPI_THREAD_SERIALIZED)
    rp_check_stop("MPI", "this one does not allow threads");
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL,
                      &host);
  MPI_Comm_size(host, &sharers);
  MPI_Comm_free(&host);
  o->sharers = sharers;
}

/* Rank 0 reads first: what is wrong with the files is said once. Its time
 * limit is that of all. */
static void read_in_turn(const char *file, const rp_check_options *o, task *t) {
  rp_check_options own = *o;
  uint8_t digest[sizeof t->results.digest] = {0};
  if (t->folder)
    rp_check_stop(t->folder, "--claims is for one process, found %d ranks",
                  size);
  if (rank == 0) rp_check_read_within_limits(file, &own, t);
  meet();
  own.seconds = 0;
  t->results.quiet = true;
  if (rank > 0) rp_check_read_within_limits(file, &own, t);
  memcpy(digest, t->results.digest, sizeof digest);
  MPI_Bcast(digest, sizeof digest, MPI_BYTE, 0, MPI_COMM_WORLD);
  if (memcmp(digest, t->results.digest, sizeof digest) != 0)
    rp_check_stop(file, "rank %d found another file than rank 0", rank);
}

/* ---- rank 0 ---- */

static _Noreturn void refuse_answer(int from) {
  fprintf(stderr,
          "rampart-check: rank %d: an answer about a row that it was not "
          "given\n",
          from);
  _exit(FAILED);
}

/* Take a finding in, if there is one, and give the next row. Returns whether
 * that was a row. */
static bool serve(rp_check_tally *y, int from) {
  finding found;
  int bytes;
  MPI_Status status;
  MPI_Recv(&found, sizeof found, MPI_BYTE, from, TAG_FINDING, MPI_COMM_WORLD,
           &status);
  MPI_Get_count(&status, MPI_BYTE, &bytes);
  if (bytes != 0 &&
      (bytes != sizeof found || !rp_check_take_finding(y, from, &found)))
    refuse_answer(from);
  int64_t given = rp_check_give_row(y, from);
  MPI_Send(&given, 1, MPI_INT64_T, from, TAG_ROW, MPI_COMM_WORLD);
  return given >= 0;
}

/* Until every thread of the other ranks has been told that no row is left. */
static void serve_all(rp_check_tally *y, int64_t threads) {
  while (threads > 0) {
    int is_here;
    MPI_Status status;
    MPI_Iprobe(MPI_ANY_SOURCE, TAG_FINDING, MPI_COMM_WORLD, &is_here, &status);
    if (is_here)
      threads -= !serve(y, status.MPI_SOURCE);
    else
      nap();
  }
}

/* All ranks are at the end: nothing that they sent may be left. */
static void refuse_more_answers(void) {
  int is_here;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, TAG_FINDING, MPI_COMM_WORLD, &is_here, &status);
  if (is_here) refuse_answer(status.MPI_SOURCE);
}

/* One thread more than asked for: it serves, which takes next to no time. */
static int lead(const task *t, int jobs, int64_t threads) {
  rp_check_tally y;
  rp_check_begin_tally(t, &y);
#pragma omp parallel num_threads(jobs + 1)
  {
#pragma omp master
    serve_all(&y, threads);
    rp_check_remaining_rows(&y);
  }
  meet();
  refuse_more_answers();
  return rp_check_end_tally(&y);
}

/* ---- the others ---- */

/* Report a finding, or none yet, and be given a row. Returns -1: none is left.
 */
static int64_t report(const finding *found) {
  int64_t given;
#pragma omp critical(mpi)
  {
    MPI_Send(found, found ? (int)sizeof *found : 0, MPI_BYTE, 0, TAG_FINDING,
             MPI_COMM_WORLD);
    MPI_Recv(&given, 1, MPI_INT64_T, 0, TAG_ROW, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
  }
  return given;
}

static void check_given_rows(const task *t) {
  finding found;
  for (int64_t given = report(NULL); given >= 0; given = report(&found)) {
    if (given >= rp_check_count_rows(&t->results)) _exit(FAILED);
    rp_check_row(t, given, &found);
  }
}

static int follow(const task *t, int jobs) {
#pragma omp parallel num_threads(jobs)
  check_given_rows(t);
  meet();
  return 0; /* rank 0 tells the status of all */
}

static int check_together(const char *file, const rp_check_options *o,
                          task *t) {
  rp_check_options own = *o;
  start_mpi(&own);
  read_in_turn(file, &own, t);
  const int64_t mine = rank > 0 ? o->jobs : 0;
  int64_t threads = 0;
  MPI_Reduce(&mine, &threads, 1, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
  const int status =
      rank == 0 ? lead(t, (int)o->jobs, threads) : follow(t, (int)o->jobs);
  MPI_Finalize();
  return status;
}

int main(int argc, char **argv) {
  return rp_check_start(argc, argv, check_together);
}
