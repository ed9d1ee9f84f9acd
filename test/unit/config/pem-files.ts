/** A certificate authority with its list of revocations, and a client's certificate with its key, of P-256 and good for a century: what lines of TLS name in tests that speak none. */

/** `ca-file`. */
export const authority = `-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIULVQ5SDjEPcMMGbSGtZGcUBqAD6AwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI5MDQwNDE1WhgPMjEyNjExMDUwNDA0MTVa
MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEW6NL0xZg
yhNmgCXm3JLyEXYM3AX7sGZSmC5ahwQFZYlm4+3WMGVeO6OAcPpPH6VTOKCOBWCx
abSbf4E4e9EQEaNTMFEwHQYDVR0OBBYEFPlTHPaQaGWmT4Ge8YPrZpcjDKy5MB8G
A1UdIwQYMBaAFPlTHPaQaGWmT4Ge8YPrZpcjDKy5MA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIhANh8z1uIGhr0gTNKVBcrfmlCJht/BNlAEhsi32Y5
mA8jAiBTsxIQzDHS2J7/akw0KKbdgXNhoMEXmqfK6v5KGhnrfg==
-----END CERTIFICATE-----
`;

/** `crl-file` of that authority: nothing is revoked. */
export const revocations = `-----BEGIN X509 CRL-----
MIGlME4CAQEwCgYIKoZIzj0EAwIwDTELMAkGA1UEAwwCY2EXDTI2MTEyOTA0MDQx
NVoYDzIxMjYxMTA1MDQwNDE1WqAOMAwwCgYDVR0UBAMCAQEwCgYIKoZIzj0EAwID
RwAwRAIgSr73bwrt9fsxULnkLYmk8bgQrJkUnaek5EC1KvTUhe4CICk2oeV8r1nI
pTT3rT7qj/6lnoOH0u+SH9ZkcNrr9evu
-----END X509 CRL-----
`;

/** A certificate without its key. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIBeDCCAR+gAwIBAgIUXh55MD0VmLK6Xe+K1pEvYy3G704wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGY2xpZW50MCAXDTI2MTEyOTA0MDQxNVoYDzIxMjYxMTA1MDQw
NDE1WjARMQ8wDQYDVQQDDAZjbGllbnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQHnKf0pECCCxsqZYLEo+bSPX2BEm4NMS6P0cR6Kco0E/r03756d0P1rWuJKZ+t
bMjhDm70F1/tjz/7MfBEl2Gxo1MwUTAdBgNVHQ4EFgQUDqa4yyiBEpHxqwPZnYYu
5WOY3Y0wHwYDVR0jBBgwFoAUDqa4yyiBEpHxqwPZnYYu5WOY3Y0wDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAzIzWyn1HbT+uO/S0IC1I5RsY7M7Pj
YtvC5mTC29eehAIgesBRzyfJQdkIi0PcZXNBIDpUQoQYQd1CaMuR0ODnprg=
-----END CERTIFICATE-----
`;

/** `crt`: the certificate of `CN=client`, signed by itself, and its key. */
export const client = `${certificate}-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgvp6HhIPd5ejVqWkH
eC7aEXMUQzzlW6UIO/omrCkLTkuhRANCAAQHnKf0pECCCxsqZYLEo+bSPX2BEm4N
MS6P0cR6Kco0E/r03756d0P1rWuJKZ+tbMjhDm70F1/tjz/7MfBEl2Gx
-----END PRIVATE KEY-----
`;
