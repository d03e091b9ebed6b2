/* Ranks and messages between them. comm.c is the only includer of mpi.h; a
 * process that was not started by a launcher is rank 0 of 1 here and MPI is
 * never touched.
 *
 * All calls are for the main thread (MPI_THREAD_FUNNELED). Collective calls are
 * for the start of a run only; after that there are messages. A run ends when
 * all of them have arrived, so another one can follow. */
#ifndef RAMPART_CLUSTER_COMM_H
#define RAMPART_CLUSTER_COMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

/** Start MPI, if a launcher started this process.
 *  Errors: RP_E_USAGE if $RAMPART_START_WITHIN is no whole number from 1 on.
 *  If MPI does not start within as long, the process ends as below. */
rp_status rp_comm_init(int *argc, char ***argv, rp_error *err);

/** Let go of the others. If MPI does not within a while (a rank may have died),
 *  the process ends here, with this status.
 *  Nothing may be left to write. */
void rp_comm_fini(int status);

/** Note that a rank has died, so that rp_comm_fini waits only briefly. */
void rp_comm_note_loss(void);
bool rp_comm_has_loss(void);

/** The longest silence before the first task: $RAMPART_START_WITHIN, or 600 s.
 */
unsigned rp_comm_start_within(void);

/** End the process with status 1 and one line if it is still in collective
 *  calls so long from now: a rank died meanwhile. false: they are over. */
void rp_comm_watch(bool on);

/** On rank 0, once no rank has a task: tell the others to wait, since it is
 *  still writing. */
void rp_comm_tell_writing(void);

/** The others: how long rank 0 may say nothing before rp_comm_fini gives it up.
 *  300 s if never set. */
void rp_comm_set_patience(double seconds);

int rp_comm_rank(void);
int rp_comm_size(void);

/** Collective: copy rank 0's bytes to all. Waits without burning a core, since
 *  rank 0 may still be reading files on it.
 *  @param data  NULL on a rank without memory: it takes part, keeps nothing */
void rp_comm_broadcast(uint8_t *data, size_t size);

/** Collective: the status of the first rank that failed, RP_OK if none did.
 *  @param rank  out: that rank */
rp_status rp_comm_agree(rp_status own, int *rank);

/** Collective: how many threads this rank should use: every core of the host is
 *  shared among the ranks that may run on it. OMP_NUM_THREADS goes first. */
int32_t rp_comm_threads(void);

/** Collective: on which node each rank is, for rp_comm_node on rank 0. */
void rp_comm_find_nodes(void);
/** The least rank on the node of a rank; 0 if that was not found out. */
int32_t rp_comm_node(int rank);

/** The number of messages posted so far, and of their bytes. */
void rp_comm_traffic(int64_t *messages, int64_t *bytes);

/** Send a message; takes the bytes (malloc'ed). It waits only if there is no
 *  memory, and not for ever. A message to a rank that died is dropped. */
void rp_comm_post(int to, uint8_t *data, size_t size);

/** Receive the next message, if there is one. *data is the caller's to free. */
bool rp_comm_poll(int *from, uint8_t **data, size_t *size);

/** A rank whose message broke off since the last call; -1: none. Since the
 *  content is lost, the rank must be given up. */
int rp_comm_torn(void);

/** Wait until everything posted has been sent, at most this long. */
void rp_comm_flush(double seconds);

#endif
