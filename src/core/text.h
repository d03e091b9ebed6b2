/* Untrusted text: names in files, names of files, lines of a job file. When it
 * is printed it must not control the terminal, and when it is cut no half
 * character may remain. */
#ifndef RAMPART_CORE_TEXT_H
#define RAMPART_CORE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Length in bytes, 1 to 4, of the well-formed UTF-8 sequence at `at` (Unicode,
 *  table 3-7): no overlong form, no surrogate, nothing above U+10FFFF.
 *  @param at  a string's byte, not its terminating zero
 *  @param code  out, the code point; may be NULL
 *  Returns 0 if there is no such sequence (*code is left alone). */
int rp_utf8_length(const char *at, uint32_t *code);

/** False for characters that a terminal obeys instead of showing them: control
 *  characters (C0, DEL, C1), line separators, and the marks that reorder or
 * hide what stands around them. */
bool rp_is_printable(uint32_t code);

enum { RP_PRINTABLE_SIZE = 1024 };

/** A text as it can be printed, for one full expression:
 *  printf("%s\n", rp_printable(name).text). */
typedef struct rp_printable_text {
  char text[RP_PRINTABLE_SIZE];
} rp_printable_text;

/** Replace what is not printable by its code: "\x1b" for a byte, "\u202e" for a
 *  character. Everything else stays as it is. Cut at a character's boundary
 *  where it grows too long.
 *  @param from  NULL counts as "" */
rp_printable_text rp_printable(const char *from);

/** The same into a buffer of its own.
 *  @param to  [size], size > 0; must not overlap `from` */
void rp_text_make_printable(const char *from, char *to, size_t size);

/** Length in bytes of the longest start of a text that ends at a character's
 *  boundary and has at most `most` bytes: the precision of "%.*s".
 *  @param most  at most INT_MAX */
int rp_text_fit(const char *text, size_t most);

/** Whether a text is one of the words of a list such as "auto|idx|csv". */
bool rp_text_is_one_of(const char *text, const char *words);

/** Copy the i-th text of a list that commas separate; its number if the list is
 *  empty or shorter.
 *  @param to  [size], size > 0; cut where it is too long */
void rp_text_copy_listed(char *to, size_t size, const char *list, int32_t i);

/** Copy a text, cut at a character's boundary where it is too long.
 *  @param to    [size], size > 0
 *  @param from  NULL counts as "" */
void rp_text_copy(char *to, size_t size, const char *from);

#endif
