/*
 * The load of `make bench`: as cheap as the kernel lets it be, so that what is measured is the forwarder.
 *
 *   load serve                        prints its port; sends each client what its request asks for
 *   load fetch PORT BYTES STREAMS     asks for BYTES on each of STREAMS connections, prints the seconds it took
 *   load check PORT BYTES STREAMS     the same, comparing every byte
 *   load connect PORT TIMES           opens, exchanges one byte, and closes, one after the other; prints the seconds
 *
 * A request is eight bytes: how many to send. Byte i of the answer is pattern(i).
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { block = 1 << 24 };

static void die(const char *what) { perror(what); exit(1); }

static void fill(uint32_t *words, uint64_t from_word) {
  for (size_t i = 0; i < block / 4; i++) words[i] = (uint32_t)((from_word + i) * 2654435761u);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void read_all(int fd, void *into, size_t length) {
  for (size_t got = 0; got < length;) {
    ssize_t n = recv(fd, (char *)into + got, length - got, 0);
    if (n <= 0) { fprintf(stderr, "cut short after %zu of %zu bytes\n", got, length); exit(1); }
    got += n;
  }
}

static void answer(int fd, int file) {
  uint64_t wanted;
  if (recv(fd, &wanted, 8, MSG_WAITALL) != 8) return;
  if (wanted == 1) { send(fd, "x", 1, MSG_NOSIGNAL); }
  else for (uint64_t sent = 0; sent < wanted;) {
    off_t at = sent % block;
    size_t rest = block - at, left = wanted - sent;
    ssize_t n = sendfile(fd, file, &at, rest < left ? rest : left);
    if (n <= 0) return;
    sent += n;
  }
  shutdown(fd, SHUT_WR);
  char c;
  while (recv(fd, &c, 1, 0) > 0) {}
}

static int serve(void) {
  signal(SIGCHLD, SIG_IGN);
  int file = memfd_create("pattern", MFD_CLOEXEC);
  uint32_t *words = malloc(block);
  fill(words, 0);
  if (write(file, words, block) != block) die("write");
  int l = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t size = sizeof a;
  if (bind(l, (void *)&a, size) || listen(l, 4096) || getsockname(l, (void *)&a, &size)) die("listen");
  printf("%d\n", ntohs(a.sin_port));
  fflush(stdout);
  for (;;) {
    int fd = accept(l, 0, 0);
    if (fd < 0) continue;
    /* Small requests are answered here, so that connection rates do not measure fork. */
    uint64_t wanted = 0;
    if (recv(fd, &wanted, 8, MSG_PEEK | MSG_WAITALL) == 8 && wanted == 1) { answer(fd, file); close(fd); continue; }
    if (fork() == 0) { close(l); answer(fd, file); _exit(0); }
    close(fd);
  }
}

static int dial(int port, uint64_t bytes) {
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (connect(fd, (void *)&a, sizeof a)) die("connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (send(fd, &bytes, 8, 0) != 8) die("send");
  return fd;
}

static void fetch(int port, uint64_t bytes, int check) {
  int fd = dial(port, bytes);
  uint32_t *words = malloc(block), *got = malloc(block);
  fill(words, 0);
  for (uint64_t taken = 0; taken < bytes;) {
    size_t length = bytes - taken < block ? bytes - taken : block;
    if (check) {
      read_all(fd, got, length);
      if (memcmp(words, got, length)) { fprintf(stderr, "other bytes than sent, within %zu bytes after %llu\n", length, (unsigned long long)taken); exit(1); }
      taken += length;
    } else {
      ssize_t n = recv(fd, 0, length, MSG_TRUNC);
      if (n <= 0) { fprintf(stderr, "cut short\n"); exit(1); }
      taken += n;
    }
  }
  char c;
  if (recv(fd, &c, 1, 0) != 0) { fprintf(stderr, "no clean end\n"); exit(1); }
}

int main(int argc, char **argv) {
  if (argc == 2 && !strcmp(argv[1], "serve")) return serve();
  if (argc == 5) {
    int streams = atoi(argv[4]), failed = 0, status;
    double start = now();
    for (int i = 0; i < streams; i++)
      if (fork() == 0) { fetch(atoi(argv[2]), strtoull(argv[3], 0, 10), !strcmp(argv[1], "check")); _exit(0); }
    for (int i = 0; i < streams; i++) { wait(&status); failed |= status; }
    printf("%.6f\n", now() - start);
    return failed != 0;
  }
  if (argc == 4 && !strcmp(argv[1], "connect")) {
    double start = now();
    for (int i = 0, times = atoi(argv[3]); i < times; i++) {
      int fd = dial(atoi(argv[2]), 1);
      char c;
      read_all(fd, &c, 1);
      close(fd);
    }
    printf("%.6f\n", now() - start);
    return 0;
  }
  fprintf(stderr, "usage: load serve | fetch PORT BYTES STREAMS | check PORT BYTES STREAMS | connect PORT TIMES\n");
  return 2;
}
