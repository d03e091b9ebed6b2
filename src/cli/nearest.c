/* Suggests the name that a misspelled word was meant to be: the one at the
 * least edit distance, where exchanging two neighbouring letters counts as one
 * edit (optimal string alignment). */
#include <stddef.h>
#include <string.h>

#include "cli/cli.h"

enum { LONGEST = 31 };

static int choose_least(int a, int b) {
  return a < b ? a : b;
}

/* Both words have at most LONGEST letters. */
static int count_edits(const char *a, const char *b) {
  int d[LONGEST + 1][LONGEST + 1];
  const int m = (int)strlen(a), n = (int)strlen(b);
  for (int i = 0; i <= m; i++) d[i][0] = i;
  for (int j = 0; j <= n; j++) d[0][j] = j;
  for (int i = 1; i <= m; i++)
    for (int j = 1; j <= n; j++) {
      d[i][j] = choose_least(d[i - 1][j - 1] + (a[i - 1] != b[j - 1]),
                             1 + choose_least(d[i - 1][j], d[i][j - 1]));
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = choose_least(d[i][j], d[i - 2][j - 2] + 1);
    }
  return d[m][n];
}

const char *cli_find_nearest(const char *word, const char *const *names,
                             size_t count) {
  const size_t length = strlen(word);
  if (length == 0 || length > LONGEST) return NULL;
  const char *best = NULL;
  int least = ((int)length + 1) / 3; /* a greater distance means another word */
  for (size_t i = 0; i < count; i++) {
    if (!names[i] || strlen(names[i]) > LONGEST) continue;
    const int distance = count_edits(word, names[i]);
    if (distance > least || (best && distance == least)) continue;
    best = names[i];
    least = distance;
  }
  return best;
}
