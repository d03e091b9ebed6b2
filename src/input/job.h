/* A job: the network, the dataset, what to decide, the limits, and the results
 * file. It is read from a YAML file or made from the command line. */
#ifndef RAMPART_INPUT_JOB_H
#define RAMPART_INPUT_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/options.h"
#include "core/radii.h"
#include "input/dataset.h"
#include "input/network_file.h"

/** Where a value was written, for messages about what only the network or the
 *  dataset shows to be wrong: "x.yaml:7:13: cap" or "--cap"; "": not given. */
typedef struct rp_job_place {
  char text[200];
} rp_job_place;

/** One entry of `verify:`: decide every selected sample at every radius. */
typedef struct rp_job_query {
  char *samples; /* a selection, see rp_selection_parse */
  rp_radii radii;
  rp_job_place samples_at, radii_at;
} rp_job_query;

/** A network to ask about. Strings as in rp_job. */
typedef struct rp_job_network {
  char *file, *format, *profile, *name;
  int32_t input_bits, bits; /* of QVIP's networks; 0: not given */
  char *known;              /* answers about it, of a list of networks */
} rp_job_network;

/** What to do with the answers of an earlier run with the same output. */
typedef enum rp_begin {
  RP_BEGIN_AUTO,   /* take over its answers and continue its journal */
  RP_BEGIN_RESUME, /* likewise, but compute nothing if it was complete */
  RP_BEGIN_FRESH   /* set its files aside and start anew */
} rp_begin;

/** Rows of the greatest patch that a job may ask about. */
enum { RP_MOST_PATCH = 4096 };

/** Strings are owned (malloc'ed); NULL selects the reader's default. */
typedef struct rp_job {
  char *title;
  rp_job_network *networks; /* [n_networks]; several have different names */
  int32_t n_networks;       /* 1 or more */
  rp_job_network *network;  /* the one of these that a run is about */
  char *dataset_file, *labels_file, *dataset_format, *dataset_layout;
  char *x_name, *y_name;
  char *classes_file;  /* names of classes, or NULL */
  rp_values values;    /* of the dataset */
  rp_job_query *query; /* local robustness at given radii */
  int32_t n_queries;
  char *radius_samples; /* maximum radius of these samples; or NULL */
  rp_radii radius_cap;  /* greatest radius to ask; none: the input range */
  char *instances; /* VNN-COMP's list, in place of all questions, or NULL */
  char *list_profile, *list_values; /* of its networks, or NULL */
  char *box;     /* file of boxes that inputs stay in, or NULL */
  int32_t patch; /* size of the square that may change; 0: all may */
  rp_job_place search_at, cap_at, property_at; /* samples, cap; options' own */
  rp_options options;
  char *output;            /* results file; NULL: do not write one */
  int32_t shard, n_shards; /* 1..n_shards: one shard of the samples; 0: all */
  rp_begin begin;
  bool retry;      /* ask again what an earlier run left unknown */
  char *known;     /* CSV with answers known about `network`, or NULL */
  char *events;    /* file for lines about what happens, or NULL */
  char sha256[65]; /* of the job file; "" if none */
} rp_job;

/** Read a job file in YAML. It needs verify or radius, or both:
 *
 *    title: Table 2, MNIST                 # optional
 *    network: {file: net.h5, format: qvip, input_bits: 8, bits: 6, name: P1-6}
 *    network: {file: net.tflite, profile: litert-xnnpack}      # or this
 *    networks: [{file: a.h5, name: A}, {file: b.h5, name: B}]  # or several
 *    dataset: {file: x.gz, labels: y.gz, format: idx, x: x, y: y,
 *              values: pixels}       # or reals, or integers, the default
 *    classes: names.txt                    # one name a line, for people
 *    verify:                               # each selection at each radius;
 *                                          # with a box or a patch
 *                                          # any, if none is given
 *      - {samples: 0-99, radius: 1}
 *      - {samples: "100-199,205", radii: [2, 4-6, 8/255]}
 *    radius: {samples: all, cap: 64}
 *    property: never y0 > 5 and y1 < 0     # or one of these:
 *    target: 8                             # never class 8
 *    targets: all                          # each class but the label in turn
 *    top_k: 3                              # always in top 3
 *    box: boxes.npz                        # inputs stay in it (boxes.h)
 *    patch: 3                              # any 3 x 3 square may change
 *    options: {time_limit: 60, engine: hull}   # rows of options.h
 *    evidence: full                        # none, counterexamples or full
 *    output: results/table2.h5
 *    known: known/table2_mnist.csv         # of a list: in its entries
 *
 *  Or a list of VNN-COMP's instances, over which nothing else is asked, and the
 *  folder for its results:
 *
 *    instances: benchmark/instances.csv
 *    output: results/benchmark
 *    profile: ort                          # of all networks, optional
 *    values: reals                         # of all properties, optional
 *
 *  Required: network.file or networks, each with a name, dataset.file, samples,
 * and radius or radii. Paths may contain the environment variables ${NAME} and
 * ${NAME:-default} and begin with ~/ (path.h). Relative paths are relative to
 * the job file's folder; `output`, and paths that begin with a variable that is
 * set, are relative to the current folder. Errors: RP_E_INPUT with file, line
 * and column; RP_E_MEMORY. */
rp_status rp_job_read(const char *file, rp_job **job, rp_error *err);

/** Print a job file with all paths absolute: a job that decides the same from
 *  any folder and in any environment. All other values stay as they are;
 *  comments are dropped.
 *  @param output  replaces the file's own; NULL: keep that
 *  @param yaml    out, malloc'ed, ASCII without a zero at its end
 *  Errors: those of rp_job_read. */
rp_status rp_job_expand(const char *file, const char *output, char **yaml,
                        size_t *size, rp_error *err);

/** Insert a part into the name of the output: x.h5 becomes x.PART.h5. A job
 *  without an output stays without one. Errors: RP_E_MEMORY. */
rp_status rp_job_name_output(rp_job *job, const char *part, rp_error *err);

/** Create a job with default options and one network without a file. */
rp_status rp_job_create(rp_job **job, rp_error *err);
void rp_job_free(rp_job *job); /* NULL is fine */

#endif
