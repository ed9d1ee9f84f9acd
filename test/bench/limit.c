/* The limit that the bench measures against: a forwarder that does nothing but splice(2), with blocking sockets, a 1 MiB
 * pipe and a thread for each direction. No time-outs, no limits, no log.
 * Usage: limit ADDRESS SERVER, each HOST:PORT; prints "ready" when it listens. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIPE_BYTES (1 << 20)

struct session {
	int client, server;
	int directions_left;
};

struct direction {
	struct session *session;
	int from, to;
};

/* HOST:PORT */
static struct sockaddr_in address_of(char *words)
{
	char *host = strtok(words, ":"), *port = strtok(NULL, ":");
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port ? atoi(port) : 0) };
	if (!port || inet_pton(AF_INET, host, &address.sin_addr) != 1) exit(2);
	return address;
}

/* Moves bytes until the source ends, passes the end on; the second of the two to finish closes both sockets. */
static void *forward(void *argument)
{
	struct direction *direction = argument;
	struct session *session = direction->session;
	int pipes[2];
	if (pipe2(pipes, O_CLOEXEC) < 0) exit(1);
	fcntl(pipes[1], F_SETPIPE_SZ, PIPE_BYTES);
	for (;;) {
		ssize_t held = splice(direction->from, NULL, pipes[1], NULL, PIPE_BYTES, SPLICE_F_MOVE);
		if (held <= 0) break;
		while (held > 0) {
			ssize_t sent = splice(pipes[0], NULL, direction->to, NULL, held, SPLICE_F_MOVE);
			if (sent <= 0) goto done;
			held -= sent;
		}
	}
done:
	shutdown(direction->to, SHUT_WR);
	close(pipes[0]);
	close(pipes[1]);
	free(direction);
	if (__atomic_sub_fetch(&session->directions_left, 1, __ATOMIC_ACQ_REL) == 0) {
		close(session->client);
		close(session->server);
		free(session);
	}
	return NULL;
}

static void start(struct session *session, int from, int to)
{
	struct direction *direction = malloc(sizeof *direction);
	pthread_t thread;
	*direction = (struct direction){ session, from, to };
	if (pthread_create(&thread, NULL, forward, direction) != 0) exit(1);
	pthread_detach(thread);
}

int main(int count, char **words)
{
	if (count != 3) return fprintf(stderr, "usage: limit ADDRESS SERVER\n"), 2;
	signal(SIGPIPE, SIG_IGN);
	struct sockaddr_in here = address_of(words[1]), there = address_of(words[2]);
	int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(listener, (struct sockaddr *)&here, sizeof here) < 0 || listen(listener, 1024) < 0) return perror("listen"), 1;
	puts("ready");
	fflush(stdout);
	for (;;) {
		int client = accept(listener, NULL, NULL);
		if (client < 0) continue;
		int server = socket(AF_INET, SOCK_STREAM, 0);
		if (connect(server, (struct sockaddr *)&there, sizeof there) < 0) {
			close(client);
			close(server);
			continue;
		}
		setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
		struct session *session = malloc(sizeof *session);
		*session = (struct session){ client, server, 2 };
		start(session, client, server);
		start(session, server, client);
	}
}
