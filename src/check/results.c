/* Results files: what they claim, and where they say it comes from. */
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define TEXT(name)                                                             \
  { #name, true }
#define NUMBER(name)                                                           \
  { #name, false }

static rp_status text_if_there(h5id id, const char *name, char text[512],
                               rp_error *err) {
  return rp_check_h5_has(id, name) ? rp_check_h5_text(id, name, text, err)
                                   : RP_OK;
}

static rp_status int_if_there(h5id id, const char *name, int64_t *value,
                              rp_error *err) {
  return rp_check_h5_has(id, name) ? rp_check_h5_int(id, name, value, err)
                                   : RP_OK;
}

static rp_status sources_read(h5id id, sources *s, rp_error *err) {
  char format[512], rule[512];
  RP_TRY(rp_check_h5_text(id, "format", format, err));
  RP_TRY(rp_check_h5_text(id, "rounding_rule", rule, err));
  if (strcmp(format, "rampart-results") != 0 || strcmp(rule, "R0") != 0)
    return rp_fail(err, RP_E_INPUT, "not results of Rampart by rule R0");
  RP_TRY(rp_check_h5_text(id, "network_file", s->network, err));
  RP_TRY(rp_check_h5_text(id, "network_sha256", s->network_sha256, err));
  RP_TRY(rp_check_h5_text(id, "dataset_file", s->dataset, err));
  RP_TRY(rp_check_h5_text(id, "dataset_sha256", s->dataset_sha256, err));
  RP_TRY(text_if_there(id, "labels_file", s->labels, err));
  RP_TRY(text_if_there(id, "labels_sha256", s->labels_sha256, err));
  RP_TRY(text_if_there(id, "network_format", s->network_format, err));
  RP_TRY(text_if_there(id, "dataset_format", s->dataset_format, err));
  RP_TRY(text_if_there(id, "x_name", s->x_name, err));
  RP_TRY(text_if_there(id, "y_name", s->y_name, err));
  RP_TRY(text_if_there(id, "evidence", s->evidence, err));
  RP_TRY(int_if_there(id, "input_bits", &s->input_bits, err));
  RP_TRY(int_if_there(id, "bits", &s->bits, err));
  RP_TRY(int_if_there(id, "radius_cap", &s->radius_cap, err));
  RP_TRY(rp_check_h5_int(id, "n_in", &s->n_in, err));
  return rp_check_h5_int(id, "input_max", &s->in_hi, err);
}

static rp_status examples_read(h5id id, results *r, rp_error *err) {
  int32_t rank;
  int64_t dims[8];
  void *data;
  RP_TRY(rp_check_h5_array(id, "counterexamples", H5_UINT8, &rank, dims, &data,
                           err));
  r->example = data;
  r->n_examples = dims[0];
  return rank == 2 && (dims[0] == 0 || dims[1] == r->sources.n_in)
             ? RP_OK
             : rp_fail(err, RP_E_INPUT, "counterexamples of another size");
}

static rp_status all_read(h5id id, results *r, rp_error *err) {
  static const column queries[] = {
      NUMBER(sample), NUMBER(label),    NUMBER(radius),        TEXT(verdict),
      TEXT(evidence), NUMBER(distance), NUMBER(counterexample)};
  static const column radii[] = {NUMBER(sample), NUMBER(label),
                                 NUMBER(lo),     NUMBER(hi),
                                 TEXT(verdict),  NUMBER(counterexample)};
  void *rows;
  RP_TRY(sources_read(id, &r->sources, err));
  RP_TRY(
      rp_check_h5_table(id, "queries", queries, 7, &rows, &r->n_queries, err));
  r->query = rows;
  RP_TRY(rp_check_h5_table(id, "radii", radii, 6, &rows, &r->n_radii, err));
  r->radius = rows;
  return examples_read(id, r, err);
}

rp_status rp_check_results(const char *file, results *r, rp_error *err) {
  blob b;
  h5id id = -1;
  rp_error why = {""};
  RP_TRY(rp_check_read(file, &b, err));
  rp_status st = rp_check_h5_open(file, &b, &id, &why);
  if (st == RP_OK) st = all_read(id, r, &why);
  rp_check_h5_close(id);
  free(b.bytes);
  return st == RP_OK ? st : rp_fail(err, st, "%s: %.400s", file, why.text);
}
