/* The load of `make bench`: as cheap as the kernel lets it be, so that what is measured is the forwarder. One thread and
 * one epoll at each end.
 *
 *   load serve                           prints its port, then does what requests ask for
 *   load fetch|push PORT BYTES STREAMS   moves BYTES over each of STREAMS connections; prints seconds
 *   load check PORT BYTES STREAMS        fetches and pushes, comparing every byte
 *   load trips PORT TIMES CONNECTIONS    64 bytes there and back; prints seconds, p50 and p99 in microseconds
 *   load connect PORT TIMES AT_ONCE      sessions of one byte each way, to the end of both sides; prints seconds
 *   load hold PORT COUNT                 opens idle sessions, prints "ready", keeps them until its input ends
 *   load stall PORT COUNT BYTES          the same with fetches that are never read
 *   load reload PORT PID NEXT            sends SIGUSR2 to PID, and 64 bytes there and back until NEXT listens and a little longer;
 *                                        prints the seconds of the longest trip, and those of the reload
 *   load first PORT COMMAND...           starts COMMAND; prints seconds until the first byte came back, and ends it
 *
 * A request is nine bytes: a letter (f fetch, p push, P push and compare, e echo, c echo once and end)
 * and a length. */
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
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { BLOCK = 1 << 24, TURN = 1 << 20, DESCRIPTORS = 1 << 16, TRIP = 64, HEADER = 9 };

/* One connection of either end, by descriptor. */
struct peer {
	unsigned char header[HEADER];
	int held;
	char kind; /* 0 until the request is read; then its letter, or 'd': everything said, waiting for the end */
	uint64_t at, left;
	double since;
};

static struct peer peers[DESCRIPTORS];
static unsigned char *pattern, *got;
static int pattern_file, epoll;

static void die(const char *what)
{
	if (errno) perror(what);
	else fprintf(stderr, "%s\n", what);
	exit(1);
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Byte i of every answer and every push is byte i % BLOCK of this. */
static void make_pattern(void)
{
	pattern = malloc(BLOCK);
	got = malloc(BLOCK);
	for (uint32_t i = 0; i < BLOCK / 4; i++) ((uint32_t *)pattern)[i] = i * 2654435761u;
	pattern_file = memfd_create("pattern", MFD_CLOEXEC);
	if (pattern_file < 0 || write(pattern_file, pattern, BLOCK) != BLOCK) die("pattern");
}

static void watch(int fd, uint32_t events, int operation)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	if (epoll_ctl(epoll, operation, fd, &event) < 0) die("epoll_ctl");
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

/* Sends what the socket takes, at most a turn's worth. True when nothing is left. */
static int pour(int fd, struct peer *peer)
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

/* Takes what there is, without copying it unless it is compared. True when nothing is left, -1 at an end before that. */
static int take(int fd, struct peer *peer, int compare)
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

/* One turn of the serving end; -1 when the connection is over. */
static int answer(int fd, struct peer *peer)
{
	ssize_t n;
	int done;
	if (!peer->kind) {
		n = recv(fd, peer->header + peer->held, HEADER - peer->held, MSG_DONTWAIT);
		if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
		peer->held += n;
		if (peer->held < HEADER) return 0;
		peer->kind = peer->header[0];
		memcpy(&peer->left, peer->header + 1, 8);
		if (peer->kind == 'f') watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
		return 0;
	}
	switch (peer->kind) {
	case 'f':
		done = pour(fd, peer);
		if (done <= 0) return done;
		shutdown(fd, SHUT_WR);
		watch(fd, EPOLLIN, EPOLL_CTL_MOD);
		peer->kind = 'd';
		return 0;
	case 'p':
	case 'P':
		done = take(fd, peer, peer->kind == 'P');
		if (done <= 0) return done;
		peer->kind = 'd';
		return send(fd, "k", 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
	default:
		n = recv(fd, got, BLOCK, MSG_DONTWAIT);
		if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
		if (peer->kind == 'd') return 0;
		if (send(fd, got, n, MSG_NOSIGNAL) != n) return -1;
		if (peer->kind == 'c') peer->kind = 'd', shutdown(fd, SHUT_WR);
		return 0;
	}
}

static _Noreturn void serve(void)
{
	struct epoll_event events[256];
	struct sockaddr_in here = loopback(0);
	socklen_t size = sizeof here;
	int on = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listener, (void *)&here, size) || listen(listener, 4096) || getsockname(listener, (void *)&here, &size)) die("listen");
	watch(listener, EPOLLIN, EPOLL_CTL_ADD);
	printf("%d\n", ntohs(here.sin_port));
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(epoll, events, 256, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			if (fd != listener) {
				if (answer(fd, &peers[fd]) < 0) close(fd);
				continue;
			}
			while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
				setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
				memset(&peers[fd], 0, sizeof peers[fd]);
				watch(fd, EPOLLIN, EPOLL_CTL_ADD);
			}
		}
	}
}

/* Connects and sends a request with `more` bytes behind it. Returns -1 when nobody listens. */
static int ask(int port, char kind, uint64_t length, int more)
{
	unsigned char request[HEADER + TRIP] = { (unsigned char)kind };
	struct sockaddr_in there = loopback(port);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0) die("socket");
	if (connect(fd, (void *)&there, sizeof there)) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	memcpy(request + 1, &length, 8);
	if (send(fd, request, HEADER + more, MSG_NOSIGNAL) != HEADER + more) die("send");
	peers[fd] = (struct peer){ .kind = kind, .left = length, .since = now() };
	return fd;
}

static int must_ask(int port, char kind, uint64_t length, int more)
{
	int fd = ask(port, kind, length, more);
	if (fd < 0) die("connect");
	return fd;
}

/* Bulk one way. A fetch is over at the server's clean end, a push when the server says that it has everything. */
static void move(int port, char kind, uint64_t bytes, int streams, int compare)
{
	struct epoll_event events[64];
	for (int i = 0; i < streams; i++) {
		int fd = must_ask(port, kind, bytes, 0);
		watch(fd, kind == 'f' ? EPOLLIN : EPOLLOUT, EPOLL_CTL_ADD);
	}
	while (streams > 0) {
		int count = epoll_wait(epoll, events, 64, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd, is_fetch = kind == 'f';
			struct peer *peer = &peers[fd];
			char last = 0;
			if (peer->left == 0) {
				ssize_t n = recv(fd, &last, 1, MSG_DONTWAIT);
				if (n < 0 && errno == EAGAIN) continue;
				if (is_fetch ? n != 0 : last != 'k') die("no clean end");
				close(fd);
				streams--;
				continue;
			}
			int done = is_fetch ? take(fd, peer, compare) : pour(fd, peer);
			if (done < 0) die("cut short");
			if (done && !is_fetch) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
		}
	}
}

static int ascending(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;
	return (left > right) - (left < right);
}

static void trips(int port, int times, int connections)
{
	struct epoll_event events[64];
	double *took = calloc(times, sizeof *took), start = now();
	char message[TRIP] = { 0 };
	int begun = 0, ended = 0;
	for (; begun < connections && begun < times; begun++) watch(must_ask(port, 'e', 0, TRIP), EPOLLIN, EPOLL_CTL_ADD);
	while (ended < times) {
		int count = epoll_wait(epoll, events, 64, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			struct peer *peer = &peers[fd];
			ssize_t n = recv(fd, message, TRIP - peer->held, MSG_DONTWAIT);
			if (n <= 0) die("cut short");
			peer->held = (peer->held + n) % TRIP;
			if (peer->held > 0) continue;
			double at = now();
			took[ended++] = at - peer->since;
			peer->since = at;
			if (begun++ < times && send(fd, message, TRIP, MSG_NOSIGNAL) != TRIP) die("send");
		}
	}
	double seconds = now() - start;
	qsort(took, times, sizeof *took, ascending);
	printf("%.6f %.1f %.1f\n", seconds, took[times / 2] * 1e6, took[(int)(times * 0.99)] * 1e6);
}

/* The server ends each session, so that no port of a client's or a forwarder's choice waits for anything afterwards. */
static void connect_often(int port, int times, int at_once)
{
	struct epoll_event events[64];
	int begun = 0, ended = 0;
	for (; begun < at_once && begun < times; begun++) watch(must_ask(port, 'c', 0, 1), EPOLLIN, EPOLL_CTL_ADD);
	while (ended < times) {
		int count = epoll_wait(epoll, events, 64, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			char byte;
			ssize_t n = recv(fd, &byte, 1, MSG_DONTWAIT);
			if (n < 0 || (n == 0 && peers[fd].kind != 'd')) die("cut short");
			if (n > 0) {
				peers[fd].kind = 'd';
				continue;
			}
			close(fd);
			ended++;
			if (begun++ < times) watch(must_ask(port, 'c', 0, 1), EPOLLIN, EPOLL_CTL_ADD);
		}
	}
}

static void wait_for_end_of_input(void)
{
	char byte;
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0) {}
}

static void hold(int port, int count)
{
	char byte;
	for (int i = 0; i < count; i++)
		if (recv(must_ask(port, 'e', 0, 1), &byte, 1, 0) != 1) die("cut short");
	wait_for_end_of_input();
}

static void stall(int port, int count, uint64_t bytes)
{
	while (count-- > 0) must_ask(port, 'f', bytes, 0);
	wait_for_end_of_input();
}

/* A session that is open when the reload begins: what it has to wait. */
static void reload(int port, pid_t pid, int next)
{
	struct timespec pause = { 0, 300000 };
	char message[TRIP] = { 0 };
	double longest = 0, start, loaded = 0;
	int fd = must_ask(port, 'e', 0, TRIP);
	if (recv(fd, message, TRIP, MSG_WAITALL) != TRIP) die("cut short");
	start = now();
	if (kill(pid, SIGUSR2)) die("kill");
	while (!loaded || now() - start < loaded + 0.2) {
		double at = now();
		if (at - start > 60) errno = 0, die("no reload in a minute");
		if (send(fd, message, TRIP, MSG_NOSIGNAL) != TRIP || recv(fd, message, TRIP, MSG_WAITALL) != TRIP) die("cut short");
		if (now() - at > longest) longest = now() - at;
		nanosleep(&pause, NULL);
		if (loaded) continue;
		int other = ask(next, 'e', 0, 0);
		if (other < 0) continue;
		loaded = now() - start;
		close(other);
	}
	printf("%.6f %.6f\n", longest, loaded);
}

static void first(int port, char **words)
{
	struct timespec pause = { 0, 200000 };
	double start = now();
	pid_t child = fork();
	if (child == 0) {
		dup2(2, 1);
		execvp(words[0], words);
		_exit(127);
	}
	for (char byte = 1; now() - start < 10; nanosleep(&pause, NULL)) {
		int fd = ask(port, 'e', 0, 1);
		if (fd < 0) continue;
		if (recv(fd, &byte, 1, 0) == 1) {
			printf("%.6f\n", now() - start);
			break;
		}
		close(fd);
	}
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
}

int main(int count, char **words)
{
	struct rlimit files = { DESCRIPTORS, DESCRIPTORS };
	const char *verb = count > 1 ? words[1] : "";
	int port = count > 2 ? atoi(words[2]) : 0;
	uint64_t amount = count > 3 ? strtoull(words[3], NULL, 10) : 0;
	int more = count > 4 ? atoi(words[4]) : 0;
	if (setrlimit(RLIMIT_NOFILE, &files) && !getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max < DESCRIPTORS ? files.rlim_max : DESCRIPTORS;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	signal(SIGPIPE, SIG_IGN);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	make_pattern();
	double start = now();
	if (count == 2 && !strcmp(verb, "serve")) serve();
	if (count == 4 && !strcmp(verb, "hold")) return hold(port, amount), 0;
	if (count == 5 && !strcmp(verb, "stall")) return stall(port, amount, strtoull(words[4], NULL, 10)), 0;
	if (count > 3 && !strcmp(verb, "first")) return first(port, words + 3), 0;
	if (count == 5 && !strcmp(verb, "reload")) return reload(port, amount, more), 0;
	if (count == 5 && !strcmp(verb, "trips")) return trips(port, amount, more), 0;
	if (count == 5 && !strcmp(verb, "fetch")) move(port, 'f', amount, more, 0);
	else if (count == 5 && !strcmp(verb, "push")) move(port, 'p', amount, more, 0);
	else if (count == 5 && !strcmp(verb, "check")) move(port, 'f', amount, more, 1), move(port, 'P', amount, more, 1);
	else if (count == 5 && !strcmp(verb, "connect")) connect_often(port, amount, more);
	else return fprintf(stderr, "usage: see the head of load.c\n"), 2;
	printf("%.6f\n", now() - start);
	return 0;
}
