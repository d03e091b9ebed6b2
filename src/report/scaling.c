/* Compares the runs of a scaling experiment. The base is the run on the fewest
 * ranks.
 *
 * Strong scaling is the same work on more ranks: speedup = base ranks * base
 * time / time. With weak scaling the work grows with the ranks: efficiency =
 * base time / time, and speedup = efficiency * ranks. */
#include "report/scaling.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "report/plot.h"

/* ---- one run ---- */

static int64_t count_undecided(const rp_results *r) {
  int64_t n = 0;
  for (int64_t i = 0; i < r->n_queries; i++)
    n += r->query[i].verdict == RP_UNKNOWN;
  for (int64_t i = 0; i < r->n_radii; i++)
    n += r->radius[i].verdict == RP_UNKNOWN;
  return n;
}

static rp_status summarize_run(const rp_results *r, const char *file,
                               rp_scaling_run *run, rp_error *err) {
  *run = (rp_scaling_run){.file = file,
                          .ranks = r->provenance.ranks,
                          .threads = r->provenance.threads,
                          .rows = r->n_queries + r->n_radii,
                          .undecided = count_undecided(r)};
  if (r->n_ranks != run->ranks || run->ranks < 1)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected counters of %d ranks, found %" PRId64
                   ": the run was not completed, or ranks were lost",
                   file, run->ranks, r->n_ranks);
  for (int64_t i = 0; i < r->n_ranks; i++) {
    const rp_rank_row *const k = &r->rank[i];
    run->tasks += k->tasks;
    run->busy_s += k->busy_seconds;
    run->messages += k->messages;
    run->message_bytes += k->message_bytes;
    if (k->rank != 0) continue;
    run->wall_s = k->wall_seconds;
    run->serving_s = k->serving_seconds;
  }
  if (run->wall_s > 0) return RP_OK;
  return rp_fail(
      err, RP_E_INPUT,
      "%s: no wall time of rank 0: written by an older version of Rampart",
      file);
}

/* ---- are they comparable? ---- */

static bool has_same_tables(const rp_results *a, const rp_results *b) {
  if (a->n_queries != b->n_queries || a->n_radii != b->n_radii) return false;
  for (int64_t i = 0; i < a->n_queries; i++)
    if (a->query[i].sample != b->query[i].sample ||
        a->query[i].radius != b->query[i].radius)
      return false;
  for (int64_t i = 0; i < a->n_radii; i++)
    if (a->radius[i].sample != b->radius[i].sample) return false;
  return true;
}

static rp_status check_same(const rp_results *a, const rp_results *b,
                            const char *const file[2], bool weak,
                            rp_error *err) {
  const rp_provenance *const p = &a->provenance, *const q = &b->provenance;
  const char *const other =
      strcmp(p->network_sha256, q->network_sha256)   ? "another network"
      : strcmp(p->dataset_sha256, q->dataset_sha256) ? "another dataset"
      : !rp_values_agree(p->values, q->values, p->in_lo, p->in_hi)
          ? "another kind of dataset values"
      : strcmp(p->engine, q->engine) ? "another engine"
      : p->threads != q->threads     ? "another number of threads"
      : !weak && !has_same_tables(a, b)
          ? "other samples or radii (allowed only with --weak)"
          : NULL;
  if (!other) return RP_OK;
  return rp_fail(err, RP_E_INPUT, "%s: %s than %s", file[1], other, file[0]);
}

/* ---- the table ---- */

static int compare_runs(const void *left, const void *right) {
  const rp_scaling_run *const a = left, *const b = right;
  if (a->ranks != b->ranks) return a->ranks < b->ranks ? -1 : 1;
  return (a->wall_s > b->wall_s) - (a->wall_s < b->wall_s);
}

/* Keep only the median run for each number of ranks. */
static void keep_medians(rp_scaling *s) {
  int32_t kept = 0;
  for (int32_t i = 0, j; i < s->n; i = j) {
    for (j = i; j < s->n && s->run[j].ranks == s->run[i].ranks;) j++;
    s->run[kept++] = s->run[i + (j - i - 1) / 2];
  }
  s->n = kept;
}

static void compute_speedups(rp_scaling *s) {
  const rp_scaling_run base = s->run[0];
  for (int32_t i = 0; i < s->n; i++) {
    rp_scaling_run *const run = &s->run[i];
    run->efficiency = base.wall_s / run->wall_s;
    if (!s->weak) run->efficiency *= (double)base.ranks / run->ranks;
    run->speedup = run->efficiency * run->ranks;
    run->idle = 1 - run->busy_s / (run->wall_s * run->ranks);
    if (run->idle < 0) run->idle = 0;
  }
}

rp_status rp_scaling_compare(const rp_results *const *results,
                             const char *const *files, int32_t n, bool weak,
                             rp_scaling *s, rp_error *err) {
  *s = (rp_scaling){.weak = weak, .n = n};
  if (n < 1) return rp_fail(err, RP_E_INPUT, "no results files");
  s->run = rp_alloc((size_t)n, sizeof *s->run);
  if (!s->run) return rp_fail(err, RP_E_MEMORY, "scaling: out of memory");
  rp_status st = RP_OK;
  for (int32_t i = 0; st == RP_OK && i < n; i++) {
    const char *const pair[2] = {files[0], files[i]};
    st = check_same(results[0], results[i], pair, weak, err);
    if (st == RP_OK) st = summarize_run(results[i], files[i], &s->run[i], err);
  }
  if (st != RP_OK) {
    rp_scaling_free(s);
    return st;
  }
  qsort(s->run, (size_t)n, sizeof *s->run, compare_runs);
  keep_medians(s);
  compute_speedups(s);
  return RP_OK;
}

void rp_scaling_free(rp_scaling *s) {
  free(s->run);
  *s = (rp_scaling){.run = NULL};
}

/* ---- as text ---- */

void rp_scaling_print(FILE *out, const rp_scaling *s) {
  const int32_t threads = s->run[0].threads, base = s->run[0].ranks;
  fprintf(out, "%s scaling, %d thread%s per rank\n",
          s->weak ? "weak" : "strong", threads, threads == 1 ? "" : "s");
  fprintf(out, "%6s %9s %9s %11s %9s %7s %7s %10s %9s %8s\n", "ranks", "rows",
          "tasks", "wall/s", "speed-up", "effic.", "idle", "messages", "MB",
          "rank 0/s");
  for (int32_t i = 0; i < s->n; i++) {
    const rp_scaling_run *const r = &s->run[i];
    fprintf(out,
            "%6d %9" PRId64 " %9" PRId64 " %11.3f %9.2f %6.1f%% %6.1f%% "
            "%10" PRId64 " %9.3f %8.3f\n",
            r->ranks, r->rows, r->tasks, r->wall_s, r->speedup,
            100 * r->efficiency, 100 * r->idle, r->messages,
            1e-6 * (double)r->message_bytes, r->serving_s);
  }
  if (base > 1)
    fprintf(out,
            "speed-up: that of the run on %d ranks is taken to be %d; there is "
            "no run on one rank\n",
            base, base);
  for (int32_t i = 0; i < s->n; i++)
    if (s->run[i].undecided > 0)
      fprintf(out, "%d ranks: %" PRId64 " of %" PRId64 " rows undecided\n",
              s->run[i].ranks, s->run[i].undecided, s->run[i].rows);
}

void rp_scaling_csv(FILE *out, const rp_scaling *s) {
  fprintf(out,
          "ranks,threads,rows,undecided,tasks,wall_s,busy_s,speedup,efficiency,"
          "idle,messages,message_bytes,rank0_serving_s\n");
  for (int32_t i = 0; i < s->n; i++) {
    const rp_scaling_run *const r = &s->run[i];
    fprintf(out,
            "%d,%d,%" PRId64 ",%" PRId64 ",%" PRId64
            ",%.6f,%.6f,%.4f,%.4f,%.4f,%" PRId64 ",%" PRId64 ",%.6f\n",
            r->ranks, r->threads, r->rows, r->undecided, r->tasks, r->wall_s,
            r->busy_s, r->speedup, r->efficiency, r->idle, r->messages,
            r->message_bytes, r->serving_s);
  }
}

/* ---- as a plot ---- */

static void draw(FILE *out, const rp_scaling *s, const double *ranks,
                 const double *speedup) {
  const double least = ranks[0], most = ranks[s->n - 1];
  const double ends[2] = {least, most > least ? most : 2 * least};
  double low = least;
  for (int32_t i = 0; i < s->n; i++) low = fmin(low, speedup[i]);
  const rp_axis x = {
      .label = "ranks", .lo = ends[0], .hi = ends[1], .log = true};
  char over[64] = "speed-up over one rank";
  if (s->run[0].ranks > 1)
    snprintf(over, sizeof over, "speed-up, if that of %d ranks is %d",
             s->run[0].ranks, s->run[0].ranks);
  const rp_axis y = {.label =
                         s->weak ? "speed-up, work growing with ranks" : over,
                     .lo = fmax(low, least / 1000),
                     .hi = ends[1],
                     .log = true};
  const rp_plot_about about = {
      .title = s->weak ? "Weak scaling" : "Strong scaling",
      .desc = "Speed-up over the number of ranks; dashed: ideal.",
      .id = "scaling",
      .n_legend = 2,
      .standalone = true};
  const rp_series ideal = {.name = "ideal",
                           .x = ends,
                           .y = ends,
                           .n = 2,
                           .colour = rp_plot_colour(1),
                           .dashed = true};
  const rp_series measured = {.name = "measured",
                              .x = ranks,
                              .y = speedup,
                              .n = (size_t)s->n,
                              .colour = rp_plot_colour(0),
                              .points = true};
  rp_plot plot;
  rp_plot_open(&plot, out, &about, &x, &y);
  rp_plot_series(&plot, &ideal);
  rp_plot_series(&plot, &measured);
  rp_plot_close(&plot);
}

void rp_scaling_plot(FILE *out, const rp_scaling *s) {
  double *const ranks = rp_alloc((size_t)s->n, sizeof *ranks);
  double *const speedup = rp_alloc((size_t)s->n, sizeof *speedup);
  for (int32_t i = 0; ranks && speedup && i < s->n; i++) {
    ranks[i] = s->run[i].ranks;
    speedup[i] = s->run[i].speedup;
  }
  if (ranks && speedup) draw(out, s, ranks, speedup);
  free(ranks);
  free(speedup);
}
