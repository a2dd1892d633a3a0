/*
 * The load of the benchmarks: readers and publishers on one epoll loop, in one process, on one core.
 *
 * It reads responses as HTTP (status line, headers, close-delimited or chunked; a framing error is fatal), splits the
 * stream into lines, and checks every reader: of each publisher and topic every event, once, in order, and, where all readers
 * have the same topic, the same order of all publishers' events. Events carry `data: <publisher>:<sequence>:<time>:<topic>:...`.
 *
 *   load --port P --readers R --publishers K --events N [--topics T] [--per-reader S] [--rate events a second] [--size 125]
 *
 * K publishers send N events in all, to the topics in turn; each waits for the answer to its POST before the next. With
 * --rate, events are due at fixed times, and latency counts from when they were due. Reader i listens to the S topics from
 * i * S on, round the T. Prints one line of JSON.
 *
 *   --opening N       requests of readers that are open at once while they come, 256 if not given: as many as the server's backlog takes
 *   --batch B         B events a POST, to B topics in turn, as NDJSON to /events; latency and order are checked as ever
 *   --slow PERCENT    of the readers read 1,024 bytes a second; the others are what is waited for
 *   --warm N          N events come before those that count, at ten times the rate if there is one
 *   --idle            opens the readers, prints a line, holds them until standard input ends, and prints what it checked
 *   --history N       publishes N events and prints the id of the first as a reader got it
 *   --after ID --behind M     every reader comes back with that id, all at once, and has M events to read
 *   --back B --after ID --behind M --rate ...   R readers listen live; after N events B readers come back, while as many again are published.
 *                     Without --after they are let in, and have nothing to read but what comes from then on
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MAX_PUBLISHERS 256
#define LINE 2048
#define MAX_BATCH 1024

enum framing { BY_CLOSE, CHUNKED };
enum chunk { SIZE, SIZE_LF, BODY, BODY_CR, BODY_LF };

struct reader {
  int fd, in_body, status;
  enum framing framing;
  enum chunk chunk;
  long chunk_left;
  char head[4096];
  int head_length;
  char line[LINE];
  int line_length;
  /* By topic and publisher: the sequence that comes next. */
  uint32_t *next;
  uint64_t order, events, expected;
  int slow;
  /* Comes while events are published: begins with whichever is next. */
  int joins;
};

struct publisher {
  int fd, index, busy;
  /* By topic: the sequence that comes next. */
  uint32_t *sequences;
  char answer[4096];
  int answer_length;
};

static int port = 4400, readers = 1000, publishers = 64, topics = 1, per_reader = 1, size = 125, batch = 1, opening = 256, idle, slow_percent, back;
static long events = 20000, history, behind, warm;
static double rate;
static const char *after;
static struct reader *all;
static struct publisher pubs[MAX_PUBLISHERS];
static int poll_fd;
static long sent, answered, lost, duplicated, reordered, slow_closed;
static int complete, opened;
static double started, finished, *latencies;
static long latency_count, latency_room;
static double first_due;
static char first_id[256], last_id[256];

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *why) {
  fprintf(stderr, "load: %s (%s)\n", why, errno ? strerror(errno) : "-");
  printf("{\"void\":\"%s\"}\n", why);
  exit(1);
}

static int dial(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) die("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void send_all(int fd, const char *bytes, int length) {
  while (length > 0) {
    ssize_t wrote = write(fd, bytes, length);
    if (wrote < 0 && errno != EAGAIN) die("write");
    if (wrote > 0) bytes += wrote, length -= wrote;
  }
}

static const char *topic_name(long topic) {
  static char name[32];
  if (topics == 1) return "bench";
  snprintf(name, sizeof name, "bench%ld", topic);
  return name;
}

static const char *topic_path(long topic) {
  static char path[48];
  snprintf(path, sizeof path, "topics/%s", topic_name(topic));
  return path;
}

/* The data of the next event, by this publisher; `due` is what latency counts from. */
static int write_event(char *data, struct publisher *p, long topic, double due) {
  int length = sprintf(data, "%d:%u:%.6f:%ld:", p->index, p->sequences[topic]++, due, topic);
  while (length < size) data[length++] = 'x';
  return length;
}

static void publish(struct publisher *p, double due) {
  static char body[MAX_BATCH * 2048], request[MAX_BATCH * 2048 + 512];
  const char *path = "events", *type = "application/x-ndjson";
  int length = 0;
  if (batch == 1) {
    long topic = sent++ % topics;
    length = write_event(body, p, topic, due);
    type = "text/plain";
    path = topic_path(topic);
  } else {
    for (int each = 0; each < batch && sent < events; each++) {
      long topic = sent++ % topics;
      length += sprintf(body + length, "{\"topic\":\"%s\",\"data\":\"", topic_name(topic));
      length += write_event(body + length, p, topic, due);
      length += sprintf(body + length, "\"}\n");
    }
  }
  int total = sprintf(request, "POST /%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", path, port, type, length);
  memcpy(request + total, body, length);
  p->answer_length = 0;
  p->busy = 1;
  send_all(p->fd, request, total + length);
}

/* As many events as are due, by publishers that have their answer. Without a rate, the next of this one. */
static void publish_due(struct publisher *answered_one) {
  if (rate == 0) {
    if (answered_one && sent < events) publish(answered_one, now());
    return;
  }
  for (int at = 0; at < publishers && sent < events && first_due + sent / rate <= now(); at++) {
    if (!pubs[at].busy) publish(&pubs[at], first_due + sent / rate);
  }
}

static int by_chance(double probability) {
  static uint64_t state = 88172645463325252ull;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (state >> 11) * 0x1p-53 < probability;
}

/* One line of a reader's stream, without its end. */
static void take_line(struct reader *r, const char *line, int length) {
  if (history && length > 4 && length < 250 && memcmp(line, "id: ", 4) == 0) {
    memcpy(last_id, line + 4, length - 4);
    last_id[length - 4 - (line[length - 1] == '\r')] = 0;
  }
  if (length < 6 || memcmp(line, "data:", 5) != 0) return;
  const char *data = line + 5, *last = line + length;
  /* GraphQL wraps what was published in an object. */
  if (length > 7 && line[6] == '{') while (data < last && (*data < '0' || *data > '9')) data++;
  char *end;
  long index = strtol(data, &end, 10);
  if (*end != ':' || index < 0 || index >= MAX_PUBLISHERS) return;
  uint32_t sequence = strtoul(end + 1, &end, 10);
  if (*end != ':') return;
  double due = strtod(end + 1, &end);
  if (*end != ':') return;
  long topic = strtol(end + 1, &end, 10);
  if (*end != ':') die("an event that is none of ours");
  if (!first_id[0]) strcpy(first_id, last_id);
  long slot = (topic - (long)(r - all) * per_reader % topics + topics) % topics;
  if (slot >= per_reader) die("an event of a topic that was not asked for");
  uint32_t *next = &r->next[slot * MAX_PUBLISHERS + index];
  if (r->joins && *next == 0) *next = sequence;
  if (sequence > *next) lost += sequence - *next;
  if (sequence < *next) sequence + 1 == *next ? duplicated++ : reordered++;
  *next = sequence + 1;
  r->order = (r->order ^ (index * 2654435761u + sequence)) * 1099511628211ull;
  r->events++;
  /* By chance, so that neither the first nor the last to be written to stands for all. */
  if (!r->slow && r - all < readers && latency_count < latency_room && by_chance(topics / ((double)readers * per_reader)))
    latencies[latency_count++] = now() - due;
  if (!r->slow && r->events == r->expected) {
    complete++;
    finished = now();
  }
}

static void take_body(struct reader *r, const char *bytes, long length) {
  while (length > 0) {
    const char *lf = memchr(bytes, '\n', length);
    long part = lf ? lf - bytes : length;
    if (r->line_length == 0 && lf) take_line(r, bytes, part);
    else {
      if (r->line_length + part > LINE) die("line too long");
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

static void take_chunks(struct reader *r, const char *bytes, long length) {
  while (length > 0) {
    switch (r->chunk) {
    case SIZE: {
      char c = *bytes++;
      length--;
      if (c == '\r') r->chunk = SIZE_LF;
      else if (c >= '0' && c <= '9') r->chunk_left = r->chunk_left * 16 + c - '0';
      else if ((c | 32) >= 'a' && (c | 32) <= 'f') r->chunk_left = r->chunk_left * 16 + (c | 32) - 'a' + 10;
      else die("chunk size");
      break;
    }
    case SIZE_LF:
      if (*bytes++ != '\n') die("chunk size end");
      length--;
      r->chunk = BODY;
      if (r->chunk_left == 0) die("stream ended");
      break;
    case BODY: {
      long part = r->chunk_left < length ? r->chunk_left : length;
      take_body(r, bytes, part);
      bytes += part, length -= part, r->chunk_left -= part;
      if (r->chunk_left == 0) r->chunk = BODY_CR;
      break;
    }
    case BODY_CR:
      if (*bytes++ != '\r') die("chunk end");
      length--;
      r->chunk = BODY_LF;
      break;
    case BODY_LF:
      if (*bytes++ != '\n') die("chunk end");
      length--;
      r->chunk = SIZE;
      break;
    }
  }
}

static void take_head(struct reader *r, const char *bytes, long length) {
  for (long at = 0; at < length; at++) {
    if (r->head_length >= (int)sizeof r->head - 1) die("head too long");
    r->head[r->head_length++] = bytes[at];
    if (r->head_length < 4 || memcmp(r->head + r->head_length - 4, "\r\n\r\n", 4) != 0) continue;
    r->head[r->head_length] = 0;
    if (strncmp(r->head + 8, " 200", 4) != 0) die("status");
    r->framing = strcasestr(r->head, "transfer-encoding: chunked") ? CHUNKED : BY_CLOSE;
    r->in_body = 1;
    opened++;
    if (r->framing == CHUNKED) take_chunks(r, bytes + at + 1, length - at - 1);
    else take_body(r, bytes + at + 1, length - at - 1);
    return;
  }
}

static void read_stream(struct reader *r, size_t most) {
  static char bytes[1 << 18];
  ssize_t length = read(r->fd, bytes, most && most < sizeof bytes ? most : sizeof bytes);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0 && r->slow) {
    slow_closed++;
    close(r->fd);
    r->fd = -1;
    return;
  }
  if (length <= 0) die("stream closed");
  if (!r->in_body) take_head(r, bytes, length);
  else if (r->framing == CHUNKED) take_chunks(r, bytes, length);
  else take_body(r, bytes, length);
}

static void read_answer(struct publisher *p) {
  ssize_t length = read(p->fd, p->answer + p->answer_length, sizeof p->answer - 1 - p->answer_length);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length <= 0) die("publisher closed");
  p->answer_length += length;
  p->answer[p->answer_length] = 0;
  char *body = strstr(p->answer, "\r\n\r\n");
  if (!body) return;
  if (p->answer[9] != '2') die("publish refused");
  char *content_length = strcasestr(p->answer, "content-length:");
  if (content_length) {
    if (p->answer_length - (body + 4 - p->answer) < atol(content_length + 15)) return;
  } else if (strcasestr(p->answer, "transfer-encoding: chunked") && !strstr(body, "0\r\n\r\n")) return;
  answered++;
  p->busy = 0;
  publish_due(p);
}

/* What is ready now; waits until something is, or until the next event is due. */
static void turn(void) {
  static struct epoll_event ready[1024];
  static double last_read;
  int wait = 20000;
  if (started > 0 && rate > 0 && sent < events) {
    double seconds = first_due + sent / rate - now();
    wait = seconds <= 0 ? 1 : (int)(seconds * 1e3) + 1;
  }
  if (slow_percent && wait > 100) wait = 100;
  int got = epoll_wait(poll_fd, ready, 1024, wait);
  if (got == 0 && wait == 20000) die("nothing arrives");
  for (int each = 0; each < got; each++) {
    uint64_t who = ready[each].data.u64;
    if (who >> 32) read_answer(&pubs[who & 0xffffffff]);
    else read_stream(&all[who], 0);
  }
  if (started > 0 && rate > 0) publish_due(NULL);
  if (slow_percent && now() - last_read >= 0.1) {
    last_read = now();
    for (int at = 0; at < readers; at++) if (all[at].slow && all[at].in_body && all[at].fd >= 0) read_stream(&all[at], 102);
  }
}

/* Opens one reader, and does not wait for its answer. */
static void open_reader(struct reader *r, const char *last_event_id) {
  char request[8192];
  long at = r - all;
  int length = snprintf(request, sizeof request, "GET /events");
  for (int each = 0; each < per_reader; each++)
    length += snprintf(request + length, sizeof request - length, "%ctopic=%s", each ? '&' : '?', topic_name((at * per_reader + each) % topics));
  length += snprintf(request + length, sizeof request - length, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n", port);
  if (last_event_id) length += snprintf(request + length, sizeof request - length, "Last-Event-ID: %s\r\n", last_event_id);
  length += snprintf(request + length, sizeof request - length, "\r\n");
  r->next = calloc((size_t)per_reader * MAX_PUBLISHERS, sizeof *r->next);
  /* The first event of the history is the one whose id they have. */
  if (last_event_id) r->next[0] = 1;
  r->fd = dial();
  if (r->slow) {
    int bytes = 4096;
    setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  send_all(r->fd, request, length);
  fcntl(r->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = at};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, r->fd, &event);
}

/* Opens readers, with few requests open at once, so that no server's backlog overflows. */
static void open_readers(int from, int to, const char *last_event_id) {
  for (int at = from; at < to; at++) {
    open_reader(&all[at], last_event_id);
    while (at + 1 - opened > opening || (at + 1 == to && opened < to)) turn();
  }
}

static void open_publishers(void) {
  for (int at = 0; at < publishers; at++) {
    struct publisher *p = &pubs[at];
    /* Publisher 0 wrote the history that the others follow. */
    p->index = after ? at + 1 : at;
    p->sequences = calloc(topics, sizeof *p->sequences);
    p->fd = dial();
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1ull << 32 | at};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, p->fd, &event);
  }
}

/* From now on; what was published before is not due again. */
static void start_publishing(void) {
  started = now();
  first_due = rate ? started - sent / rate : started;
  if (rate == 0) for (int at = 0; at < publishers; at++) publish_due(&pubs[at]);
}

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

/* Milliseconds; of the latencies since they were last forgotten. */
static double percentile(double part) {
  if (latency_count == 0) return 0;
  qsort(latencies, latency_count, sizeof *latencies, compare);
  return latencies[(long)(latency_count * part)] * 1e3;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* The end of every measurement: what was checked, and the share of its core that this load took. */
static int print_checks(double seconds, double cpu) {
  printf("\"loadCpu\":%.2f,\"lost\":%ld,\"duplicated\":%ld,\"reordered\":%ld}\n", cpu / seconds, lost, duplicated, reordered);
  return lost || duplicated || reordered;
}

static int hold_until_end_of_input(double open_seconds) {
  double cpu = cpu_seconds(), since = now();
  printf("{\"ready\":%d,\"openSeconds\":%.3f,\"loadCpu\":%.2f}\n", opened, open_seconds, cpu / open_seconds);
  fflush(stdout);
  struct epoll_event ready[256], input = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &input);
  double seconds = 0;
  for (int wait = -1, got = 1; got > 0;) {
    got = epoll_wait(poll_fd, ready, 256, wait);
    char byte;
    for (int each = 0; each < got; each++) {
      if (ready[each].data.u64 != UINT64_MAX) read_stream(&all[ready[each].data.u64], 0);
      else if (read(0, &byte, 1) <= 0) {
        /* What is on its way still comes. */
        epoll_ctl(poll_fd, EPOLL_CTL_DEL, 0, NULL);
        seconds = now() - since;
        wait = 300;
      }
    }
  }
  uint64_t least = all[0].events;
  for (int at = 1; at < readers; at++) if (all[at].events < least) least = all[at].events;
  printf("{\"least\":%lu,", least);
  return print_checks(seconds, cpu_seconds() - cpu);
}

/* Until every reader has the events that come before those that count. Latency is forgotten, and the rate is its own again. */
static void warm_up(void) {
  if (!warm) return;
  rate *= 10;
  start_publishing();
  for (int behind_still = 1; behind_still;) {
    turn();
    behind_still = answered * batch < warm;
    for (int at = 0; at < readers && !behind_still; at++) behind_still = !all[at].slow && all[at].events < (uint64_t)(warm * per_reader / topics);
  }
  rate /= 10;
  latency_count = 0;
}

static int measure_fan_out(double open_seconds) {
  open_publishers();
  long waited_for = 0;
  for (int at = 0; at < readers; at++) waited_for += !all[at].slow;
  /* From here on the server delivers: whoever measures what that takes of it begins. */
  long counted = events;
  events = warm;
  warm_up();
  events += counted;
  fprintf(stderr, "opened\n");
  double cpu = cpu_seconds();
  start_publishing();
  while (complete < waited_for) turn();
  events = counted;
  double seconds = finished - started, deliveries = (double)events * per_reader / topics * waited_for;
  if (topics == 1) for (int at = 1; at < readers; at++) if (!all[at].slow && !all[0].slow && all[at].order != all[0].order) reordered++;
  printf("{\"seconds\":%.4f,\"deliveries\":%.0f,\"perSecond\":%.0f,\"p50\":%.3f,\"p99\":%.3f,\"openSeconds\":%.3f,\"slowClosed\":%ld,", seconds,
         deliveries, deliveries / seconds, percentile(0.5), percentile(0.99), open_seconds, slow_closed);
  return print_checks(seconds, cpu_seconds() - cpu);
}

static int write_history(void) {
  events = history;
  publishers = 1;
  all[0].expected = history;
  open_readers(0, 1, NULL);
  open_publishers();
  start_publishing();
  while (complete < 1) turn();
  printf("{\"first\":\"%s\",", first_id);
  return print_checks(1, 0);
}

static int measure_replay(void) {
  double cpu = cpu_seconds();
  started = now();
  for (int at = 0; at < readers; at++) all[at].expected = behind;
  open_readers(0, readers, after);
  while (complete < readers) turn();
  double seconds = finished - started;
  printf("{\"seconds\":%.4f,\"deliveries\":%.0f,\"perSecond\":%.0f,", seconds, (double)readers * behind, readers * behind / seconds);
  return print_checks(seconds, cpu_seconds() - cpu);
}

/* Readers that are live while others come back: how late is what the live ones get, before and meanwhile? */
static int measure_return(void) {
  long half = events, waited_for = after ? readers + back : readers;
  for (int at = 0; at < readers; at++) all[at].expected = warm + 2 * half;
  for (int at = readers; at < readers + back; at++) {
    all[at].expected = after ? behind + warm + 2 * half : 0;
    all[at].joins = !after;
  }
  open_readers(0, readers, NULL);
  open_publishers();
  events = warm;
  warm_up();
  events = warm + half;
  start_publishing();
  while (sent < events) turn();
  double quiet_p50 = percentile(0.5), quiet_p99 = percentile(0.99);
  latency_count = 0;
  events = warm + 2 * half;
  double cpu = cpu_seconds(), returning = now();
  for (int at = readers; at < readers + back; at++) {
    open_reader(&all[at], after);
    while (at + 1 - opened > opening) turn();
  }
  double caught_up = 0;
  while (complete < waited_for || opened < readers + back) {
    turn();
    if (caught_up) continue;
    int behind_still = 0;
    for (int at = readers; at < readers + back && !behind_still; at++) behind_still = all[at].events < (uint64_t)behind;
    if (!behind_still) caught_up = now() - returning;
  }
  double seconds = finished - returning;
  printf("{\"quietP50\":%.3f,\"quietP99\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"caughtUpSeconds\":%.3f,\"perSecond\":%.0f,", quiet_p50, quiet_p99,
         percentile(0.5), percentile(0.99), caught_up, back * (double)behind / caught_up);
  return print_checks(seconds, cpu_seconds() - cpu);
}

int main(int count, char **arguments) {
  for (int at = 1; at < count; at++) {
    const char *name = arguments[at];
    if (!strcmp(name, "--idle")) idle = 1;
    else if (at + 1 >= count) die("missing value");
    else if (!strcmp(name, "--port")) port = atoi(arguments[++at]);
    else if (!strcmp(name, "--readers")) readers = atoi(arguments[++at]);
    else if (!strcmp(name, "--publishers")) publishers = atoi(arguments[++at]);
    else if (!strcmp(name, "--events")) events = atol(arguments[++at]);
    else if (!strcmp(name, "--topics")) topics = atoi(arguments[++at]);
    else if (!strcmp(name, "--per-reader")) per_reader = atoi(arguments[++at]);
    else if (!strcmp(name, "--rate")) rate = atof(arguments[++at]);
    else if (!strcmp(name, "--size")) size = atoi(arguments[++at]);
    else if (!strcmp(name, "--batch")) batch = atoi(arguments[++at]);
    else if (!strcmp(name, "--warm")) warm = atol(arguments[++at]);
    else if (!strcmp(name, "--opening")) opening = atoi(arguments[++at]);
    else if (!strcmp(name, "--slow")) slow_percent = atoi(arguments[++at]);
    else if (!strcmp(name, "--history")) history = atol(arguments[++at]);
    else if (!strcmp(name, "--after")) after = arguments[++at];
    else if (!strcmp(name, "--behind")) behind = atol(arguments[++at]);
    else if (!strcmp(name, "--back")) back = atoi(arguments[++at]);
    else die("unknown option");
  }
  if (publishers >= MAX_PUBLISHERS) die("too many publishers");
  if (events % topics || warm % topics) die("--events and --warm must be multiples of --topics");
  if (batch < 1 || batch > MAX_BATCH) die("--batch is 1024 at most");
  if (size > 1024) die("--size is 1024 at most");
  struct rlimit files = {0};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  all = calloc(readers + back, sizeof *all);
  latency_room = 2 * (events + warm + history) + 1024;
  latencies = calloc(latency_room, sizeof *latencies);
  poll_fd = epoll_create1(0);
  if (history) return write_history();
  if (back) return measure_return();
  if (after) return measure_replay();
  for (int at = 0; at < readers; at++) {
    all[at].joins = idle;
    all[at].slow = at * slow_percent / 100 != (at + 1) * slow_percent / 100;
    all[at].expected = (uint64_t)(warm + events) * per_reader / topics;
  }
  double came = now();
  open_readers(0, readers, NULL);
  double open_seconds = now() - came;
  if (idle) {
    return hold_until_end_of_input(open_seconds);
  }
  /* From here on they are read by the clock alone. */
  for (int at = 0; at < readers; at++) if (all[at].slow) epoll_ctl(poll_fd, EPOLL_CTL_DEL, all[at].fd, NULL);
  return measure_fan_out(open_seconds);
}
