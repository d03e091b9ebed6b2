/* Prints results as CSV, and their provenance. */
#include "show/show.h"
#include "core/csv.h"
#include "core/number.h"
#include "core/text.h"

#include <inttypes.h>
#include <string.h>

#include "show/table.h"

rp_status rp_show_table_parse(const char *text, rp_show_table *table,
                              rp_error *err) {
  static const char *const names[] = {"auto", "queries", "radii", "ranks",
                                      "timeline"};
  for (int i = RP_SHOW_AUTO; i <= RP_SHOW_TIMELINE; i++)
    if (!strcmp(text, names[i])) {
      *table = (rp_show_table)i;
      return RP_OK;
    }
  return rp_fail(
      err, RP_E_USAGE,
      "--table: expected queries, radii, ranks or timeline, found '%.*s'",
      rp_text_fit(text, 80), text);
}

rp_show_table rp_show_choose_table(const rp_results *results,
                                   rp_show_table table) {
  if (table != RP_SHOW_AUTO) return table;
  return results->n_radii > 0 ? RP_SHOW_RADII : RP_SHOW_QUERIES;
}

void rp_show_put_cell(FILE *out, const rp_cell *cell,
                      const rp_cell_format *format) {
  char name[RP_LISTED_SIZE];
  switch (cell->kind) {
  case RP_CELL_WHOLE:
  case RP_CELL_AT_LEAST:
    fprintf(out, "%" PRId64, cell->whole);
    break;
  case RP_CELL_REAL:
    format->put_real(out, cell->real, 6);
    break;
  case RP_CELL_TEXT:
    format->put_text(out, cell->text);
    break;
  case RP_CELL_LISTED:
    rp_text_copy_listed(name, sizeof name, cell->text, (int32_t)cell->whole);
    format->put_text(out, name);
    break;
  case RP_CELL_NONE:
    fputs(format->none, out);
    break;
  }
}

static const rp_cell_format csv = {rp_print_real, rp_csv_text, ""};

void rp_show_csv(FILE *out, const rp_results *results, rp_show_table table) {
  const rp_show_view rows =
      rp_show_get_view(results, rp_show_choose_table(results, table));
  fputs("network", out);
  for (int32_t c = 0; c < rows.n_columns; c++)
    if (rp_show_is_seen(&rows, c, RP_SEEN_CSV))
      fprintf(out, ",%s", rows.column[c].name);
  fputc('\n', out);
  for (int64_t i = 0; i < rows.n_rows; i++) {
    rp_csv_text(out, results->provenance.network);
    for (int32_t c = 0; c < rows.n_columns; c++) {
      if (!rp_show_is_seen(&rows, c, RP_SEEN_CSV)) continue;
      const rp_cell cell = rp_show_get_cell(&rows, i, c);
      fputc(',', out);
      rp_show_put_cell(out, &cell, &csv);
    }
    fputc('\n', out);
  }
}

static void print_named(FILE *out, const char *name, const char *value,
                        const char *sha256) {
  if (!*value && !*sha256) return;
  fprintf(out, "%-8s %s", name, rp_printable(value).text);
  if (*sha256)
    fprintf(out, "%ssha256 %.12s", *value ? ", " : "",
            rp_printable(sha256).text);
  fputc('\n', out);
}

static const char *describe_values(rp_values values) {
  switch (values) {
  case RP_VALUES_INTEGERS:
    return "integers, as the network takes them";
  case RP_VALUES_PIXELS:
    return "pixels 0..255, rescaled to the network's input bits";
  case RP_VALUES_REALS:
    return "reals, rounded by the quantizer of the network's input";
  case RP_VALUES_UNSTATED:
    return "not stated: pixels if one of them is above the input range";
  }
  return "?";
}

void rp_show_provenance(FILE *out, const rp_results *results) {
  const rp_provenance *p = &results->provenance;
  char step[RP_REAL_SIZE];
  print_named(out, "title", p->title, "");
  print_named(out, "network", p->network, "");
  print_named(out, "file", p->network_file, p->network_sha256);
  if (*p->network_profile)
    print_named(out, "profile", p->network_profile, p->source_sha256);
  if (*p->options.property) print_named(out, "asked", p->options.property, "");
  if (p->options.norm != RP_NORM_LINF)
    print_named(out, "norm", rp_norm_describe(p->options.norm), "");
  if (*p->box_sha256) print_named(out, "box", p->box_file, p->box_sha256);
  if (p->patch > 0)
    fprintf(out, "%-8s %d x %d, which alone may change, at each of %d places\n",
            "patch", p->patch, p->patch, p->targets);
  print_named(out, "dataset", p->dataset_file, p->dataset_sha256);
  print_named(out, "values", describe_values(p->values), "");
  print_named(out, "classes", p->class_names, "");
  if (p->in_step > 0)
    fprintf(out, "%-8s %s in the real inputs, which a radius of 1 is\n", "step",
            rp_write_real(p->in_step, step));
  print_named(out, "job", "", p->job_sha256);
  print_named(out, "command", p->history, "");
  fprintf(out, "%-8s %s %s, engine %s, seed %" PRId64 "\n", "by", "rampart",
          rp_printable(p->version).text,
          p->engine[0] ? rp_printable(p->engine).text : "?", p->options.seed);
  fprintf(out, "%-8s %d rank%s, %d thread%s each\n", "on", p->ranks,
          p->ranks == 1 ? "" : "s", p->threads, p->threads == 1 ? "" : "s");
  print_named(out, "rounding", rp_provenance_rounding(p), "");
  print_named(out, "ties", p->tie_rule, "");
  print_named(out, "written", p->date_created, "");
}
