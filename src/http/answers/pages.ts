/** The pages that HAProxy 2.6 sends where nothing else is configured, byte for byte. */

/** A status line's reason, what the page is headed, and what it says. */
interface PageText {
  readonly reason: string;
  readonly title: string;
  readonly text: string;
}

const texts: Readonly<Record<number, PageText>> = {
  200: page("200 OK", "Service ready."),
  400: page("400 Bad request", "Your browser sent an invalid request."),
  401: page("401 Unauthorized", "You need a valid user and password to access this content."),
  403: page("403 Forbidden", "Request forbidden by administrative rules."),
  404: page("404 Not Found", "The resource could not be found."),
  405: page(
    "405 Method Not Allowed",
    "A request was made of a resource using a request method not supported by that resource",
  ),
  407: page("407 Unauthorized", "You need a valid user and password to access this content."),
  408: page("408 Request Time-out", "Your browser didn't send a complete request in time."),
  410: page("410 Gone", "The resource is no longer available and will not be available again."),
  413: page("413 Payload Too Large", "The request entity exceeds the maximum allowed."),
  421: page("421 Misdirected Request", "Request sent to a non-authoritative server."),
  422: page("422 Unprocessable Content", "The server cannot process the contained instructions."),
  425: page("425 Too Early", "Your browser sent early data."),
  429: page("429 Too Many Requests", "You have sent too many requests in a given amount of time."),
  500: page("500 Internal Server Error", "An internal server error occurred."),
  501: page("501 Not Implemented", ".The server does not support the functionality required to fulfill the request."),
  502: page("502 Bad Gateway", "The server returned an invalid or incomplete response."),
  503: page("503 Service Unavailable", "No server is available to handle this request."),
  504: page("504 Gateway Time-out", "The server didn't respond in time."),
};

function page(title: string, text: string): PageText {
  return { title, reason: title.slice(4), text };
}

/** An answer of ours, before it is written: what stands in its head, Connection apart, and its body. */
export interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: Uint8Array;
}

const cache = new Map<number, Answer>();

/** HAProxy's own page for a status; that of 500 where it has none. */
export function pageOf(status: number): Answer {
  let answer = cache.get(status);
  if (answer !== undefined) return answer;
  const { reason, title, text } = texts[status] ?? (texts[500] as PageText);
  const body = Buffer.from(`<html><body><h1>${title}</h1>\n${text}\n</body></html>\n`, "latin1");
  answer = {
    status,
    reason,
    fields: [
      ["content-length", String(body.length)],
      ["cache-control", "no-cache"],
      ["content-type", "text/html"],
      ...(status === 400 || status === 408 ? [["connection", "close"] as const] : []),
    ],
    body,
  };
  cache.set(status, answer);
  return answer;
}

/** The page as HAProxy's parser sends it, to whom it cannot talk: names with capitals, and the connection is closed. */
export function rawPage(status: number): Uint8Array {
  const { reason, body } = pageOf(status);
  const head = `HTTP/1.1 ${status} ${reason}\r\nContent-length: ${body.length}\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n`;
  return Buffer.concat([Buffer.from(head, "latin1"), body]);
}

/** What is said to an HTTP/2 client: nothing that it could take for a frame of HTTP/2. */
export const versionPage: Uint8Array = Buffer.from(
  "HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
  "latin1",
);
