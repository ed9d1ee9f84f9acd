/* HTTP at both ends of the load: requests as git sends them with answers of 1 KiB, and long bodies, by Content-Length or in
 * chunks. Every request and every short answer is compared whole, but for the case of names; long bodies when they are proved.
 * The server counts what comes to its port over UDP, too: log lines. */
#include "ends.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 2048, SHORT = 1024, CHUNK = 1 << 15, FRAMED = CHUNK + 8, PROOFS = 8, PROVED_EACH = 16 };

static const char fields[] =
	" HTTP/1.1\r\nHost: git.example.com\r\nUser-Agent: git/2.39.5\r\nAccept: */*\r\nAccept-Encoding: deflate, gzip, br, zstd\r\n"
	"Accept-Language: en-US, *;q=0.9\r\nAuthorization: Basic Z2l0OmEtdG9rZW4tb2YtZm9ydHktY2hhcmFjdGVycy1pcy1sb25n\r\n"
	"Pragma: no-cache\r\nCache-Control: no-cache\r\nGit-Protocol: version=2\r\nCookie: session=4f2a9c0d7b6e5f1a8c3d\r\n\r\n";
static const char usual[] = "/team/repository.git/info/refs?service=git-upload-pack";
static const char about[] =
	"HTTP/1.1 200 OK\r\nServer: git\r\nDate: Sat, 28 Nov 2026 12:00:00 GMT\r\n"
	"Content-Type: application/x-git-upload-pack-advertisement\r\nExpires: Fri, 01 Jan 1980 00:00:00 GMT\r\n"
	"Pragma: no-cache\r\nCache-Control: no-cache, max-age=0, must-revalidate\r\n";

/* What was read of a head, or of a short answer, by descriptor. */
static struct { char bytes[MOST]; int held; } *parts;
static char answer[MOST];
static int head_size, answer_size;
/* A block of the pattern, in chunks. */
static int chunk_file;

static void make_answer(void)
{
	parts = calloc(DESCRIPTORS, sizeof *parts);
	head_size = snprintf(answer, MOST, "%sContent-Length: %d\r\n\r\n", about, SHORT);
	memcpy(answer + head_size, pattern, SHORT);
	answer_size = head_size + SHORT;
}

static void make_chunks(void)
{
	chunk_file = memfd_create("chunks", MFD_CLOEXEC);
	for (int at = 0; at < BLOCK; at += CHUNK) {
		if (dprintf(chunk_file, "%x\r\n", CHUNK) != 6 || write(chunk_file, pattern + at, CHUNK) != CHUNK) die("chunks");
		if (write(chunk_file, "\r\n", 2) != 2) die("chunks");
	}
}

/* The serving end. */

/* Sends of a long body what the socket takes; -1 when the connection is over. */
static int go_on(int fd, struct peer *peer)
{
	if (peer->kind == 'l') {
		int done = pour(fd, peer);
		if (done <= 0) return done;
	} else {
		off_t at = peer->at % (BLOCK / CHUNK * FRAMED);
		uint64_t length = BLOCK / CHUNK * FRAMED - at;
		if (length > peer->left) length = peer->left;
		ssize_t n = sendfile(fd, chunk_file, &at, length < TURN ? length : TURN);
		if (n < 0) return errno == EAGAIN ? 0 : -1;
		peer->at += n;
		peer->left -= n;
		if (peer->left > 0) return 0;
		if (send(fd, "0\r\n\r\n", 5, MSG_NOSIGNAL) != 5) return -1;
	}
	peer->kind = 0;
	watch(fd, EPOLLIN, EPOLL_CTL_MOD);
	return 0;
}

static int begin_body(int fd, struct peer *peer, uint64_t length, int is_chunked)
{
	char head[MOST];
	int size = is_chunked ? snprintf(head, MOST, "%sTransfer-Encoding: chunked\r\n\r\n", about)
			      : snprintf(head, MOST, "%sContent-Length: %lu\r\n\r\n", about, (unsigned long)length);
	*peer = (struct peer){ .kind = is_chunked ? 'c' : 'l', .left = is_chunked ? length / CHUNK * FRAMED : length };
	watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
	return send(fd, head, size, MSG_NOSIGNAL | MSG_MORE) == size ? 0 : -1;
}

static int serve_one(int fd, unsigned long lines)
{
	char *bytes = parts[fd].bytes, *line_end, counted[MOST];
	ssize_t n = recv(fd, bytes + parts[fd].held, MOST - 1 - parts[fd].held, MSG_DONTWAIT);
	if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
	bytes[parts[fd].held += n] = 0;
	if (parts[fd].held < 4 || memcmp(bytes + parts[fd].held - 4, "\r\n\r\n", 4)) return parts[fd].held < MOST - 1 ? 0 : -1;
	parts[fd].held = 0;
	/* Whoever makes something else of a request gets no answer, and no figure. */
	line_end = strstr(bytes, " HTTP/1.1\r\n");
	if (strncmp(bytes, "GET /", 5) || !line_end || strcasecmp(line_end, fields)) return -1;
	if (!strncmp(bytes + 4, "/length/", 8)) return begin_body(fd, &peers[fd], strtoull(bytes + 12, NULL, 10), 0);
	if (!strncmp(bytes + 4, "/chunks/", 8)) return begin_body(fd, &peers[fd], strtoull(bytes + 12, NULL, 10), 1);
	if (strncmp(bytes + 4, "/lines ", 7)) return send(fd, answer, answer_size, MSG_NOSIGNAL) == answer_size ? 0 : -1;
	memcpy(counted, answer, answer_size);
	snprintf(counted + head_size, SHORT, "%lu", lines);
	return send(fd, counted, answer_size, MSG_NOSIGNAL) == answer_size ? 0 : -1;
}

void serve_http(const char *address)
{
	struct epoll_event events[256];
	struct sockaddr_in here = address_of(address);
	socklen_t size = sizeof here;
	unsigned long lines = 0;
	int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), log = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(listener, (void *)&here, size) || listen(listener, 4096) || getsockname(listener, (void *)&here, &size)) die("listen");
	if (bind(log, (void *)&here, size)) die("log");
	make_answer();
	make_chunks();
	watch(listener, EPOLLIN, EPOLL_CTL_ADD);
	watch(log, EPOLLIN, EPOLL_CTL_ADD);
	printf("%s:%d\n", inet_ntoa(here.sin_addr), ntohs(here.sin_port));
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd == log) {
				while (recv(log, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) > 0) lines++;
			} else if (fd != listener) {
				if ((peers[fd].kind ? go_on(fd, &peers[fd]) : serve_one(fd, lines)) < 0) close(fd);
			} else {
				while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
					setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
					peers[fd].kind = parts[fd].held = 0;
					watch(fd, EPOLLIN, EPOLL_CTL_ADD);
				}
			}
		}
	}
}

/* The asking end. */

static int connect_to(const char *address)
{
	struct sockaddr_in there = address_of(address);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (void *)&there, sizeof there)) die("connect");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	open_speech(fd);
	parts[fd].held = 0;
	return fd;
}

static void request(int fd, const char *target)
{
	char bytes[MOST];
	int size = snprintf(bytes, MOST, "GET %s%s", target, fields);
	if (say(fd, bytes, size) != size) die("send");
}

static int is_head(const char *bytes)
{
	return !strncasecmp(bytes, answer, head_size);
}

/* Reads of a short answer; true once it is whole. */
static int answered(int fd, int flags)
{
	ssize_t n = hear(fd, parts[fd].bytes + parts[fd].held, answer_size - parts[fd].held, flags);
	if (n < 0 && errno == EAGAIN) return 0;
	if (n <= 0) errno = 0, die("cut short");
	parts[fd].held += n;
	if (parts[fd].held < answer_size) return 0;
	parts[fd].held = 0;
	if (!is_head(parts[fd].bytes)) die("another head than was sent");
	return 1;
}

static void must_be_usual(int fd)
{
	if (memcmp(parts[fd].bytes + head_size, pattern, SHORT)) die("another body than was sent");
}

void requests(const char *address, int times, int connections)
{
	struct epoll_event events[64];
	double *took = calloc(times, sizeof *took), start;
	int begun = 0, ended = 0;
	make_answer();
	start = now();
	for (; begun < connections && begun < times; begun++) {
		int fd = connect_to(address);
		watch(fd, EPOLLIN, EPOLL_CTL_ADD);
		peers[fd].since = now();
		request(fd, usual);
	}
	while (ended < times) {
		int count = epoll_wait(epoll, events, 64, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (!answered(fd, MSG_DONTWAIT)) continue;
			must_be_usual(fd);
			double at = now();
			took[ended++] = at - peers[fd].since;
			peers[fd].since = at;
			if (begun++ < times) request(fd, usual);
		}
	}
	print_spread(now() - start, took, times);
}

/* A request on each of so many connections, which then stay. */
void keep_alive(const char *address, int count)
{
	make_answer();
	while (count-- > 0) {
		int fd = connect_to(address);
		request(fd, usual);
		while (!answered(fd, 0)) {}
		must_be_usual(fd);
	}
}

/* Takes `n` bytes of data that are the next of a body. */
static void take_data(const unsigned char *data, int n, uint64_t *at, int compare)
{
	while (n > 0) {
		int here = BLOCK - *at % BLOCK < (uint64_t)n ? (int)(BLOCK - *at % BLOCK) : n;
		if (compare && memcmp(data, pattern + *at % BLOCK, here)) die("another body than was sent");
		data += here, n -= here, *at += here;
	}
}

/* The same of bytes in chunks. `state`: 0 in a size, 1 in data, 2 in its CR LF, 3 in the last CR LF; true once the last is over. */
static int take_chunks(const unsigned char *bytes, int n, uint64_t *at, int compare, int *state, uint64_t *left)
{
	for (int i = 0; i < n;) {
		if (*state == 1) {
			int here = *left < (uint64_t)(n - i) ? (int)*left : n - i;
			take_data(bytes + i, here, at, compare);
			i += here;
			if ((*left -= here) == 0) *state = 2;
			continue;
		}
		unsigned char byte = bytes[i++];
		if (*state == 0 && byte == '\n') *state = *left == 0 ? 3 : 1;
		else if (*state == 0 && byte != '\r') *left = *left * 16 + (byte <= '9' ? byte - '0' : (byte | 32) - 'a' + 10);
		else if (*state == 2 && byte == '\n') *state = 0;
		else if (*state == 3 && byte == '\n') return 1;
	}
	return 0;
}

void fetch_body(const char *address, const char *form, uint64_t length, int compare)
{
	char target[64];
	uint64_t at = 0, left = 0;
	int is_chunked = !strcmp(form, "chunks"), held = 0, state = 0, is_over = 0;
	if (!parts) make_answer();
	int fd = connect_to(address);
	snprintf(target, sizeof target, "/%s/%lu", form, (unsigned long)length);
	request(fd, target);
	char *end = NULL;
	while (!end) {
		ssize_t n = hear(fd, got + held, MOST - 1 - held, 0);
		if (n <= 0) errno = 0, die("cut short");
		got[held += n] = 0;
		end = memmem(got, held, "\r\n\r\n", 4);
	}
	if (strncasecmp((char *)got, about, sizeof about - 1)) die("another head than was sent");
	unsigned char *rest = (unsigned char *)end + 4;
	int n = got + held - rest;
	while (!is_over) {
		if (is_chunked) is_over = take_chunks(rest, n, &at, compare, &state, &left);
		else take_data(rest, n, &at, compare), is_over = at == length;
		if (is_over) break;
		int skips = !is_chunked && !compare;
		n = hear(fd, skips ? NULL : got, skips || length - at > BLOCK ? BLOCK : length - at + 64, skips ? MSG_TRUNC : 0);
		if (n <= 0) errno = 0, die("cut short");
		rest = got;
	}
	if (at != length) errno = 0, die("another length than was sent");
	close_speech(fd);
}

static unsigned long logged(int fd)
{
	request(fd, "/lines");
	while (!answered(fd, 0)) {}
	return strtoul(parts[fd].bytes + head_size, NULL, 10);
}

void prove_http(const char *address, uint64_t bytes)
{
	struct timespec pause = { 0, 50000000 };
	int fds[PROOFS];
	make_answer();
	for (int i = 0; i < PROOFS; i++) fds[i] = connect_to(address);
	unsigned long before = logged(fds[0]);
	for (int i = 0; i < PROOFS * PROVED_EACH; i++) {
		int fd = fds[i % PROOFS];
		request(fd, usual);
		while (!answered(fd, 0)) {}
		must_be_usual(fd);
	}
	fetch_body(address, "length", bytes, 1);
	fetch_body(address, "chunks", bytes, 1);
	double since = now();
	while (logged(fds[0]) - before < PROOFS * PROVED_EACH) {
		if (now() - since > 3) errno = 0, die("fewer log lines than requests");
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < PROOFS; i++) close_speech(fds[i]);
}
