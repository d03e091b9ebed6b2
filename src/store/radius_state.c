/* The state of a maximum radius. The numbers alone are ambiguous: lo == hi may
 * be bounded by a counterexample or only by the cap of the search; and lo = 0
 * may belong to a sample about which nothing was asked. */
#include "store/results.h"

const char *rp_radius_state_name(rp_radius_state state) {
  static const char *const names[RP_RADIUS_STATE_COUNT] = {
      "closed", "capped", "open", "unasked", "misclassified", "invalid"};
  return (int)state >= 0 && state < RP_RADIUS_STATE_COUNT ? names[state] : "?";
}

/* With evidence `none` no counterexample is kept, so the cap decides. */
bool rp_radius_is_unbounded(const rp_radius_row *row, int32_t cap) {
  return row->counterexample < 0 && row->hi >= cap;
}

/* Any answer, even UNKNOWN, takes some time; so a query that took none was
 * never asked. */
bool rp_query_is_unasked(const rp_query_row *row) {
  return row->verdict == RP_UNKNOWN && row->reason == RP_REASON_INTERRUPTED &&
         !(row->seconds > 0);
}

static bool is_unasked(const rp_radius_row *row, int32_t cap) {
  return row->reason == RP_REASON_INTERRUPTED && row->lo == 0 &&
         !(row->seconds > 0) && rp_radius_is_unbounded(row, cap);
}

rp_radius_state rp_radius_get_state(const rp_radius_row *row, int32_t cap) {
  switch (row->verdict) {
  case RP_ROBUST:
    return rp_radius_is_unbounded(row, cap) ? RP_RADIUS_CAPPED
                                            : RP_RADIUS_CLOSED;
  case RP_MISCLASSIFIED:
    return RP_RADIUS_MISCLASSIFIED;
  case RP_INVALID:
    return RP_RADIUS_INVALID;
  case RP_VIOLATED: /* refused by every reader */
  case RP_UNKNOWN:
  case RP_VERDICT_COUNT:
    break;
  }
  return is_unasked(row, cap) ? RP_RADIUS_UNASKED : RP_RADIUS_OPEN;
}
