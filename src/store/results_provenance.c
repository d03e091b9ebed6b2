/* Reads and writes the provenance, driven by one table of attributes.
 *
 * Texts are stored with a fixed length. Variable-length texts would be nicer in
 * h5py (str instead of bytes), but HDF5 keeps them in the one kind of block
 * without a checksum. */
#include "store/results_provenance.h"
#include "store/input_range.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "condition/condition.h"
#include "core/text.h"
#include "files/h5strict.h"

/* Files of version 1 may lack attributes and tables that were added later. */
enum { FORMAT_VERSION = 2, LONGEST_TEXT = 1024, GREATEST_SIZE = 1 << 30 };
static const char FORMAT[] = "rampart-results";
static const char OPTION_PREFIX[] = "option_";
static const char VALUES[] = "dataset_values", STEP[] = "input_scale";
static const char LAYOUT[] = "dataset_layout";
static const char CLASSES[] = "class_names"; /* only where they are given */
static const char PROPERTY[] = "property";   /* only where one was asked */
static const char NORM[] = "norm";           /* only where it is not linf */
static const char TARGETS[] = "targets";     /* only with EACH_CLASS */
static const char PATCH[] = "patch", PLACES[] = "places";          /* if any */
static const char BOX[] = "box_file", BOX_SHA256[] = "box_sha256"; /* if any */
static const char EACH_CLASS[] = "each class";

typedef struct text_attribute {
  const char *name;
  size_t offset, size;
  bool optional; /* version 1 may lack it */
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
                                       LATER(network_profile),
                                       LATER(source_sha256),
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
    WHOLE("input_bits", input_bits, 8, true),
    WHOLE("bits", bits, 16, true),
    WHOLE("radius_cap", radius_cap, RP_RADIUS_MAX, true),
    WHOLE("questions", questions, INT32_MAX, true)};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static char *get_text(rp_provenance *p, const text_attribute *attribute) {
  return (char *)p + attribute->offset;
}

static int32_t *get_whole(rp_provenance *p, const whole_attribute *attribute) {
  return (int32_t *)(void *)((char *)p + attribute->offset);
}

/* ---- Writing ---- */

/* Write a text of one line: control characters, as in a title, become spaces.
 */
static rp_status write_text(hid_t root, const char *name, const char *text,
                            size_t size, rp_error *err) {
  char line[LONGEST_TEXT];
  snprintf(line, sizeof line, "%.*s", (int)strnlen(text, size), text);
  for (char *c = line; *c; c++)
    if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
  return rp_h5_set_string(root, name, line, err);
}

/* Fill attributes that the caller left empty. */
static void fill_defaults(rp_provenance *p) {
  if (!p->title[0])
    snprintf(p->title, sizeof p->title, "Local robustness of %s%s%.32s",
             p->network[0] ? p->network : "a quantized network",
             *p->options.property ? " against " : "", p->options.property);
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

/* Merged results of version 1 keep that version. */
static bool is_old(const rp_provenance *p) {
  return p->values == RP_VALUES_UNSTATED || !p->evidence[0];
}

static rp_status write_values(hid_t root, const rp_provenance *p,
                              rp_error *err) {
  if (is_old(p)) return RP_OK;
  return rp_h5_set_string(root, VALUES, rp_values_name(p->values), err);
}

static rp_status write_format(hid_t root, const rp_provenance *p,
                              rp_error *err) {

  const int64_t version = is_old(p) ? 1 : FORMAT_VERSION;
  unsigned major, minor, release;
  char text[64];
  RP_TRY(rp_h5_set_string(root, "format", FORMAT, err));
  RP_TRY(rp_h5_set_integers(root, "format_version", H5T_STD_I32LE, &version, 0,
                            err));
  RP_TRY(rp_h5_set_string(root, "Conventions", "ACDD-1.3", err));
  snprintf(text, sizeof text, "rampart %.*s",
           (int)strnlen(p->version, sizeof p->version), p->version);
  RP_TRY(write_text(root, "source", text, sizeof text, err));
  (void)H5get_libversion(&major, &minor, &release);
  snprintf(text, sizeof text, "%u.%u.%u", major, minor, release);
  return rp_h5_set_string(root, "hdf5_version", text, err);
}

static rp_status write_option(hid_t root, const rp_options *options,
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
  fill_defaults(&own);
  RP_TRY(write_format(root, &own, err));
  for (size_t i = 0; i < COUNT(texts); i++)
    RP_TRY(write_text(root, texts[i].name, get_text(&own, &texts[i]),
                      texts[i].size, err));
  for (size_t i = 0; i < COUNT(wholes); i++) {
    const int64_t value = *get_whole(&own, &wholes[i]);
    RP_TRY(rp_h5_set_integers(root, wholes[i].name, H5T_STD_I32LE, &value, 0,
                              err));
  }
  RP_TRY(rp_input_range_write(root, &own, err));
  RP_TRY(write_values(root, &own, err));
  if (*own.dataset_layout)
    RP_TRY(rp_h5_set_string(root, LAYOUT, own.dataset_layout, err));
  if (*own.class_names)
    RP_TRY(rp_h5_set_string(root, CLASSES, own.class_names, err));
  if (own.in_step > 0) RP_TRY(rp_h5_set_real(root, STEP, own.in_step, err));
  if (*own.options.property)
    RP_TRY(rp_h5_set_string(root, PROPERTY, own.options.property, err));
  if (own.options.norm != RP_NORM_LINF)
    RP_TRY(rp_h5_set_string(root, NORM, rp_norm_name(own.options.norm), err));
  if (*own.box_sha256) {
    RP_TRY(write_text(root, BOX, own.box_file, sizeof own.box_file, err));
    RP_TRY(rp_h5_set_string(root, BOX_SHA256, own.box_sha256, err));
  }
  const int64_t targets = own.targets, patch = own.patch;
  if (targets > 0)
    RP_TRY(rp_h5_set_integers(root, patch ? PLACES : TARGETS, H5T_STD_I32LE,
                              &targets, 0, err));
  if (patch > 0)
    RP_TRY(rp_h5_set_integers(root, PATCH, H5T_STD_I32LE, &patch, 0, err));
  size_t count;
  const rp_option_info *rows = rp_option_rows(&count);
  for (size_t i = 0; i < count; i++)
    RP_TRY(write_option(root, &own.options, &rows[i], err));
  return RP_OK;
}

/* ---- Reading ---- */

/* The attribute `comment` is free for the user. */
static bool is_known(const char *name) {
  static const char *const others[] = {
      "format",  "format_version", "source", "hdf5_version",
      "comment", "Conventions",    NULL};
  for (size_t i = 0; i < COUNT(texts); i++)
    if (!strcmp(name, texts[i].name)) return true;
  for (size_t i = 0; i < COUNT(wholes); i++)
    if (!strcmp(name, wholes[i].name)) return true;
  return rp_input_range_has(name) || rp_h5_is_among(name, others);
}

static bool is_option(const char *name) {
  size_t count;
  const rp_option_info *rows = rp_option_rows(&count);
  const size_t prefix = strlen(OPTION_PREFIX);
  if (strncmp(name, OPTION_PREFIX, prefix) != 0) return false;
  for (size_t i = 0; i < count; i++)
    if (!strcmp(name + prefix, rows[i].name)) return true;
  return false;
}

static bool is_known_attribute(const char *name) {
  return is_known(name) || is_option(name) || !strcmp(name, VALUES) ||
         !strcmp(name, STEP) || !strcmp(name, LAYOUT) ||
         !strcmp(name, CLASSES) || !strcmp(name, PROPERTY) ||
         !strcmp(name, NORM) || !strcmp(name, TARGETS) || !strcmp(name, BOX) ||
         !strcmp(name, BOX_SHA256) || !strcmp(name, PATCH) ||
         !strcmp(name, PLACES);
}

/* Version 1 had options that no longer exist. */
static bool is_known_in_version_1(const char *name) {
  return is_known(name) || !strncmp(name, OPTION_PREFIX, strlen(OPTION_PREFIX));
}

static bool is_known_member(const char *name) {
  static const char *const members[] = {
      "queries",         "radii",      "ranks",      "timeline", "timing",
      "counterexamples", RP_BOX_LOWER, RP_BOX_UPPER, NULL};
  return rp_h5_is_among(name, members);
}

static rp_status check_format(hid_t root, bool *old, rp_error *err) {
  int64_t version;
  char format[LONGEST_TEXT] = "";
  if (rp_h5_has_attribute(root, "format"))
    RP_TRY(rp_h5_get_string(root, "format", format, sizeof format, err));
  if (strcmp(format, FORMAT) != 0)
    return rp_h5_fail(
        root, err, "expected a results file of Rampart, found %s%s%s",
        *format ? "format '" : "another HDF5 file", format, *format ? "'" : "");
  RP_TRY(
      rp_h5_get_integer(root, "format_version", 1, INT32_MAX, &version, err));
  if (version > FORMAT_VERSION)
    return rp_h5_fail(
        root, err, "format version %d: this version of Rampart reads up to %d",
        (int)version, FORMAT_VERSION);
  *old = version == 1;
  return rp_h5_refuse_others(root,
                             *old ? is_known_in_version_1 : is_known_attribute,
                             is_known_member, err);
}

/* Check the texts on which the meaning of the rows depends. */
static rp_status check_words(hid_t root, const rp_provenance *p, bool old,
                             rp_error *err) {
  const struct {
    const char *name, *found, *words;
    bool may_be_empty;
  } rules[] = {
      {"rounding_rule", p->rule, "R0", false},
      {"tie_rule", p->tie_rule, "first maximum", false},
      {"evidence", p->evidence, "none|counterexamples|full", old},
      {"network_format", p->network_format, RP_NETWORK_FORMATS, true},
      {"dataset_format", p->dataset_format, RP_DATASET_FORMATS, true},
  };
  for (size_t i = 0; i < COUNT(rules); i++)
    if (*rules[i].found ? !rp_text_is_one_of(rules[i].found, rules[i].words)
                        : !rules[i].may_be_empty)
      return rp_h5_fail(root, err,
                        "attribute '%s': expected one of %s, found '%s'",
                        rules[i].name, rules[i].words, rules[i].found);
  return RP_OK;
}

/* Results are about the files whose digests they name. */
static rp_status check_digests(hid_t root, const rp_provenance *p,
                               rp_error *err) {
  if (strspn(p->network_sha256, "0123456789abcdefABCDEF") != 64)
    return rp_h5_fail(root, err,
                      "attribute 'network_sha256': expected 64 hexadecimal "
                      "digits, found '%s'",
                      p->network_sha256);
  if (!*p->labels_file == !*p->labels_sha256) return RP_OK;
  return rp_h5_fail(root, err,
                    "attribute 'labels_sha256': expected a digest if "
                    "'labels_file' names a file, and none if not, found '%s' "
                    "and '%s'",
                    p->labels_sha256, p->labels_file);
}

/* Version 1 did not store it; with inputs 0..255 it makes no difference. */
static rp_status read_values(hid_t root, bool old, rp_provenance *p,
                             rp_error *err) {
  char name[16];
  p->values = p->in_lo == 0 && p->in_hi == 255 ? RP_VALUES_INTEGERS
                                               : RP_VALUES_UNSTATED;
  if (old) return RP_OK;
  RP_TRY(rp_h5_get_string(root, VALUES, name, sizeof name, err));
  if (rp_values_parse(name, &p->values)) return RP_OK;
  return rp_h5_fail(
      root, err, "attribute '%s': expected " RP_DATASET_VALUES ", found '%s'",
      VALUES, name);
}

/* Of networks whose input has a quantizer. */
static rp_status read_step(hid_t root, rp_provenance *p, rp_error *err) {
  p->in_step = 0;
  if (!rp_h5_has_attribute(root, STEP)) return RP_OK;
  RP_TRY(rp_h5_get_real(root, STEP, &p->in_step, err));
  if (p->in_step > 0) return RP_OK;
  return rp_h5_fail(root, err, "attribute '%s': expected more than 0, found %g",
                    STEP, p->in_step);
}

/* Of samples whose channels were put last. */
static rp_status read_layout(hid_t root, rp_provenance *p, rp_error *err) {
  *p->dataset_layout = '\0';
  if (!rp_h5_has_attribute(root, LAYOUT)) return RP_OK;
  RP_TRY(rp_h5_get_string(root, LAYOUT, p->dataset_layout,
                          sizeof p->dataset_layout, err));
  if (!strcmp(p->dataset_layout, "nchw")) return RP_OK;
  return rp_h5_fail(root, err, "attribute '%s': expected nchw, found '%s'",
                    LAYOUT, p->dataset_layout);
}

static rp_status read_classes(hid_t root, rp_provenance *p, rp_error *err) {
  *p->class_names = '\0';
  return rp_h5_has_attribute(root, CLASSES)
             ? rp_h5_get_string(root, CLASSES, p->class_names,
                                sizeof p->class_names, err)
             : RP_OK;
}

/* Rows are about the property: it is read by the same rules as in a job. */
static rp_status read_property(hid_t root, rp_provenance *p, rp_error *err) {
  char text[RP_PROPERTY_SIZE], *const own = p->options.property;
  rp_error why = {""};
  if (!rp_h5_has_attribute(root, PROPERTY)) return RP_OK;
  RP_TRY(rp_h5_get_string(root, PROPERTY, text, sizeof text, err));
  if (rp_condition_rewrite(text, own, &why) == RP_OK && !strcmp(text, own))
    return RP_OK;
  return rp_h5_fail(root, err,
                    "attribute '%s': expected a property as Rampart writes "
                    "it, found '%.80s'%s%.200s",
                    PROPERTY, text, *why.text ? ": " : "", why.text);
}

static rp_status read_norm(hid_t root, rp_provenance *p, rp_error *err) {
  char name[16];
  if (!rp_h5_has_attribute(root, NORM)) return RP_OK;
  RP_TRY(rp_h5_get_string(root, NORM, name, sizeof name, err));
  if (rp_norm_parse(name, &p->options.norm) && p->options.norm != RP_NORM_LINF)
    return RP_OK;
  return rp_h5_fail(root, err,
                    "attribute '%s': expected l1, l0, brightness or "
                    "contrast, found '%s'",
                    NORM, name);
}

/* Rows about each class have a column `target`, of so many classes. */
static rp_status read_targets(hid_t root, rp_provenance *p, rp_error *err) {
  const bool is_each = !strcmp(p->options.property, EACH_CLASS);
  int64_t targets;
  if (is_each) {
    RP_TRY(rp_h5_get_integer(root, TARGETS, 2, GREATEST_SIZE, &targets, err));
    p->targets = (int32_t)targets;
    return RP_OK;
  }
  if (!rp_h5_has_attribute(root, TARGETS)) return RP_OK;
  return rp_h5_fail(root, err,
                    "attribute '%s': expected the property '%s' beside it, "
                    "found '%.80s'",
                    TARGETS, EACH_CLASS, p->options.property);
}

/* Rows about a patch have a column `place`, of so many places. */
static rp_status read_patch(hid_t root, rp_provenance *p, rp_error *err) {
  int64_t patch, places;
  if (!rp_h5_has_attribute(root, PATCH) && !rp_h5_has_attribute(root, PLACES))
    return RP_OK;
  if (p->targets > 0)
    return rp_h5_fail(root, err, "attribute '%s': expected none beside '%s'",
                      PATCH, TARGETS);
  RP_TRY(rp_h5_get_integer(root, PATCH, 1, p->n_in, &patch, err));
  RP_TRY(rp_h5_get_integer(root, PLACES, 1, p->n_in, &places, err));
  p->patch = (int32_t)patch;
  p->targets = (int32_t)places;
  return RP_OK;
}

/* Of results whose inputs stay in boxes. */
static rp_status read_box(hid_t root, rp_provenance *p, rp_error *err) {
  *p->box_file = *p->box_sha256 = '\0';
  if (rp_h5_has_object(root, RP_BOX_LOWER) !=
      rp_h5_has_attribute(root, BOX_SHA256))
    return rp_h5_fail(root, err,
                      "expected attribute '%s' with '/%s', and not without it",
                      BOX_SHA256, RP_BOX_LOWER);
  if (!rp_h5_has_attribute(root, BOX_SHA256)) return RP_OK;
  RP_TRY(rp_h5_get_string(root, BOX, p->box_file, sizeof p->box_file, err));
  RP_TRY(rp_h5_get_string(root, BOX_SHA256, p->box_sha256, sizeof p->box_sha256,
                          err));
  if (strspn(p->box_sha256, "0123456789abcdef") == 64) return RP_OK;
  return rp_h5_fail(root, err,
                    "attribute '%s': expected 64 hexadecimal digits, found "
                    "'%s'",
                    BOX_SHA256, p->box_sha256);
}

static rp_status read_option(hid_t root, rp_options *options,
                             const rp_option_info *row, rp_error *err) {
  char *field = (char *)options + row->offset;
  char name[64];
  double real;
  int64_t whole;
  snprintf(name, sizeof name, "%s%s", OPTION_PREFIX, row->name);
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

static rp_status read_texts(hid_t root, rp_provenance *p, bool old,
                            rp_error *err) {
  for (size_t i = 0; i < COUNT(texts); i++) {
    char *const text = get_text(p, &texts[i]);
    *text = '\0'; /* a text that an old file lacks has no default */
    if (!old || !texts[i].optional || rp_h5_has_attribute(root, texts[i].name))
      RP_TRY(rp_h5_get_string(root, texts[i].name, text, texts[i].size, err));
  }
  return RP_OK;
}

static rp_status read_wholes(hid_t root, rp_provenance *p, bool old,
                             rp_error *err) {
  for (size_t i = 0; i < COUNT(wholes); i++) {
    const whole_attribute *own = &wholes[i];
    int64_t value;
    if (old && own->optional && !rp_h5_has_attribute(root, own->name)) continue;
    RP_TRY(rp_h5_get_integer(root, own->name, 0, own->greatest, &value, err));
    *get_whole(p, own) = (int32_t)value;
  }
  return RP_OK;
}

static rp_status read_options(hid_t root, rp_provenance *p, bool old,
                              rp_error *err) {
  size_t count;
  const rp_option_info *rows = rp_option_rows(&count);
  for (size_t i = 0; i < count; i++) {
    char name[64];
    snprintf(name, sizeof name, "%s%s", OPTION_PREFIX, rows[i].name);
    if (!old || rp_h5_has_attribute(root, name))
      RP_TRY(read_option(root, &p->options, &rows[i], err));
  }
  return RP_OK;
}

rp_status rp_provenance_read(hid_t root, rp_provenance *provenance, bool *old,
                             rp_error *err) {
  RP_TRY(check_format(root, old, err));
  RP_TRY(read_texts(root, provenance, *old, err));
  RP_TRY(check_words(root, provenance, *old, err));
  if (!*old) RP_TRY(check_digests(root, provenance, err));
  RP_TRY(read_wholes(root, provenance, *old, err));
  RP_TRY(rp_input_range_read(root, provenance, err));
  RP_TRY(read_values(root, *old, provenance, err));
  RP_TRY(read_step(root, provenance, err));
  RP_TRY(read_layout(root, provenance, err));
  RP_TRY(read_classes(root, provenance, err));
  RP_TRY(read_property(root, provenance, err));
  RP_TRY(read_norm(root, provenance, err));
  RP_TRY(read_targets(root, provenance, err));
  RP_TRY(read_patch(root, provenance, err));
  RP_TRY(read_box(root, provenance, err));
  /* The name of an unknown engine is kept, to be shown. */
  (void)rp_options_set(&provenance->options, "engine", provenance->engine,
                       NULL);
  return read_options(root, provenance, *old, err);
}
