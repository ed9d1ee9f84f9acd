/** Linux's error numbers that callers tell apart. */

/** As the kernel has them on every machine that we build for; a call that fails gives its number, negative. */
export const EINTR = 4;
export const EIO = 5;
export const EBADF = 9;
/** Would block: nothing there, or no room. */
export const EAGAIN = 11;
export const EINVAL = 22;
export const EPROTO = 71;
export const EMSGSIZE = 90;
export const ECONNABORTED = 103;
export const ECONNRESET = 104;
export const ECONNREFUSED = 111;
export const EINPROGRESS = 115;
