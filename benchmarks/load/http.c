#include "http.h"
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void http_reset(struct http *h) {
  h->state = HEAD;
  h->head_length = h->digits = 0;
  h->left = 0;
}

const char *http_header(const struct http *h, const char *name, int *length) {
  size_t name_length = strlen(name);
  for (const char *line = strstr(h->head, "\r\n"); line; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, name_length) != 0 || line[name_length] != ':') continue;
    const char *value = line + name_length + 1;
    value += strspn(value, " \t");
    *length = strcspn(value, "\r");
    return value;
  }
  return NULL;
}

/* How the body is framed (RFC 9112, section 6.3). */
static void begin_body(struct http *h) {
  int length;
  const char *encoding = http_header(h, "transfer-encoding", &length);
  int is_chunked = encoding && length == 7 && strncasecmp(encoding, "chunked", 7) == 0;
  if (encoding && !is_chunked) h->fault = "a transfer encoding other than chunked";
  const char *content_length = http_header(h, "content-length", &length);
  if (encoding && content_length) h->fault = "both a Content-Length and a transfer encoding";
  if (is_chunked) h->state = SIZE;
  else if (content_length) {
    h->left = strtol(content_length, NULL, 10);
    h->state = h->left > 0 ? BY_LENGTH : ENDED;
  } else h->state = h->status == 204 || h->status == 304 ? ENDED : UNTIL_CLOSE;
}

long http_take_head(struct http *h, const char *bytes, long length) {
  for (long at = 0; at < length; at++) {
    if (h->head_length >= (int)sizeof h->head - 1) {
      h->fault = "a head of more than 4 KB";
      return at;
    }
    h->head[h->head_length++] = bytes[at];
    if (h->head_length < 4 || memcmp(h->head + h->head_length - 4, "\r\n\r\n", 4) != 0) continue;
    h->head[h->head_length] = 0;
    if (strncmp(h->head, "HTTP/1.", 7) != 0 || h->head[8] != ' ') h->fault = "a status line that is none";
    h->status = atoi(h->head + 9);
    begin_body(h);
    return at + 1;
  }
  return length;
}

static int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_size(struct http *h, char c) {
  int digit = hex(c);
  if (digit >= 0 && ++h->digits <= 8) h->left = h->left * 16 + digit;
  else if (h->digits == 0 || digit >= 0) h->fault = "a chunk size that is none";
  else if (c == '\r') h->state = SIZE_LF;
  else if (c == ';') h->state = EXTENSION;
  else h->fault = "a chunk size that is none";
}

long http_take_body(struct http *h, const char *bytes, long length, void (*take)(void *to, const char *bytes, long length), void *to) {
  long at = 0;
  while (at < length && h->state != ENDED && !h->fault) {
    switch (h->state) {
    case UNTIL_CLOSE:
      take(to, bytes + at, length - at);
      return length;
    case BY_LENGTH:
    case CHUNK: {
      long part = h->left < length - at ? h->left : length - at;
      take(to, bytes + at, part);
      at += part;
      h->left -= part;
      if (h->left == 0) h->state = h->state == CHUNK ? CHUNK_CR : ENDED;
      break;
    }
    case SIZE:
      take_size(h, bytes[at++]);
      break;
    case EXTENSION:
      if (bytes[at++] == '\r') h->state = SIZE_LF;
      break;
    case SIZE_LF:
      if (bytes[at++] != '\n') h->fault = "a chunk size that no line break ends";
      h->digits = 0;
      h->state = h->left > 0 ? CHUNK : LAST_CR;
      break;
    case CHUNK_CR:
    case LAST_CR:
      if (bytes[at++] != '\r') h->fault = "a chunk that no line break ends";
      h->state = h->state == CHUNK_CR ? CHUNK_LF : LAST_LF;
      break;
    case CHUNK_LF:
    case LAST_LF:
      if (bytes[at++] != '\n') h->fault = "a chunk that no line break ends";
      h->state = h->state == CHUNK_LF ? SIZE : ENDED;
      break;
    default:
      h->fault = "a body before its head";
    }
  }
  return at;
}

const char *http_closed_in(const struct http *h) {
  switch (h->state) {
  case HEAD: return h->head_length ? "in the middle of the head" : "without an answer";
  case BY_LENGTH: return "in the middle of the body";
  case CHUNK: return "in the middle of a chunk";
  case SIZE: return h->digits ? "in the middle of a chunk's size" : "early";
  case UNTIL_CLOSE: return "early";
  default: return "in the middle of a chunk's frame";
  }
}
