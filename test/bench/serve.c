/* The server of the load: one thread, one epoll. A request is 17 bytes: a letter (f fetch, p push, P push and compare, e echo,
 * c echo once and end, o sessions of that kind with itself), a length, and the most bytes a second that the answer is sent at (0: no limit). */
#include "ends.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static int listener;

/* So many sessions, so many at once, by way of an address that is asked for with them: how many seconds they took is the answer. */
static int often(int fd, struct peer *peer)
{
	struct sockaddr_in there;
	if (recv(fd, &there, sizeof there, MSG_WAITALL) != sizeof there) return -1;
	double seconds = hold_sessions(listener, &there, peer->left, peer->at);
	return send(fd, &seconds, sizeof seconds, MSG_NOSIGNAL) == sizeof seconds ? 0 : -1;
}

/* One turn of the serving end; -1 when the connection is over. */
static int answer(int fd, struct peer *peer)
{
	ssize_t n;
	uint64_t rate;
	int done;
	if (peer->kind == 's') {
		done = speak_ssh(fd, MSG_DONTWAIT);
		if (done > 0) peer->kind = 0;
		return done < 0 ? -1 : 0;
	}
	if (!peer->kind) {
		n = recv(fd, peer->header + peer->held, HEADER - peer->held, MSG_DONTWAIT);
		if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
		peer->held += n;
		if (peer->held < HEADER) return 0;
		peer->kind = peer->header[0];
		memcpy(&peer->left, peer->header + 1, 8);
		memcpy(&rate, peer->header + 9, 8);
		if (peer->kind == 'o') peer->at = rate;
		else pace(fd, rate);
		if (peer->kind == 'f') watch(fd, EPOLLOUT, EPOLL_CTL_MOD);
		return 0;
	}
	switch (peer->kind) {
	case 'o':
		return often(fd, peer);
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

void serve(const char *address)
{
	struct epoll_event events[256];
	struct sockaddr_in here = address_of(address);
	socklen_t size = sizeof here;
	int on = 1;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (bind(listener, (void *)&here, size) || listen(listener, 4096) || getsockname(listener, (void *)&here, &size)) die("listen");
	watch(listener, EPOLLIN, EPOLL_CTL_ADD);
	printf("%s:%d\n", inet_ntoa(here.sin_addr), ntohs(here.sin_port));
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
				if (ssh == NO_SSH) continue;
				peers[fd].kind = 's';
				if (begin_ssh(fd, 1) < 0) close(fd);
			}
		}
	}
}
