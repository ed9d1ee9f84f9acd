/** Bytes of connections that are in order, to be cut, mutated and read by others. */

export const gitRequest =
  "GET /project/repository.git/info/refs?service=git-upload-pack HTTP/1.1\r\n" +
  "Host: git.example.org\r\n" +
  "User-Agent: git/2.39.5\r\n" +
  "Accept: */*\r\n" +
  "Accept-Encoding: deflate, gzip, br, zstd\r\n" +
  "Accept-Language: en-US, *;q=0.9\r\n" +
  "Authorization: Basic Z2l0OnNlY3JldC10b2tlbi1vZi1zb21lLWxlbmd0aA==\r\n" +
  "Pragma: no-cache\r\n" +
  "Git-Protocol: version=2\r\n" +
  "Connection: keep-alive\r\n" +
  "X-Request-Id: 5f0c6c9a-7f3b-4b0e\r\n\r\n";

export const browserRequest =
  "GET /projects/PROJ/repos/one/browse/src/main/java?at=refs%2Fheads%2Fmain HTTP/1.1\r\n" +
  "Host: bitbucket.example.org\r\n" +
  "Connection: keep-alive\r\n" +
  'sec-ch-ua: "Chromium";v="140", "Not A(Brand";v="24"\r\n' +
  "sec-ch-ua-mobile: ?0\r\n" +
  'sec-ch-ua-platform: "Linux"\r\n' +
  "Upgrade-Insecure-Requests: 1\r\n" +
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n" +
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n" +
  "Sec-Fetch-Site: same-origin\r\n" +
  "Sec-Fetch-Mode: navigate\r\n" +
  "Sec-Fetch-User: ?1\r\n" +
  "Sec-Fetch-Dest: document\r\n" +
  "Referer: https://bitbucket.example.org/projects/PROJ/repos/one/browse\r\n" +
  "Accept-Encoding: gzip, deflate, br, zstd\r\n" +
  "Cookie: BITBUCKETSESSIONID=0123456789abcdef0123456789abcdef; _atl_bitbucket_remember_me=abcdef; SRV=s1\r\n\r\n";

export const requests: readonly string[] = [
  gitRequest,
  browserRequest,
  "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
  "GET / HTTP/1.0\r\n\r\n",
  "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /2 HTTP/1.0\r\n\r\n",
  "\r\n\r\nPOST /a HTTP/1.1\r\nHost:a\r\nContent-Length: 5\r\n\r\nhello\r\nGET /b HTTP/1.1\r\nHost:\t a \t\r\nX:\r\nY:  \r\n\r\n",
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n00B;x="y z";q\r\nhello\r\nhell\r\n0;last\r\nX-Sum: 1\r\nHost: b\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n',
  "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\nA\r\n0123456789\r\n0\r\n\r\nDELETE /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
  "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nHEAD http://a:80/x?y HTTP/1.1\r\nHost: A\r\n\r\n",
  "POST / HTTP/1.1\r\nHost: a\r\nHost: a\r\nContent-Length: 3, 3\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\nX-Latin: \xe4\xff\r\n\r\n",
];

/** Answers, and the methods of what they answer. */
export const responses: readonly { readonly methods: readonly string[]; readonly sent: string }[] = [
  { methods: ["GET"], sent: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nServer: x\r\n\r\nok" },
  { methods: ["GET"], sent: "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok" },
  { methods: ["GET"], sent: "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n" },
  { methods: ["GET"], sent: "HTTP/1.0 200 OK\r\n\r\nall there is" },
  {
    methods: ["GET", "HEAD", "GET"],
    sent:
      "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n" +
      "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nHTTP/1.1 304 Not Modified\r\nContent-Length: 7\r\n\r\n",
  },
  {
    methods: ["GET", "GET"],
    sent: "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 404 N\xf6 \r\nConnection: close\r\n\r\nrest",
  },
];
