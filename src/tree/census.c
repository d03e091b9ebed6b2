/* The count of nodes on which every claim of exhaustion rests, and the order in
 * which outcomes of a search outrank each other. */
#include "core/assert.h"
#include "tree/tree_internal.h"

void census_merge(census *into, const census *from) {
  RP_ASSERT(from->entered >= 0);
  into->entered += from->entered;
  for (int i = 0; i < DEPARTURES; i++) into->left[i] += from->left[i];
}

bool census_is_balanced(const census *c, int64_t open) {
  int64_t left = 0;
  for (int i = 0; i < DEPARTURES; i++) left += c->left[i];
  RP_ASSERT(open >= 0);
  return left >= 0 && c->entered == left + open;
}

rp_search_outcome rp_search_stronger(rp_search_outcome a, rp_search_outcome b) {
  return a > b ? a : b; /* the enumeration is in this order */
}
