/* The keys of a job file as a libcyaml schema; loading and saving by it.
 *
 * The keys below `options` come from the option table. The guard has reported
 * everything that a user can get wrong, so libcyaml fails only if memory is
 * lacking or if it disagrees with the guard; its log then becomes the message.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "input/job_yaml.h"

#define REQUIRED CYAML_FLAG_POINTER
#define OPTIONAL (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define TEXT_AS(key, flags, structure, member)                                 \
  CYAML_FIELD_STRING_PTR(key, flags, structure, member, 0, CYAML_UNLIMITED)
#define TEXT(flags, structure, member)                                         \
  TEXT_AS(#member, flags, structure, member)

static const cyaml_schema_field_t network_fields[] = {
    TEXT(REQUIRED, raw_network, file),
    TEXT(OPTIONAL, raw_network, format),
    TEXT(OPTIONAL, raw_network, input_bits),
    TEXT(OPTIONAL, raw_network, bits),
    TEXT(OPTIONAL, raw_network, name),
    CYAML_FIELD_END,
};

static const cyaml_schema_field_t dataset_fields[] = {
    TEXT(REQUIRED, raw_dataset, file),
    TEXT(OPTIONAL, raw_dataset, labels),
    TEXT(OPTIONAL, raw_dataset, format),
    TEXT(OPTIONAL, raw_dataset, x),
    TEXT(OPTIONAL, raw_dataset, y),
    TEXT(OPTIONAL, raw_dataset, values),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t one_radius = {
    CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char *, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t query_fields[] = {
    TEXT(REQUIRED, raw_query, samples),
    TEXT(OPTIONAL, raw_query, radius),
    CYAML_FIELD_SEQUENCE("radii", OPTIONAL, raw_query, radii, &one_radius, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_END,
};

static const cyaml_schema_value_t one_query = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, raw_query, query_fields),
};

static const cyaml_schema_field_t radius_fields[] = {
    TEXT(REQUIRED, raw_radius, samples),
    TEXT(OPTIONAL, raw_radius, cap),
    CYAML_FIELD_END,
};

#define OPTION_FIELD(type, name, def, least, greatest, unit, help)             \
  TEXT(OPTIONAL, raw_options, name),
static const cyaml_schema_field_t option_fields[] = {
    TEXT(OPTIONAL, raw_options, engine),
    RP_OPTION_TABLE(OPTION_FIELD) CYAML_FIELD_END,
};

static const cyaml_schema_field_t job_fields[] = {
    TEXT(OPTIONAL, raw_job, title),
    CYAML_FIELD_MAPPING("network", CYAML_FLAG_DEFAULT, raw_job, network,
                        network_fields),
    CYAML_FIELD_MAPPING("dataset", CYAML_FLAG_DEFAULT, raw_job, dataset,
                        dataset_fields),
    CYAML_FIELD_SEQUENCE("verify", OPTIONAL, raw_job, verify, &one_query, 1,
                         CYAML_UNLIMITED),
    CYAML_FIELD_MAPPING_PTR("radius", OPTIONAL, raw_job, radius, radius_fields),
    CYAML_FIELD_MAPPING("options", CYAML_FLAG_OPTIONAL, raw_job, options,
                        option_fields),
    TEXT(OPTIONAL, raw_job, evidence),
    TEXT(OPTIONAL, raw_job, output),
    TEXT(OPTIONAL, raw_job, known),
    CYAML_FIELD_END,
};

const cyaml_schema_value_t rp_job_schema = {
    CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, raw_job, job_fields),
};

/* libcyaml's log, joined to one line. */
typedef struct log_line {
  char text[256];
} log_line;

static void take_log(cyaml_log_t level, void *context, const char *format,
                     va_list args) {
  log_line *line = context;
  (void)level;
  size_t used = strlen(line->text);
  vsnprintf(line->text + used, sizeof line->text - used, format, args);
  used = strlen(line->text);
  if (used && line->text[used - 1] == '\n') line->text[used - 1] = ' ';
}

static void *take_memory(void *context, void *block, size_t size) {
  (void)context;
  if (size) return rp_realloc(block, size, 1);
  free(block);
  return NULL;
}

static cyaml_config_t make_config(log_line *line) {
  return (cyaml_config_t){
      .log_fn = line ? take_log : NULL,
      .log_ctx = line,
      .log_level = CYAML_LOG_WARNING,
      .mem_fn = take_memory,
  };
}

rp_status rp_job_load(const job_text *text, raw_job **raw, rp_error *err) {
  log_line line = {""};
  const cyaml_config_t config = make_config(&line);
  cyaml_data_t *data = NULL;
  const cyaml_err_t result = cyaml_load_data(text->bytes, text->size, &config,
                                             &rp_job_schema, &data, NULL);
  if (result == CYAML_ERR_OOM)
    return rp_fail(err, RP_E_MEMORY, "%s: out of memory", text->file);
  if (result != CYAML_OK || !data)
    return rp_fail(err, RP_E_INPUT, "%s: not a job file: %s. %s", text->file,
                   cyaml_strerror(result), line.text);
  *raw = data;
  return RP_OK;
}

rp_status rp_job_save(const char *file, const raw_job *raw, char **yaml,
                      size_t *size, rp_error *err) {
  log_line line = {""};
  cyaml_config_t config = make_config(&line);
  config.flags = CYAML_CFG_STYLE_BLOCK;
  const cyaml_err_t result =
      cyaml_save_data(yaml, size, &config, &rp_job_schema, raw, 0);
  if (result == CYAML_OK) return RP_OK;
  return rp_fail(err, result == CYAML_ERR_OOM ? RP_E_MEMORY : RP_E_INTERNAL,
                 "%s: cannot be written as YAML: %s. %s", file,
                 cyaml_strerror(result), line.text);
}

void rp_job_unload(raw_job *raw) {
  const cyaml_config_t config = make_config(NULL);
  cyaml_free(&config, &rp_job_schema, raw, 0);
}
