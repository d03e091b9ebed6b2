/* rampart merge: joins the shards of a job into one results file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "core/memory.h"
#include "core/text.h"
#include "files/file.h"
#include "show/show.h"
#include "store/merge.h"
#include "store/proof_file.h"

typedef struct parts {
  const char **file;
  rp_results **results;
  int32_t n;
} parts;

static void parts_fini(parts *p) {
  for (int32_t i = 0; p->results && i < p->n; i++)
    rp_results_free(p->results[i]);
  free(p->results);
  free(p->file);
}

/* A file that cannot be opened is skipped: rp_results_merge then reports its
 * shard together with everything else that is missing. */
static rp_status read_parts(const cli_args *args, parts *p, rp_error *err) {
  const size_t n = (size_t)args->n_operands;
  p->file = rp_alloc(n, sizeof *p->file);
  p->results = rp_alloc(n, sizeof(rp_results *));
  if (!p->file || !p->results)
    return rp_fail(err, RP_E_MEMORY, "merge: out of memory");
  for (int i = 0; i < args->n_operands; i++) {
    FILE *there = NULL;
    (void)rp_file_open(args->operand[i], &there, NULL);
    if (!there && args->n_operands > 1) {
      fprintf(stderr, "rampart: %s: cannot be read: left out\n",
              rp_printable(args->operand[i]).text);
      continue;
    }
    if (there) (void)fclose(there);
    p->file[p->n] = args->operand[i];
    RP_TRY(rp_results_read(args->operand[i], &p->results[p->n], err));
    p->n++;
  }
  if (p->n == 0)
    return rp_fail(err, RP_E_INPUT, "none of the %d files can be read",
                   args->n_operands);
  return RP_OK;
}

static bool is_part(const parts *p, const char *file) {
  for (int32_t i = 0; i < p->n; i++)
    if (!strcmp(p->file[i], file)) return true;
  return false;
}

static rp_status flush_proofs(void *proofs, rp_error *err) {
  return rp_proof_file_flush(proofs, err);
}

/* Read the output of an earlier merge, whose answers are kept. */
static rp_status read_older(const char *file, rp_results **older,
                            rp_error *err) {
  RP_TRY(cli_check_results_file(file, err));
  return access(file, F_OK) == 0 ? rp_results_read(file, older, err) : RP_OK;
}

/* Warn about shards that were copied without their proofs, or with others. */
static void say_lost_proofs(const parts *p) {
  for (int32_t i = 0; i < p->n; i++) {
    const rp_provenance *const of = &p->results[i]->provenance;
    rp_proof_list list = {0};
    if (*of->proofs &&
        !rp_proof_file_find(p->file[i], of->network_sha256, of->proofs, &list))
      fprintf(stderr,
              "rampart: %s.proofs: not there, or not those of these results: "
              "their answers may be merged without proofs\n",
              rp_printable(p->file[i]).text);
    rp_proof_list_fini(&list);
  }
}

static rp_status write_with_proofs(const parts *p, rp_results *merged,
                                   const char *file, rp_error *err) {
  rp_proof_file *proofs;
  const size_t n = (size_t)p->n;
  const char **const from = rp_alloc(n + 1, sizeof *from);
  if (!from) return rp_fail(err, RP_E_MEMORY, "merge: out of memory");
  say_lost_proofs(p);
  memcpy(from, p->file, n * sizeof *from);
  from[n] = file; /* proofs of an earlier merge */
  const rp_status joined = rp_proof_file_merge(
      file, merged->provenance.network_sha256, from, p->n + 1, &proofs, err);
  free(from);
  RP_TRY(joined);
  const rp_file_step step = {flush_proofs, proofs};
  rp_proof_file_describe(proofs, merged->provenance.proofs);
  const rp_status st = rp_results_write_after(merged, file, &step, err);
  const rp_status closed =
      rp_proof_file_close(proofs, false, st == RP_OK ? err : NULL);
  return st == RP_OK ? closed : st;
}

static rp_status check_output(const parts *p, const char *file, rp_error *err) {
  if (!is_part(p, file)) return RP_OK;
  return rp_fail(err, RP_E_USAGE, "%s: cannot be a shard and the output", file);
}

static rp_status write_merged(const parts *p, rp_results *merged,
                              const char *file, rp_error *err) {
  if (!strcmp(merged->provenance.evidence, rp_keep_name(RP_KEEP_FULL)))
    return write_with_proofs(p, merged, file, err);
  return rp_results_write(merged, file, err);
}

static rp_status merge(const cli_args *args, rp_error *missing, rp_error *err) {
  const char *const output = args->text[CLI_output];
  parts p = {0};
  rp_results *merged = NULL, *older = NULL;
  rp_status st = read_older(output, &older, err);
  if (st == RP_OK) st = read_parts(args, &p, err);
  if (st == RP_OK) st = check_output(&p, output, err);
  if (st == RP_OK) {
    const rp_merge what = {.file = p.file,
                           .part = (const rp_results *const *)p.results,
                           .n = p.n,
                           .partial = args->text[CLI_partial],
                           .older = older,
                           .older_file = output};
    st = rp_results_merge(&what, &merged, missing, err);
  }
  if (st == RP_OK) {
    rp_text_copy(merged->provenance.history, sizeof merged->provenance.history,
                 args->history);
    st = write_merged(&p, merged, output, err);
  }
  if (st == RP_OK && !args->text[CLI_quiet]) rp_show_summary(stdout, merged);
  rp_results_free(merged);
  rp_results_free(older);
  parts_fini(&p);
  return st;
}

static int run(const cli_args *args) {
  rp_error err = {""}, missing = {""};
  const rp_status st = merge(args, &missing, &err);
  if (st != RP_OK) return cli_fail(st, &err);
  if (!missing.text[0]) return CLI_OK;
  fflush(stdout);
  fprintf(stderr, "rampart: %s\n", missing.text);
  return CLI_INTERRUPTED;
}

const cli_command cli_merge = {
    .name = "merge",
    .summary = "make one results file of the shards of a job",
    .synopsis = "rampart merge [OPTION]... RESULTS... --output FILE",
    .description =
        "Joins the results of rampart run --shard 1/N, 2/N, ... N/N into the "
        "same tables as those of one run of the whole job, except for times. "
        "Proofs (evidence full) are joined too; where a shard's RESULTS.proofs "
        "is not beside it, a line says so. Ranks are renumbered, shard by "
        "shard.\n\nNothing is written if the files are not shards of one job "
        "(network, dataset, samples and radii, engine, evidence must be the "
        "same; limits may differ), if a shard is given twice, if answers "
        "contradict each other, or if a shard is missing or incomplete; the "
        "message names it. --partial merges the shards that are there; the "
        "result cannot be merged again. An existing output must belong to the "
        "same job: its answers are united with those of the shards, and a "
        "decided answer is never replaced by an open one.",
    .status = "0  merged, whatever the verdicts\n"
              "1  the output could not be written\n"
              "2  wrong command line, files that do not belong together, or "
              "something\n   is missing; nothing was written\n"
              "4  merged with --partial, and something is missing",
    .examples = "rampart run jobs/table3_P1-4.yaml --shard 1/2\n"
                "rampart run jobs/table3_P1-4.yaml --shard 2/2\n"
                "rampart merge results/table3_P1-4.?-of-2.h5 \\\n"
                "    -o results/table3_P1-4.h5",
    .takes =
        CLI_BIT(output) | CLI_BIT(partial) | CLI_BIT(quiet) | CLI_BIT(help),
    .requires = CLI_BIT(output),
    .least_operands = 1,
    .most_operands = INT32_MAX,
    .run = run,
};
