/* Declarations: (declare-const X_0 Real) of version 1.0, and of version 2.0
 * (declare-network N (declare-input X uint8 [1,784]) (declare-output ...)). */
#include <stdlib.h>
#include <string.h>

#include "core/number.h"
#include "core/text.h"
#include "input/vnnlib_internal.h"

static int32_t get_next(const rp_vnnlib_reader *r, int32_t node) {
  return node < 0 ? -1 : r->tree.node[node].next;
}

static const char *get_word(const rp_vnnlib_reader *r, int32_t node) {
  const char *const word = node < 0 ? NULL : r->tree.node[node].word;
  return word ? word : "";
}

static rp_status read_type(const rp_vnnlib_reader *r, int32_t node,
                           bool *is_real) {
  const char *const type = get_word(r, node);
  if (rp_text_is_one_of(type, "Real|real|float|float16|float32|float64")) {
    *is_real = true;
    return RP_OK;
  }
  if (rp_text_is_one_of(type, "Int|int|int8|int16|int32|int64|uint8|uint16|"
                              "uint32|uint64"))
    return RP_OK;
  return rp_vnnlib_fail(&r->tree, node < 0 ? 0 : node, r->err,
                        "type of a variable: expected Real, Int or a number "
                        "of so many bits such as int8, found '%.40s'",
                        type);
}

/* ---- version 1 ---- */

/* X_0, X_1, ... and Y_0, Y_1, ... in this order. */
static rp_status declare_variable(rp_vnnlib_reader *r, int32_t name,
                                  int32_t type) {
  const char *const word = get_word(r, name);
  const bool is_input = word[0] == 'X';
  int32_t *const n = is_input ? &r->n_in : &r->n_out;
  int64_t number;
  if ((word[0] != 'X' && word[0] != 'Y') || word[1] != '_' ||
      !rp_parse_whole(word + 2, 0, INT32_MAX, &number) || number != *n)
    return rp_vnnlib_fail(&r->tree, name < 0 ? 0 : name, r->err,
                          "expected a declaration of X_%d or Y_%d, found "
                          "'%.40s'",
                          r->n_in, r->n_out, word);
  if (++*n > (is_input ? r->net->n_in : r->net->n_out))
    return rp_vnnlib_fail(&r->tree, name, r->err,
                          "expected %d inputs X and %d outputs Y, as network "
                          "%s has, found %s",
                          r->net->n_in, r->net->n_out, r->net->name, word);
  return read_type(r, type, is_input ? &r->is_real_in : &r->is_real_out);
}

/* ---- version 2 ---- */

/* Numbers in brackets: [1,28,28]. Returns how many, 0 if it is anything else.
 */
static int32_t read_numbers(const char *text, int32_t *number, int32_t most) {
  int32_t n = 0;
  if (*text != '[') return 0;
  do {
    int64_t value;
    text++;
    if (n == most || *text < '0' || *text > '9') return 0;
    text = rp_read_whole(text, 0, INT32_MAX, &value);
    if (!text) return 0;
    number[n++] = (int32_t)value;
  } while (*text == ',');
  return !strcmp(text, "]") ? n : 0;
}

static rp_status declare_tensor(rp_vnnlib_reader *r, int32_t list,
                                bool is_input) {
  const int32_t name = get_next(r, r->tree.node[list].first);
  const int32_t type = get_next(r, name), shape = get_next(r, type);
  bool *const is_declared = is_input ? &r->has_inputs : &r->has_outputs;
  int32_t *const dims = is_input ? r->x_dims : r->y_dims;
  int32_t *const n_dims = is_input ? &r->n_x_dims : &r->n_y_dims;
  const int32_t wanted = is_input ? r->net->n_in : r->net->n_out;
  char *const to = is_input ? r->x_name : r->y_name;
  int64_t size = 1;
  if (*is_declared)
    return rp_vnnlib_fail(&r->tree, list, r->err,
                          "expected one tensor of inputs and one of outputs, "
                          "found another");
  *n_dims = read_numbers(get_word(r, shape), dims, 8);
  for (int32_t d = 0; d < *n_dims && size <= wanted; d++) size *= dims[d];
  if (*n_dims == 0 || size != wanted)
    return rp_vnnlib_fail(&r->tree, list, r->err,
                          "expected a shape in brackets of %d numbers, as "
                          "network %s has, found '%.60s'",
                          wanted, r->net->name, get_word(r, shape));
  if (strlen(get_word(r, name)) < 1 || strlen(get_word(r, name)) > 63)
    return rp_vnnlib_fail(&r->tree, list, r->err,
                          "expected a name of 1 to 63 bytes");
  rp_text_copy(to, sizeof r->x_name, get_word(r, name));
  *is_declared = true;
  *(is_input ? &r->n_in : &r->n_out) = wanted;
  return read_type(r, type, is_input ? &r->is_real_in : &r->is_real_out);
}

static rp_status declare_tensors(rp_vnnlib_reader *r, int32_t node) {
  for (; node >= 0; node = get_next(r, node)) {
    const char *const head = rp_vnnlib_head(&r->tree, node);
    const bool is_input = !strcmp(head, "declare-input");
    if (!is_input && strcmp(head, "declare-output") != 0)
      return rp_vnnlib_fail(&r->tree, node, r->err,
                            "expected declare-input or declare-output, found "
                            "'%.40s'",
                            *head ? head : get_word(r, node));
    RP_TRY(declare_tensor(r, node, is_input));
  }
  return RP_OK;
}

/* ---- all of them ---- */

static rp_status declare(rp_vnnlib_reader *r, int32_t node) {
  const char *const head = rp_vnnlib_head(&r->tree, node);
  const int32_t name = get_next(r, r->tree.node[node].first);
  if (!strcmp(head, "declare-const"))
    return declare_variable(r, name, get_next(r, name));
  if (!strcmp(head, "declare-fun")) /* (declare-fun X_0 () Real) */
    return declare_variable(r, name, get_next(r, get_next(r, name)));
  if (!strcmp(head, "declare-network"))
    return declare_tensors(r, get_next(r, name));
  if (!strcmp(head, "declare-input") || !strcmp(head, "declare-output"))
    return declare_tensor(r, node, !strcmp(head, "declare-input"));
  if (!strcmp(head, "assert") || !strcmp(head, "vnnlib-version") ||
      !strcmp(head, "set-logic") || !strcmp(head, "check-sat"))
    return RP_OK;
  return rp_vnnlib_fail(&r->tree, node, r->err,
                        "expected a declaration or an assertion, found "
                        "'%.40s'",
                        *head ? head : get_word(r, node));
}

rp_status rp_vnnlib_declare(rp_vnnlib_reader *r) {
  for (int32_t node = r->tree.node[0].first; node >= 0;
       node = get_next(r, node))
    RP_TRY(declare(r, node));
  if (r->n_in == r->net->n_in && r->n_out == r->net->n_out) return RP_OK;
  return rp_fail(r->err, RP_E_INPUT,
                 "%s: expected %d inputs X and %d outputs Y, as network %s "
                 "has, found %d and %d",
                 r->source->file, r->net->n_in, r->net->n_out, r->net->name,
                 r->n_in, r->n_out);
}

/* ---- names ---- */

/* X[0,12] of a tensor, by its shape. */
static int32_t find_element(const char *name, const char *tensor,
                            const int32_t *dims, int32_t n_dims) {
  int32_t index[8], at = 0;
  const size_t length = strlen(tensor);
  if (!length || strncmp(name, tensor, length) != 0) return -1;
  if (read_numbers(name + length, index, 8) != n_dims) return -1;
  for (int32_t d = 0; d < n_dims; d++) {
    if (index[d] >= dims[d]) return -1;
    at = at * dims[d] + index[d];
  }
  return at;
}

int32_t rp_vnnlib_find_variable(const rp_vnnlib_reader *r, const char *name) {
  const bool is_input = name[0] == 'X';
  const int32_t n = is_input ? r->n_in : r->n_out;
  int64_t number;
  const int32_t x = find_element(name, r->x_name, r->x_dims, r->n_x_dims);
  if (x >= 0) return x;
  const int32_t y = find_element(name, r->y_name, r->y_dims, r->n_y_dims);
  if (y >= 0) return r->n_in + y;
  if ((!is_input && name[0] != 'Y') || name[1] != '_' || name[2] < '0' ||
      name[2] > '9' || (is_input ? r->has_inputs : r->has_outputs) ||
      !rp_parse_whole(name + 2, 0, n - 1, &number))
    return -1;
  return (int32_t)number + (is_input ? 0 : r->n_in);
}
