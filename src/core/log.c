/* Log lines: formatted into one buffer and written by one call, so that lines
 * of several threads and ranks do not mix. */
#include "core/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

static atomic_int shown_level = RP_LOG_WARN;
static atomic_int own_rank = 0;

void rp_log_configure(rp_log_level level, int rank) {
  atomic_store(&shown_level, (int)level);
  atomic_store(&own_rank, rank);
}

void rp_log(rp_log_level level, const char *format, ...) {
  static const char *const names[] = {"error", "warning", "info", "debug"};
  if ((int)level > atomic_load(&shown_level)) return;
  enum { SHOWN = 1000 };
  char text[SHOWN + 8]; /* half a character at its end is not seen */
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  char line[SHOWN + 64];
  const int used =
      snprintf(line, sizeof line, "rampart[%d] %s: ", atomic_load(&own_rank),
               names[level]);
  rp_text_make_printable(text, line + used, SHOWN);
  strcat(line, "\n");
  fputs(line, stderr);
}
