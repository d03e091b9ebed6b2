/* rampart simulate: predicts the time of a job on more ranks than there are. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "core/number.h"
#include "files/file.h"
#include "sim/simulate.h"

enum { MOST_COUNTS = 64, MOST_RANKS = 1000000 };

typedef struct setting {
  int32_t ranks[MOST_COUNTS];
  int n_ranks;
  int64_t tasks, tasks_per_rank; /* 0: not given */
  uint64_t seed;
  rp_sim_law law;
  rp_sim_model model;
  rp_workload recorded;
  bool csv;
  FILE *table; /* CSV for the output file; or NULL */
} setting;

/* ---- the command line ---- */

static rp_status parse_ranks(const char *text, setting *s, rp_error *err) {
  const char *at = text ? text : "10,100,1000,10000,100000";
  for (s->n_ranks = 0; s->n_ranks < MOST_COUNTS; at++) {
    int64_t n;
    at = rp_read_whole(at, 1, MOST_RANKS, &n);
    if (!at || (*at && *at != ',')) break;
    s->ranks[s->n_ranks++] = (int32_t)n;
    if (!*at) return RP_OK;
  }
  return rp_fail(err, RP_E_USAGE,
                 "--ranks: expected numbers from 1 to %d with commas, at most "
                 "%d, found '%s'",
                 MOST_RANKS, MOST_COUNTS, text);
}

static rp_status parse_model(const cli_args *args, rp_sim_model *model,
                             rp_error *err) {
  double latency_us = 1e6 * model->latency_s, poll_us = 1e6 * model->poll_s;
  double message_us = 1e6 * model->message_s, task_us = 1e6 * model->task_s;
  double link_mb = 1e-6 * model->bytes_per_s;
  int64_t n_in = model->n_in;
  RP_TRY(cli_parse_real(args, CLI_latency, 0, 1e7, &latency_us, err));
  RP_TRY(cli_parse_real(args, CLI_bandwidth, 1e-3, 1e9, &link_mb, err));
  RP_TRY(cli_parse_real(args, CLI_message_cost, 0, 1e7, &message_us, err));
  RP_TRY(cli_parse_real(args, CLI_task_cost, 0, 1e7, &task_us, err));
  RP_TRY(cli_parse_real(args, CLI_poll, 0, 1e7, &poll_us, err));
  RP_TRY(cli_parse_whole(args, CLI_inputs, 1, 1 << 24, &n_in, err));
  RP_TRY(cli_parse_real(args, CLI_split_after, 0, 1e9, &model->split_after_s,
                        err));
  model->latency_s = 1e-6 * latency_us;
  model->bytes_per_s = 1e6 * link_mb;
  model->message_s = 1e-6 * message_us;
  model->task_s = 1e-6 * task_us;
  model->poll_s = 1e-6 * poll_us;
  model->n_in = (int32_t)n_in;
  return RP_OK;
}

static rp_status parse(const cli_args *args, setting *s, rp_error *err) {
  const char *const times = args->text[CLI_times];
  int64_t seed = 1;
  s->csv = args->text[CLI_csv];
  s->model = rp_sim_model_default();
  RP_TRY(parse_ranks(args->text[CLI_ranks], s, err));
  RP_TRY(rp_sim_law_parse(times ? times : "recorded", &s->law, err));
  RP_TRY(cli_parse_whole(args, CLI_tasks, 1, 1000000000, &s->tasks, err));
  RP_TRY(cli_parse_whole(args, CLI_tasks_per_rank, 1, 1000000,
                         &s->tasks_per_rank, err));
  RP_TRY(cli_parse_whole(args, CLI_seed, 0, INT64_MAX, &seed, err));
  s->seed = (uint64_t)seed;
  if (s->tasks && s->tasks_per_rank)
    return rp_fail(err, RP_E_USAGE,
                   "--tasks and --tasks-per-rank cannot be combined");
  if (args->n_operands == 0 && s->law.a == 0)
    return rp_fail(err, RP_E_USAGE,
                   "expected results files, or --times with numbers");
  if (args->n_operands == 0 && s->tasks + s->tasks_per_rank == 0)
    return rp_fail(
        err, RP_E_USAGE,
        "without results files: expected --tasks or --tasks-per-rank");
  if (args->text[CLI_output])
    RP_TRY(
        cli_check_new_file(args->text[CLI_output], args->text[CLI_force], err));
  return RP_OK;
}

/* ---- the record ---- */

static rp_status read_record(const cli_args *args, setting *s, rp_error *err) {
  const int n = args->n_operands;
  if (n == 0) return parse_model(args, &s->model, err);
  rp_results **const file = rp_alloc((size_t)n, sizeof *file);
  if (!file) return rp_fail(err, RP_E_MEMORY, "simulate: out of memory");
  rp_status st = RP_OK;
  for (int i = 0; st == RP_OK && i < n; i++)
    st = rp_results_read(args->operand[i], &file[i], err);
  if (st == RP_OK) {
    s->model.n_in = file[0]->provenance.n_in;
    st = rp_workload_record((const rp_results *const *)file, n, s->law.times,
                            &s->recorded, err);
  }
  if (st == RP_OK) st = rp_sim_law_fit(&s->recorded, &s->law, err);
  for (int i = 0; i < n; i++) rp_results_free(file[i]);
  free(file);
  return st == RP_OK ? parse_model(args, &s->model, err) : st;
}

/* Whether the recorded tasks themselves are simulated, on every number of
 * ranks. */
static bool is_recorded(const setting *s) {
  return s->law.times <= RP_SIM_CPU && s->tasks + s->tasks_per_rank == 0;
}

/* Draw the tasks to simulate on this number of ranks. */
static rp_status draw_workload(const setting *s, int32_t ranks,
                               rp_workload *own, rp_error *err) {
  int64_t rows = s->tasks_per_rank ? s->tasks_per_rank * ranks : s->tasks;
  if (rows == 0)
    rows = s->recorded.plan.n_queries + s->recorded.plan.n_searches;
  if (s->law.times <= RP_SIM_CPU)
    return rp_workload_draw(&s->recorded, rows, s->seed, own, err);
  return rp_workload_make(&s->law, rows, s->seed, own, err);
}

/* ---- the tables ---- */

static void print_csv(FILE *out, const rp_sim_outcome *o) {
  const double share = o->makespan_s > 0 ? o->makespan_s : 1;
  const double speedup = o->one_rank_s / share;
  fprintf(out,
          "%d,%" PRId64 ",%" PRId64 ",%.6f,%.3f,%.4f,%.4f,%.6f,%" PRId64
          ",%" PRId64 ",%.4f\n",
          o->ranks, o->rows, o->tasks, o->makespan_s, speedup,
          speedup / o->ranks, 1 - o->busy_s / (share * o->ranks), o->tail_s,
          o->messages, o->message_bytes, o->rank0_s / share);
}

static void print_line(const rp_sim_outcome *o) {
  const double share = o->makespan_s > 0 ? o->makespan_s : 1;
  const double speedup = o->one_rank_s / share;
  printf("%7d %9" PRId64 " %9" PRId64 " %11.3f %9.1f %6.1f%% %6.1f%% %9.3f "
         "%10" PRId64 " %6.1f%%\n",
         o->ranks, o->rows, o->tasks, o->makespan_s, speedup,
         100 * speedup / o->ranks, 100 * (1 - o->busy_s / (share * o->ranks)),
         o->tail_s, o->messages, 100 * o->rank0_s / share);
  fflush(stdout);
}

static void print_heads(const setting *s) {
  static const char csv[] =
      "ranks,rows,tasks,makespan_s,speedup,efficiency,idle,tail_s,messages,"
      "message_bytes,rank0_busy\n";
  if (s->table) fputs(csv, s->table);
  if (s->csv) {
    fputs(csv, stdout);
    return;
  }
  if (s->law.times == RP_SIM_LOGNORMAL)
    printf("task times: lognormal, median %.3g s, sigma %.3g\n", s->law.a,
           s->law.b);
  if (s->law.times == RP_SIM_PARETO)
    printf("task times: Pareto, from %.3g s, exponent %.3g\n", s->law.a,
           s->law.b);
  printf("%7s %9s %9s %11s %9s %7s %7s %9s %10s %7s\n", "ranks", "rows",
         "tasks", "makespan/s", "speed-up", "effic.", "idle", "tail/s",
         "messages", "rank 0");
}

/* ---- the run ---- */

static rp_status simulate_one(const setting *s, int32_t ranks, double *one_s,
                              rp_error *err) {
  rp_workload own = {0};
  rp_sim_outcome o, alone;
  const bool recorded = is_recorded(s);
  rp_status st = recorded ? RP_OK : draw_workload(s, ranks, &own, err);
  const rp_workload *const w = recorded ? &s->recorded : &own;
  if (st == RP_OK && (*one_s == 0 || s->tasks_per_rank)) {
    st = rp_simulate(w, &s->model, 1, &alone, err);
    *one_s = alone.makespan_s;
  }
  if (st == RP_OK) st = rp_simulate(w, &s->model, ranks, &o, err);
  if (st == RP_OK) {
    o.one_rank_s = *one_s;
    if (s->table) print_csv(s->table, &o);
    if (s->csv)
      print_csv(stdout, &o);
    else
      print_line(&o);
  }
  rp_workload_free(&own);
  return st;
}

static rp_status simulate_all(const cli_args *args, setting *s, rp_error *err) {
  double one_s = 0;
  RP_TRY(read_record(args, s, err));
  print_heads(s);
  for (int i = 0; i < s->n_ranks; i++)
    RP_TRY(simulate_one(s, s->ranks[i], &one_s, err));
  return RP_OK;
}

static int run(const cli_args *args) {
  rp_error err = {""};
  setting s = {.table = NULL};
  char *text = NULL;
  size_t size = 0;
  const char *const output = args->text[CLI_output];
  rp_status st = parse(args, &s, &err);
  if (st == RP_OK && output) {
    s.table = open_memstream(&text, &size);
    if (!s.table) st = rp_fail(&err, RP_E_MEMORY, "simulate: out of memory");
  }
  if (st == RP_OK) st = simulate_all(args, &s, &err);
  if (s.table && fclose(s.table) != 0 && st == RP_OK)
    st = rp_fail(&err, RP_E_MEMORY, "simulate: out of memory");
  if (st == RP_OK && output) st = rp_file_replace(output, text, size, &err);
  free(text);
  rp_workload_free(&s.recorded);
  return st == RP_OK ? CLI_OK : cli_fail(st, &err);
}

const cli_command cli_simulate = {
    .name = "simulate",
    .summary = "predict what a job takes on more ranks than there are",
    .synopsis = "rampart simulate RESULTS... [OPTION]...\n"
                "rampart simulate --times LAW --tasks N [OPTION]...",
    .description =
        "Runs the scheduler of real runs on a simulated clock that jumps from "
        "event to event. Task times are those recorded in results files, drawn "
        "from them at random (--tasks), or follow a law that is fitted to the "
        "record or given by numbers. The same seed gives the same "
        "answer.\n\nColumns: ranks, rows decided, tasks run (more than rows "
        "where radii are searched), makespan, speed-up over one rank, "
        "efficiency, idle fraction of the ranks' time, tail (the time at the "
        "end with under nine tenths of the ranks busy), messages, and the "
        "fraction of its time that rank 0 spends on messages and tasks: near "
        "100 % it is the bottleneck. The default costs were measured: see "
        "results/SCALING.md.",
    .status = cli_plain_status,
    .examples =
        "rampart simulate results/table2.h5 --ranks 1,8,64,512\n"
        "rampart simulate results/table2.h5 --times lognormal \\\n"
        "    --tasks-per-rank 100 --ranks 100,1000,10000\n"
        "rampart simulate --times constant:0.05 --tasks-per-rank 100 \\\n"
        "    --ranks 1000,10000 -o bottleneck.csv",
    .takes = CLI_BIT(ranks) | CLI_BIT(tasks) | CLI_BIT(tasks_per_rank) |
             CLI_BIT(times) | CLI_BIT(latency) | CLI_BIT(bandwidth) |
             CLI_BIT(message_cost) | CLI_BIT(task_cost) | CLI_BIT(poll) |
             CLI_BIT(inputs) | CLI_BIT(split_after) | CLI_BIT(seed) |
             CLI_BIT(csv) | CLI_BIT(output) | CLI_BIT(force) | CLI_BIT(help),
    .most_operands = 1024,
    .run = run,
};
