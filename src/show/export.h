/* Exporting results to files for other programs: VNN-COMP's results.csv,
 * properties and counterexamples, and counterexamples as pictures. */
#ifndef RAMPART_SHOW_EXPORT_H
#define RAMPART_SHOW_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "input/dataset.h"
#include "net/net.h"
#include "store/results.h"

/** The shape of a sample as a picture. */
typedef struct rp_shape {
  int32_t height, width, channels; /* 1: grey, 3: red, green, blue */
  bool channels_first;             /* [c][h][w], else [h][w][c] */
} rp_shape;

/** Parse height, width and channels: "28x28", "32x32x3" or "3x32x32". Returns
 *  false if the text is anything else. */
bool rp_shape_parse(const char *text, rp_shape *shape);

/** Get the shape of inputs with these dimensions. One dimension becomes a
 * square if possible, else a row. Returns false if they are not a picture. */
bool rp_shape_from_dims(int32_t n_dims, const int32_t *dims, rp_shape *shape);

typedef struct rp_export {
  const rp_results *results;
  /* Those of the results; the dataset after rp_dataset_fit. NULL if only
   * pictures are written. */
  const rp_net *net;
  const rp_dataset *data;
  const char *folder;
  bool vnncomp, pgm, png;
  bool force;     /* replace existing files */
  rp_shape shape; /* of pictures */
} rp_export;

typedef struct rp_export_count {
  int64_t lines;           /* of results.csv; as many properties */
  int64_t counterexamples; /* files */
  int64_t pictures;
  int64_t left_out;    /* misclassified or invalid rows, not exported */
  int64_t without;     /* violated rows without a stored counterexample */
  int64_t joined;      /* rows whose question another row answers */
  int64_t silent;      /* searches that neither proved nor refuted any radius */
  int64_t of_searches; /* lines with the time of a whole search */
} rp_export_count;

/** Write
 *    results.csv                     category,network,property,prepare,
 *                                    result,run: times in seconds, results
 *                                    sat, unsat, timeout, unknown, error;
 *                                    no header line
 *    prop_SAMPLE_RADIUS.vnnlib       the question of a line, over integers
 *    NET_prop_SAMPLE_RADIUS.counterexample.gz
 *                                    ((X_0 v) ... (Y_0 v) ...), integers
 *    NET_prop_SAMPLE_RADIUS.pgm/.png the counterexample as a picture
 *  into the folder, which is created if it does not exist. A radius search
 *  gives unsat at lo and sat at hi + 1 unless queries asked there. Every
 *  counterexample is run through the network again before it is written.
 *  Errors: RP_E_INPUT: a file exists (nothing was written); the network does
 * not confirm a counterexample; the dataset lacks a sample; the folder cannot
 * be created. RP_E_USAGE: the shape does not fit. RP_E_IO; RP_E_MEMORY. */
rp_status rp_export_write(const rp_export *what, rp_export_count *count,
                          rp_error *err);

#endif
