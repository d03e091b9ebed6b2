/* S-expressions of VNN-LIB files: words and lists, with their places. */
#ifndef RAMPART_INPUT_VNNLIB_TREE_H
#define RAMPART_INPUT_VNNLIB_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rampart/status.h"

enum { RP_VNNLIB_DEPTH = 32 };

/** A word or a list. */
typedef struct rp_vnnlib_node {
  const char *word; /* in the text, zero-terminated; NULL: a list */
  int32_t first;    /* node of a list; -1: none */
  int32_t next;     /* node of the same list; -1: none */
  int32_t line;
} rp_vnnlib_node;

typedef struct rp_vnnlib_tree {
  const char *file;     /* for messages, borrowed */
  rp_vnnlib_node *node; /* [n]; node 0 is the list of all in the file */
  int32_t n;
} rp_vnnlib_tree;

/** Take a text apart. Comments go from ; to the end of the line. A word keeps
 *  what stands in brackets, without blanks: X[0, 1] is X[0,1].
 *  @param text  [size], followed by a zero byte; is changed, and borrowed
 *  Errors: RP_E_INPUT with file and line: unbalanced or too deep lists, zero
 *  bytes, brackets without an end; RP_E_MEMORY. Cost: O(size). */
rp_status rp_vnnlib_parse(const char *file, char *text, size_t size,
                          rp_vnnlib_tree *tree, rp_error *err);
void rp_vnnlib_tree_fini(rp_vnnlib_tree *tree);

/** Is a node this word? */
bool rp_vnnlib_is(const rp_vnnlib_tree *tree, int32_t node, const char *word);

/** The word at the beginning of a list; "" if it has none. */
const char *rp_vnnlib_head(const rp_vnnlib_tree *tree, int32_t node);

/** Fail with file and line of a node. */
__attribute__((format(printf, 4, 5))) rp_status
rp_vnnlib_fail(const rp_vnnlib_tree *tree, int32_t node, rp_error *err,
               const char *format, ...);

#endif
