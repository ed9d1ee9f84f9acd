/* How the asking end speaks where it speaks no TLS. */
#include "ends.h"
#include <sys/socket.h>
#include <unistd.h>

const int speaks_tls = 0;

void open_speech(int fd)
{
	(void)fd;
}

void close_speech(int fd)
{
	close(fd);
}

ssize_t hear(int fd, void *bytes, size_t length, int flags)
{
	return recv(fd, bytes, length, flags);
}

ssize_t say(int fd, const void *bytes, size_t length)
{
	return send(fd, bytes, length, MSG_NOSIGNAL);
}

int say_block(int fd, struct peer *peer)
{
	return pour(fd, peer);
}

int hear_block(int fd, struct peer *peer, int compare)
{
	return take(fd, peer, compare);
}

int resume_from(const char *address)
{
	(void)address;
	return 0;
}
