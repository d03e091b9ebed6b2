/* MPI behind a handful of functions.
 *
 * Nothing here blocks for long: broadcasts and sends are started and tested,
 * with short sleeps between the tests, since an MPI call that waits spins, and
 * the core it spins on belongs to a computing thread. Messages are probed for
 * by the callers' loops.
 *
 * The state of MPI is the process's, hence the one static struct. */
#include "cluster/comm.h"

#include <limits.h>
#include <math.h>
#include <mpi.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/environment.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/options.h"

enum { TAG = 1, TAG_END = 2, CHUNK = 1 << 18 };

static const double TORN_AFTER_S = 5, ROOM_WITHIN_S = 60;

typedef struct posted {
  MPI_Request request;
  uint8_t *data;
} posted;

static struct {
  bool mpi, lossy;
  int rank, size;
  posted *out; /* [n_out] sends under way */
  int n_out, out_capacity, next_reaped;
  int64_t messages, bytes;
  unsigned start_within_s;
  int32_t threads;   /* as OMP_NUM_THREADS wants; 0: it says nothing */
  int torn;          /* whose message broke off; -1: none */
  double patience_s; /* with rank 0's silence at the end */
  bool has_nodes;
  int32_t *node; /* [size] on rank 0: the least rank on the node of each */
} comm = {.size = 1, .start_within_s = 600, .torn = -1, .patience_s = 300};

int rp_comm_rank(void) {
  return comm.rank;
}
int rp_comm_size(void) {
  return comm.size;
}

/* ---- an end to waiting ---- */

static volatile sig_atomic_t status_at_alarm;

static void end_at_alarm(int signal_number) {
  static const char text[] =
      "rampart: a rank does not answer; one may have died: start again\n";
  (void)signal_number;
  if (status_at_alarm < 0 && write(STDERR_FILENO, text, sizeof text - 1) < 0)
    _exit(1);
  _exit(status_at_alarm < 0 ? 1 : status_at_alarm);
}

static void set_alarm(unsigned seconds, int status) {
  struct sigaction action = {.sa_handler = end_at_alarm};
  status_at_alarm = status;
  sigemptyset(&action.sa_mask);
  sigaction(SIGALRM, &action, NULL);
  alarm(seconds);
}

/* ---- start ---- */

static bool is_launched(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK",
                                      "PMI_RANK"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (getenv(names[i])) return true;
  return false;
}

/* Without an MPI plugin, srun starts processes that do not know of each other.
 */
static rp_status check_lonely(rp_error *err) {
  int64_t tasks = 1;
  RP_TRY(rp_environment_whole("SLURM_STEP_NUM_TASKS", 1, INT_MAX, &tasks, err));
  if (tasks > 1)
    return rp_fail(err, RP_E_USAGE,
                   "srun started %d processes without MPI: use srun "
                   "--mpi=pmix, or mpirun",
                   (int)tasks);
  return RP_OK;
}

/* Open MPI asks the system for messages by poll(2), each time about every one
 * of its connections: with hundreds of them over TCP that is the greatest cost
 * of a look. epoll costs the same for any number. */
static void prefer_epoll(void) {
  (void)setenv("OMPI_MCA_opal_event_include", "epoll,poll", 0);
}

static rp_status read_environment(rp_error *err) {
  enum { LONGEST_S = 86400 };
  int64_t seconds = comm.start_within_s, threads = 0;
  RP_TRY(rp_environment_whole("RAMPART_START_WITHIN", 1, LONGEST_S, &seconds,
                              err));
  RP_TRY(rp_environment_first("OMP_NUM_THREADS", 1, RP_MOST_THREADS, &threads,
                              err));
  comm.start_within_s = (unsigned)seconds;
  comm.threads = (int32_t)threads;
  return RP_OK;
}

rp_status rp_comm_init(int *argc, char ***argv, rp_error *err) {
  RP_TRY(read_environment(err));
  if (!is_launched()) return check_lonely(err);
  int level;
  set_alarm(comm.start_within_s, -1);
  prefer_epoll();
  if (MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &level) != MPI_SUCCESS)
    return rp_fail(err, RP_E_INTERNAL, "MPI does not start");
  alarm(0);
  comm.mpi = true;
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_rank(MPI_COMM_WORLD, &comm.rank);
  MPI_Comm_size(MPI_COMM_WORLD, &comm.size);
  if (level < MPI_THREAD_FUNNELED)
    return rp_fail(err, RP_E_INTERNAL, "this MPI does not allow threads");
  return RP_OK;
}

unsigned rp_comm_start_within(void) {
  return comm.start_within_s;
}

void rp_comm_watch(bool on) {
  if (comm.size > 1) set_alarm(on ? comm.start_within_s : 0, -1);
}

void rp_comm_note_loss(void) {
  comm.lossy = true;
}

bool rp_comm_has_loss(void) {
  return comm.lossy;
}

/* ---- collective ---- */

static void sleep_s(double seconds) {
  const struct timespec t = {.tv_nsec = (long)(1e9 * seconds)};
  nanosleep(&t, NULL);
}

/* Returns false after so many seconds, or without MPI. If this process itself
 * was suspended, that says nothing about the others, so no sleep counts for
 * more than a second. */
static bool wait_gently(MPI_Request *request, double seconds) {
  double nap = 20e-6, last_s = rp_clock_wall_s();
  int done = 0;
  while (MPI_Test(request, &done, MPI_STATUS_IGNORE) == MPI_SUCCESS) {
    if (done || seconds <= 0) return done;
    sleep_s(nap);
    if (nap < 2e-3) nap *= 1.5;
    const double now_s = rp_clock_wall_s();
    seconds -= fmin(now_s - last_s, 1);
    last_s = now_s;
  }
  return false;
}

void rp_comm_broadcast(uint8_t *data, size_t size) {
  static uint8_t nowhere[CHUNK];
  if (comm.size == 1) return;
  for (size_t at = 0; at < size; at += CHUNK) {
    const size_t left = size - at;
    MPI_Request request;
    MPI_Ibcast(data ? data + at : nowhere, left < CHUNK ? (int)left : CHUNK,
               MPI_BYTE, 0, MPI_COMM_WORLD, &request);
    wait_gently(&request, HUGE_VAL);
  }
}

rp_status rp_comm_agree(rp_status own, int *rank) {
  *rank = comm.rank;
  if (comm.size == 1) return own;
  int mine[2] = {own == RP_OK ? INT_MAX : comm.rank, (int)own}, first[2];
  MPI_Request request;
  MPI_Iallreduce(mine, first, 1, MPI_2INT, MPI_MINLOC, MPI_COMM_WORLD,
                 &request);
  wait_gently(&request, HUGE_VAL);
  if (first[0] == INT_MAX) return RP_OK;
  *rank = first[0];
  return (rp_status)first[1];
}

/* ---- cores ---- */

static void get_cores(pid_t pid, cpu_set_t *set) {
  if (sched_getaffinity(pid, sizeof *set, set) == 0) return;
  CPU_ZERO(set);
  CPU_SET(0, set);
}

/* For each core, how many ranks of this host may run on it. */
static void count_users(const cpu_set_t *own, int users[CPU_SETSIZE]) {
  for (int c = 0; c < CPU_SETSIZE; c++) users[c] = CPU_ISSET(c, own) != 0;
  if (comm.size == 1) return;
  MPI_Comm host;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, comm.rank,
                      MPI_INFO_NULL, &host);
  MPI_Allreduce(MPI_IN_PLACE, users, CPU_SETSIZE, MPI_INT, MPI_SUM, host);
  MPI_Comm_free(&host);
}

/* mpirun binds one or two ranks to a core each unless told otherwise. Its own
 * cores are those the ranks could have. */
static void warn_if_bound(const int users[CPU_SETSIZE]) {
  if (comm.rank != 0 || !getenv("OMPI_COMM_WORLD_LOCAL_SIZE")) return;
  cpu_set_t launcher;
  get_cores(getppid(), &launcher);
  int used = 0;
  for (int c = 0; c < CPU_SETSIZE; c++) used += users[c] > 0;
  if (used < CPU_COUNT(&launcher))
    rp_log(RP_LOG_WARN,
           "mpirun bound this host's ranks to %d of %d cores; --bind-to none "
           "lets them use all",
           used, CPU_COUNT(&launcher));
}

int32_t rp_comm_threads(void) {
  int users[CPU_SETSIZE];
  cpu_set_t own;
  get_cores(0, &own);
  count_users(&own, users);
  if (comm.threads > 0) return comm.threads;
  warn_if_bound(users);
  double share = 1e-6;
  for (int c = 0; c < CPU_SETSIZE; c++)
    if (CPU_ISSET(c, &own)) share += 1.0 / users[c];
  return share < 1 ? 1 : (int32_t)fmin(share, RP_MOST_THREADS);
}

/* ---- nodes ---- */

/* The least rank that shares memory with this one. */
static int32_t find_own_node(void) {
  int32_t node = comm.rank;
  MPI_Comm host;
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, comm.rank,
                      MPI_INFO_NULL, &host);
  MPI_Allreduce(MPI_IN_PLACE, &node, 1, MPI_INT32_T, MPI_MIN, host);
  MPI_Comm_free(&host);
  return node;
}

void rp_comm_find_nodes(void) {
  if (comm.has_nodes || comm.size == 1) return;
  comm.has_nodes = true;
  const int32_t own = find_own_node();
  /* Rank 0 takes part without memory, too. */
  int32_t *const all = rp_alloc((size_t)comm.size, sizeof *all);
  const int32_t has_room = comm.rank > 0 || all;
  int32_t all_have_room = has_room;
  MPI_Allreduce(&has_room, &all_have_room, 1, MPI_INT32_T, MPI_MIN,
                MPI_COMM_WORLD);
  if (all_have_room)
    MPI_Gather(&own, 1, MPI_INT32_T, all, 1, MPI_INT32_T, 0, MPI_COMM_WORLD);
  if (comm.rank == 0 && all_have_room)
    comm.node = all;
  else
    free(all);
}

int32_t rp_comm_node(int rank) {
  return comm.node ? comm.node[rank] : 0;
}

/* ---- messages ---- */

static void forget_sent(int i) {
  free(comm.out[i].data);
  comm.out[i] = comm.out[--comm.n_out];
}

/* Only a few sends are tested at each message, so that the cost does not grow
 * with their number. */
static void reap_some(void) {
  enum { SOME = 4 };
  for (int k = 0; k < SOME && comm.n_out > 0; k++) {
    int done = 0;
    comm.next_reaped = (comm.next_reaped + 1) % comm.n_out;
    posted *const p = &comm.out[comm.next_reaped];
    const int status = MPI_Test(&p->request, &done, MPI_STATUS_IGNORE);
    if (done || status != MPI_SUCCESS) forget_sent(comm.next_reaped);
  }
}

static void reap(void) {
  for (int i = comm.n_out - 1; i >= 0; i--) {
    int done = 0;
    const int status = MPI_Test(&comm.out[i].request, &done, MPI_STATUS_IGNORE);
    if (done || status != MPI_SUCCESS) forget_sent(i);
  }
}

static bool make_room(void) {
  if (comm.n_out < comm.out_capacity) return true;
  const int capacity = comm.out_capacity ? 2 * comm.out_capacity : 16;
  posted *const out = rp_realloc(comm.out, (size_t)capacity, sizeof *comm.out);
  if (!out) return false;
  comm.out = out;
  comm.out_capacity = capacity;
  return true;
}

void rp_comm_traffic(int64_t *messages, int64_t *bytes) {
  *messages = comm.messages;
  *bytes = comm.bytes;
}

/* If there is no memory, a message waits until another one has been sent. */
static bool wait_for_room(void) {
  const double until = rp_clock_wall_s() + ROOM_WITHIN_S;
  while (!make_room()) {
    if (rp_clock_wall_s() > until) return false;
    sleep_s(1e-3);
    reap_some();
  }
  return true;
}

static void post(int to, uint8_t *data, size_t size, int tag) {
  if (!wait_for_room()) {
    rp_log(RP_LOG_ERROR, "out of memory: a message to rank %d is lost", to);
    free(data);
    return;
  }
  posted *const p = &comm.out[comm.n_out++];
  p->data = data;
  if (MPI_Isend(data, (int)size, MPI_BYTE, to, tag, MPI_COMM_WORLD,
                &p->request) != MPI_SUCCESS)
    forget_sent(comm.n_out - 1);
}

void rp_comm_post(int to, uint8_t *data, size_t size) {
  reap_some();
  comm.messages++;
  comm.bytes += (int64_t)size;
  post(to, data, size, TAG);
}

/* A sender that dies in the middle of a large message leaves a receive that
 * never ends; its buffer then stays MPI's. */
static bool receive(int from, uint8_t *data, int size) {
  const double until = rp_clock_wall_s() + TORN_AFTER_S;
  MPI_Request request;
  if (MPI_Irecv(data, size, MPI_BYTE, from, TAG, MPI_COMM_WORLD, &request) !=
      MPI_SUCCESS) {
    free(data);
    return false;
  }
  for (;;) {
    int done = 0;
    const int status = MPI_Test(&request, &done, MPI_STATUS_IGNORE);
    if (done && status == MPI_SUCCESS) return true;
    if (status != MPI_SUCCESS || rp_clock_wall_s() > until) break;
    sched_yield();
  }
  rp_log(RP_LOG_ERROR, "a message from rank %d broke off", from);
  comm.torn = from;
  return false;
}

int rp_comm_torn(void) {
  const int from = comm.torn;
  comm.torn = -1;
  return from;
}

bool rp_comm_poll(int *from, uint8_t **data, size_t *size) {
  if (comm.size == 1) return false;
  int found = 0, count = 0;
  MPI_Status status;
  if (MPI_Iprobe(MPI_ANY_SOURCE, TAG, MPI_COMM_WORLD, &found, &status) !=
          MPI_SUCCESS ||
      !found)
    return false;
  MPI_Get_count(&status, MPI_BYTE, &count);
  /* If there is no memory, the message stays in MPI and is received later. */
  uint8_t *const bytes = rp_alloc((size_t)count, 1);
  if (!bytes || !receive(status.MPI_SOURCE, bytes, count)) return false;
  *from = status.MPI_SOURCE;
  *data = bytes;
  *size = (size_t)count;
  return true;
}

void rp_comm_flush(double seconds) {
  const double until = rp_clock_wall_s() + seconds;
  for (reap(); comm.n_out > 0 && rp_clock_wall_s() < until; reap())
    sleep_s(100e-6);
}

/* ---- end ---- */

/* MPI_Finalize waits for all, and for ever for a rank that died. So rank 0,
 * which has everything written when it comes here, tells the others first: that
 * it is over, and whether anyone was lost. Then a short while must do. Before,
 * while it writes, it says now and then that it still does; where it falls
 * silent, it was lost itself. */
enum { END_WITHIN_S = 60, LOSSY_END_WITHIN_S = 5 };
typedef enum last_word { OVER, OVER_WITH_LOSS, WRITING } last_word;

static void tell_others(last_word word) {
  for (int r = 1; r < comm.size; r++) {
    uint8_t *const byte = rp_alloc(1, 1);
    if (!byte) return;
    *byte = (uint8_t)word;
    post(r, byte, 1, TAG_END);
  }
}

void rp_comm_tell_writing(void) {
  reap();
  tell_others(WRITING);
}

void rp_comm_set_patience(double seconds) {
  comm.patience_s = seconds;
}

static void await_end(void) {
  static uint8_t word; /* it still belongs to MPI if rank 0 falls silent */
  MPI_Request request;
  word = WRITING;
  while (!comm.lossy && word == WRITING) {
    if (MPI_Irecv(&word, 1, MPI_BYTE, 0, TAG_END, MPI_COMM_WORLD, &request) !=
        MPI_SUCCESS)
      comm.lossy = true;
    else if (!wait_gently(&request, comm.patience_s)) {
      rp_log(RP_LOG_ERROR, "rank 0 fell silent at the end: ending");
      comm.lossy = true;
    }
  }
  if (word == OVER_WITH_LOSS) comm.lossy = true;
}

void rp_comm_fini(int status) {
  if (!comm.mpi) return;
  if (comm.size > 1) {
    if (comm.rank > 0)
      await_end();
    else
      tell_others(comm.lossy ? OVER_WITH_LOSS : OVER);
    rp_comm_flush(1);
    set_alarm(comm.lossy ? LOSSY_END_WITHIN_S : END_WITHIN_S, status);
  }
  for (int i = 0; i < comm.n_out; i++) MPI_Request_free(&comm.out[i].request);
  free(comm.out);
  free(comm.node);
  comm.out = NULL;
  comm.node = NULL;
  comm.n_out = comm.out_capacity = 0;
  MPI_Finalize();
  alarm(0);
  comm.mpi = false;
}
