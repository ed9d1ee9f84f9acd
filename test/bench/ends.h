/* What both ends of the load share: connections by descriptor, what is moved over them, addresses. */
#pragma once
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>

enum { BLOCK = 1 << 24, TURN = 1 << 20, DESCRIPTORS = 1 << 16, TRIP = 64, HEADER = 17 };

/* One connection of either end, by descriptor. */
struct peer {
	unsigned char header[HEADER];
	int held;
	char kind; /* 's': SSH comes first; 0 until the request is read; then its letter, or 'd': everything said, waiting for the end */
	uint64_t at, left;
	double since;
};

extern struct peer peers[DESCRIPTORS];
/* A block: what is sent, and where what is received goes. */
extern unsigned char *pattern;
extern unsigned char *got;
extern int epoll;

/* Byte i of every answer and every push is byte i % BLOCK of the pattern. */
void make_pattern(void);
_Noreturn void die(const char *what);
double now(void);
void watch(int fd, uint32_t events, int operation);
/* HOST:PORT, or PORT of 127.0.0.1. */
struct sockaddr_in address_of(const char *words);
/* Has the kernel send at most so many bytes a second; 0: as fast as it goes. */
void pace(int fd, uint64_t rate);
/* Sends what the socket takes, at most a turn's worth. True when nothing is left. */
int pour(int fd, struct peer *peer);
/* Takes what there is, without copying it unless it is compared. True when nothing is left, -1 at an end before that. */
int take(int fd, struct peer *peer, int compare);
/* How the asking end's connections speak: as they are (clear.c), or TLS (tls.c). */
extern const int speaks_tls;
/* Makes of one that is connected one that speaks. */
void open_speech(int fd);
void close_speech(int fd);
/* As recv(2) and send(2) do. Where `bytes` are nowhere, nobody looks at what is received. */
ssize_t hear(int fd, void *bytes, size_t length, int flags);
ssize_t say(int fd, const void *bytes, size_t length);
/* As pour and take do. */
int say_block(int fd, struct peer *peer);
int hear_block(int fd, struct peer *peer, int compare);
/* Begins sessions from now on with what one has told; false where nothing is to be resumed. */
int resume_from(const char *address);
/* What sessions begin with: what is asked for at once, or SSH, of few kinds of clients or of none that was there before (ssh.c). */
extern enum ssh_kind { NO_SSH, FLEET, STRANGERS } ssh;
/* Says what this end says unasked; as speak_ssh. */
int begin_ssh(int fd, int is_server);
/* True when all of it is said and heard, 0 when there is more to hear, -1 at an end before that. */
int speak_ssh(int fd, int flags);
/* Holds so many sessions of a byte each way with itself, by way of `there`, and answers those that come to the listener; how many seconds
 * that took, or -1 where there is no io_uring for it (sessions.c). */
double hold_sessions(int listener, const struct sockaddr_in *there, int times, int at_once);
/* Prints seconds, and p50 and p99 in microseconds of what so many took, which it sorts. */
void print_spread(double seconds, double *took, int times);
/* The answering end: listens on an address, prints HOST:PORT. */
_Noreturn void serve(const char *address);
/* The same for HTTP, and what asks it (http.c). */
_Noreturn void serve_http(const char *address);
void keep_alive(const char *address, int count);
void requests(const char *address, int times, int connections);
/* `form`: "length" or "chunks"; the length is a multiple of 32 KiB. */
void fetch_body(const char *address, const char *form, uint64_t length, int compare);
void prove_http(const char *address, uint64_t bytes);
