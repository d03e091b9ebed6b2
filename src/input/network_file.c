/* Reads a network of any format: recognizes the format by the file's content
 * and adds what all formats share, the digest and the name. */
#include "input/network_file.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/text.h"
#include "files/h5util.h"
#include "files/sha256.h"
#include "files/zip.h"
#include "input/interpret.h"
#include "input/network_formats.h"

rp_status rp_network_add_file_name(hid_t file, rp_status status,
                                   rp_error *err) {
  if (status != RP_E_INPUT || !err) return status;
  const rp_error inner = *err;
  return rp_h5_fail(file, err, "%s", inner.text);
}

/* The group in which model.save of Keras puts the weights. */
rp_status rp_network_expect_profile(const rp_network_source *source,
                                    const char *profiles, rp_error *err) {
  if (source->profile) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%s: expected a profile (--profile NAME, in a job profile: "
                 "NAME), %s, found none",
                 source->file, profiles);
}

rp_status rp_network_finish(rp_net *net, int32_t output, const char *file,
                            rp_error *err) {
  rp_error why = {""};
  if (!net || net->n_blocks < 1 || output != net->n_blocks - 1)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected an output that the last operator computes, "
                   "found another",
                   file);
  const rp_status status = rp_net_finish(net, &why);
  return status == RP_OK ? RP_OK
                         : rp_fail(err, status, "%s: %s", file, why.text);
}

static const char WHOLE_MODEL[] = "model_weights";

static rp_status read_keras(hid_t file, const rp_network_source *source,
                            const char *stem, rp_net **net, rp_error *err) {
  const bool is_listed = rp_h5_has_attribute(file, "layer_names");
  const bool is_whole = rp_h5_has_object(file, WHOLE_MODEL);
  if (!is_listed && !is_whole && rp_network_is_keras3(file))
    return rp_network_read_keras3(file, source, stem, net, err);
  if (is_listed || !is_whole)
    return rp_network_read_qvip(file, source, stem, net, err);
  hid_t weights;
  RP_TRY(rp_h5_open_group(file, WHOLE_MODEL, &weights, err));
  const rp_status status =
      rp_network_read_qvip(weights, source, stem, net, err);
  rp_h5_close(weights);
  return status;
}

static rp_status find_format(hid_t file, const char *asked, bool *native,
                             rp_error *err) {
  char found[64] = "";
  *native = !strcmp(asked, "native");
  if (*native || !strcmp(asked, "qvip")) return RP_OK;
  if (rp_h5_has_attribute(file, "format"))
    RP_TRY(rp_h5_get_string(file, "format", found, sizeof found, err));
  *native = !strcmp(found, RP_NATIVE_FORMAT);
  if (*native || rp_h5_has_attribute(file, "layer_names") ||
      rp_h5_has_object(file, WHOLE_MODEL) || rp_network_is_keras3(file))
    return RP_OK;
  return rp_h5_fail(file, err,
                    "expected a network (attribute 'format' = '%s', or Keras "
                    "weights with 'layer_names'), found %s%s",
                    RP_NATIVE_FORMAT, *found ? "format " : "neither", found);
}

/* Copy the file's name without folder and last suffix. */
static void copy_stem(const char *file, char stem[RP_NET_NAME_SIZE]) {
  const char *slash = strrchr(file, '/');
  const char *base = slash ? slash + 1 : file;
  const char *dot = strrchr(base, '.');
  const size_t length = dot && dot > base ? (size_t)(dot - base) : strlen(base);
  const size_t room = RP_NET_NAME_SIZE - 1;
  rp_text_copy(stem, (length < room ? length : room) + 1, base);
}

typedef struct reading {
  const rp_network_source *source;
  const rp_file_content *content;
  int flat;    /* index of its format; FLAT_FORMATS: HDF5 */
  rp_net *net; /* out */
} reading;

/* Only formats that leave the rounding open have a profile. A native file may
 * have been made from one, and then names it. */
static rp_status check_profile(hid_t file, const rp_network_source *source,
                               const rp_net *net, rp_error *err) {
  if (!source->profile || !strcmp(source->profile, net->profile)) return RP_OK;
  return rp_h5_fail(file, err, "profile: expected %s, found '%.*s'",
                    *net->profile ? net->profile : "none in this format",
                    rp_text_fit(source->profile, 80), source->profile);
}

static rp_status read_hdf5(hid_t file, void *arg, rp_error *err) {
  reading *task = arg;
  const rp_network_source *source = task->source;
  char stem[RP_NET_NAME_SIZE];
  bool native;
  rp_net *net = NULL;
  RP_TRY(find_format(file, source->format, &native, err));
  copy_stem(source->file, stem);
  rp_status status = native ? rp_network_read_native(file, source, &net, err)
                            : read_keras(file, source, stem, &net, err);
  if (status == RP_OK) status = check_profile(file, source, net, err);
  if (status == RP_OK)
    task->net = net;
  else
    rp_net_free(net);
  return status;
}

/* Formats whose files are read from their bytes. */
static const struct {
  const char *name, *title, *suffix;
  bool (*is_format)(const rp_file_content *content);
  rp_status (*explain)(const rp_file_content *content, rp_error *err);
  rp_status (*read)(const rp_file_content *content,
                    const rp_network_source *source, const char *stem,
                    rp_net **net, rp_error *err);
  rp_interpreter_open *interpret;
} flat_formats[] = {
    {"tflite", "a TFLite file", ".tflite", rp_network_is_tflite,
     rp_network_explain_tflite, rp_network_read_tflite, rp_interpret_tflite},
    {"onnx", "an ONNX file", ".onnx", rp_network_is_onnx,
     rp_network_explain_onnx, rp_network_read_onnx, rp_interpret_onnx}};

enum { FLAT_FORMATS = sizeof flat_formats / sizeof *flat_formats };

static rp_status read_flat(void *arg, rp_error *err) {
  reading *task = arg;
  char stem[RP_NET_NAME_SIZE];
  copy_stem(task->source->file, stem);
  return flat_formats[task->flat].read(task->content, task->source, stem,
                                       &task->net, err);
}

/* A zip archive that Keras 3 saved has the weights in it. */
static rp_status read_archive(reading *task, rp_error *err) {
  char place[RP_KERAS_PLACE];
  rp_file_content weights;
  RP_TRY(rp_network_unpack_keras(task->content, place, &weights, err));
  const rp_status status = rp_h5_read(&weights, read_hdf5, task, err);
  rp_file_content_fini(&weights);
  return status;
}

/* Why a file is not of the format that was asked for, or that its name says:
 * another kind, or a damaged one of this. */
static rp_status refuse_flat(const reading *task, rp_error *err) {
  if (!rp_file_is_known(task->content))
    return flat_formats[task->flat].explain(task->content, err);
  return rp_fail(err, RP_E_INPUT, "%s: expected %s, found %s",
                 task->source->file, flat_formats[task->flat].title,
                 rp_file_describe(task->content));
}

static bool is_named_so(const rp_file_content *content, int flat) {
  const char *const suffix = flat_formats[flat].suffix;
  const size_t length = strlen(content->file), n = strlen(suffix);
  return length > n && !strcasecmp(content->file + length - n, suffix) &&
         !rp_h5_has_superblock(content);
}

bool rp_network_is_deployed(const char *file) {
  rp_file_content content;
  rp_error ignored;
  bool is_flat = false;
  if (rp_file_load(file, RP_MOST_FILE_BYTES, &content, &ignored) != RP_OK)
    return false;
  for (int flat = 0; flat < FLAT_FORMATS; flat++)
    is_flat |=
        flat_formats[flat].is_format(&content) || is_named_so(&content, flat);
  rp_file_content_fini(&content);
  return is_flat;
}

static rp_status read_content(reading *task, rp_error *err) {
  const char *const format = task->source->format;
  for (task->flat = 0; task->flat < FLAT_FORMATS; task->flat++) {
    const bool is_asked = !strcmp(format, flat_formats[task->flat].name);
    const bool is_found = flat_formats[task->flat].is_format(task->content);
    if (!is_found && (is_asked || (!strcmp(format, "auto") &&
                                   is_named_so(task->content, task->flat))))
      return refuse_flat(task, err);
    if (is_found && (is_asked || !strcmp(format, "auto")))
      return rp_h5_run_guarded(task->content, read_flat, task, err);
  }
  const bool is_archive =
      strcmp(format, "native") != 0 &&
      rp_zip_has_signature(task->content->bytes, task->content->size);
  return is_archive ? read_archive(task, err)
                    : rp_h5_read(task->content, read_hdf5, task, err);
}

const char *rp_rule_name(rp_rule rule) {
  switch (rule) {
  case RP_RULE_R0:
    return "R0";
  }
  return "?";
}

rp_status rp_network_read(const rp_network_source *source, rp_net **net,
                          rp_error *err) {
  rp_network_source named = *source;
  if (!named.format) named.format = "auto";
  if (!rp_text_is_one_of(named.format, RP_NETWORK_FORMATS))
    return rp_fail(err, RP_E_INPUT,
                   "network format: expected auto, native, qvip, tflite or "
                   "onnx, found '%s'",
                   named.format);
  reading task = {.source = &named};
  rp_file_content content;
  RP_TRY(rp_file_load(source->file, RP_MOST_FILE_BYTES, &content, err));
  task.content = &content;
  const rp_status status = read_content(&task, err);
  if (status == RP_OK) {
    rp_sha256_bytes(content.bytes, content.size, task.net->sha256);
    if (*task.net->profile && !*task.net->source_sha256)
      rp_text_copy(task.net->source_sha256, sizeof task.net->source_sha256,
                   task.net->sha256);
    *net = task.net;
  }
  rp_file_content_fini(&content);
  return status;
}

/* ---- Comparison. ---- */

static rp_status find_interpreter(const rp_file_content *content,
                                  rp_interpreter_open **open, rp_error *err) {
  for (int i = 0; i < FLAT_FORMATS; i++)
    if (flat_formats[i].is_format(content)) *open = flat_formats[i].interpret;
  if (*open) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "%s: expected a TFLite or ONNX file, whose operators can be "
                 "interpreted one by one, found %s",
                 content->file, rp_file_describe(content));
}

static rp_status compare(const rp_file_content *content,
                         const rp_network_source *source, const rp_net *net,
                         const uint8_t *x, int64_t n,
                         rp_network_comparison *found, rp_error *err) {
  rp_interpreter_open *open = NULL;
  rp_interpreter of = {0};
  char sha256[65];
  rp_sha256_bytes(content->bytes, content->size, sha256);
  if (strcmp(sha256, net->sha256) != 0)
    return rp_fail(err, RP_E_INPUT,
                   "%s: expected the file that the network was read from, "
                   "found one that was changed since",
                   content->file);
  RP_TRY(find_interpreter(content, &open, err));
  rp_status status = open(content, source, &of, err);
  if (status == RP_OK)
    status = rp_interpreter_compare(&of, net, x, n, found, err);
  rp_interpreter_fini(&of);
  return status;
}

rp_status rp_network_compare(const rp_network_source *source, const rp_net *net,
                             const uint8_t *x, int64_t n,
                             rp_network_comparison *found, rp_error *err) {
  rp_file_content content;
  RP_TRY(rp_file_load(source->file, RP_MOST_FILE_BYTES, &content, err));
  const rp_status status = compare(&content, source, net, x, n, found, err);
  rp_file_content_fini(&content);
  return status;
}
