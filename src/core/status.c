/* Names of statuses and verdicts, and the text of a failure. */
#include "rampart/status.h"

#include <stdarg.h>
#include <stdio.h>

#include "core/text.h"
#include "rampart/verdict.h"

rp_status(rp_fail)(rp_error *err, rp_status status, const char *format, ...) {
  if (err) {
    char
        text[RP_PRINTABLE_SIZE]; /* err's own text may be among the arguments */
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    rp_text_make_printable(text, err->text, sizeof err->text);
  }
  return status;
}

const char *rp_status_name(rp_status status) {
  switch (status) {
  case RP_OK:
    return "ok";
  case RP_E_USAGE:
    return "usage";
  case RP_E_INPUT:
    return "bad input";
  case RP_E_IO:
    return "write failed";
  case RP_E_MEMORY:
    return "out of memory";
  case RP_E_RANGE:
    return "out of range";
  case RP_E_NUMERIC:
    return "numeric failure";
  case RP_E_STOPPED:
    return "stopped";
  case RP_E_INTERNAL:
    return "internal error";
  }
  return "?";
}

static const char *get_name(const char *const *names, int count, int value) {
  return value >= 0 && value < count ? names[value] : "?";
}

const char *rp_verdict_name(rp_verdict verdict) {
  static const char *const names[RP_VERDICT_COUNT] = {
      "unknown", "robust", "violated", "misclassified", "invalid"};
  return get_name(names, RP_VERDICT_COUNT, (int)verdict);
}

const char *rp_reason_name(rp_reason reason) {
  static const char *const names[RP_REASON_COUNT] = {
      "none",    "time",        "nodes", "memory",
      "numeric", "interrupted", "error", "solver"};
  return get_name(names, RP_REASON_COUNT, (int)reason);
}

const char *rp_evidence_name(rp_evidence evidence) {
  static const char *const names[RP_EVIDENCE_COUNT] = {
      "none", "replay", "interval", "dual", "tree", "solver"};
  return get_name(names, RP_EVIDENCE_COUNT, (int)evidence);
}
