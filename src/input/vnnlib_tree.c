/* Takes S-expressions apart without recursion: the lists that are open are on a
 * stack. */
#include "input/vnnlib_tree.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { MOST_NODES = 1 << 26 };

typedef struct parser {
  rp_vnnlib_tree *tree;
  char *at, *end;
  int32_t line, room;
  int32_t open[RP_VNNLIB_DEPTH], last[RP_VNNLIB_DEPTH]; /* lists, their ends */
  int32_t depth;
  rp_error *err;
} parser;

rp_status rp_vnnlib_fail(const rp_vnnlib_tree *tree, int32_t node,
                         rp_error *err, const char *format, ...) {
  char message[sizeof(rp_error)]; /* is cut by rp_fail */
  va_list args;
  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  return rp_fail(err, RP_E_INPUT, "%s:%d: %s", tree->file,
                 tree->node[node].line, message);
}

static rp_status fail_here(const parser *p, const char *message) {
  return rp_fail(p->err, RP_E_INPUT, "%s:%d: %s", p->tree->file, p->line,
                 message);
}

/* Append a node to the list that is open; -1 without memory. */
static int32_t add(parser *p, const char *word) {
  rp_vnnlib_tree *const tree = p->tree;
  if (tree->n == p->room) {
    if (tree->n >= MOST_NODES) return -1;
    const int32_t room = 2 * p->room + 64;
    rp_vnnlib_node *const grown =
        rp_realloc(tree->node, (size_t)room, sizeof *grown);
    if (!grown) return -1;
    tree->node = grown;
    p->room = room;
  }
  const int32_t made = tree->n++;
  tree->node[made] = (rp_vnnlib_node){word, -1, -1, p->line};
  if (made == 0) return made;
  const int32_t list = p->open[p->depth], last = p->last[p->depth];
  if (last < 0)
    tree->node[list].first = made;
  else
    tree->node[last].next = made;
  p->last[p->depth] = made;
  return made;
}

static rp_status open_list(parser *p, const char *word) {
  const int32_t made = add(p, word);
  if (made < 0)
    return rp_fail(p->err, RP_E_MEMORY, "%s: out of memory", p->tree->file);
  if (word) return RP_OK;
  if (p->depth + 1 == RP_VNNLIB_DEPTH)
    return fail_here(p, "expected lists of a depth below 32, found more");
  p->depth++;
  p->open[p->depth] = made;
  p->last[p->depth] = -1;
  return RP_OK;
}

static bool ends_word(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '(' ||
         c == ')' || c == ';' || c == '\0';
}

/* Blanks in brackets are dropped: the word moves together. Its end becomes a
 * zero once what stands there is known, so that is returned. */
static rp_status read_word(parser *p, char *what_ended) {
  char *const word = p->at, *to = p->at;
  bool in_brackets = false;
  for (; in_brackets || !ends_word(*p->at); p->at++) {
    if (in_brackets && (*p->at == '\n' || *p->at == '\0' || *p->at == '('))
      return fail_here(p, "expected a ] on the same line, found none");
    if (*p->at == '[') in_brackets = true;
    if (*p->at == ']') in_brackets = false;
    if (*p->at != ' ' && *p->at != '\t') *to++ = *p->at;
  }
  *what_ended = *p->at;
  *to = '\0';
  return open_list(p, word);
}

static rp_status take(parser *p, char c) {
  switch (c) {
  case '(':
    return open_list(p, NULL);
  case ')':
    if (p->depth == 0) return fail_here(p, "expected no ) without a (");
    p->depth--;
    return RP_OK;
  case '\n':
    p->line++;
    return RP_OK;
  case '\0':
    return fail_here(p, "expected a text, found a zero byte");
  default:
    return RP_OK;
  }
}

static rp_status parse(parser *p) {
  while (p->at < p->end) {
    if (*p->at == ';') {
      while (p->at < p->end && *p->at != '\n') p->at++;
    } else if (ends_word(*p->at)) {
      RP_TRY(take(p, *p->at));
      p->at++;
    } else {
      char c = 0;
      RP_TRY(read_word(p, &c));
      if (p->at >= p->end) break;
      if (c == ';') {
        *p->at = ';'; /* the zero may stand here */
        continue;
      }
      RP_TRY(take(p, c));
      p->at++;
    }
  }
  return p->depth == 0
             ? RP_OK
             : fail_here(p, "expected a ) for every (, found the end");
}

rp_status rp_vnnlib_parse(const char *file, char *text, size_t size,
                          rp_vnnlib_tree *tree, rp_error *err) {
  parser p = {
      .tree = tree, .at = text, .end = text + size, .line = 1, .err = err};
  *tree = (rp_vnnlib_tree){.file = file};
  p.last[0] = -1;
  rp_status status = RP_OK;
  if (add(&p, NULL) < 0)
    status = rp_fail(err, RP_E_MEMORY, "%s: out of memory", file);
  if (status == RP_OK) status = parse(&p);
  if (status != RP_OK) rp_vnnlib_tree_fini(tree);
  return status;
}

void rp_vnnlib_tree_fini(rp_vnnlib_tree *tree) {
  free(tree->node);
  tree->node = NULL;
  tree->n = 0;
}

bool rp_vnnlib_is(const rp_vnnlib_tree *tree, int32_t node, const char *word) {
  return node >= 0 && tree->node[node].word &&
         !strcmp(tree->node[node].word, word);
}

const char *rp_vnnlib_head(const rp_vnnlib_tree *tree, int32_t node) {
  const int32_t first = node < 0 ? -1 : tree->node[node].first;
  const char *const word = first < 0 ? NULL : tree->node[first].word;
  return word ? word : "";
}
