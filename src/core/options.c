/* Everything the option table yields: rows, defaults, parsing, printing. */
#include "core/options.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "core/text.h"

#define TYPE_real RP_OPTION_REAL
#define TYPE_whole RP_OPTION_WHOLE
#define ROW(type, name, def, least, greatest, unit, help)                      \
  {#name,                                                                      \
   TYPE_##type,                                                                \
   (double)(def),                                                              \
   (double)(least),                                                            \
   (double)(greatest),                                                         \
   unit,                                                                       \
   help,                                                                       \
   offsetof(rp_options, name)},
static const rp_option_info rows[] = {RP_OPTION_TABLE(ROW)};

const rp_option_info *rp_option_rows(size_t *count) {
  *count = sizeof rows / sizeof *rows;
  return rows;
}

bool rp_option_decides(const rp_option_info *row) {
  return row->offset != offsetof(rp_options, threads) &&
         row->offset != offsetof(rp_options, lost_after);
}

void rp_options_default(rp_options *options) {
  options->engine = RP_ENGINE_HULL;
  options->evidence = RP_KEEP_COUNTEREXAMPLES;
  options->norm = RP_NORM_LINF;
  *options->property = '\0';
#define DEFAULT(type, name, def, least, greatest, unit, help)                  \
  options->name = (def);
  RP_OPTION_TABLE(DEFAULT)
}

const char *rp_engine_name(rp_engine engine) {
  switch (engine) {
  case RP_ENGINE_HULL:
    return "hull";
  case RP_ENGINE_ONEHOT:
    return "onehot";
  case RP_ENGINE_COMPACT:
    return "compact";
  }
  return "?";
}

static rp_status set_engine(rp_options *options, const char *text,
                            rp_error *err) {
  for (int e = RP_ENGINE_HULL; e <= RP_ENGINE_COMPACT; e++)
    if (!strcmp(text, rp_engine_name((rp_engine)e))) {
      options->engine = (rp_engine)e;
      return RP_OK;
    }
  return rp_fail(err, RP_E_USAGE,
                 "engine: expected hull, onehot or compact, found '%s'", text);
}

const char *rp_keep_name(rp_keep keep) {
  switch (keep) {
  case RP_KEEP_NONE:
    return "none";
  case RP_KEEP_COUNTEREXAMPLES:
    return "counterexamples";
  case RP_KEEP_FULL:
    return "full";
  }
  return "?";
}

static rp_status set_evidence(rp_options *options, const char *text,
                              rp_error *err) {
  for (int k = RP_KEEP_NONE; k <= RP_KEEP_FULL; k++)
    if (!strcmp(text, rp_keep_name((rp_keep)k))) {
      options->evidence = (rp_keep)k;
      return RP_OK;
    }
  return rp_fail(err, RP_E_USAGE,
                 "evidence: expected none, counterexamples or full, found '%s'",
                 text);
}

static rp_status set_norm(rp_options *options, const char *text,
                          rp_error *err) {
  if (rp_norm_parse(text, &options->norm)) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "norm: expected " RP_NORM_FORM ", found '%.*s'",
                 rp_text_fit(text, 80), text);
}

/* Dashes and underscores are the same letter in an option's name. */
static bool is_same_name(const char *a, const char *b) {
  for (; *a && *b; a++, b++)
    if ((*a == '-' ? '_' : *a) != (*b == '-' ? '_' : *b)) return false;
  return *a == *b;
}

static rp_status set_value(void *field, const rp_option_info *row,
                           const char *text, rp_error *err) {
  int64_t whole;
  if (row->type == RP_OPTION_REAL) {
    if (rp_parse_real(text, row->least, row->greatest, field)) return RP_OK;
  } else if (rp_parse_whole(text, INT64_MIN, INT64_MAX, &whole) &&
             (double)whole >= row->least && (double)whole <= row->greatest) {
    memcpy(field, &whole, sizeof whole);
    return RP_OK;
  }
  char least[RP_REAL_SIZE], greatest[RP_REAL_SIZE];
  return rp_fail(err, RP_E_USAGE,
                 "%s: expected a%s number from %s to %s%s%s, found '%.*s'",
                 row->name, row->type == RP_OPTION_REAL ? "" : " whole",
                 rp_write_real(row->least, least),
                 rp_write_real(row->greatest, greatest), *row->unit ? " " : "",
                 row->unit, rp_text_fit(text, 80), text);
}

rp_status rp_options_set(rp_options *options, const char *name,
                         const char *text, rp_error *err) {
  if (!strcmp(name, "engine")) return set_engine(options, text, err);
  if (!strcmp(name, "evidence")) return set_evidence(options, text, err);
  if (!strcmp(name, "norm")) return set_norm(options, text, err);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (is_same_name(name, rows[i].name))
      return set_value((char *)options + rows[i].offset, &rows[i], text, err);
  return rp_fail(err, RP_E_USAGE, "unknown option '%s'", name);
}

void rp_options_get(const rp_options *options, const rp_option_info *row,
                    char *text, size_t size) {
  const char *field = (const char *)options + row->offset;
  if (row->type == RP_OPTION_REAL) {
    double value;
    memcpy(&value, field, sizeof value);
    char written[RP_REAL_SIZE];
    snprintf(text, size, "%s", rp_write_real(value, written));
  } else {
    int64_t value;
    memcpy(&value, field, sizeof value);
    snprintf(text, size, "%" PRId64, value);
  }
}
