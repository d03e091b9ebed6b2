/* Results as files for other programs: VNN-COMP's results.csv, properties and
 * counterexamples, and counterexamples as pictures. */
#ifndef RAMPART_SHOW_EXPORT_H
#define RAMPART_SHOW_EXPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "input/dataset.h"
#include "net/net.h"
#include "store/results.h"

/** What a sample looks like as a picture. */
typedef struct rp_shape {
  int32_t height, width, channels; /* 1: grey, 3: red, green, blue */
  bool channels_first;             /* [c][h][w], else [h][w][c] */
} rp_shape;

/** "28x28", "32x32x3" or "3x32x32": height, width and channels. False if the
 *  text is anything else. */
bool rp_shape_parse(const char *text, rp_shape *shape);

/** The shape of inputs with these dimensions; one dimension is a square where
 *  it can be, else a row. False if they are no picture. */
bool rp_shape_of_dims(int32_t n_dims, const int32_t *dims, rp_shape *shape);

typedef struct rp_export {
  const rp_results *results;
  /* Of the results, the data fitted; NULL where only pictures are written. */
  const rp_net *net;
  const rp_dataset *data;
  const char *folder;
  bool vnncomp, pgm, png;
  bool force;     /* replace files that exist */
  rp_shape shape; /* of pictures */
} rp_export;

typedef struct rp_export_count {
  int64_t lines;           /* of results.csv; as many properties */
  int64_t counterexamples; /* files */
  int64_t pictures;
  int64_t left_out;    /* misclassified or invalid: no instances of VNN-COMP */
  int64_t without;     /* violated, counterexample not kept by the run */
  int64_t joined;      /* rows whose question another row answers too */
  int64_t silent;      /* searches that neither proved nor refuted any radius */
  int64_t of_searches; /* lines that carry the time of a whole search */
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
 *  into the folder, which is made if it is not there. A radius search yields
 *  unsat at lo and sat at hi + 1 where no query was asked there. Every
 *  counterexample is run through the network again before it is written.
 *  Errors: RP_E_INPUT: a file exists, and it is named, nothing was written; a
 *  counterexample is none for this network; the data lack a sample; the folder
 *  cannot be made. RP_E_USAGE: the shape does not fit. RP_E_IO; RP_E_MEMORY. */
rp_status rp_export_write(const rp_export *what, rp_export_count *count,
                          rp_error *err);

#endif
