/* The writers of exported files. */
#ifndef RAMPART_SHOW_EXPORT_ITEM_H
#define RAMPART_SHOW_EXPORT_ITEM_H

#include <stdio.h>

#include "show/export.h"

/** One line of results.csv: a sample, and perhaps a target, at a radius. */
typedef struct rp_export_item {
  int64_t sample;
  int32_t target; /* or place; -1: none */
  bool has_place;
  int32_t label, radius;
  rp_verdict verdict;
  rp_reason reason;
  double seconds;
  bool of_search;   /* seconds are those of the whole search */
  const uint8_t *x; /* counterexample, [n_in]; NULL: none */
} rp_export_item;

enum { RP_EXPORT_NAME_SIZE = 64 };

/** Name the question: prop_SAMPLE_RADIUS, or prop_SAMPLE_to_TARGET_RADIUS. */
void rp_export_name(const rp_export_item *item, char name[RP_EXPORT_NAME_SIZE]);

/** Print all lines of results.csv. */
void rp_export_csv(FILE *out, const rp_export *what, const rp_export_item *item,
                   int64_t n);

/** Print the counterexample in the format of VNN-COMP.
 *  Errors: RP_E_INPUT: the network does not confirm it; RP_E_MEMORY. */
rp_status rp_export_counterexample(FILE *out, const rp_export *what,
                                   const rp_export_item *item, rp_error *err);

/** Print the question in VNN-LIB.
 *  Errors: RP_E_INPUT: the dataset has no such sample with this label. */
rp_status rp_export_property(FILE *out, const rp_export *what,
                             const rp_export_item *item, rp_error *err);

/** Pack bytes with gzip.
 *  @param packed  out, malloc'ed. Errors: RP_E_MEMORY. */
rp_status rp_export_pack(const char *bytes, size_t size, uint8_t **packed,
                         size_t *packed_size, rp_error *err);

/** Encode the counterexample as a picture; the greatest input is white.
 *  @param bytes  out, malloc'ed. Errors: RP_E_MEMORY. */
rp_status rp_export_pgm(const rp_export *what, const rp_export_item *item,
                        uint8_t **bytes, size_t *size, rp_error *err);
rp_status rp_export_png(const rp_export *what, const rp_export_item *item,
                        uint8_t **bytes, size_t *size, rp_error *err);

#endif
