/* What both ends of the load share. */
#include "ends.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct peer peers[DESCRIPTORS];
unsigned char *pattern, *got;
int epoll;
static int pattern_file;

_Noreturn void die(const char *what)
{
	if (errno) perror(what);
	else fprintf(stderr, "%s\n", what);
	exit(1);
}

double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

void make_pattern(void)
{
	pattern = malloc(BLOCK);
	got = malloc(BLOCK);
	for (uint32_t i = 0; i < BLOCK / 4; i++) ((uint32_t *)pattern)[i] = i * 2654435761u;
	pattern_file = memfd_create("pattern", MFD_CLOEXEC);
	if (pattern_file < 0 || write(pattern_file, pattern, BLOCK) != BLOCK) die("pattern");
}

void watch(int fd, uint32_t events, int operation)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	if (epoll_ctl(epoll, operation, fd, &event) < 0) die("epoll_ctl");
}

struct sockaddr_in address_of(const char *words)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	const char *colon = strchr(words, ':');
	char host[INET_ADDRSTRLEN] = "127.0.0.1";
	if (colon) snprintf(host, sizeof host, "%.*s", (int)(colon - words), words);
	address.sin_port = htons(atoi(colon ? colon + 1 : words));
	if (inet_pton(AF_INET, host, &address.sin_addr) != 1) errno = 0, die("no address");
	return address;
}

void pace(int fd, uint64_t rate)
{
	if (rate > 0 && setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &rate, sizeof rate)) die("SO_MAX_PACING_RATE");
}

int pour(int fd, struct peer *peer)
{
	off_t at = peer->at % BLOCK;
	uint64_t length = BLOCK - at;
	if (length > peer->left) length = peer->left;
	ssize_t n = sendfile(fd, pattern_file, &at, length < TURN ? length : TURN);
	if (n < 0) return errno == EAGAIN ? 0 : -1;
	peer->at += n;
	peer->left -= n;
	return peer->left == 0;
}

int take(int fd, struct peer *peer, int compare)
{
	uint64_t at = peer->at % BLOCK, length = BLOCK - at;
	if (length > peer->left) length = peer->left;
	ssize_t n = recv(fd, compare ? got : NULL, length, MSG_DONTWAIT | (compare ? 0 : MSG_TRUNC));
	if (n < 0 && errno == EAGAIN) return 0;
	if (n <= 0) return -1;
	if (compare && memcmp(got, pattern + at, n)) errno = 0, die("other bytes than were sent");
	peer->at += n;
	peer->left -= n;
	return peer->left == 0;
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

void print_spread(double seconds, double *took, int times)
{
	qsort(took, times, sizeof *took, ascending);
	printf("%.6f %.1f %.1f\n", seconds, took[times / 2] * 1e6, took[(int)(times * 0.99)] * 1e6);
}
