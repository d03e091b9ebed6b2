/* The options that select rows of a results file, the same in every command. */
#include <string.h>

#include "cli/cli.h"

#include "core/text.h"

static rp_status parse_ranges(const cli_args *args, cli_option option,
                              int64_t greatest, rp_ranges *ranges,
                              rp_error *err) {
  const char *const text = args->text[option];
  char name[32];
  if (!text || !strcmp(text, "all")) return RP_OK;
  if (rp_ranges_parse(text, 0, greatest, ranges)) return RP_OK;
  return rp_fail(err, RP_E_USAGE,
                 "%s: expected numbers and ranges up to %lld such as 2 or "
                 "0-9,12, found '%.*s'",
                 cli_option_name(option, name), (long long)greatest,
                 rp_text_fit(text, 80), text);
}

rp_status cli_parse_filter(const cli_args *args, rp_filter *filter,
                           rp_error *err) {
  *filter = (rp_filter){.by_verdict = false};
  if (args->text[CLI_verdict])
    RP_TRY(rp_filter_parse_verdicts(filter, args->text[CLI_verdict], err));
  RP_TRY(parse_ranges(args, CLI_samples, INT64_MAX, &filter->samples, err));
  RP_TRY(parse_ranges(args, CLI_class, INT32_MAX, &filter->classes, err));
  const char *const radii = args->text[CLI_radius];
  if (!radii || !strcmp(radii, "all")) return RP_OK;
  return cli_parse_radii(args, 0, &filter->radii, err);
}

rp_status cli_read_rows(const char *file, const rp_filter *filter,
                        rp_results **results, int64_t *all, rp_error *err) {
  RP_TRY(rp_results_read(file, results, err));
  if (all) *all = (*results)->n_queries + (*results)->n_radii;
  const rp_status st = rp_filter_apply(filter, *results, err);
  if (st != RP_OK) rp_results_free(*results);
  return st;
}
