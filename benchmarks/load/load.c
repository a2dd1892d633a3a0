/*
 * The load of the fan-out benchmarks: R readers and P publishers on one epoll loop, in one process, on one core.
 *
 * It reads responses as HTTP (status line, headers, close-delimited or chunked; a framing error is fatal), splits the
 * stream into lines, and checks every reader: from each publisher every event, once, in order, and the same order of all
 * publishers' events at every reader. Events carry `data: <publisher>:<sequence>:...`.
 *
 *   load --port P --readers R --publishers K --events N --subscribe /path --publish /path [--size 125] [--idle]
 *
 * K publishers send N events in all; each waits for the answer to its POST before the next. Prints one line of JSON.
 * With --idle it opens the readers, prints "ready", and holds them until standard input ends.
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
  uint32_t next[MAX_PUBLISHERS];
  uint64_t order, events;
};

struct publisher {
  int fd, index;
  uint32_t sequence;
  double sent;
  char answer[4096];
  int answer_length;
};

static int port = 4400, readers = 1000, publishers = 64, size = 125, idle = 0;
static long events = 20000;
static const char *subscribe_path = "/events?topic=bench", *publish_path = "/topics/bench";
static struct reader *all;
static struct publisher pubs[MAX_PUBLISHERS];
static long sent, answered, lost, duplicated, reordered;
static int complete, opened;
static double started, finished, *latencies;
static long latency_count;

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

static void publish_next(struct publisher *p) {
  char body[4096], request[8192];
  if (sent >= events) return;
  sent++;
  int length = snprintf(body, sizeof body, "%d:%u:%.6f:", p->index, p->sequence++, now());
  while (length < size) body[length++] = 'x';
  int total = snprintf(request, sizeof request,
                       "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%.*s",
                       publish_path, port, length, length, body);
  p->answer_length = 0;
  send_all(p->fd, request, total);
}

/* One line of a reader's stream, without its end. */
static void take_line(struct reader *r, const char *line, int length) {
  if (length < 6 || memcmp(line, "data:", 5) != 0) return;
  char *end;
  long index = strtol(line + 5, &end, 10);
  if (*end != ':' || index < 0 || index >= publishers) return;
  uint32_t sequence = strtoul(end + 1, &end, 10);
  if (*end != ':') return;
  uint32_t expected = r->next[index];
  if (sequence > expected) lost += sequence - expected;
  if (sequence < expected) sequence + 1 == expected ? duplicated++ : reordered++;
  r->next[index] = sequence + 1;
  r->order = (r->order ^ (index * 2654435761u + sequence)) * 1099511628211ull;
  r->events++;
  /* One reader in turn, so that neither the first nor the last to be written to stands for all. */
  if ((r->events + (r - all)) % readers == 0 && latency_count < events) latencies[latency_count++] = now() - strtod(end + 1, NULL);
  if (r->events == (uint64_t)events) {
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

static void read_stream(struct reader *r) {
  static char bytes[1 << 18];
  ssize_t length = read(r->fd, bytes, sizeof bytes);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
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
  publish_next(p);
}

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
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
    else if (!strcmp(name, "--size")) size = atoi(arguments[++at]);
    else if (!strcmp(name, "--subscribe")) subscribe_path = arguments[++at];
    else if (!strcmp(name, "--publish")) publish_path = arguments[++at];
    else die("unknown option");
  }
  if (publishers > MAX_PUBLISHERS) die("too many publishers");
  struct rlimit files = {0};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  all = calloc(readers, sizeof *all);
  latencies = calloc(events + 1, sizeof *latencies);
  int poll = epoll_create1(0);
  char request[1024];
  int request_length = snprintf(request, sizeof request,
                                "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n\r\n", subscribe_path, port);
  struct epoll_event ready[1024];
  double opening = now();
  for (int at = 0; at < readers; at++) {
    struct reader *r = &all[at];
    r->fd = dial();
    send_all(r->fd, request, request_length);
    fcntl(r->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = at};
    epoll_ctl(poll, EPOLL_CTL_ADD, r->fd, &event);
    /* Keep at most 256 requests open, so that no server's backlog overflows. */
    while (at + 1 - opened > 256 || (at + 1 == readers && opened < readers)) {
      int got = epoll_wait(poll, ready, 1024, 20000);
      if (got <= 0) die("readers did not open");
      for (int each = 0; each < got; each++) read_stream(&all[ready[each].data.u64]);
    }
  }
  double open_seconds = now() - opening;
  if (idle) {
    printf("{\"ready\":%d,\"openSeconds\":%.3f}\n", opened, open_seconds);
    fflush(stdout);
    struct epoll_event input = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &input);
    for (;;) {
      int got = epoll_wait(poll, ready, 1024, -1);
      for (int each = 0; each < got; each++) {
        if (ready[each].data.u64 != UINT64_MAX) read_stream(&all[ready[each].data.u64]);
        else if (read(0, request, sizeof request) <= 0) return 0;
      }
    }
  }
  for (int at = 0; at < publishers; at++) {
    struct publisher *p = &pubs[at];
    p->index = at;
    p->fd = dial();
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1ull << 32 | at};
    epoll_ctl(poll, EPOLL_CTL_ADD, p->fd, &event);
  }
  struct rusage before, after;
  getrusage(RUSAGE_SELF, &before);
  started = now();
  for (int at = 0; at < publishers; at++) publish_next(&pubs[at]);
  while (complete < readers) {
    int got = epoll_wait(poll, ready, 1024, 20000);
    if (got <= 0) die("events did not arrive");
    for (int each = 0; each < got; each++) {
      uint64_t who = ready[each].data.u64;
      if (who >> 32) read_answer(&pubs[who & 0xffffffff]);
      else read_stream(&all[who]);
    }
  }
  getrusage(RUSAGE_SELF, &after);
  for (int at = 1; at < readers; at++) if (all[at].order != all[0].order) reordered++;
  qsort(latencies, latency_count, sizeof *latencies, compare);
  double seconds = finished - started;
  double cpu = (after.ru_utime.tv_sec - before.ru_utime.tv_sec) + (after.ru_utime.tv_usec - before.ru_utime.tv_usec) / 1e6 +
               (after.ru_stime.tv_sec - before.ru_stime.tv_sec) + (after.ru_stime.tv_usec - before.ru_stime.tv_usec) / 1e6;
  printf("{\"seconds\":%.4f,\"deliveries\":%.0f,\"perSecond\":%.0f,\"p50\":%.3f,\"p99\":%.3f,\"loadCpu\":%.2f,\"openSeconds\":%.3f,"
         "\"lost\":%ld,\"duplicated\":%ld,\"reordered\":%ld}\n",
         seconds, (double)events * readers, events * (double)readers / seconds, latencies[latency_count / 2] * 1e3,
         latencies[(long)(latency_count * 0.99)] * 1e3, cpu / seconds, open_seconds, lost, duplicated, reordered);
  return lost || duplicated || reordered;
}
