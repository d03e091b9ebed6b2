/* Writes files in the format that the scoring of VNN-COMP reads (2022 and
 * later): results.csv without a header, one line per instance, and for every
 * `sat` a file NETWORK_PROPERTY.counterexample.gz with one s-expression of all
 * inputs in order followed by all outputs. Inputs and outputs are the integers
 * of the network. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "condition/condition.h"
#include "core/csv.h"
#include "core/memory.h"
#include "core/text.h"
#include "show/export_item.h"

static const char *get_result_word(const rp_export_item *item) {
  switch (item->verdict) {
  case RP_ROBUST:
    return "unsat";
  case RP_VIOLATED:
    return "sat";
  case RP_UNKNOWN:
  case RP_MISCLASSIFIED:
  case RP_INVALID:
  case RP_VERDICT_COUNT:
    break;
  }
  if (item->reason == RP_REASON_TIME) return "timeout";
  return item->reason == RP_REASON_ERROR ? "error" : "unknown";
}

/* The scoring splits lines at commas and does not support quotes. */
static void print_plain(FILE *out, const char *text) {
  if (rp_is_formula(text)) fputc('_', out); /* for spreadsheets */
  const rp_printable_text shown = rp_printable(text);
  for (const char *c = shown.text; *c; c++)
    fputc(*c == ',' || *c == '"' ? '_' : *c, out);
}

void rp_export_name(const rp_export_item *item,
                    char name[RP_EXPORT_NAME_SIZE]) {
  const int n =
      snprintf(name, RP_EXPORT_NAME_SIZE, "prop_%" PRId64, item->sample);
  const size_t used = (size_t)n, left = RP_EXPORT_NAME_SIZE - used;
  if (item->target < 0)
    snprintf(name + used, left, "_%d", item->radius);
  else
    snprintf(name + used, left, "_%s_%d_%d", item->has_place ? "at" : "to",
             item->target, item->radius);
}

void rp_export_csv(FILE *out, const rp_export *what, const rp_export_item *item,
                   int64_t n) {
  const rp_provenance *const p = &what->results->provenance;
  for (int64_t i = 0; i < n; i++) {
    print_plain(out, p->network);
    fputc(',', out);
    print_plain(out, p->network_file);
    char name[RP_EXPORT_NAME_SIZE];
    rp_export_name(&item[i], name);
    fprintf(out, ",%s.vnnlib,0,%s,%.9f\n", name, get_result_word(&item[i]),
            item[i].seconds);
  }
}

/* Are these the outputs of a counterexample? */
static rp_status judge(const rp_export *what, const rp_export_item *item,
                       const int32_t *out, bool *is_one, rp_error *err) {
  const char *const property = what->results->provenance.options.property;
  const int32_t n_out = what->net->n_out;
  rp_condition *asked;
  *is_one = rp_first_max(out, n_out) != item->label;
  if (!*property) return RP_OK;
  RP_TRY(rp_condition_read(property, &asked, err));
  rp_condition_choose(asked, item->target);
  const rp_status status = rp_condition_check(asked, n_out, err);
  *is_one =
      status == RP_OK && rp_condition_is_met(asked, out, n_out, item->label);
  rp_condition_free(asked);
  return status;
}

static rp_status replay(const rp_export *what, const rp_export_item *item,
                        int32_t *out, rp_error *err) {
  const rp_net *const net = what->net;
  bool is_one = false;
  const rp_status st = rp_reference_forward(net, item->x, out);
  if (st == RP_E_MEMORY) return rp_fail(err, st, "export: out of memory");
  if (st == RP_OK) RP_TRY(judge(what, item, out, &is_one, err));
  if (is_one) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "sample %" PRId64
                 ", radius %d, label %d: the network does not confirm the "
                 "counterexample in the results",
                 item->sample, item->radius, item->label);
}

rp_status rp_export_counterexample(FILE *file, const rp_export *what,
                                   const rp_export_item *item, rp_error *err) {
  const rp_net *const net = what->net;
  int32_t *const out = rp_alloc((size_t)net->n_out, sizeof *out);
  if (!out) return rp_fail(err, RP_E_MEMORY, "export: out of memory");
  const rp_status st = replay(what, item, out, err);
  for (int32_t i = 0; st == RP_OK && i < net->n_in; i++)
    fprintf(file, "%s(X_%d %d)", i ? "\n" : "(", i, net->in_lo + item->x[i]);
  for (int32_t i = 0; st == RP_OK && i < net->n_out; i++)
    fprintf(file, "\n(Y_%d %d)", i, out[i]);
  if (st == RP_OK) fputs(")\n", file);
  free(out);
  return st;
}

rp_status rp_export_pack(const char *bytes, size_t size, uint8_t **packed,
                         size_t *packed_size, rp_error *err) {
  enum { GZIP = 15 + 16 }; /* window bits, and a gzip header */
  z_stream z;
  memset(&z, 0, sizeof z);
  uint8_t *block = NULL;
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP, 8,
                   Z_DEFAULT_STRATEGY) == Z_OK) {
    const size_t bound = deflateBound(&z, (uLong)size);
    block = rp_alloc(bound, 1);
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)size;
    z.next_out = block;
    z.avail_out = (uInt)bound;
    if (block && deflate(&z, Z_FINISH) != Z_STREAM_END) {
      free(block);
      block = NULL;
    }
    *packed_size = z.total_out;
    deflateEnd(&z);
  }
  if (!block) return rp_fail(err, RP_E_MEMORY, "export: out of memory");
  *packed = block;
  return RP_OK;
}
