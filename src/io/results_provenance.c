/* Provenance, driven by one table of attributes.
 *
 * Texts are stored with a fixed length: variable-length ones are nicer in h5py
 * (str instead of bytes), but HDF5 keeps them in the one kind of block that
 * has no checksum, and a damaged file must not reach that code. */
#include "results_provenance.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "h5util.h"

enum { FORMAT_VERSION = 2, LONGEST_TEXT = 512, GREATEST_SIZE = 1 << 30 };
static const char FORMAT[] = "rampart-results";
static const char OPTION_PREFIX[] = "option_";
static const char VALUES[] = "dataset_values";

typedef struct text_attribute {
  const char *name;
  size_t offset, size;
  bool optional; /* older files lack it */
} text_attribute;

#define ENTRY(name, field, optional)                                           \
  {                                                                            \
    name, offsetof(rp_provenance, field), sizeof((rp_provenance *)0)->field,   \
        optional                                                               \
  }
#define TEXT(name, field) ENTRY(name, field, false)
#define LATER(field) ENTRY(#field, field, true)
static const text_attribute texts[] = {TEXT("title", title),
                                       TEXT("history", history),
                                       TEXT("date_created", date_created),
                                       TEXT("rampart_version", version),
                                       TEXT("network", network),
                                       TEXT("network_file", network_file),
                                       TEXT("network_sha256", network_sha256),
                                       TEXT("dataset_file", dataset_file),
                                       TEXT("dataset_sha256", dataset_sha256),
                                       TEXT("job_sha256", job_sha256),
                                       TEXT("rounding_rule", rule),
                                       TEXT("tie_rule", tie_rule),
                                       TEXT("engine", engine),
                                       LATER(labels_file),
                                       LATER(labels_sha256),
                                       LATER(x_name),
                                       LATER(y_name),
                                       LATER(network_format),
                                       LATER(dataset_format),
                                       LATER(evidence),
                                       LATER(questions_sha256),
                                       LATER(proofs),
                                       LATER(shard)};

typedef struct whole_attribute {
  const char *name;
  size_t offset;
  int32_t greatest;
  bool optional;
} whole_attribute;

#define WHOLE(name, field, greatest, optional)                                 \
  { name, offsetof(rp_provenance, field), greatest, optional }
static const whole_attribute wholes[] = {
    WHOLE("ranks", ranks, INT32_MAX, false),
    WHOLE("threads", threads, INT32_MAX, false),
    WHOLE("n_in", n_in, GREATEST_SIZE, false),
    WHOLE("input_max", in_hi, 255, false),
    WHOLE("input_bits", input_bits, 8, true),
    WHOLE("bits", bits, 16, true),
    WHOLE("radius_cap", radius_cap, 255, true),
    WHOLE("questions", questions, INT32_MAX, true)};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char *text_in(rp_provenance *p, const text_attribute *attribute) {
  return (char *)p + attribute->offset;
}

static int32_t *whole_in(rp_provenance *p, const whole_attribute *attribute) {
  return (int32_t *)(void *)((char *)p + attribute->offset);
}

/* ---- Writing ---- */

/* One line: a tab or line break from a job file's title becomes a space. */
static rp_status text_written(hid_t root, const char *name, const char *text,
                              size_t size, rp_error *err) {
  char line[LONGEST_TEXT];
  snprintf(line, sizeof line, "%.*s", (int)strnlen(text, size), text);
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
  return rp_h5_set_string(root, name, line, err);
}

/* What the caller left empty and a reader wants to see. */
static void gaps_filled(rp_provenance *p) {
  if (!p->title[0])
    snprintf(p->title, sizeof p->title, "Local robustness of %s",
             p->network[0] ? p->network : "a quantized network");
  if (!p->engine[0])
    snprintf(p->engine, sizeof p->engine, "%s",
             rp_engine_name(p->options.engine));
  if (p->date_created[0]) return;
  const time_t now = time(NULL);
  struct tm utc;
  if (gmtime_r(&now, &utc))
    strftime(p->date_created, sizeof p->date_created, "%Y-%m-%dT%H:%M:%SZ",
             &utc);
}

/* Results of version 1 that are merged stay what they are. */
static rp_status values_written(hid_t root, const rp_provenance *p,
                                rp_error *err) {
  if (p->values == RP_VALUES_UNSTATED) return RP_OK;
  return rp_h5_set_string(root, VALUES, rp_values_name(p->values), err);
}

static rp_status format_written(hid_t root, const rp_provenance *p,
                                rp_error *err) {
  const int64_t version = p->values == RP_VALUES_UNSTATED ? 1 : FORMAT_VERSION;
  unsigned major, minor, release;
  char text[64];
  RP_TRY(rp_h5_set_string(root, "format", FORMAT, err));
  RP_TRY(rp_h5_set_integers(root, "format_version", H5T_STD_I32LE, &version, 0,
                            err));
  RP_TRY(rp_h5_set_string(root, "Conventions", "ACDD-1.3", err));
  snprintf(text, sizeof text, "rampart %.*s",
           (int)strnlen(p->version, sizeof p->version), p->version);
  RP_TRY(text_written(root, "source", text, sizeof text, err));
  (void)H5get_libversion(&major, &minor, &release);
  snprintf(text, sizeof text, "%u.%u.%u", major, minor, release);
  return rp_h5_set_string(root, "hdf5_version", text, err);
}

static rp_status option_written(hid_t root, const rp_options *options,
                                const rp_option_info *row, rp_error *err) {
  const char *field = (const char *)options + row->offset;
  char name[64];
  snprintf(name, sizeof name, "%s%s", OPTION_PREFIX, row->name);
  if (row->type == RP_OPTION_REAL) {
    double value;
    memcpy(&value, field, sizeof value);
    return rp_h5_set_real(root, name, value, err);
  }
  int64_t value;
  memcpy(&value, field, sizeof value);
  return rp_h5_set_integers(root, name, H5T_STD_I64LE, &value, 0, err);
}

rp_status rp_provenance_write(hid_t root, const rp_provenance *provenance,
                              rp_error *err) {
  rp_provenance own = *provenance;
  gaps_filled(&own);
  RP_TRY(format_written(root, &own, err));
  for (size_t i = 0; i < COUNT(texts); i++)
    RP_TRY(text_written(root, texts[i].name, text_in(&own, &texts[i]),
                        texts[i].size, err));
  for (size_t i = 0; i < COUNT(wholes); i++) {
    const int64_t value = *whole_in(&own, &wholes[i]);
    RP_TRY(rp_h5_set_integers(root, wholes[i].name, H5T_STD_I32LE, &value, 0,
                              err));
  }
  RP_TRY(values_written(root, &own, err));
  size_t count;
  const rp_option_info *rows = rp_option_rows(&count);
  for (size_t i = 0; i < count; i++)
    RP_TRY(option_written(root, &own.options, &rows[i], err));
  return RP_OK;
}

/* ---- Reading ---- */

static rp_status format_checked(hid_t root, int64_t *version, rp_error *err) {
  char format[LONGEST_TEXT] = "";
  if (rp_h5_has_attribute(root, "format"))
    RP_TRY(rp_h5_get_string(root, "format", format, sizeof format, err));
  if (strcmp(format, FORMAT) != 0)
    return rp_h5_fail(
        root, err, "expected a results file of Rampart, found %s%s%s",
        *format ? "format '" : "another HDF5 file", format, *format ? "'" : "");
  RP_TRY(rp_h5_get_integer(root, "format_version", 1, INT32_MAX, version, err));
  if (*version > FORMAT_VERSION)
    return rp_h5_fail(root, err,
                      "format version %d: this Rampart reads up to %d",
                      (int)*version, FORMAT_VERSION);
  return RP_OK;
}

/* Version 1 did not say it. Up to 255 it makes no difference. */
static rp_status values_read(hid_t root, int64_t version, rp_provenance *p,
                             rp_error *err) {
  char name[16];
  p->values = p->in_hi == 255 ? RP_VALUES_INTEGERS : RP_VALUES_UNSTATED;
  if (version == 1) return RP_OK;
  RP_TRY(rp_h5_get_string(root, VALUES, name, sizeof name, err));
  if (rp_values_parse(name, &p->values)) return RP_OK;
  return rp_h5_fail(
      root, err, "attribute '%s': expected " RP_DATASET_VALUES ", found '%s'",
      VALUES, name);
}

static rp_status option_read(hid_t root, rp_options *options,
                             const rp_option_info *row, rp_error *err) {
  char *field = (char *)options + row->offset;
  char name[64];
  double real;
  int64_t whole;
  snprintf(name, sizeof name, "%s%s", OPTION_PREFIX, row->name);
  if (!rp_h5_has_attribute(root, name)) return RP_OK;
  if (row->type == RP_OPTION_REAL) {
    RP_TRY(rp_h5_get_real(root, name, &real, err));
    memcpy(field, &real, sizeof real);
  } else {
    RP_TRY(rp_h5_get_integer(root, name, INT64_MIN, INT64_MAX, &whole, err));
    memcpy(field, &whole, sizeof whole);
    real = (double)whole;
  }
  if (!(real >= row->least && real <= row->greatest))
    return rp_h5_fail(root, err,
                      "attribute '%s': expected %.15g..%.15g, found %.15g",
                      name, row->least, row->greatest, real);
  return RP_OK;
}

rp_status rp_provenance_read(hid_t root, rp_provenance *provenance,
                             rp_error *err) {
  int64_t version;
  RP_TRY(format_checked(root, &version, err));
  for (size_t i = 0; i < COUNT(texts); i++) {
    if (texts[i].optional && !rp_h5_has_attribute(root, texts[i].name))
      continue;
    RP_TRY(rp_h5_get_string(root, texts[i].name, text_in(provenance, &texts[i]),
                            texts[i].size, err));
  }
  for (size_t i = 0; i < COUNT(wholes); i++) {
    int64_t value;
    if (wholes[i].optional && !rp_h5_has_attribute(root, wholes[i].name))
      continue;
    RP_TRY(rp_h5_get_integer(root, wholes[i].name, 0, wholes[i].greatest,
                             &value, err));
    *whole_in(provenance, &wholes[i]) = (int32_t)value;
  }
  RP_TRY(values_read(root, version, provenance, err));
  /* An engine that this version does not know is still a name to show. */
  (void)rp_options_set(&provenance->options, "engine", provenance->engine,
                       NULL);
  size_t count;
  const rp_option_info *rows = rp_option_rows(&count);
  for (size_t i = 0; i < count; i++)
    RP_TRY(option_read(root, &provenance->options, &rows[i], err));
  return RP_OK;
}
