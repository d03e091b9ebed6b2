/* Inside the reader of VNN-LIB. */
#ifndef RAMPART_INPUT_VNNLIB_INTERNAL_H
#define RAMPART_INPUT_VNNLIB_INTERNAL_H

#include "input/vnnlib.h"
#include "input/vnnlib_tree.h"

/** A constraint: sum >= 0, or > 0. Variables are numbered: inputs, outputs. */
typedef struct rp_vnnlib_atom {
  rp_sum sum;
  bool is_strict;
  int32_t node; /* where it stands */
} rp_vnnlib_atom;

/** A disjunction of conjunctions of atoms. */
typedef struct rp_vnnlib_clauses {
  int32_t n, room;
  struct rp_vnnlib_clause {
    int32_t n, *atom; /* owned */
  } * clause;
} rp_vnnlib_clauses;

typedef struct rp_vnnlib_reader {
  const rp_vnnlib_source *source;
  const rp_net *net;
  rp_vnnlib_tree tree;
  rp_vnnlib *made;
  bool has_inputs, has_outputs; /* declared */
  int32_t n_in, n_out;          /* declared so far */
  bool is_real_in, is_real_out; /* a type says so */
  char x_name[64], y_name[64];  /* of version 2; "": X_i and Y_j */
  int32_t x_dims[8], y_dims[8], n_x_dims, n_y_dims;
  rp_vnnlib_atom *atom;
  int32_t n_atoms, atom_room;
  int64_t work; /* atoms in clauses, for the limit */
  rp_error *err;
} rp_vnnlib_reader;

/** Read all declarations. */
rp_status rp_vnnlib_declare(rp_vnnlib_reader *r);

/** Find a variable by its name; -1 if there is none. */
int32_t rp_vnnlib_find_variable(const rp_vnnlib_reader *r, const char *name);

/** Read all assertions into one disjunction. */
rp_status rp_vnnlib_read_assertions(rp_vnnlib_reader *r,
                                    rp_vnnlib_clauses *clauses);
void rp_vnnlib_clauses_fini(rp_vnnlib_clauses *clauses);

/** Make the cases of the disjunction. */
rp_status rp_vnnlib_make_cases(rp_vnnlib_reader *r,
                               const rp_vnnlib_clauses *clauses);

#endif
