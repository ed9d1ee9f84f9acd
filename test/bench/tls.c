/* How the asking end speaks TLS, by libssl: version 1.3 with AES-256-GCM under X25519, or nothing is measured. Whose certificate it is
 * nobody asks: that would cost the load, and nobody else. */
#include "ends.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECORD = 1 << 14, FIRST = 2048 };

/* A stream by its descriptor. What is to be said first goes with the last of the handshake. */
static struct {
	SSL *ssl;
	int is_open, first_size;
	char first[FIRST];
} streams[DESCRIPTORS];
static SSL_CTX *context;
/* What all sessions begin with; null for full handshakes. */
static SSL_SESSION *known;
static SSL_SESSION *told;

static int keep(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	if (told) return 0;
	told = session;
	return 1;
}

static void make_context(void)
{
	context = SSL_CTX_new(TLS_client_method());
	if (!context) errno = 0, die("no context of TLS");
	SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(context, keep);
}

static void wait_for(int fd, int events)
{
	struct pollfd one = { .fd = fd, .events = events };
	if (poll(&one, 1, 60000) != 1) errno = 0, die("nothing in a minute");
}

/* What a call of libssl came to, as a call of the kernel says it; 0 is the peer's close_notify, and nothing else. */
static ssize_t outcome(SSL *ssl, int result)
{
	if (result > 0) return result;
	switch (SSL_get_error(ssl, result)) {
	case SSL_ERROR_ZERO_RETURN:
		return 0;
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	default:
		errno = ECONNRESET;
		return -1;
	}
}

static void must_be_agreed(SSL *ssl)
{
	const char *cipher = SSL_get_cipher_name(ssl);
	errno = 0;
	if (SSL_version(ssl) != TLS1_3_VERSION || strcmp(cipher, "TLS_AES_256_GCM_SHA384")) die(cipher);
	if (SSL_get_negotiated_group(ssl) != NID_X25519) die("another group than X25519");
	if (SSL_session_reused(ssl) != (known != NULL)) die(known ? "nothing was resumed" : "no full handshake");
}

/* Goes on with the handshake; true once it is over, -1 when it failed. */
static int shake(int fd)
{
	SSL *ssl = streams[fd].ssl;
	if (streams[fd].is_open) return 1;
	ssize_t done = outcome(ssl, SSL_do_handshake(ssl));
	if (done <= 0) return done < 0 && errno == EAGAIN ? 0 : -1;
	must_be_agreed(ssl);
	streams[fd].is_open = 1;
	int size = streams[fd].first_size;
	return size == 0 || SSL_write(ssl, streams[fd].first, size) == size ? 1 : -1;
}

const int speaks_tls = 1;

void open_speech(int fd)
{
	if (!context) make_context();
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	streams[fd].ssl = SSL_new(context);
	streams[fd].is_open = streams[fd].first_size = 0;
	SSL_set_fd(streams[fd].ssl, fd);
	SSL_set_connect_state(streams[fd].ssl);
	SSL_set_tlsext_host_name(streams[fd].ssl, "git.example.com");
	if (known) {
		/* Of version 1.3 libssl takes each but once. */
		SSL_SESSION *copy = SSL_SESSION_dup(known);
		SSL_set_session(streams[fd].ssl, copy);
		SSL_SESSION_free(copy);
	}
	if (shake(fd) < 0) errno = 0, die("handshake");
}

void close_speech(int fd)
{
	SSL_shutdown(streams[fd].ssl);
	SSL_free(streams[fd].ssl);
	close(fd);
}

ssize_t hear(int fd, void *bytes, size_t length, int flags)
{
	for (;;) {
		int done = shake(fd);
		ssize_t n = done > 0 ? outcome(streams[fd].ssl, SSL_read(streams[fd].ssl, bytes ? bytes : got, length)) : done;
		if (done > 0 && (n >= 0 || errno != EAGAIN)) return n;
		if (done < 0) return -1;
		errno = EAGAIN;
		if (flags & MSG_DONTWAIT) return -1;
		wait_for(fd, POLLIN);
	}
}

ssize_t say(int fd, const void *bytes, size_t length)
{
	if (streams[fd].is_open) return outcome(streams[fd].ssl, SSL_write(streams[fd].ssl, bytes, length));
	if (streams[fd].first_size + length > FIRST) errno = 0, die("too much before the handshake's end");
	memcpy(streams[fd].first + streams[fd].first_size, bytes, length);
	streams[fd].first_size += length;
	return length;
}

int say_block(int fd, struct peer *peer)
{
	while (!shake(fd)) wait_for(fd, POLLIN);
	for (int turn = 0; turn < TURN / RECORD && peer->left > 0; turn++) {
		uint64_t at = peer->at % BLOCK, length = BLOCK - at < RECORD ? BLOCK - at : RECORD;
		if (length > peer->left) length = peer->left;
		ssize_t n = say(fd, pattern + at, length);
		if (n <= 0) return n < 0 && errno == EAGAIN ? 0 : -1;
		peer->at += n;
		peer->left -= n;
	}
	return peer->left == 0;
}

int hear_block(int fd, struct peer *peer, int compare)
{
	/* Until nothing is left that was deciphered: of that no epoll tells. */
	while (peer->left > 0) {
		uint64_t at = peer->at % BLOCK, length = BLOCK - at;
		if (length > peer->left) length = peer->left;
		ssize_t n = hear(fd, got, length, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN) return 0;
		if (n <= 0) return -1;
		if (compare && memcmp(got, pattern + at, n)) errno = 0, die("other bytes than were sent");
		peer->at += n;
		peer->left -= n;
	}
	return 1;
}

int resume_from(const char *address)
{
	unsigned char request[HEADER + 1] = { 'c' };
	char byte;
	struct sockaddr_in there = address_of(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (void *)&there, sizeof there)) die("connect");
	open_speech(fd);
	say(fd, request, sizeof request);
	while (hear(fd, &byte, 1, 0) > 0) {}
	close_speech(fd);
	if (!told) errno = 0, die("no ticket");
	known = told;
	return 1;
}
