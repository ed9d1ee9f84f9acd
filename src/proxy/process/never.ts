/** What HAProxy counts and nothing here does. */

/**
 * The value of counters whose columns are kept because dashboards ask for them: requests by listener (`ereq`: they are counted
 * by frontend), log lines that the proxy itself drops (whoever writes logs counts those).
 */
export const neverCounted = 0;
