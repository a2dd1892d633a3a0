/* A response, read as HTTP/1.1 has it (RFC 9112): head, then a body by chunks, by length or until it is closed. */
#ifndef HTTP_H
#define HTTP_H

enum http_state { HEAD, UNTIL_CLOSE, BY_LENGTH, SIZE, EXTENSION, SIZE_LF, CHUNK, CHUNK_CR, CHUNK_LF, LAST_CR, LAST_LF, ENDED };

struct http {
  enum http_state state;
  int status, digits, head_length;
  long left;
  char head[4096];
  /* What is no HTTP; nothing is to be read any more. */
  const char *fault;
};

/* For the next response of the connection. */
void http_reset(struct http *h);
/* Returns how many bytes were the head's. It is complete as soon as the state is no longer HEAD. */
long http_take_head(struct http *h, const char *bytes, long length);
/* Hands on what the body says. Returns how many bytes were the response's: fewer only after its end, or a fault. */
long http_take_body(struct http *h, const char *bytes, long length, void (*take)(void *to, const char *bytes, long length), void *to);
/* Where a header's value begins and how long it is; NULL without one. */
const char *http_header(const struct http *h, const char *name, int *length);
/* Says in which part of a response the connection was closed. */
const char *http_closed_in(const struct http *h);

#endif
