// The model server of the benchmark: it answers at once, so that what is measured is the gateway.
//
//   stub PORT
//
// One thread, epoll, keep-alive. By path: /chat/completions, /messages (Anthropic), anything else (a list of models).
// A body with "stream":true gets CHUNKS events: all at once, or one every N ms where it has the word pace=N.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CHUNKS 50
#define CONNECTIONS 16384
#define READ 65536

enum form { CHAT, ANTHROPIC, LIST, FORMS };

typedef struct {
  char *data;
  int size;
} text;

typedef struct {
  char *in;            // what has come and is not answered yet
  int size, room;
  int streaming, next; // the next event of the stream
  enum form form;
  uint64_t due_us, every_us;
} connection;

static connection all[CONNECTIONS];
static int active[CONNECTIONS], actives; // those that stream
static text whole[FORMS], events[FORMS][CHUNKS + 1];

static const char *STREAM_HEAD =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nCache-Control: no-cache\r\n"
    "Transfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n";

static const char *CHAT_BODY =
    "{\"id\":\"chatcmpl-stub\",\"object\":\"chat.completion\",\"created\":1760000000,\"model\":\"gpt-4o-mini\","
    "\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"The quick brown fox jumps over the "
    "lazy dog. The quick brown fox jumps over the lazy dog. The quick brown fox jumps over the lazy dog.\","
    "\"refusal\":null},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":21,"
    "\"completion_tokens\":30,\"total_tokens\":51,\"prompt_tokens_details\":{\"cached_tokens\":0,\"audio_tokens\":0},"
    "\"completion_tokens_details\":{\"reasoning_tokens\":0,\"audio_tokens\":0}},\"system_fingerprint\":\"fp_stub\"}";

static const char *ANTHROPIC_BODY =
    "{\"id\":\"msg_stub\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5\","
    "\"content\":[{\"type\":\"text\",\"text\":\"The quick brown fox jumps over the lazy dog.\"}],"
    "\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":{\"input_tokens\":21,\"output_tokens\":30}}";

static const char *LIST_BODY =
    "{\"object\":\"list\",\"data\":[{\"id\":\"gpt-4o-mini\",\"object\":\"model\",\"created\":1760000000,"
    "\"owned_by\":\"stub\"}]}";

static const char *CHAT_EVENT =
    "data: {\"id\":\"chatcmpl-stub\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
    "\"model\":\"gpt-4o-mini\",\"system_fingerprint\":\"fp_stub\",\"choices\":[{\"index\":0,"
    "\"delta\":{\"role\":\"assistant\",\"content\":\"word%d \"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";

static const char *CHAT_END =
    "data: {\"id\":\"chatcmpl-stub\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,"
    "\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],"
    "\"usage\":{\"prompt_tokens\":21,\"completion_tokens\":50,\"total_tokens\":71}}\n\ndata: [DONE]\n\n";

static const char *ANTHROPIC_BEGIN =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_stub\",\"type\":\"message\","
    "\"role\":\"assistant\",\"content\":[],\"model\":\"claude-sonnet-4-5\",\"stop_reason\":null,"
    "\"stop_sequence\":null,\"usage\":{\"input_tokens\":21,\"output_tokens\":1}}}\n\nevent: content_block_start\n"
    "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n";

static const char *ANTHROPIC_EVENT =
    "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
    "\"delta\":{\"type\":\"text_delta\",\"text\":\"word%d \"}}\n\n";

static const char *ANTHROPIC_END =
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\nevent: message_delta\n"
    "data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
    "\"usage\":{\"output_tokens\":50}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

static uint64_t now_us(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000ull + now.tv_nsec / 1000;
}

static text answer(const char *body) {
  text made;
  made.size = asprintf(&made.data,
                       "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
                       "Connection: keep-alive\r\nx-request-id: req_stub\r\n\r\n%s",
                       strlen(body), body);
  return made;
}

static text chunk(const char *begin, const char *format, int number) {
  char event[2048];
  int size = snprintf(event, sizeof event, "%s", begin);
  snprintf(event + size, sizeof event - size, format, number);
  text made;
  made.size = asprintf(&made.data, "%zx\r\n%s\r\n", strlen(event), event);
  return made;
}

static void prepare(void) {
  whole[CHAT] = answer(CHAT_BODY);
  whole[ANTHROPIC] = answer(ANTHROPIC_BODY);
  whole[LIST] = answer(LIST_BODY);
  for (int i = 0; i < CHUNKS; i++) {
    events[CHAT][i] = chunk("", CHAT_EVENT, i);
    events[ANTHROPIC][i] = chunk(i ? "" : ANTHROPIC_BEGIN, ANTHROPIC_EVENT, i);
  }
  events[CHAT][CHUNKS] = chunk("", CHAT_END, 0);
  events[ANTHROPIC][CHUNKS] = chunk("", ANTHROPIC_END, 0);
}

static int put(int fd, const char *data, int size) {
  while (size) {
    ssize_t done = write(fd, data, size);
    if (done < 0) {
      if (errno != EAGAIN) return -1;
      usleep(50);
      continue;
    }
    data += done;
    size -= done;
  }
  return 0;
}

// Sends the events that are due: 1 if more will come, 0 at the end, -1 if the other side has gone.
static int advance(int fd) {
  connection *one = &all[fd];
  if (!one->every_us) {
    char burst[65536];
    int size = 0;
    for (int i = one->next; i <= CHUNKS; i++) {
      memcpy(burst + size, events[one->form][i].data, events[one->form][i].size);
      size += events[one->form][i].size;
    }
    memcpy(burst + size, "0\r\n\r\n", 5);
    one->streaming = 0;
    return put(fd, burst, size + 5);
  }
  for (uint64_t now = now_us(); one->due_us <= now; one->due_us += one->every_us) {
    text *event = &events[one->form][one->next];
    if (put(fd, event->data, event->size) < 0) return -1;
    if (one->next++ == CHUNKS) {
      one->streaming = 0;
      return put(fd, "0\r\n\r\n", 5);
    }
  }
  return 1;
}

static char *find(char *in, int size, const char *what) { return memmem(in, size, what, strlen(what)); }

// The size of the whole request that stands at the begin of `in`, with the size of its body; 0 if it is not whole yet.
static int request_size(int fd, connection *one, int head, int *body) {
  one->in[head - 1] = 0; // the last line feed of the head
  char *length = strcasestr(one->in, "content-length:");
  char *chunked = strcasestr(one->in, "transfer-encoding: chunked");
  char *expects = strcasestr(one->in, "100-continue");
  one->in[head - 1] = '\n';
  *body = 0;
  if (length) {
    *body = atoi(length + 15);
    if (one->size < head + *body) {
      if (expects && one->size == head) put(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25);
      return 0;
    }
  } else if (chunked) {
    char *end = find(one->in + head, one->size - head, "0\r\n\r\n");
    if (!end) return 0;
    *body = end + 5 - one->in - head;
  }
  return head + *body;
}

static int reply(int fd, connection *one, int head, int size) {
  char *body = one->in + head, *line = memchr(one->in, '\n', head);
  enum form form = find(one->in, line - one->in, "/chat/completions") ? CHAT
                   : find(one->in, line - one->in, "/messages")       ? ANTHROPIC
                                                                       : LIST;
  int streams = find(body, size, "\"stream\":true") || find(body, size, "\"stream\": true");
  char *pace = find(body, size, "pace=");
  uint64_t every_us = pace ? 1000ull * atoi(pace + 5) : 0;
  if (form == LIST || !streams) return put(fd, whole[form].data, whole[form].size);
  if (put(fd, STREAM_HEAD, strlen(STREAM_HEAD)) < 0) return -1;
  *one = (connection){one->in, one->size, one->room, 1, 0, form, now_us(), every_us};
  int more = advance(fd);
  if (more == 1) active[actives++] = fd;
  return more < 0 ? -1 : 0;
}

// Answers every request that has come whole; -1 if the connection is to be closed.
static int serve(int fd) {
  connection *one = &all[fd];
  while (!one->streaming) {
    char *end = find(one->in, one->size, "\r\n\r\n");
    if (!end) return 0;
    int head = end + 4 - one->in, body, size = request_size(fd, one, head, &body);
    if (!size) return 0;
    if (reply(fd, one, head, body) < 0) return -1;
    memmove(one->in, one->in + size, one->size - size);
    one->size -= size;
  }
  return 0;
}

static int take(int fd) {
  connection *one = &all[fd];
  for (;;) {
    if (one->room - one->size < READ) {
      one->room = one->room ? one->room * 2 : 2 * READ;
      one->in = realloc(one->in, one->room + 1);
    }
    ssize_t came = read(fd, one->in + one->size, one->room - one->size);
    if (came < 0 && errno == EAGAIN) return serve(fd);
    if (came <= 0) return -1;
    one->size += came;
    if (came < READ) return serve(fd);
  }
}

static void drop(int fd) {
  for (int i = 0; i < actives; i++)
    if (active[i] == fd) {
      active[i] = active[--actives];
      break;
    }
  free(all[fd].in);
  all[fd] = (connection){0};
  close(fd);
}

static void welcome(int listening, int waiting) {
  int fd, on = 1;
  while ((fd = accept4(listening, 0, 0, SOCK_NONBLOCK)) >= 0) {
    if (fd >= CONNECTIONS) {
      close(fd);
      continue;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data.fd = fd};
    epoll_ctl(waiting, EPOLL_CTL_ADD, fd, &event);
  }
}

static void advance_all(void) {
  for (int i = 0; i < actives;) {
    int fd = active[i], more = advance(fd);
    if (more == 1) {
      i++;
      continue;
    }
    active[i] = active[--actives];
    if (more < 0 || serve(fd) < 0) drop(fd);
  }
}

int main(int count, char **words) {
  if (count != 2) return 2;
  prepare();
  signal(SIGPIPE, SIG_IGN); // a gateway may close a stream while it is written
  int listening = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1, waiting = epoll_create1(0);
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listening, (void *)&here, sizeof here) || listen(listening, 4096)) {
    perror("stub");
    return 1;
  }
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listening}, came[256];
  epoll_ctl(waiting, EPOLL_CTL_ADD, listening, &event);
  for (;;) {
    int events_now = epoll_wait(waiting, came, 256, actives ? 1 : -1);
    for (int i = 0; i < events_now; i++) {
      int fd = came[i].data.fd;
      if (fd == listening)
        welcome(listening, waiting);
      else if (take(fd) < 0)
        drop(fd);
    }
    advance_all();
  }
}
