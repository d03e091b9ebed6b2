#include "lp/sources.h"

#include <stdlib.h>

#include "core/memory.h"

rp_status sources_init(sources *s, const rp_net *net) {
  const size_t widest = (size_t)net->widest;
  const size_t n = (size_t)net->n_in + (size_t)net->n_acc;
  *s = (sources){.source = rp_alloc(n, sizeof *s->source),
                 .weight = rp_alloc(n, sizeof *s->weight),
                 .is_listed = rp_alloc(n, sizeof *s->is_listed),
                 .first = rp_alloc((size_t)net->n_blocks, sizeof *s->first),
                 .space = {rp_alloc(widest, sizeof *s->space.index),
                           rp_alloc(widest, sizeof *s->space.weight)}};
  if (!s->source || !s->weight || !s->is_listed || !s->first ||
      !s->space.index || !s->space.weight)
    return RP_E_MEMORY;
  for (int32_t k = 0, first = net->n_in; k < net->n_blocks; k++) {
    s->first[k] = first;
    first += net->block[k].n_out;
  }
  return RP_OK;
}

void sources_fini(sources *s) {
  free(s->source);
  free(s->weight);
  free(s->is_listed);
  free(s->first);
  free(s->space.index);
  free(s->space.weight);
}

static void forget(sources *s) {
  for (int32_t t = 0; t < s->n; t++) {
    s->weight[s->source[t]] = 0;
    s->is_listed[s->source[t]] = false;
  }
  s->n = 0;
}

static void add(sources *s, int32_t source, int32_t weight) {
  if (!s->is_listed[source]) s->source[s->n++] = source;
  s->is_listed[source] = true;
  s->weight[source] += weight;
}

void sources_list(sources *s, const rp_net *net, int32_t block, int32_t i) {
  const rp_block *reader = &net->block[block];
  forget(s);
  for (int32_t t = 0; t < reader->n_terms; t++) {
    const rp_term *term = &reader->term[t];
    const int32_t first = term->source == RP_INPUT ? 0 : s->first[term->source];
    const rp_taps taps = rp_op_row(term->op, i, s->space);
    for (int32_t tap = 0; tap < taps.n; tap++)
      add(s, first + rp_taps_index(taps, tap), taps.weight[tap]);
  }
}
