#include "core/assert.h"

#include <stdlib.h>

#include "core/log.h"

void rp_assert_fail(const char *condition, const char *file, int line) {
  rp_log(RP_LOG_ERROR, "broken invariant at %s:%d: %s", file, line, condition);
  abort();
}
