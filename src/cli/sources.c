/* Makes the sources of networks and datasets, and jobs, from options. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "condition/condition.h"
#include "core/memory.h"
#include "core/text.h"

enum { MOST_INPUT_BITS = 8, LEAST_BITS = 2, MOST_BITS = 16 };

rp_status cli_parse_network_source(const cli_args *args,
                                   rp_network_source *source, rp_error *err) {
  int64_t input_bits = 0, bits = 0;
  RP_TRY(cli_parse_whole(args, CLI_input_bits, 1, MOST_INPUT_BITS, &input_bits,
                         err));
  RP_TRY(cli_parse_whole(args, CLI_bits, LEAST_BITS, MOST_BITS, &bits, err));
  *source = (rp_network_source){
      .file = args->text[CLI_network],
      .format = args->text[CLI_format],
      .profile = args->text[CLI_profile],
      .name = args->text[CLI_name],
      .input_bits = (int32_t)input_bits,
      .bits = (int32_t)bits,
  };
  return RP_OK;
}

static rp_status parse_values(const cli_args *args, rp_values *values,
                              rp_error *err) {
  const char *const text = args->text[CLI_values];
  if (!text || rp_values_parse(text, values)) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "--values: expected " RP_DATASET_VALUES ", found '%.*s'",
                 rp_text_fit(text, 80), text);
}

rp_status cli_parse_dataset_source(const cli_args *args,
                                   rp_dataset_source *source, rp_error *err) {
  *source = (rp_dataset_source){
      .file = args->text[CLI_dataset],
      .labels = args->text[CLI_labels],
      .format = args->text[CLI_dataset_format],
      .x_name = args->text[CLI_x_name],
      .y_name = args->text[CLI_y_name],
      .layout = args->text[CLI_layout],
  };
  return parse_values(args, &source->values, err);
}

static rp_status copy_text(const char *from, char **to, rp_error *err) {
  const size_t size = strlen(from) + 1;
  char *const copy = rp_alloc(size, 1);
  if (!copy) return rp_fail(err, RP_E_MEMORY, "job: out of memory");
  memcpy(copy, from, size);
  free(*to);
  *to = copy;
  return RP_OK;
}

rp_status cli_override_text(const cli_args *args, cli_option option, char **to,
                            rp_error *err) {
  return args->text[option] ? copy_text(args->text[option], to, err) : RP_OK;
}

rp_status cli_parse_samples(const cli_args *args, char **samples,
                            rp_error *err) {
  const char *const text = args->text[CLI_samples];
  if (!text) return copy_text("all", samples, err);
  if (rp_selection_is_well_formed(text)) return copy_text(text, samples, err);
  return rp_fail(err, RP_E_USAGE,
                 "--samples: expected all, or numbers and ranges such as "
                 "0-99,150, found '%s'",
                 text);
}

void cli_note_place(cli_option option, rp_job_place *at) {
  char name[32];
  snprintf(at->text, sizeof at->text, "%s", cli_option_name(option, name));
}

/* One of --property, --target and --top-k. */
static rp_status parse_property(const cli_args *args, rp_job *job,
                                rp_error *err) {
  const char *text = args->text[CLI_property];
  const int given = !!text + !!args->text[CLI_target] + !!args->text[CLI_top_k];
  int64_t class_of = -1, top = -1;
  char written[48];
  if (given == 0) return RP_OK;
  if (given > 1)
    return rp_fail(err, RP_E_USAGE,
                   "expected one of --property, --target and --top-k, found "
                   "%d",
                   given);
  const bool is_each =
      args->text[CLI_target] && !strcmp(args->text[CLI_target], "all");
  if (!is_each &&
      cli_parse_whole(args, CLI_target, 0, INT32_MAX, &class_of, err) != RP_OK)
    return rp_fail(err, RP_E_USAGE,
                   "--target: expected a class, a whole number from 0, or all, "
                   "found '%s'",
                   rp_printable(args->text[CLI_target]).text);
  RP_TRY(cli_parse_whole(args, CLI_top_k, 1, INT32_MAX, &top, err));
  if (is_each) {
    text = "never each class";
  } else if (!text) {
    snprintf(written, sizeof written, "%s %lld",
             top < 0 ? "never class" : "always in top",
             (long long)(top < 0 ? class_of : top));
    text = written;
  }
  cli_note_place(args->text[CLI_property] ? CLI_property
                 : top < 0                ? CLI_target
                                          : CLI_top_k,
                 &job->property_at);
  rp_error why = {""};
  const rp_status st = rp_property_rewrite(text, job->options.property, &why);
  return st == RP_OK
             ? RP_OK
             : rp_fail(err, st, "%s: %s", job->property_at.text, why.text);
}

static rp_status parse_patch(const cli_args *args, rp_job *job, rp_error *err) {
  int64_t size = job->patch;
  RP_TRY(cli_parse_whole(args, CLI_patch, 1, RP_MOST_PATCH, &size, err));
  job->patch = (int32_t)size;
  return RP_OK;
}

static rp_status fill_job(const cli_args *args, rp_job *job, rp_error *err) {
  rp_network_source network;
  RP_TRY(cli_parse_network_source(args, &network, err));
  job->network->input_bits = network.input_bits;
  job->network->bits = network.bits;
  RP_TRY(parse_values(args, &job->values, err));
  cli_set_options(args, &job->options);
  RP_TRY(parse_property(args, job, err));
  RP_TRY(parse_patch(args, job, err));
  const struct {
    cli_option option;
    char **to;
  } texts[] = {
      {CLI_network, &job->network->file},
      {CLI_format, &job->network->format},
      {CLI_profile, &job->network->profile},
      {CLI_name, &job->network->name},
      {CLI_dataset, &job->dataset_file},
      {CLI_labels, &job->labels_file},
      {CLI_x_name, &job->x_name},
      {CLI_y_name, &job->y_name},
      {CLI_layout, &job->dataset_layout},
      {CLI_classes, &job->classes_file},
      {CLI_title, &job->title},
      {CLI_output, &job->output},
      {CLI_known, &job->known},
      {CLI_box, &job->box},
      {CLI_dataset_format, &job->dataset_format},
  };
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
    RP_TRY(cli_override_text(args, texts[i].option, texts[i].to, err));
  return RP_OK;
}

rp_status cli_job_create(const cli_args *args, cli_job_filler *add,
                         rp_job **job, rp_error *err) {
  rp_job *made;
  RP_TRY(rp_job_create(&made, err));
  rp_status st = fill_job(args, made, err);
  if (st == RP_OK) st = add(args, made, err);
  if (st == RP_OK)
    *job = made;
  else
    rp_job_free(made);
  return st;
}
