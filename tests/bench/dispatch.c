/* How many empty tasks a second rank 0 can deal, and what each of them costs:
 *
 *   bench_dispatch machine TASKS WORKERS INPUTS LEAST
 *     the scheduler, the wire format, the rows and the journal in this process:
 *     tasks are dealt, written into messages and read, their answers likewise,
 *     and kept;
 *   mpirun -n N bench_dispatch ranks TASKS LEAST
 *     a whole run over MPI, with an engine that answers at once; `journal` in
 *     place of `ranks`: with a results file, so that answers are journalled.
 *   mpirun -n N bench_dispatch messages EACH BYTES
 *     what one message of each of the others and its answer cost rank 0, and
 *     a look for messages when there is none.
 *
 * The first two check their own answers: every task is asked once, and every
 * row has the answer to its own question. The exit status is 1 if not, or if
 * fewer than LEAST tasks a second were dealt: a second of this process's CPU in
 * the first form, of the clock in the second. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../mpi/fake_job.h"
#include "cluster/cluster.h"
#include "cluster/comm.h"
#include "core/memory.h"
#include "run/wire.h"
#include "sched/sched.h"
#include "store/journal.h"

/* ---- in this process ---- */

typedef enum level {
  SCHEDULER,
  WITH_WIRE,
  WITH_ROWS,
  WITH_JOURNAL,
  LEVELS
} level;

typedef struct station {
  rp_compute_task held[RP_SCHED_HOLD];
  int32_t n_held;
  rp_bytes inbox; /* tasks on their way */
} station;

typedef struct machine {
  level level;
  int32_t n_in, n_workers;
  const rp_sched_plan *plan;
  rp_sched *sched;
  rp_results *results;
  rp_journal *journal; /* or NULL */
  uint8_t *x;          /* [n_in], the sample of all tasks */
  station *station;    /* [n_workers] */
  rp_bytes outbox;     /* of the worker whose turn it is */
  uint8_t *asked;      /* [n_queries] */
  int64_t messages, rows;
  bool wrong;
} machine;

static const char JOURNAL[] = "bench_dispatch.journal"; /* in this folder */

static bool is_violated(int64_t sample, int32_t radius) {
  return (sample + radius) % 8 == 0;
}

static void on_send(void *context, int32_t worker, const rp_sched_task *task) {
  machine *const m = context;
  station *const s = &m->station[worker];
  rp_compute_task own = {.id = task->id, .question = task->question};
  own.question.x = m->x;
  if (m->asked[task->query]++) m->wrong = true;
  if (m->level == SCHEDULER)
    s->held[s->n_held++] = own;
  else
    rp_wire_put_task(&s->inbox, &own, m->n_in);
}

/* Every recall comes too late. */
static void on_cancel(void *context, int32_t worker, int64_t task,
                      bool abandon) {
  (void)context, (void)worker, (void)task, (void)abandon;
}

static void on_query_row(void *context, int64_t query, int32_t worker,
                         const rp_answer *answer, const uint8_t *witness) {
  machine *const m = context;
  const rp_question *const q = &m->plan->query[query];
  m->rows++;
  if ((answer->verdict == RP_VIOLATED) != is_violated(q->sample, q->radius))
    m->wrong = true;
  if (m->level < WITH_ROWS) return;
  const rp_task_row task = {.rank = worker,
                            .sample = q->sample,
                            .radius = q->radius,
                            .verdict = answer->verdict};
  if (rp_results_add_task(m->results, &task, NULL) != RP_OK) m->wrong = true;
  const rp_query_row row = {.sample = q->sample,
                            .radius = q->radius,
                            .verdict = answer->verdict,
                            .distance = answer->distance,
                            .rank = worker,
                            .stats = answer->stats};
  if (rp_results_add_query(m->results, &row, witness, NULL) != RP_OK)
    m->wrong = true;
}

static void on_radius_row(void *context, const rp_sched_radius *row) {
  (void)row;
  ((machine *)context)->wrong = true;
}

/* As ledger.c does. */
static void on_answered(void *context, int32_t worker,
                        const rp_sched_task *task, const rp_answer *answer,
                        const uint8_t *witness) {
  machine *const m = context;
  if (!m->journal) return;
  rp_bytes wire = {0};
  rp_bytes_put(&wire, (uint64_t)task->query, 8);
  rp_wire_put_question(&wire, &task->question);
  rp_bytes_put(&wire, (uint64_t)worker, 4);
  rp_wire_put_answer(&wire, answer);
  if (witness) rp_bytes_append(&wire, witness, (size_t)m->n_in);
  const rp_journal_record record = {1, wire.data, wire.size};
  if (wire.failed || rp_journal_append(m->journal, &record, NULL) != RP_OK)
    m->wrong = true;
  free(wire.data);
}

/* Rank 0 has the journal written in every turn of its loop. */
static void write_now_and_then(machine *m, int32_t turn) {
  enum { MESSAGES = 256 };
  if (m->journal && turn % MESSAGES == 0 &&
      rp_journal_write(m->journal, NULL) != RP_OK)
    m->wrong = true;
}

static void take_in(machine *m, station *s) {
  if (s->inbox.size == 0) return;
  rp_bytes in = rp_bytes_over(s->inbox.data, s->inbox.size);
  while (in.at < in.size && !in.failed) {
    rp_compute_task *const task = &s->held[s->n_held++];
    task->id = rp_wire_get_message(&in).task;
    rp_wire_get_task(&in, task, m->n_in);
    if (task->question.x && memcmp(task->question.x, m->x, (size_t)m->n_in))
      m->wrong = true;
  }
  if (in.failed || s->inbox.failed) m->wrong = true;
  s->inbox.size = 0;
  m->messages++;
}

static void deliver(machine *m, int32_t worker) {
  rp_bytes in = rp_bytes_over(m->outbox.data, m->outbox.size);
  while (in.at < in.size && !in.failed) {
    rp_compute_answer a = {.task.id = rp_wire_get_message(&in).task};
    rp_wire_get_result(&in, &a, m->n_in);
    rp_sched_result(m->sched, worker, a.task.id, &a.answer, a.witness);
  }
  if (in.failed || m->outbox.failed) m->wrong = true;
  m->outbox.size = 0;
  m->messages++;
}

/* A worker answers half of what it holds, as ranks do with short tasks. */
static void take_turn(machine *m, int32_t worker) {
  station *const s = &m->station[worker];
  rp_compute_task done[RP_SCHED_HOLD];
  take_in(m, s);
  const int32_t n = (s->n_held + 1) / 2;
  memcpy(done, s->held, (size_t)n * sizeof *done);
  s->n_held -= n;
  memmove(s->held, s->held + n, (size_t)s->n_held * sizeof *done);
  for (int32_t i = 0; i < n; i++) {
    const rp_question *const q = &done[i].question;
    const bool violated = is_violated(q->sample, q->radius);
    const rp_compute_answer a = {
        .task.id = done[i].id,
        .witness = violated ? m->x : NULL,
        .answer = {.verdict = violated ? RP_VIOLATED : RP_ROBUST,
                   .distance = violated ? q->radius : 0,
                   .stats = {.queries = 1}}};
    if (m->level == SCHEDULER)
      rp_sched_result(m->sched, worker, a.task.id, &a.answer, a.witness);
    else
      rp_wire_put_result(&m->outbox, &a, m->n_in);
  }
  if (m->level != SCHEDULER && n > 0) deliver(m, worker);
}

static bool prepare(machine *m) {
  const rp_sched_actions actions = {.context = m,
                                    .send = on_send,
                                    .cancel = on_cancel,
                                    .query_row = on_query_row,
                                    .radius_row = on_radius_row,
                                    .answered = on_answered};
  m->x = rp_alloc((size_t)m->n_in, 1);
  m->station = rp_alloc((size_t)m->n_workers, sizeof *m->station);
  m->asked = rp_alloc((size_t)m->plan->n_queries, 1);
  if (!m->x || !m->station || !m->asked ||
      rp_results_create(&m->results, NULL) != RP_OK)
    return false;
  m->results->provenance.n_in = m->n_in;
  m->results->provenance.in_hi = 255;
  const rp_journal_terms terms = {0};
  if (m->level == WITH_JOURNAL &&
      rp_journal_create(JOURNAL, &terms, &m->journal, NULL) != RP_OK)
    return false;
  return rp_sched_create(m->plan, &actions, m->n_workers, &m->sched) == RP_OK;
}

static void clear(machine *m) {
  for (int32_t i = 0; m->station && i < m->n_workers; i++)
    free(m->station[i].inbox.data);
  rp_sched_free(m->sched);
  rp_results_free(m->results);
  if (m->journal) rp_journal_remove(m->journal);
  free(m->station);
  free(m->asked);
  free(m->outbox.data);
  free(m->x);
}

/* Seconds of CPU for all tasks; 0 if anything was wrong. */
static double run_machine(machine *m) {
  double took_s = 0;
  if (prepare(m)) {
    const double began_s = rp_clock_process_cpu_s();
    for (int32_t w = 0; w < m->n_workers; w++)
      rp_sched_join(m->sched, w, RP_SCHED_HOLD);
    while (!rp_sched_done(m->sched))
      for (int32_t w = 0; w < m->n_workers; w++) {
        take_turn(m, w);
        write_now_and_then(m, w);
      }
    took_s = rp_clock_process_cpu_s() - began_s;
  }
  if (m->rows != m->plan->n_queries) m->wrong = true;
  for (int64_t i = 0; m->asked && i < m->plan->n_queries; i++)
    if (m->asked[i] != 1) m->wrong = true;
  clear(m);
  return m->wrong ? 0 : took_s;
}

static int bench_machine(int64_t tasks, int32_t workers, int32_t n_in,
                         double least) {
  static const char *const name[LEVELS] = {"scheduler", "and wire format",
                                           "and rows", "and journal"};
  rp_question *const query = rp_alloc((size_t)tasks, sizeof *query);
  if (!query) return 1;
  for (int64_t i = 0; i < tasks; i++)
    query[i] = (rp_question){.sample = i / 8, .radius = 1 + (int32_t)(i % 8)};
  const rp_sched_plan plan = {.query = query, .n_queries = tasks, .n_in = n_in};
  double rate = 0;
  printf("%lld tasks, %d workers, %d inputs; CPU of this process\n",
         (long long)tasks, workers, n_in);
  for (level l = SCHEDULER; l < LEVELS; l++) {
    machine m = {.level = l, .n_in = n_in, .n_workers = workers, .plan = &plan};
    const double took_s = run_machine(&m);
    rate = took_s > 0 ? (double)tasks / took_s : 0;
    printf("  %-16s %9.0f tasks/s, %6.0f ns a task, %.1f tasks a message\n",
           name[l], rate, 1e9 * took_s / (double)tasks,
           m.messages ? 2 * (double)tasks / (double)m.messages : 1);
    if (m.wrong) rate = 0;
    if (m.wrong) printf("  WRONG: not every task once, or a wrong answer\n");
  }
  free(query);
  return rate >= least ? 0 : 1;
}

/* ---- over MPI ---- */

enum { RADII = 50, MOST_RADIUS = 14 };

static int32_t radius_of_sample(int64_t sample) {
  return (int32_t)(sample % MOST_RADIUS);
}

static rp_status write_samples(const char *file, int64_t n, rp_error *err) {
  FILE *const out = fopen(file, "w");
  if (!out) return rp_fail(err, RP_E_IO, "%s: cannot be written", file);
  for (int64_t i = 0; i < n; i++)
    fprintf(out, "0,%d,0,0,0,0,0,0,0\n", radius_of_sample(i));
  return fclose(out) == 0 ? RP_OK : rp_fail(err, RP_E_IO, "%s: full?", file);
}

static rp_status make_job(const char *folder, int64_t samples, bool output,
                          rp_job **job, rp_error *err) {
  char file[512];
  RP_TRY(rp_job_create(job, err));
  rp_job *const j = *job;
  snprintf(file, sizeof file, "%s/net.h5", folder);
  j->network->file = strdup(file);
  RP_TRY(fake_write_network(file, err));
  snprintf(file, sizeof file, "%s/data.csv", folder);
  j->dataset_file = strdup(file);
  RP_TRY(write_samples(file, samples, err));
  snprintf(file, sizeof file, "%s/results.h5", folder);
  if (output) j->output = strdup(file);
  j->n_queries = 1;
  j->query = calloc(1, sizeof *j->query);
  j->query->samples = strdup("all");
  j->query->radii = (rp_radii){.n = 1, .item = {{1, RADII, 0}}};
  return RP_OK;
}

static bool rows_are_right(const rp_results *r, int64_t samples) {
  if (r->n_queries != samples * RADII) return false;
  for (int64_t i = 0; i < r->n_queries; i++) {
    const rp_query_row *const q = &r->query[i];
    const bool robust = q->radius <= radius_of_sample(q->sample);
    if (q->sample != i / RADII || q->radius != 1 + i % RADII ||
        q->verdict != (robust ? RP_ROBUST : RP_VIOLATED))
      return false;
  }
  int64_t tasks = 0;
  for (int64_t i = 0; i < r->n_ranks; i++) tasks += r->rank[i].tasks;
  return tasks == r->n_queries && r->n_ranks == rp_cluster_size();
}

static int bench_first(int64_t samples, double least, bool keep,
                       const char *folder) {
  rp_error err = {""};
  rp_job *job = NULL;
  rp_results *results = NULL;
  rp_status st = make_job(folder, samples, keep, &job, &err);
  const double began_s = rp_clock_wall_s(), cpu_s = rp_clock_process_cpu_s();
  if (st == RP_OK)
    st = rp_cluster_run(job, "bench_dispatch", 0, &results, &err);
  const double took_s = rp_clock_wall_s() - began_s;
  const double used_s = rp_clock_process_cpu_s() - cpu_s;
  rp_cluster_release(st);
  double serving_s = 0;
  int64_t messages = 0;
  for (int64_t i = 0; results && i < results->n_ranks; i++) {
    messages += results->rank[i].messages;
    if (results->rank[i].rank == 0)
      serving_s = results->rank[i].serving_seconds;
  }
  const bool right = st == RP_OK && rows_are_right(results, samples);
  const double n = (double)(samples * RADII), rate = right ? n / took_s : 0;
  printf("%d ranks, %.0f tasks: %.0f tasks/s, %lld messages; rank 0: %.2f us "
         "of CPU a task, %.2f us of them serving\n",
         rp_cluster_size(), n, rate, (long long)messages, 1e6 * used_s / n,
         1e6 * serving_s / n);
  if (st != RP_OK) printf("FAILED: %s\n", err.text);
  if (!right) printf("WRONG: not every task once, or a wrong answer\n");
  rp_results_free(results);
  rp_job_free(job);
  return rate >= least ? 0 : 1;
}

static int bench_ranks(int64_t tasks, double least, bool keep) {
  rp_error err = {""};
  rp_results *none;
  if (rp_cluster_init(NULL, NULL, &err) != RP_OK) return 1;
  int status = 0;
  if (rp_cluster_rank() == 0) {
    char folder[] = "/tmp/bench_dispatch.XXXXXX", command[64];
    if (!mkdtemp(folder)) return 1;
    status = bench_first(tasks / RADII, least, keep, folder);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) status = 1;
  } else if (rp_cluster_run(NULL, NULL, 0, &none, NULL) != RP_OK) {
    status = 1;
  }
  rp_cluster_fini(status);
  return status;
}

/* ---- messages alone ---- */

enum { WINDOW = 4 }; /* messages of each rank on their way at a time */

static bool send_one(int to, size_t size) {
  uint8_t *const data = rp_alloc(size, 1);
  if (data) rp_comm_post(to, data, size);
  return data != NULL;
}

/* Answer every message until all have come; CPU seconds of this thread. */
static double answer_all(int64_t count, size_t size) {
  const double began_s = rp_clock_thread_cpu_s();
  for (int64_t seen = 0; seen < count;) {
    int from;
    uint8_t *data;
    size_t got;
    if (!rp_comm_poll(&from, &data, &got)) continue;
    free(data);
    seen++;
    if (!send_one(from, size)) break;
  }
  return rp_clock_thread_cpu_s() - began_s;
}

/* CPU seconds of a look when there is nothing. */
static double look_in_vain(void) {
  enum { LOOKS = 10000 };
  const double began_s = rp_clock_thread_cpu_s();
  for (int i = 0; i < LOOKS; i++) {
    int from;
    uint8_t *data;
    size_t size;
    if (rp_comm_poll(&from, &data, &size)) free(data);
  }
  return (rp_clock_thread_cpu_s() - began_s) / LOOKS;
}

static void ask_all(int64_t count, size_t size) {
  int64_t sent = 0, seen = 0;
  while (seen < count) {
    int from;
    uint8_t *data;
    size_t got;
    while (sent < count && sent - seen < WINDOW && send_one(0, size)) sent++;
    if (rp_comm_poll(&from, &data, &got)) {
      free(data);
      seen++;
    } else {
      usleep(50);
    }
  }
}

/* What a message costs rank 0: one taken in and one posted. */
static int bench_messages(int64_t each, size_t size) {
  rp_error err = {""};
  if (rp_comm_init(NULL, NULL, &err) != RP_OK) return 1;
  const int64_t count = each * (rp_comm_size() - 1);
  if (rp_comm_rank() > 0) {
    ask_all(each, size);
  } else {
    const double took_s = answer_all(count, size);
    printf("%d ranks, %zu bytes: %.2f us of CPU a message and its answer, "
           "%.2f us a look in vain\n",
           rp_comm_size(), size, 1e6 * took_s / (double)count,
           1e6 * look_in_vain());
  }
  rp_comm_flush(10);
  rp_comm_fini(0);
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 4 && !strcmp(argv[1], "messages"))
    return bench_messages(atoll(argv[2]), (size_t)atoll(argv[3]));
  if (argc == 6 && !strcmp(argv[1], "machine"))
    return bench_machine(atoll(argv[2]), atoi(argv[3]), atoi(argv[4]),
                         atof(argv[5]));
  if (argc == 4 && !strcmp(argv[1], "ranks"))
    return bench_ranks(atoll(argv[2]), atof(argv[3]), false);
  if (argc == 4 && !strcmp(argv[1], "journal"))
    return bench_ranks(atoll(argv[2]), atof(argv[3]), true);
  fprintf(stderr,
          "usage: bench_dispatch machine TASKS WORKERS INPUTS LEAST\n"
          "       mpirun -n N bench_dispatch ranks|journal TASKS LEAST\n"
          "       mpirun -n N bench_dispatch messages EACH BYTES\n");
  return 2;
}
