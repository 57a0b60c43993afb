/** What a socket is told when it opens, in SocketResponse.Welcome, and held to. */
export const socketLimits = {
  mostStreams: 64,
  /** Of one stream, under way without credit: what a slow reader costs. */
  windowBytes: 256 * 1024,
  mostRequestBytes: 64 * 1024,
  pingEveryMs: 10_000,
} as const;

/** One for each tab where browsers have no shared workers, and some browsers. */
export const mostSocketsOfPerson = 100;

/** Sockets of which it is not known yet whose they are. */
export const mostUnknownSockets = 200;

/** One WebSocket message carries about this much: fewer frames, and none that delays others for long. */
export const frameBytes = 32 * 1024;
