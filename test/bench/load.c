/* The load of `make bench`: as cheap as the kernel lets it be, so that what is measured is the forwarder. One thread and
 * one epoll at each end. Made with tls.c in the place of clear.c, all of it speaks TLS but what serves. An ADDRESS is HOST:PORT, or a PORT of 127.0.0.1.
 *
 *   load serve ADDRESS                     prints where it listens, then does what requests ask for (serve.c)
 *   load fetch|push ADDRESS BYTES STREAMS [RATE]
 *                                          moves BYTES over each of STREAMS connections, each paced by its sender at RATE
 *                                          bytes a second; prints seconds
 *   load check ADDRESS BYTES STREAMS       fetches and pushes, comparing every byte
 *   load trips ADDRESS TIMES CONNECTIONS   64 bytes there and back; prints seconds, p50 and p99 in microseconds
 *   load serve-http ADDRESS                as serve, for HTTP: http.c
 *   load requests ADDRESS TIMES CONNECTIONS
 *                                          requests with answers of 1 KiB; prints as trips does
 *   load length|chunks ADDRESS BYTES       fetches a body by Content-Length, or in chunks; prints seconds
 *   load prove ADDRESS BYTES               compares answers and both kinds of bodies whole, and counts log lines
 *   load connect ADDRESS TIMES AT_ONCE     sessions of one byte each way, to the end of both sides; prints seconds. In the clear the
 *                                          server holds both ends, where it has io_uring (sessions.c)
 *   load resume ADDRESS TIMES AT_ONCE      the same, each with what a session before them was told: TLS's only
 *   load hold ADDRESS COUNT                opens idle sessions, prints "ready", keeps them until its input ends
 *   load keep-alive ADDRESS COUNT          the same with connections of HTTP that have had an answer
 *   load stall ADDRESS COUNT BYTES         the same with fetches that are never read
 *   load reload ADDRESS PID NEXT           sends SIGUSR2 to PID, and 64 bytes there and back until NEXT listens and a little
 *                                          longer; prints the seconds of the longest trip, and those of the reload
 *   load fleet|strangers COMMAND...        the same, each session with what one of SSH begins with before it (ssh.c): of clients
 *                                          that come again and again, or that were never there before
 *   load first ADDRESS COMMAND...          starts COMMAND; prints seconds until the first byte came back, and ends it */
#include "ends.h"
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The most bytes a second that a stream is sent at, by whichever end sends it; 0 for no limit. */
static uint64_t rate;

/* Sends a request with `more` bytes behind it. */
static void request(int fd, char kind, uint64_t length, int more)
{
	unsigned char bytes[HEADER + TRIP] = { (unsigned char)kind };
	memcpy(bytes + 1, &length, 8);
	memcpy(bytes + 9, &rate, 8);
	if (say(fd, bytes, HEADER + more) != HEADER + more) die("send");
	peers[fd] = (struct peer){ .kind = kind, .left = length, .since = now() };
}

/* Connects and requests, where SSH comes first behind that; those that come often leave it to whoever waits for them. Returns -1 when
 * nobody listens. */
static int ask(const char *address, char kind, uint64_t length, int more)
{
	struct sockaddr_in there = address_of(address);
	int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0) die("socket");
	if (connect(fd, (void *)&there, sizeof there)) {
		close(fd);
		return -1;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	open_speech(fd);
	if (ssh != NO_SSH) {
		int done = begin_ssh(fd, 0);
		if (kind == 'c' && done == 0) return peers[fd].kind = 's', fd;
		if (done < 0 || (done == 0 && speak_ssh(fd, 0) <= 0)) die("no SSH");
	}
	request(fd, kind, length, more);
	return fd;
}

static int must_ask(const char *address, char kind, uint64_t length, int more)
{
	int fd = ask(address, kind, length, more);
	if (fd < 0) die("connect");
	return fd;
}

/* Bulk one way. A fetch is over at the server's clean end, a push when the server says that it has everything. */
static void move(const char *address, char kind, uint64_t bytes, int streams, int compare)
{
	struct epoll_event events[64];
	for (int i = 0; i < streams; i++) {
		int fd = must_ask(address, kind, bytes, 0);
		if (kind == 'p') pace(fd, rate);
		watch(fd, kind == 'f' ? EPOLLIN : EPOLLOUT, EPOLL_CTL_ADD);
	}
	while (streams > 0) {
		int count = epoll_wait(epoll, events, 64, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd, is_fetch = kind == 'f';
			struct peer *peer = &peers[fd];
			char last = 0;
			if (peer->left == 0) {
				ssize_t n = hear(fd, &last, 1, MSG_DONTWAIT);
				if (n < 0 && errno == EAGAIN) continue;
				if (is_fetch ? n != 0 : last != 'k') die("no clean end");
				close_speech(fd);
				streams--;
				continue;
			}
			int done = is_fetch ? hear_block(fd, peer, compare) : say_block(fd, peer);
			if (done < 0) die("cut short");
			if (done && !is_fetch) watch(fd, EPOLLIN, EPOLL_CTL_MOD);
		}
	}
}

static void trips(const char *address, int times, int connections)
{
	struct epoll_event events[64];
	double *took = calloc(times, sizeof *took), start = now();
	char message[TRIP] = { 0 };
	int begun = 0, ended = 0;
	for (; begun < connections && begun < times; begun++) watch(must_ask(address, 'e', 0, TRIP), EPOLLIN, EPOLL_CTL_ADD);
	while (ended < times) {
		int count = epoll_wait(epoll, events, 64, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			struct peer *peer = &peers[fd];
			ssize_t n = hear(fd, message, TRIP - peer->held, MSG_DONTWAIT);
			if (n < 0 && errno == EAGAIN) continue;
			if (n <= 0) die("cut short");
			peer->held = (peer->held + n) % TRIP;
			if (peer->held > 0) continue;
			double at = now();
			took[ended++] = at - peer->since;
			peer->since = at;
			if (begun++ < times && say(fd, message, TRIP) != TRIP) die("send");
		}
	}
	print_spread(now() - start, took, times);
}

/* The server ends each session, so that no port of a client's or a forwarder's choice waits for anything afterwards. */
static void connect_often(const char *address, int times, int at_once)
{
	struct epoll_event events[64];
	int begun = 0, ended = 0;
	for (; begun < at_once && begun < times; begun++) watch(must_ask(address, 'c', 0, 1), EPOLLIN, EPOLL_CTL_ADD);
	while (ended < times) {
		int count = epoll_wait(epoll, events, 64, -1);
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			char byte;
			if (peers[fd].kind == 's') {
				int done = speak_ssh(fd, MSG_DONTWAIT);
				if (done < 0) die("cut short");
				if (done > 0) request(fd, 'c', 0, 1);
				continue;
			}
			ssize_t n = hear(fd, &byte, 1, MSG_DONTWAIT);
			if (n < 0 && errno == EAGAIN) continue;
			if (n < 0 || (n == 0 && peers[fd].kind != 'd')) die("cut short");
			if (n > 0) {
				peers[fd].kind = 'd';
				continue;
			}
			close_speech(fd);
			ended++;
			if (begun++ < times) watch(must_ask(address, 'c', 0, 1), EPOLLIN, EPOLL_CTL_ADD);
		}
	}
}

/* The same where both ends are the server's, which does what it can for them to cost little; -1 where it cannot. */
static double have_connected(const char *address, int times, int at_once)
{
	struct sockaddr_in there = address_of(address);
	double seconds = -1;
	rate = at_once;
	int fd = must_ask(address, 'o', times, 0);
	if (send(fd, &there, sizeof there, MSG_NOSIGNAL) != sizeof there) die("send");
	if (recv(fd, &seconds, sizeof seconds, MSG_WAITALL) != sizeof seconds) die("cut short");
	close(fd);
	return seconds;
}

static void wait_for_end_of_input(void)
{
	char byte;
	puts("ready");
	fflush(stdout);
	while (read(0, &byte, 1) > 0) {}
}

static void hold(const char *address, int count)
{
	char byte;
	for (int i = 0; i < count; i++)
		if (hear(must_ask(address, 'e', 0, 1), &byte, 1, 0) != 1) die("cut short");
	wait_for_end_of_input();
}

static void stall(const char *address, int count, uint64_t bytes)
{
	while (count-- > 0) must_ask(address, 'f', bytes, 0);
	wait_for_end_of_input();
}

/* A session that is open when the reload begins: what it has to wait. */
static void reload(const char *address, pid_t pid, const char *next)
{
	struct timespec pause = { 0, 300000 };
	char message[TRIP] = { 0 };
	double longest = 0, start, loaded = 0;
	int fd = must_ask(address, 'e', 0, TRIP);
	if (hear(fd, message, TRIP, MSG_WAITALL) != TRIP) die("cut short");
	start = now();
	if (kill(pid, SIGUSR2)) die("kill");
	while (!loaded || now() - start < loaded + 0.2) {
		double at = now();
		if (at - start > 60) errno = 0, die("no reload in a minute");
		if (say(fd, message, TRIP) != TRIP || hear(fd, message, TRIP, MSG_WAITALL) != TRIP) die("cut short");
		if (now() - at > longest) longest = now() - at;
		nanosleep(&pause, NULL);
		if (loaded) continue;
		int other = ask(next, 'e', 0, 0);
		if (other < 0) continue;
		loaded = now() - start;
		close_speech(other);
	}
	printf("%.6f %.6f\n", longest, loaded);
}

static void first(const char *address, char **words)
{
	struct timespec pause = { 0, 200000 };
	double start = now();
	pid_t child = fork();
	if (child == 0) {
		dup2(2, 1);
		execvp(words[0], words);
		_exit(127);
	}
	for (char byte = 1; now() - start < 30; nanosleep(&pause, NULL)) {
		int fd = ask(address, 'e', 0, 1);
		if (fd < 0) continue;
		if (hear(fd, &byte, 1, 0) == 1) {
			printf("%.6f\n", now() - start);
			break;
		}
		close_speech(fd);
	}
	kill(child, SIGTERM);
	waitpid(child, NULL, 0);
}

int main(int count, char **words)
{
	struct rlimit files = { DESCRIPTORS, DESCRIPTORS };
	if (count > 1 && (!strcmp(words[1], "fleet") || !strcmp(words[1], "strangers"))) {
		ssh = words[1][0] == 'f' ? FLEET : STRANGERS;
		count--, words++;
	}
	const char *verb = count > 1 ? words[1] : "";
	const char *address = count > 2 ? words[2] : "";
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
	if (count == 3 && !strcmp(verb, "serve")) serve(address);
	if (count == 3 && !strcmp(verb, "serve-http")) serve_http(address);
	if (count == 5 && !strcmp(verb, "requests")) return requests(address, amount, more), 0;
	if (count == 4 && !strcmp(verb, "keep-alive")) return keep_alive(address, amount), wait_for_end_of_input(), 0;
	if (count == 4 && !strcmp(verb, "hold")) return hold(address, amount), 0;
	if (count == 5 && !strcmp(verb, "stall")) return stall(address, amount, strtoull(words[4], NULL, 10)), 0;
	if (count > 3 && !strcmp(verb, "first")) return first(address, words + 3), 0;
	if (count == 5 && !strcmp(verb, "reload")) return reload(address, amount, words[4]), 0;
	if (count == 5 && !strcmp(verb, "trips")) return trips(address, amount, more), 0;
	if (count == 5 && !strcmp(verb, "connect") && ssh == NO_SSH && !speaks_tls) {
		double seconds = have_connected(address, amount, more);
		if (seconds >= 0) return printf("%.6f\n", seconds), 0;
	}
	rate = count == 6 ? strtoull(words[5], NULL, 10) : 0;
	if ((count == 5 || count == 6) && !strcmp(verb, "fetch")) move(address, 'f', amount, more, 0);
	else if ((count == 5 || count == 6) && !strcmp(verb, "push")) move(address, 'p', amount, more, 0);
	else if (count == 5 && !strcmp(verb, "check")) move(address, 'f', amount, more, 1), move(address, 'P', amount, more, 1);
	else if (count == 4 && (!strcmp(verb, "length") || !strcmp(verb, "chunks"))) fetch_body(address, verb, amount, 0);
	else if (count == 4 && !strcmp(verb, "prove")) prove_http(address, amount);
	else if (count == 5 && !strcmp(verb, "connect")) connect_often(address, amount, more);
	else if (count == 5 && !strcmp(verb, "resume") && resume_from(address)) start = now(), connect_often(address, amount, more);
	else return fprintf(stderr, "usage: see the head of load.c\n"), 2;
	printf("%.6f\n", now() - start);
	return 0;
}
