/* Sessions of a byte each way, from connect to both ends' end, with both ends in one thread and their calls made together by io_uring. By calls
 * of their own, in two processes, the ends of such a session cost more than a forwarder does, and it is them that are measured. */
#include "ends.h"
#include <errno.h>
#include <liburing.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ENTRIES = 4096, REQUEST = HEADER + 1 };
/* What a completion is of. */
enum { ACCEPT, SOCKET, ASK, ANSWER, HEARD_REQUEST, HEARD_END, CLOSE, CANCEL };

static struct io_uring ring;
static unsigned char bytes[DESCRIPTORS][REQUEST];
static const unsigned char request[REQUEST] = { 'c' };

static struct io_uring_sqe *entry(int what, int fd, int flags)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&ring);
	if (!sqe) {
		io_uring_submit(&ring);
		sqe = io_uring_get_sqe(&ring);
	}
	if (!sqe) die("no room in the ring");
	/* The calls that are prepared leave it alone. */
	sqe->user_data = (uint64_t)what << 32 | (uint32_t)fd;
	sqe->flags = flags;
	return sqe;
}

/* liburing's calls clear the whole entry. */
#define TAKE(what, fd, some, prepare) do { \
	struct io_uring_sqe *sqe = entry(what, fd, some); \
	uint64_t data = sqe->user_data; \
	prepare; \
	sqe->user_data = data; \
	sqe->flags |= (some); \
} while (0)

static void begin(void)
{
	TAKE(SOCKET, 0, 0, io_uring_prep_socket(sqe, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0, 0));
}

static void ask(int fd, const struct sockaddr_in *there)
{
	/* Only what fails of the first two is told. */
	int quiet = IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS;
	TAKE(ASK, fd, quiet, io_uring_prep_connect(sqe, fd, (const void *)there, sizeof *there));
	TAKE(ASK, fd, quiet, io_uring_prep_send(sqe, fd, request, REQUEST, MSG_NOSIGNAL));
	/* The byte, and the end behind it. */
	TAKE(ANSWER, fd, 0, io_uring_prep_recv(sqe, fd, bytes[fd], 2, MSG_WAITALL));
}

static void leave(int fd)
{
	TAKE(CLOSE, fd, IOSQE_CQE_SKIP_SUCCESS, io_uring_prep_close(sqe, fd));
}

/* Answers what has been asked, and ends. */
static void answer(int fd)
{
	if (memcmp(bytes[fd], request, REQUEST)) errno = 0, die("another request");
	if (send(fd, bytes[fd] + HEADER, 1, MSG_NOSIGNAL) != 1 || shutdown(fd, SHUT_WR)) die("answer");
	TAKE(HEARD_END, fd, 0, io_uring_prep_recv(sqe, fd, bytes[fd], 1, 0));
}

static int is_open(void)
{
	static int opened;
	struct io_uring_params how = { .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN };
	if (!opened) opened = io_uring_queue_init_params(ENTRIES, &ring, &how) ? -1 : 1;
	return opened > 0;
}

double hold_sessions(int listener, const struct sockaddr_in *there, int times, int at_once)
{
	int begun = 0, ended = 0, served = 0, is_over = 0;
	if (!is_open()) return -1;
	double start = now(), seconds = 0;
	TAKE(ACCEPT, listener, 0, io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC));
	while (begun < at_once && begun < times) begin(), begun++;
	while (!is_over) {
		struct io_uring_cqe *cqe;
		unsigned head, count = 0;
		if (io_uring_submit_and_wait(&ring, 1) < 0 && errno != EINTR) die("io_uring");
		io_uring_for_each_cqe(&ring, head, cqe) {
			int what = cqe->user_data >> 32, fd = (uint32_t)cqe->user_data, result = cqe->res;
			count++;
			if (what == CANCEL) continue;
			if (what == ACCEPT && result == -ECANCELED) {
				is_over = 1;
				continue;
			}
			if (result < 0) errno = -result, die("a session");
			switch (what) {
			case ACCEPT:
				if (!(cqe->flags & IORING_CQE_F_MORE)) errno = 0, die("accepts no more");
				TAKE(HEARD_REQUEST, result, 0, io_uring_prep_recv(sqe, result, bytes[result], REQUEST, MSG_WAITALL));
				break;
			case SOCKET:
				ask(result, there);
				break;
			case ANSWER:
				if (result != 1) errno = 0, die("cut short");
				leave(fd);
				ended++;
				if (begun++ < times) begin();
				break;
			case HEARD_REQUEST:
				if (result != REQUEST) errno = 0, die("cut short");
				answer(fd);
				break;
			case HEARD_END:
				if (result != 0) errno = 0, die("more than was to come");
				leave(fd);
				served++;
				break;
			}
		}
		io_uring_cq_advance(&ring, count);
		if (ended < times || served < times || seconds > 0) continue;
		seconds = now() - start;
		TAKE(CANCEL, listener, 0, io_uring_prep_cancel64(sqe, (uint64_t)ACCEPT << 32 | (uint32_t)listener, 0));
	}
	return seconds;
}
