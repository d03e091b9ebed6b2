/* The cuts of a subproblem's nodes. Many nodes share a cut, so that each is
 * written once, in a table, and nodes name their cuts by number. */
#ifndef RAMPART_TREE_SUBPROBLEM_CUTS_H
#define RAMPART_TREE_SUBPROBLEM_CUTS_H

#include "tree/tree_internal.h"

typedef struct cut_table {
  rp_cut **cut; /* [n] held */
  int64_t n;
} cut_table;

/** Gather the cuts of nodes 0, step, 2 step, ... of n, in the order of their
 *  addresses. Without memory the table is empty. */
void cut_table_gather(cut_table *table, node *const *nodes, int64_t n,
                      int64_t step);

/** Append the table, and read it.
 *  Errors: RP_E_INPUT: no table of cuts of this network, RP_E_MEMORY. The table
 *  is to be freed in any case. */
void cut_table_put(const rp_net *net, const cut_table *table, rp_trail *to);
rp_status cut_table_get(const rp_net *net, rp_trail_reader *from,
                        cut_table *table);
void cut_table_fini(cut_table *table);

/** Append the cuts of a node, as numbers in the table, with their multipliers.
 *  An empty table leaves the node without cuts. */
void cut_table_put_node(const rp_net *net, const cut_table *table,
                        const node *n, rp_trail *to);

/** Read them into a node that has none, and room for all. What is no number in
 *  the table spoils the reader. */
void cut_table_get_node(const rp_net *net, const cut_table *table,
                        rp_trail_reader *from, node *n);

/** A multiplier or a score, below 2^52: greater ones prove nothing
 * (bound/exact.c), and what is computed from them may be no number. Any other
 * proves something, so that 0 is written for one that is greater. One that is
 * read spoils the reader. */
void subproblem_put_multiplier(rp_trail *to, double value);
double subproblem_get_multiplier(rp_trail_reader *from);

#endif
