import { type ClientDuplexStream, type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { LaneListener, LaneStream } from '../lane-stream';

/** A gRPC call with streams both ways, as a lane sees it; the same for both ends. */
export class GrpcLaneStream<In, Out> implements LaneStream<In, Out> {
  private readonly early: In[] = [];
  private listener: LaneListener<In> | undefined;
  private endCause: string | undefined;
  private endedInOrder = false;
  private closed = false;

  constructor(private readonly call: ClientDuplexStream<Out, In> | ServerDuplexStream<In, Out>) {
    const stream: Events<In> = call;
    stream.on('data', (frame) => (this.listener ? this.listener.frame(frame) : this.early.push(frame)));
    stream.on('drain', () => this.listener?.drained());
    stream.on('end', () => this.ended('the other side ended the lane', !this.isCancelled));
    stream.on('close', () => this.ended('the connection was closed'));
    stream.on('cancelled', () => this.ended('the other side went away'));
    stream.on('error', (error) => this.ended(error.message));
  }

  listen(listener: LaneListener<In>): void {
    this.listener = listener;
    for (const frame of this.early.splice(0)) listener.frame(frame);
    if (this.endCause !== undefined) listener.ended(this.endCause, this.endedInOrder);
  }

  send(frame: Out): boolean {
    if (this.closed || this.endCause !== undefined) return true;
    return this.call.write(frame);
  }

  /** For a lane that never runs: says this, then ends. */
  sendLast(frame: Out): void {
    this.send(frame);
    this.end();
  }

  end(): void {
    if (this.closed) return;
    this.closed = true;
    this.call.end();
  }

  destroy(): void {
    this.closed = true;
    // Only the client's end can be cancelled; grpc-js ends a server's call by an emitted error.
    if ('cancel' in this.call) this.call.cancel();
    else this.call.emit('error', { code: status.ABORTED, details: 'the lane was given up' });
  }

  pause(): void {
    this.call.pause();
  }

  resume(): void {
    this.call.resume();
  }

  /** grpc-js ends what is read of a call that was cut off, too. */
  private get isCancelled(): boolean {
    return 'cancelled' in this.call && this.call.cancelled;
  }

  private ended(cause: string, inOrder = false): void {
    if (this.endCause !== undefined) return;
    this.endCause = cause;
    this.endedInOrder = inOrder;
    if (!this.closed) this.end();
    this.listener?.ended(cause, inOrder);
  }
}

/** The events of both kinds of call; their own types name them one by one. */
interface Events<In> {
  on(event: 'data', listener: (frame: In) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'drain' | 'end' | 'close' | 'cancelled', listener: () => void): unknown;
}
