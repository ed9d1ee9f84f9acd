/* What an SSH session begins with, in OpenSSH's sizes: both identifications, both KEXINITs, the key exchange, NEWKEYS and a few packets
 * that nobody else can read. Each end says the next thing when it has heard so many bytes. What is asked for comes behind it. */
#include "ends.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { MARK = 8, MOST = 2048, STEPS = 7, KINDS = 20 };

/* One end of one session, by descriptor. */
static struct speech {
	int is_server, next, heard;
	/* The client's own word: in its identification, and in both KEXINITs. */
	char mark[MARK + 1];
} speeches[DESCRIPTORS];

enum ssh_kind ssh;

static const char *idents[2] = { "SSH-2.0-OpenSSH_10.0p2 Debian-%.8s\r\n", "SSH-2.0-OpenSSH_9.9p1 Debian-3\r\n" };
/* Where the mark stands in the first. */
enum { MARK_AT = 30 };

#define CURVES "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521"
#define POST_QUANTUM "mlkem768x25519-sha256,sntrup761x25519-sha512,sntrup761x25519-sha512@openssh.com"
#define CIPHERS "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr"
#define MACS "umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com," \
	"hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1"
#define CERTIFICATES "ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com," \
	"ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,sk-ssh-ed25519-cert-v01@openssh.com," \
	"sk-ecdsa-sha2-nistp256-cert-v01@openssh.com,rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,"
#define KEYS "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256"

/* The ten name-lists of a KEXINIT (RFC 4253 7.1). */
static const char *lists[2][10] = {
	{ POST_QUANTUM "," CURVES ",%.8s@load,ext-info-c,kex-strict-c-v00@openssh.com", CERTIFICATES KEYS, CIPHERS, CIPHERS, MACS, MACS,
	  "none,zlib@openssh.com", "none,zlib@openssh.com", "", "" },
	{ POST_QUANTUM "," CURVES ",%.8s@load,ext-info-s,kex-strict-s-v00@openssh.com", KEYS, CIPHERS, CIPHERS, MACS, MACS,
	  "none,zlib@openssh.com", "none,zlib@openssh.com", "", "" },
};

static void put32(unsigned char *at, uint32_t value)
{
	for (int i = 0; i < 4; i++) at[i] = value >> (24 - 8 * i);
}

/* A packet before there are keys (RFC 4253 6): length, padding's length, payload, padding. */
static int packet(unsigned char *at, const unsigned char *payload, int length)
{
	int padding = 8 - (5 + length) % 8;
	if (padding < 4) padding += 8;
	put32(at, 1 + length + padding);
	at[4] = padding;
	memcpy(at + 5, payload, length);
	memset(at + 5 + length, 0, padding);
	return 5 + length + padding;
}

static int kexinit(unsigned char *at, int is_server, const char *mark)
{
	static uint64_t cookie;
	unsigned char payload[MOST] = { 20 };
	int length = 17;
	cookie += 0x9e3779b97f4a7c15u;
	memcpy(payload + 1, &cookie, 8);
	for (int i = 0; i < 10; i++) {
		int n = snprintf((char *)payload + length + 4, MOST - length - 4, lists[is_server][i], mark);
		put32(payload + length, n);
		length += 4 + n;
	}
	return packet(at, payload, length + 5);
}

/* A packet of the key exchange: its number and so many bytes; NEWKEYS has none. */
static int exchange(unsigned char *at, int number, int length)
{
	unsigned char payload[MOST] = { (unsigned char)number };
	return packet(at, payload, 1 + length);
}

/* What no one in between can read. */
static int secret(unsigned char *at, int length)
{
	memcpy(at, pattern, length);
	return length;
}

/* The bytes of a step: the sizes are those of an exchange by ML-KEM, of a request for a service, of a key and of a command. */
static int step(unsigned char *at, int is_server, int number, const char *mark)
{
	static const int secrets[2][STEPS] = { { 0, 0, 0, 44, 68, 500, 140 }, { 0, 0, 0, 44, 60, 36, 108 } };
	int length = 0;
	if (number == 0) return sprintf((char *)at, idents[is_server], mark);
	if (number == 1) return kexinit(at, is_server, mark);
	if (number == 2) length = exchange(at, is_server ? 31 : 30, is_server ? 1300 : 1220);
	if (number == (is_server ? 2 : 3)) length += exchange(at + length, 21, 0);
	return length + secret(at + length, secrets[is_server][number]);
}

/* How much the other end has said before this one says a step. A client has heard one step less than a server. */
static int heard_before(int is_server, int number)
{
	static int sums[2][STEPS + 1];
	unsigned char bytes[2 * MOST];
	if (sums[0][1] == 0)
		for (int side = 0; side < 2; side++)
			for (int i = 0; i < STEPS; i++) sums[side][i + 1] = sums[side][i] + step(bytes, side, i, "00000000");
	if (number == STEPS) return sums[!is_server][STEPS];
	// A server says its KEXINIT to a client's identification, and goes on when it has heard two steps more.
	if (is_server && number > 1) return sums[0][number + 1];
	return sums[!is_server][number];
}

int begin_ssh(int fd, int is_server)
{
	static unsigned count;
	speeches[fd] = (struct speech){ .is_server = is_server };
	snprintf(speeches[fd].mark, MARK + 1, "%08x", ssh == STRANGERS ? count++ : count++ % KINDS);
	return speak_ssh(fd, MSG_DONTWAIT);
}

int speak_ssh(int fd, int flags)
{
	struct speech *speech = &speeches[fd];
	unsigned char bytes[2 * MOST];
	for (;;) {
		int is_server = speech->is_server;
		while (speech->next < STEPS && speech->heard >= heard_before(is_server, speech->next)) {
			int length = step(bytes, is_server, speech->next++, speech->mark);
			if (say(fd, bytes, length) != length) return -1;
		}
		int left = heard_before(is_server, STEPS) - speech->heard;
		if (left == 0) return 1;
		ssize_t n = hear(fd, bytes, left < MOST ? left : MOST, flags);
		if (n < 0 && errno == EAGAIN) return 0;
		if (n <= 0) return -1;
		for (int at = MARK_AT - speech->heard; is_server && at < MARK_AT - speech->heard + MARK; at++)
			if (at >= 0 && at < n) speech->mark[at + speech->heard - MARK_AT] = bytes[at];
		speech->heard += n;
	}
}
