/** What a lane is told by its stream. `ended` comes exactly once and last. */
export interface LaneListener<In> {
  frame(frame: In): void;
  /** The transport takes bulk again. */
  drained(): void;
  /** `inOrder`: the other side said that it ends. */
  ended(cause: string, inOrder?: boolean): void;
}

/** One open stream of frames: all that a lane knows of its transport. */
export interface LaneStream<In, Out> {
  /** Frames that came before are kept for the listener. */
  listen(listener: LaneListener<In>): void;
  /** Never throws; after the end it does nothing. False: the buffer is full, bulk waits for `drained`. */
  send(frame: Out): boolean;
  /** Sends what is queued, then ends. */
  end(): void;
  /** Lets go at once. */
  destroy(): void;
  /** No frame is delivered until `resume`: the sender feels it. */
  pause(): void;
  resume(): void;
}
