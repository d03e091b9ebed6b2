/* Environment variables that are whole numbers. */
#include "core/environment.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/number.h"
#include "core/text.h"

static rp_status read_whole(const char *name, bool list, int64_t range[2],
                            int64_t *value, rp_error *err) {
  const char *const text = getenv(name);
  int64_t parsed;
  if (!text || !*text) return RP_OK;
  const char *end = rp_read_whole(text, range[0], range[1], &parsed);
  while (end && isspace((unsigned char)*end)) end++;
  if (!end || (*end && !(list && *end == ',')))
    return rp_fail(err, RP_E_USAGE,
                   "the environment variable %s: expected a whole number from "
                   "%" PRId64 " to %" PRId64 ", found '%.*s'",
                   name, range[0], range[1], rp_text_fit(text, 40), text);
  *value = parsed;
  return RP_OK;
}

rp_status rp_environment_whole(const char *name, int64_t least,
                               int64_t greatest, int64_t *value,
                               rp_error *err) {
  return read_whole(name, false, (int64_t[]){least, greatest}, value, err);
}

rp_status rp_environment_first(const char *name, int64_t least,
                               int64_t greatest, int64_t *value,
                               rp_error *err) {
  return read_whole(name, true, (int64_t[]){least, greatest}, value, err);
}
