/*
 * What each reader got: of each publisher and topic every event, once, whole, in order; and where all have the same topic, all
 * publishers' events in the same order. An event is `data: <publisher>:<sequence>:<time>:<topic>:xxx...` and a blank line.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "load.h"

#define MAX_MISSING 1024

struct found found;

/* Events that others have overtaken. What has not come at the end is lost, what comes late is in the wrong order. */
static struct missing {
  struct reader *reader;
  uint32_t slot, publisher, sequence;
} missing[MAX_MISSING];

static char first_duplicated[160], first_reordered[160];

int number_of(const struct reader *r) {
  return (int)(r - readers);
}

static int by_chance(double probability) {
  static uint64_t state = 88172645463325252ull;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (state >> 11) * 0x1p-53 < probability;
}

static void take_latency(const char *due) {
  static double chance;
  if (chance == 0) chance = asked.topics / ((double)asked.readers * asked.per_reader);
  if (found.latency_count < found.latency_room && by_chance(chance)) found.latencies[found.latency_count++] = now() - strtod(due, NULL);
}

/* An event came that is not the one that was due: is something missing, late or there again? */
static void take_unexpected(struct reader *r, uint32_t slot, uint32_t publisher, uint32_t sequence) {
  uint32_t *next = &r->next[slot * MAX_PUBLISHERS + publisher];
  if (sequence > *next) {
    if (sequence - *next > (uint64_t)(MAX_MISSING - found.lost))
      void_run("reader %d lost %u events of publisher %u, from %u on", number_of(r), sequence - *next, publisher, *next);
    /* Not waited for: what is lost must not keep the run from its end. */
    r->expected -= sequence - *next;
    for (; *next < sequence; (*next)++) missing[found.lost++] = (struct missing){r, slot, publisher, *next};
    (*next)++;
    return;
  }
  for (long at = 0; at < found.lost; at++) {
    struct missing *m = &missing[at];
    if (m->reader != r || m->slot != slot || m->publisher != publisher || m->sequence != sequence) continue;
    *m = missing[--found.lost];
    r->expected++;
    if (found.reordered++ == 0)
      snprintf(first_reordered, sizeof first_reordered, "reader %d got event %u of publisher %u after later ones: out of order", number_of(r), sequence, publisher);
    return;
  }
  if (found.duplicated++ == 0)
    snprintf(first_duplicated, sizeof first_duplicated, "reader %d got event %u of publisher %u twice", number_of(r), sequence, publisher);
  r->expected++;
}

/* Digits up to a colon, which is passed over; -1 if there is something else. */
static long take_number(const char **at, const char *end) {
  long number = 0;
  const char *digit = *at;
  for (; digit < end && *digit >= '0' && *digit <= '9' && number < 1l << 40; digit++) number = number * 10 + *digit - '0';
  if (digit == *at || digit == end || *digit != ':') return -1;
  *at = digit + 1;
  return number;
}

static void take_data(struct reader *r, const char *data, const char *end) {
  const char *at = data;
  long publisher = take_number(&at, end);
  if (publisher < 0) return;
  long sequence = take_number(&at, end);
  const char *due = at;
  at = memchr(at, ':', end - at);
  long topic = at ? (at++, take_number(&at, end)) : -1;
  if (publisher >= MAX_PUBLISHERS || sequence < 0 || topic < 0) void_run("reader %d got an event that is none of ours", number_of(r));
  const char *after = data + asked.size;
  if (after > end || (after < end && *after != '\r' && *after != '"')) void_run("reader %d got event %ld of publisher %ld, but not %d bytes of it", number_of(r), sequence, publisher, asked.size);
  if (r->is_in_event) void_run("reader %d got event %ld of publisher %ld in one block with another", number_of(r), sequence, publisher);
  r->is_in_event = 1;

  long slot = (topic - (long)number_of(r) * asked.per_reader % asked.topics + asked.topics) % asked.topics;
  if (topic >= asked.topics || slot >= asked.per_reader) void_run("reader %d got an event of topic %ld, which it did not ask for", number_of(r), topic);
  uint32_t *next = &r->next[slot * MAX_PUBLISHERS + publisher];
  if (r->joins && *next == 0) *next = sequence;
  if (sequence == *next) (*next)++;
  else take_unexpected(r, slot, publisher, sequence);
  r->order = (r->order ^ (publisher * 2654435761u + sequence)) * 1099511628211ull;
  /* By chance, so that neither the first nor the last to be written to stands for all. */
  if (!r->is_slow && number_of(r) < asked.readers) take_latency(due);
}

/* One line, without its end. */
static void take_line(struct reader *r, const char *line, int length) {
  if (length > 0 && line[length - 1] == '\r') length--;
  if (length == 0) {
    if (!r->is_in_event) return;
    r->is_in_event = 0;
    found.events++;
    if (++r->events < r->expected) return;
    if (r->events > r->expected) void_run("reader %d got an event that was not published", number_of(r));
    if (r->is_slow || r->joins) return;
    found.complete++;
    found.finished = now();
    return;
  }
  if (length > 5 && memcmp(line, "data:", 5) == 0) {
    const char *data = line + 5, *end = line + length;
    data += *data == ' ';
    /* GraphQL wraps what was published in an object. */
    if (*data == '{') while (data < end && (*data < '0' || *data > '9')) data++;
    take_data(r, data, end);
  } else if (asked.history && r->events == 0 && length > 4 && length < (int)sizeof found.first_id && memcmp(line, "id: ", 4) == 0) {
    snprintf(found.first_id, sizeof found.first_id, "%.*s", length - 4, line + 4);
  }
}

void take_text(void *reader, const char *bytes, long length) {
  struct reader *r = reader;
  while (length > 0) {
    const char *lf = memchr(bytes, '\n', length);
    long part = lf ? lf - bytes : length;
    if (r->line_length == 0 && lf) take_line(r, bytes, part);
    else {
      if (r->line_length + part > LINE) void_run("reader %d got a line of more than %d bytes", number_of(r), LINE);
      memcpy(r->line + r->line_length, bytes, part);
      r->line_length += part;
      if (lf) {
        take_line(r, r->line, r->line_length);
        r->line_length = 0;
      }
    }
    bytes += part + (lf != NULL);
    length -= part + (lf != NULL);
  }
}

void compare_orders(void) {
  const struct reader *first = NULL;
  if (asked.topics > 1 || found.lost || found.duplicated) return;
  for (int at = 0; at < asked.readers && found.reordered == 0; at++) {
    if (readers[at].is_slow) continue;
    if (!first) first = &readers[at];
    if (readers[at].order == first->order) continue;
    found.reordered++;
    snprintf(first_reordered, sizeof first_reordered, "readers %d and %d got the events out of order: each in another", number_of(first), at);
  }
}

const char *why_void(void) {
  static char why[480];
  int length = 0;
  const struct missing *m = &missing[0];
  if (found.lost) length = snprintf(why, sizeof why, "; reader %d lost event %u of publisher %u", number_of(m->reader), m->sequence, m->publisher);
  if (found.duplicated) length += snprintf(why + length, sizeof why - length, "; %s", first_duplicated);
  if (found.reordered) length += snprintf(why + length, sizeof why - length, "; %s", first_reordered);
  return length ? why + 2 : NULL;
}

int print_found(double load_cpu) {
  const char *why = why_void();
  printf("\"loadCpu\":%.4f,\"lost\":%ld,\"duplicated\":%ld,\"reordered\":%ld", load_cpu, found.lost, found.duplicated, found.reordered);
  if (why) printf(",\"void\":\"%s\"", why);
  printf("}\n");
  return why != NULL;
}
