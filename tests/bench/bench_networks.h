/* What all benchmarks share: networks with their datasets by short names,
 * ranges of queries, and the replay of a counterexample.
 *
 * Anything wrong with an argument or a file ends the benchmark with exit status
 * 2, the lack of the public networks with 77. */
#ifndef RAMPART_TESTS_BENCH_NETWORKS_H
#define RAMPART_TESTS_BENCH_NETWORKS_H

#include <stdbool.h>

#include "input/dataset.h"
#include "net/net.h"
#include "verify/verify.h"

/** A network and its dataset, both loaded. */
typedef struct bench_network {
  const char *name;
  bool fashion; /* Fashion-MNIST */
  rp_net *net;
  rp_dataset *data;
} bench_network;

/** Load a network with its dataset: `digits` and `digits-conv` from data/, the
 *  others from the public ones. Deployed networks are TFLite files, computed as
 * by litert-xnnpack; pixels are their inputs. What was loaded before is freed.
 *  @param b  zero at first */
void bench_load(bench_network *b, const char *name);
bool bench_is_loaded(const bench_network *b, const char *name);
void bench_unload(bench_network *b);

/** Queries NETWORK:FROM-TO@RADIUS or NETWORK:SAMPLE@RADIUS. */
typedef struct bench_range {
  char network[16];
  int64_t from, to; /* inclusive */
  int32_t radius;
} bench_range;

/** Read one range off a space-separated list; returns the rest. */
const char *bench_range_next(const char *text, bench_range *range);

/** A sample of the loaded dataset as a query. */
rp_question bench_query(const bench_network *b, int64_t sample, int32_t radius);

/** Is x inside the ball and predicted as something else by the plain pass? */
bool bench_replays(const rp_net *net, const rp_question *query,
                   const uint8_t *x);

/** Folder of the public networks and datasets (RAMPART_SHARED). */
const char *bench_shared(void);

/** Ends the program with 77 if the public networks are not there. */
void bench_need_shared(void);

_Noreturn void bench_fail(const char *text);

#endif
