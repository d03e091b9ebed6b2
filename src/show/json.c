/* Prints results as JSON: one object for each file, with its tables and its
 * provenance. */
#include <inttypes.h>
#include <stdio.h>

#include "core/json.h"
#include "core/number.h"
#include "show/table.h"

static const rp_cell_format json = {rp_json_real, rp_json_text, "null"};

static void put_table(FILE *out, const rp_results *results,
                      rp_show_table table) {
  const rp_show_view rows = rp_show_get_view(results, table);
  fprintf(out, ",\n  \"%s\": [", rows.name);
  for (int64_t i = 0; i < rows.n_rows; i++) {
    const char *before = "";
    fprintf(out, "%s\n   {", i ? "," : "");
    for (int32_t c = 0; c < rows.n_columns; c++) {
      if (!rp_show_is_seen(&rows, c, RP_SEEN_JSON)) continue;
      const rp_cell cell = rp_show_get_cell(&rows, i, c);
      fprintf(out, "%s\"%s\": ", before, rows.column[c].name);
      rp_show_put_cell(out, &cell, &json);
      before = ", ";
    }
    fputc('}', out);
  }
  fputs("]", out);
}

static void put_text(FILE *out, const char *key, const char *value) {
  fprintf(out, ",\n  \"%s\": ", key);
  rp_json_text(out, value);
}

static void put_options(FILE *out, const rp_options *options) {
  size_t count;
  char value[64];
  const rp_option_info *const rows = rp_option_rows(&count);
  fputs(",\n  \"options\": {", out);
  for (size_t i = 0; i < count; i++) {
    rp_options_get(options, &rows[i], value, sizeof value);
    fprintf(out, "%s\"%s\": %s", i ? ", " : "", rows[i].name, value);
  }
  fputc('}', out);
}

static void put_provenance(FILE *out, const rp_provenance *p) {
  const struct {
    const char *key, *value;
  } texts[] = {{"title", p->title},
               {"network", p->network},
               {"network_file", p->network_file},
               {"network_sha256", p->network_sha256},
               {"network_profile", p->network_profile},
               {"source_sha256", p->source_sha256},
               {"property", p->options.property},
               {"norm", rp_norm_name(p->options.norm)},
               {"box_file", p->box_file},
               {"box_sha256", p->box_sha256},
               {"dataset_file", p->dataset_file},
               {"dataset_sha256", p->dataset_sha256},
               {"dataset_values", rp_values_name(p->values)},
               {"labels_file", p->labels_file},
               {"job_sha256", p->job_sha256},
               {"evidence", p->evidence},
               {"rounding_rule", p->rule},
               {"tie_rule", p->tie_rule},
               {"engine", p->engine},
               {"rampart_version", p->version},
               {"date_created", p->date_created},
               {"history", p->history}};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    put_text(out, texts[i].key, texts[i].value);
  if (*p->class_names) put_text(out, "class_names", p->class_names);
  put_options(out, &p->options);
  fprintf(out,
          ",\n  \"ranks_started\": %d, \"threads\": %d, \"n_in\": %d, "
          "\"input_min\": %d, \"input_max\": %d, \"radius_cap\": %d",
          p->ranks, p->threads, p->n_in, p->in_lo, p->in_lo + p->in_hi,
          p->radius_cap);
  if (p->targets > 0)
    fprintf(out, ", \"%ss\": %d", rp_provenance_part(p), p->targets);
  if (p->patch > 0) fprintf(out, ", \"patch\": %d", p->patch);
  char step[RP_REAL_SIZE];
  if (p->in_step > 0)
    fprintf(out, ", \"input_scale\": %s", rp_write_real(p->in_step, step));
}

void rp_show_json(FILE *out, const char *file, const rp_results *results,
                  rp_show_table table) {
  fputs(" {\n  \"file\": ", out);
  rp_json_text(out, file);
  put_provenance(out, &results->provenance);
  if (table != RP_SHOW_AUTO)
    put_table(out, results, table);
  else {
    put_table(out, results, RP_SHOW_QUERIES);
    put_table(out, results, RP_SHOW_RADII);
    put_table(out, results, RP_SHOW_RANKS);
  }
  fputs("\n }", out);
}
