/*
 * The load of the benchmarks: readers and publishers on one epoll loop, in one process, on one core.
 *
 * It reads responses as HTTP (http.c) and checks every reader (checks.c): of each publisher and topic every event, once, in
 * order, and, where all readers have the same topic, the same order of all publishers' events. What is wrong voids the run:
 * the line that is printed says why, as `void`, and the exit code is 1. (One file for the loop and all that it drives, because each measure
 * is a few lines over the same readers and publishers.)
 *
 *   load --port P --readers R --publishers K --events N [--topics T] [--per-reader S] [--rate events a second] [--size 125]
 *
 * K publishers send N events in all, to the topics in turn; each waits for the answer to its POST before the next. With
 * --rate, events are due at fixed times, and latency counts from when they were due. Reader i listens to the S topics from
 * i * S on, round the T. Prints one line of JSON.
 *
 *   --core C          runs on that core alone
 *   --patience 20     seconds in which nothing has come, until what is missing is taken for lost
 *   --opening 256     requests of readers that are open at once while they come: as many as the server's backlog takes
 *   --warm N          N events come before those that count, at ten times the rate if there is one
 *   --batch B         B events a POST, to B topics in turn, as NDJSON to /events; latency and order are checked as ever
 *   --slow PERCENT    of the readers read 1,024 bytes a second; the others are what is waited for
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
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "load.h"

#define MAX_BATCH 1024
#define WITHOUT_END (UINT64_MAX / 2)

struct publisher {
  int fd, index, is_busy;
  struct http http;
  /* By topic: the sequence that comes next. */
  uint32_t *sequences;
};

struct settings asked = {.port = 4400, .core = -1, .readers = 1000, .publishers = 64, .topics = 1, .per_reader = 1, .size = 125, .batch = 1, .opening = 256, .events = 20000, .patience = 20};
struct reader *readers;
static struct publisher pubs[MAX_PUBLISHERS];
static int poll_fd, opened;
static long sent, answered, slow_closed;
static double started, first_due;

double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

void void_run(const char *format, ...) {
  char why[512];
  va_list values;
  va_start(values, format);
  vsnprintf(why, sizeof why, format, values);
  va_end(values);
  /* Servers may have put anything into it. */
  for (char *c = why; *c; c++) if (*c == '"' || *c == '\\' || (unsigned char)*c < 32) *c = '\'';
  fprintf(stderr, "load: %s\n", why);
  printf("{\"void\":\"%s\"}\n", why);
  exit(1);
}

static int dial(void) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(asked.port)};
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) < 0) void_run("cannot connect to port %d: %s", asked.port, strerror(errno));
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

static void send_all(int fd, const char *bytes, int length) {
  while (length > 0) {
    ssize_t wrote = write(fd, bytes, length);
    if (wrote < 0 && errno != EAGAIN) void_run("cannot write: %s", strerror(errno));
    if (wrote > 0) bytes += wrote, length -= wrote;
  }
}

static const char *topic_name(long topic) {
  static char name[32];
  if (asked.topics == 1) return "bench";
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
  while (length < asked.size) data[length++] = 'x';
  return length;
}

static void publish(struct publisher *p, double due) {
  static char body[MAX_BATCH * 2048], request[MAX_BATCH * 2048 + 512];
  const char *path = "events", *type = "application/x-ndjson";
  int length = 0;
  if (asked.batch == 1) {
    long topic = sent++ % asked.topics;
    length = write_event(body, p, topic, due);
    type = "text/plain";
    path = topic_path(topic);
  } else {
    for (int each = 0; each < asked.batch && sent < asked.events; each++) {
      long topic = sent++ % asked.topics;
      length += sprintf(body + length, "{\"topic\":\"%s\",\"data\":\"", topic_name(topic));
      length += write_event(body + length, p, topic, due);
      length += sprintf(body + length, "\"}\n");
    }
  }
  int total = sprintf(request, "POST /%s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", path, asked.port, type, length);
  memcpy(request + total, body, length);
  http_reset(&p->http);
  p->is_busy = 1;
  send_all(p->fd, request, total + length);
}

/* As many events as are due, by publishers that have their answer. Without a rate, the next of this one. */
static void publish_due(struct publisher *answered_one) {
  if (asked.rate == 0) {
    if (answered_one && sent < asked.events) publish(answered_one, now());
    return;
  }
  /* In turn, so that no server takes one of them for gone. */
  static int next;
  for (int tried = 0; tried < asked.publishers && sent < asked.events && first_due + sent / asked.rate <= now(); tried++) {
    struct publisher *p = &pubs[next];
    next = (next + 1) % asked.publishers;
    if (!p->is_busy) publish(p, first_due + sent / asked.rate);
  }
}

static int is_event_stream(const struct http *h) {
  int length;
  const char *type = http_header(h, "content-type", &length);
  return type && length >= 17 && strncasecmp(type, "text/event-stream", 17) == 0 && (length == 17 || strchr("; \t", type[17]));
}

static void check_head(struct reader *r) {
  struct http *h = &r->http;
  if (h->fault) return;
  if (h->status != 200) void_run("reader %d was answered %.*s", number_of(r), (int)strcspn(h->head + 9, "\r"), h->head + 9);
  if (!is_event_stream(h)) {
    int length = 9;
    const char *type = http_header(h, "content-type", &length);
    void_run("reader %d got no event stream: the content type is %.*s", number_of(r), length, type ? type : "not there");
  }
  int length;
  const char *encoding = http_header(h, "content-encoding", &length);
  /* Some say "none". */
  r->is_encoded = encoding && strncasecmp(encoding, "none", length) != 0 && strncasecmp(encoding, "identity", length) != 0;
  if (h->state == BY_LENGTH || h->state == ENDED) void_run("reader %d got a stream with a Content-Length", number_of(r));
  opened++;
}

static void ignore(void *to, const char *bytes, long length) {
  (void)to, (void)bytes, (void)length;
}

static void take_stream(struct reader *r, const char *bytes, long length) {
  struct http *h = &r->http;
  long at = 0;
  if (h->state == HEAD) {
    at = http_take_head(h, bytes, length);
    if (h->state != HEAD) check_head(r);
  }
  if (h->state != HEAD) http_take_body(h, bytes + at, length - at, r->is_encoded ? ignore : take_text, r);
  if (h->fault) void_run("reader %d got %s", number_of(r), h->fault);
}

static void read_stream(struct reader *r, size_t most) {
  static char bytes[1 << 18];
  ssize_t length = read(r->fd, bytes, most && most < sizeof bytes ? most : sizeof bytes);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (length > 0) take_stream(r, bytes, length);
  int has_ended = length <= 0 || r->http.state >= LAST_CR;
  if (!has_ended) return;
  if (!r->is_slow) void_run("reader %d: the stream was %s %s", number_of(r), length > 0 ? "ended" : "closed", length > 0 ? "by its last chunk" : http_closed_in(&r->http));
  slow_closed++;
  close(r->fd);
  r->fd = -1;
}

static void read_answer(struct publisher *p) {
  char bytes[16384];
  ssize_t length = read(p->fd, bytes, sizeof bytes);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
  int number = (int)(p - pubs);
  struct http *h = &p->http;
  if (length <= 0 && !p->is_busy && sent == asked.events) {
    /* It has nothing more to say, and servers close what is idle. */
    close(p->fd);
    return;
  }
  if (length <= 0) void_run("publisher %d: the connection was closed %s", number, http_closed_in(h));
  if (!p->is_busy) void_run("publisher %d got an answer to nothing", number);
  long taken = h->state == HEAD ? http_take_head(h, bytes, length) : 0;
  if (h->state != HEAD) taken += http_take_body(h, bytes + taken, length - taken, ignore, NULL);
  if (h->fault) void_run("publisher %d got %s", number, h->fault);
  if (h->state == HEAD) return;
  if (h->status < 200 || h->status > 299) void_run("publisher %d was answered %.*s", number, (int)strcspn(h->head + 9, "\r"), h->head + 9);
  if (h->state == UNTIL_CLOSE) void_run("publisher %d got an answer without a length", number);
  if (h->state != ENDED) return;
  if (taken < length) void_run("publisher %d got more than its answer", number);
  answered++;
  p->is_busy = 0;
  publish_due(p);
}

/* Nothing has come for as long as the patience lasts: who is waited for? */
static _Noreturn void give_up(void) {
  if (why_void()) void_run("%s", why_void());
  for (int at = 0; at < asked.readers + asked.back; at++) {
    struct reader *r = &readers[at];
    if (r->is_slow || r->fd <= 0) continue;
    if (r->http.state == HEAD) void_run("reader %d: no answer in %g s", at, asked.patience);
    if (started > 0 && !r->joins && r->events < r->expected)
      void_run("reader %d lost events: it has %llu of %llu, and for %g s none came", at, (unsigned long long)r->events, (unsigned long long)r->expected, asked.patience);
  }
  void_run("nothing came for %g s", asked.patience);
}

/* What is ready within so many seconds; waits no longer than until the next event is due. */
static void turn_within(double seconds) {
  static struct epoll_event ready[1024];
  static double last_read;
  if (started > 0 && asked.rate > 0 && sent < asked.events) {
    double due = first_due + sent / asked.rate - now();
    if (due < seconds) seconds = due;
  }
  if (asked.slow_percent && seconds > 0.1) seconds = 0.1;
  int got = epoll_wait(poll_fd, ready, 1024, seconds <= 0 ? 1 : (int)(seconds * 1e3) + 1);
  for (int each = 0; each < got; each++) {
    uint64_t who = ready[each].data.u64;
    if (who >> 32) read_answer(&pubs[who & 0xffffffff]);
    else read_stream(&readers[who], 0);
  }
  if (started > 0 && asked.rate > 0) publish_due(NULL);
  if (asked.slow_percent && now() - last_read >= 0.1) {
    last_read = now();
    for (int at = 0; at < asked.readers; at++) {
      struct reader *r = &readers[at];
      if (r->is_slow && r->http.state != HEAD && r->fd >= 0) read_stream(r, 102);
    }
  }
}

/* What is ready now, or what comes next. Heartbeats are no progress. */
static void turn(void) {
  static uint64_t seen;
  static double since;
  uint64_t progress = found.events + answered + opened + slow_closed + sent;
  if (progress != seen || since == 0) seen = progress, since = now();
  else if (now() - since >= asked.patience) give_up();
  turn_within(asked.patience);
}

/* Repetitions may come when all have all. */
static void wait_for_repetitions(void) {
  for (double until = now() + 0.1; now() < until;) turn_within(until - now());
}

/* Opens one reader, and does not wait for its answer. */
static void open_reader(struct reader *r, const char *last_event_id) {
  char request[8192];
  long at = r - readers;
  int length = snprintf(request, sizeof request, "GET /events");
  for (int each = 0; each < asked.per_reader; each++)
    length += snprintf(request + length, sizeof request - length, "%ctopic=%s", each ? '&' : '?', topic_name((at * asked.per_reader + each) % asked.topics));
  length += snprintf(request + length, sizeof request - length, " HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n", asked.port);
  if (last_event_id) length += snprintf(request + length, sizeof request - length, "Last-Event-ID: %s\r\n", last_event_id);
  length += snprintf(request + length, sizeof request - length, "\r\n");
  r->next = calloc((size_t)asked.per_reader * MAX_PUBLISHERS, sizeof *r->next);
  /* The first event of the history is the one whose id they have. */
  if (last_event_id) r->next[0] = 1;
  r->fd = dial();
  if (r->is_slow) {
    int bytes = 4096;
    setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  }
  send_all(r->fd, request, length);
  fcntl(r->fd, F_SETFL, O_NONBLOCK);
  struct epoll_event event = {.events = EPOLLIN, .data.u64 = at};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, r->fd, &event);
}

/* Opens readers, with few requests open at once, so that no server's backlog overflows. Returns the seconds it took. */
static double open_readers(int from, int to, const char *last_event_id) {
  double opening = now();
  for (int at = from; at < to; at++) {
    open_reader(&readers[at], last_event_id);
    while (at + 1 - opened > asked.opening || (at + 1 == to && opened < to)) turn();
  }
  return now() - opening;
}

static void open_publishers(void) {
  for (int at = 0; at < asked.publishers; at++) {
    struct publisher *p = &pubs[at];
    /* Publisher 0 wrote the history that the others follow. */
    p->index = asked.after ? at + 1 : at;
    p->sequences = calloc(asked.topics, sizeof *p->sequences);
    p->fd = dial();
    fcntl(p->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = 1ull << 32 | at};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, p->fd, &event);
  }
}

/* From now on; what was published before is not due again. */
static void start_publishing(void) {
  started = now();
  first_due = asked.rate ? started - sent / asked.rate : started;
  if (asked.rate == 0) for (int at = 0; at < asked.publishers; at++) publish_due(&pubs[at]);
}

static int compare(const void *a, const void *b) {
  double difference = *(const double *)a - *(const double *)b;
  return difference < 0 ? -1 : difference > 0;
}

/* Milliseconds; of the latencies since they were last forgotten. */
static double percentile(double part) {
  if (found.latency_count == 0) return 0;
  qsort(found.latencies, found.latency_count, sizeof *found.latencies, compare);
  return found.latencies[(long)(found.latency_count * part)] * 1e3;
}

static double cpu_seconds(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* Until so many readers have all, and a while longer. Returns the share of its core that this load took meanwhile. */
static double wait_for(int count, double since, double cpu_before) {
  while (found.complete < count) turn();
  double share = (cpu_seconds() - cpu_before) / (now() - since);
  wait_for_repetitions();
  return share;
}

static int hold_until_end_of_input(void) {
  for (int at = 0; at < asked.readers; at++) {
    readers[at].joins = 1;
    readers[at].expected = WITHOUT_END;
  }
  double open_seconds = open_readers(0, asked.readers, NULL), cpu = cpu_seconds(), since = now(), seconds = 0;
  printf("{\"ready\":%d,\"openSeconds\":%.3f,\"loadCpu\":%.4f}\n", opened, open_seconds, cpu / open_seconds);
  fflush(stdout);
  struct epoll_event ready[256], input = {.events = EPOLLIN, .data.u64 = UINT64_MAX};
  epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &input);
  for (int wait = -1, got = 1; got > 0;) {
    got = epoll_wait(poll_fd, ready, 256, wait);
    char byte;
    for (int each = 0; each < got; each++) {
      if (ready[each].data.u64 != UINT64_MAX) read_stream(&readers[ready[each].data.u64], 0);
      else if (read(0, &byte, 1) <= 0) {
        /* What is on its way still comes. */
        epoll_ctl(poll_fd, EPOLL_CTL_DEL, 0, NULL);
        seconds = now() - since;
        wait = 300;
      }
    }
  }
  uint64_t least = readers[0].events;
  for (int at = 1; at < asked.readers; at++) if (readers[at].events < least) least = readers[at].events;
  printf("{\"least\":%llu,", (unsigned long long)least);
  return print_found((cpu_seconds() - cpu) / seconds);
}

/* Until every reader has the events that come before those that count. Latency is forgotten, and the rate is its own again. */
static void warm_up(void) {
  if (!asked.warm) return;
  long counted = asked.events;
  asked.events = asked.warm;
  asked.rate *= 10;
  start_publishing();
  for (int are_behind = 1; are_behind;) {
    turn();
    are_behind = answered * asked.batch < asked.warm;
    for (int at = 0; at < asked.readers && !are_behind; at++)
      are_behind = !readers[at].is_slow && readers[at].events < (uint64_t)(asked.warm * asked.per_reader / asked.topics);
  }
  asked.rate /= 10;
  asked.events = counted;
  found.latency_count = 0;
}

static int measure_fan_out(void) {
  int waited_for = 0;
  for (int at = 0; at < asked.readers; at++) {
    struct reader *r = &readers[at];
    r->is_slow = at * asked.slow_percent / 100 != (at + 1) * asked.slow_percent / 100;
    r->expected = (uint64_t)(asked.warm + asked.events) * asked.per_reader / asked.topics;
    waited_for += !r->is_slow;
  }
  double open_seconds = open_readers(0, asked.readers, NULL);
  /* From here on they are read by the clock alone. */
  for (int at = 0; at < asked.readers; at++) if (readers[at].is_slow) epoll_ctl(poll_fd, EPOLL_CTL_DEL, readers[at].fd, NULL);
  open_publishers();
  warm_up();
  double deliveries = (double)asked.events * asked.per_reader / asked.topics * waited_for;
  asked.events += asked.warm;
  /* From here on the server delivers: whoever measures what that takes of it begins. */
  fprintf(stderr, "opened\n");
  double cpu = cpu_seconds();
  start_publishing();
  double share = wait_for(waited_for, started, cpu);
  double seconds = found.finished - started;
  compare_orders();
  printf("{\"seconds\":%.4f,\"deliveries\":%.0f,\"perSecond\":%.0f,\"p50\":%.3f,\"p99\":%.3f,\"openSeconds\":%.3f,\"slowClosed\":%ld,", seconds,
         deliveries, deliveries / seconds, percentile(0.5), percentile(0.99), open_seconds, slow_closed);
  return print_found(share);
}

static int write_history(void) {
  asked.events = asked.history;
  asked.publishers = asked.readers = 1;
  readers[0].expected = asked.history;
  open_readers(0, 1, NULL);
  open_publishers();
  double cpu = cpu_seconds();
  start_publishing();
  double share = wait_for(1, started, cpu);
  printf("{\"first\":\"%s\",", found.first_id);
  return print_found(share);
}

static int measure_replay(void) {
  double cpu = cpu_seconds();
  started = now();
  for (int at = 0; at < asked.readers; at++) readers[at].expected = asked.behind;
  open_readers(0, asked.readers, asked.after);
  double share = wait_for(asked.readers, started, cpu);
  double seconds = found.finished - started, deliveries = (double)asked.readers * asked.behind;
  printf("{\"seconds\":%.4f,\"deliveries\":%.0f,\"perSecond\":%.0f,", seconds, deliveries, deliveries / seconds);
  return print_found(share);
}

/* Readers that are live while others come back: how late is what the live ones get, before and meanwhile? */
static int measure_return(void) {
  long half = asked.events;
  int all = asked.readers + asked.back, waited_for = asked.after ? all : asked.readers;
  for (int at = 0; at < all; at++) readers[at].expected = asked.warm + 2 * half + (at < asked.readers ? 0 : asked.behind);
  for (int at = waited_for; at < all; at++) {
    readers[at].joins = 1;
    readers[at].expected = WITHOUT_END;
  }
  open_readers(0, asked.readers, NULL);
  open_publishers();
  warm_up();
  asked.events = asked.warm + half;
  start_publishing();
  while (sent < asked.events) turn();
  double quiet_p50 = percentile(0.5), quiet_p99 = percentile(0.99);
  found.latency_count = 0;
  asked.events += half;
  double cpu = cpu_seconds(), returning = now();
  for (int at = asked.readers; at < all; at++) {
    open_reader(&readers[at], asked.after);
    while (at + 1 - opened > asked.opening) turn();
  }
  double caught_up = 0;
  while (found.complete < waited_for || opened < all) {
    turn();
    if (caught_up) continue;
    int are_behind = 0;
    for (int at = asked.readers; at < all && !are_behind; at++) are_behind = readers[at].events < (uint64_t)asked.behind;
    if (!are_behind) caught_up = now() - returning;
  }
  double share = wait_for(waited_for, returning, cpu);
  printf("{\"quietP50\":%.3f,\"quietP99\":%.3f,\"p50\":%.3f,\"p99\":%.3f,\"caughtUpSeconds\":%.3f,\"perSecond\":%.0f,", quiet_p50, quiet_p99,
         percentile(0.5), percentile(0.99), caught_up, asked.back * (double)asked.behind / caught_up);
  return print_found(share);
}

static void read_options(int count, char **arguments) {
  for (int at = 1; at < count; at++) {
    const char *name = arguments[at], *value = at + 1 < count ? arguments[at + 1] : NULL;
    if (!strcmp(name, "--idle")) {
      asked.is_idle = 1;
      continue;
    }
    if (!value) void_run("%s needs a value", name);
    at++;
    if (!strcmp(name, "--port")) asked.port = atoi(value);
    else if (!strcmp(name, "--core")) asked.core = atoi(value);
    else if (!strcmp(name, "--readers")) asked.readers = atoi(value);
    else if (!strcmp(name, "--publishers")) asked.publishers = atoi(value);
    else if (!strcmp(name, "--events")) asked.events = atol(value);
    else if (!strcmp(name, "--topics")) asked.topics = atoi(value);
    else if (!strcmp(name, "--per-reader")) asked.per_reader = atoi(value);
    else if (!strcmp(name, "--rate")) asked.rate = atof(value);
    else if (!strcmp(name, "--size")) asked.size = atoi(value);
    else if (!strcmp(name, "--patience")) asked.patience = atof(value);
    else if (!strcmp(name, "--batch")) asked.batch = atoi(value);
    else if (!strcmp(name, "--slow")) asked.slow_percent = atoi(value);
    else if (!strcmp(name, "--warm")) asked.warm = atol(value);
    else if (!strcmp(name, "--opening")) asked.opening = atoi(value);
    else if (!strcmp(name, "--history")) asked.history = atol(value);
    else if (!strcmp(name, "--after")) asked.after = value;
    else if (!strcmp(name, "--behind")) asked.behind = atol(value);
    else if (!strcmp(name, "--back")) asked.back = atoi(value);
    else void_run("there is no option %s", name);
  }
  if (asked.publishers >= MAX_PUBLISHERS) void_run("--publishers is %d at most", MAX_PUBLISHERS - 1);
  if (asked.events % asked.topics || asked.warm % asked.topics) void_run("--events and --warm must be multiples of --topics");
  if (asked.batch < 1 || asked.batch > MAX_BATCH) void_run("--batch is 1 to %d", MAX_BATCH);
  if (asked.size < 64 || asked.size > 1024) void_run("--size is 64 to 1024");
}

int main(int count, char **arguments) {
  read_options(count, arguments);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  if (asked.core >= 0) CPU_SET(asked.core, &cores);
  if (asked.core >= 0 && sched_setaffinity(0, sizeof cores, &cores) < 0) void_run("cannot run on core %d: %s", asked.core, strerror(errno));
  signal(SIGPIPE, SIG_IGN);
  struct rlimit files = {0};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  readers = calloc(asked.readers + asked.back, sizeof *readers);
  found.latency_room = 2 * (asked.events + asked.warm + asked.history) + 1024;
  found.latencies = calloc(found.latency_room, sizeof *found.latencies);
  poll_fd = epoll_create1(0);
  if (asked.is_idle) return hold_until_end_of_input();
  if (asked.history) return write_history();
  if (asked.back) return measure_return();
  if (asked.after) return measure_replay();
  return measure_fan_out();
}
