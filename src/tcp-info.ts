/** What the kernel tells of a TCP connection. */

/** TCP_INFO: times in microseconds, all else in segments. */
export interface TcpInfo {
  readonly rttUs: number;
  readonly rttVarianceUs: number;
  readonly unacked: number;
  readonly sacked: number;
  readonly lost: number;
  /** Sent again and not acknowledged yet. */
  readonly retransmits: number;
  readonly fackets: number;
  readonly reordering: number;
}
