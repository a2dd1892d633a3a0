/* What the parts of the load share: what was asked for, a reader, and the way to void a run. */
#ifndef LOAD_H
#define LOAD_H
#include <stdint.h>
#include "http.h"

#define MAX_PUBLISHERS 256
#define LINE 2048

struct settings {
  int port, core, readers, publishers, topics, per_reader, size, batch, opening, slow_percent, back, is_idle;
  long events, warm, history, behind;
  double rate, patience;
  const char *after;
};
extern struct settings asked;

struct reader {
  int fd, is_slow;
  /* Comes while events are published: begins with whichever is next, and is not waited for. */
  int joins;
  /* Compressed, for example: the framing alone is looked at. */
  int is_encoded;
  struct http http;
  char line[LINE];
  int line_length;
  /* The data of an event has come, and not yet the blank line that ends it. */
  int is_in_event;
  /* By topic and publisher: the sequence that comes next. */
  uint32_t *next;
  /* Events that it has, and how many those are that are waited for; and a sum that tells one order of them from another. */
  uint64_t events, expected, order;
};
extern struct reader *readers;

double now(void);

/* Ends the run: says what was wrong, as the only line that is printed. */
_Noreturn void void_run(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* checks.c: a piece of the stream's text; what was found so far. */
void take_text(void *reader, const char *bytes, long length);
int number_of(const struct reader *r);

struct found {
  /* Readers that have all they are to get, and when the last of them had; all events of all readers. */
  int complete;
  double finished;
  uint64_t events;
  long lost, duplicated, reordered;
  /* Seconds, of readers that chance picks. */
  double *latencies;
  long latency_count, latency_room;
  char first_id[256];
};
extern struct found found;

/* Why the run is void by what was found; NULL if it is not. */
const char *why_void(void);
/* All readers of one topic have had the same order; else that is what voids the run. */
void compare_orders(void);
/* Prints the last fields of the line of JSON, and why the run is void, if it is. Returns the exit code. */
int print_found(double load_cpu);

#endif
