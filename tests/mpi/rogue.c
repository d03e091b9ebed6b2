/* A rank of rampart-check that does not do what it should, beside real ones:
 *
 *   rogue DEED RESULTS
 *
 * Deeds: see below. */
#include <mpi.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/check.h"

enum { TAG_FINDING = 1, TAG_ROW };

static int64_t ask(void) {
  int64_t given = -1;
  MPI_Send(NULL, 0, MPI_BYTE, 0, TAG_FINDING, MPI_COMM_WORLD);
  MPI_Recv(&given, 1, MPI_INT64_T, 0, TAG_ROW, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  return given;
}

static void answer(const finding *found, int bytes) {
  MPI_Send(found, bytes, MPI_BYTE, 0, TAG_FINDING, MPI_COMM_WORLD);
}

/* Checks like any other, and repeats itself when told that no row is left. */
static void repeat_at_the_end(const task *t, finding *found) {
  for (int64_t given = found->row; given >= 0;) {
    rp_check_row(t, given, found);
    answer(found, (int)sizeof *found);
    MPI_Recv(&given, 1, MPI_INT64_T, 0, TAG_ROW, MPI_COMM_WORLD,
             MPI_STATUS_IGNORE);
  }
  answer(found, (int)sizeof *found);
}

/* All have a proper answer at hand; the last row is given to nobody else while
 * rank 0 waits for this rank. */
static void misbehave(const char *deed, const task *t) {
  static finding found;
  const int64_t given = ask();
  if (given < 0) exit(77); /* rank 0 was faster: there is nothing to spoil */
  rp_check_row(t, given, &found);
  if (!strcmp(deed, "dies")) (void)kill(getpid(), SIGKILL);
  if (!strcmp(deed, "leaves")) _exit(0);
  if (!strcmp(deed, "claims-another-row"))
    found.row = (given + 1) % rp_check_count_rows(&t->results);
  if (!strcmp(deed, "claims-no-row")) found.row = INT64_MAX;
  if (!strcmp(deed, "counts-too-much")) found.n[PROVED] = 1000;
  if (!strcmp(deed, "counts-below-zero")) found.n[FALSE] = -1;
  if (!strcmp(deed, "hides-a-failure")) found.n[FALSE] = 1;
  if (!strcmp(deed, "writes-too-much"))
    memset(found.text, 'x', sizeof found.text);
  if (!strcmp(deed, "answers-at-the-end")) {
    repeat_at_the_end(t, &found);
    return;
  }
  answer(&found, !strcmp(deed, "is-cut-off") ? (int)sizeof found / 2
                                             : (int)sizeof found);
  if (!strcmp(deed, "answers-twice")) answer(&found, (int)sizeof found);
  if (!strcmp(deed, "keeps-the-row")) { /* asks on, and never answers */
    while (ask() >= 0) continue;
  }
}

int main(int argc, char **argv) {
  task t = {.sample = -1};
  uint8_t digest[32];
  MPI_Comm host;
  MPI_Request all;
  int64_t threads = 1;
  if (argc != 3) return BAD_INPUT;
  MPI_Init(&argc, &argv);
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 1, MPI_INFO_NULL,
                      &host);
  MPI_Ibarrier(MPI_COMM_WORLD, &all);
  MPI_Wait(&all, MPI_STATUS_IGNORE);
  rp_check_read_task(argv[2], &t);
  MPI_Bcast(digest, sizeof digest, MPI_BYTE, 0, MPI_COMM_WORLD);
  MPI_Reduce(&threads, NULL, 1, MPI_INT64_T, MPI_SUM, 0, MPI_COMM_WORLD);
  misbehave(argv[1], &t);
  MPI_Ibarrier(MPI_COMM_WORLD, &all);
  MPI_Wait(&all, MPI_STATUS_IGNORE);
  MPI_Finalize();
  return 0;
}
