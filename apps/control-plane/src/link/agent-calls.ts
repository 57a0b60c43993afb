import { type sendUnaryData, type ServerUnaryCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import { ErrorReason } from '@ostler/contracts';
import { AppError, messageOf } from '@ostler/kernel';
import { Log } from '../platform/log';
import { ConnectedAgents } from './connected-agents';
import { AgentFeatures, type AgentServer } from './features';
import { identityOfPeer } from './peer-identity';

type Peer = Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext' | 'getPeer'>;

/** The edge of the agents' listener: who calls, and errors as statuses of gRPC. */
@Injectable()
export class AgentCalls {
  constructor(
    private readonly features: AgentFeatures,
    private readonly agents: ConnectedAgents,
    private readonly log: Log,
  ) {}

  /** Undefined when the certificate is of no server that may speak. */
  async server(call: Peer): Promise<AgentServer | undefined> {
    const identity = identityOfPeer(call.getAuthContext());
    if (!identity) return undefined;
    const { serverUid, keySha256, certificateEndsAt } = identity;
    const server = await this.features.get('directory').identify(serverUid, keySha256);
    return server && { ...server, certificateEndsAt };
  }

  unary<I, O>(handle: (server: AgentServer, request: I) => Promise<O>) {
    return (call: ServerUnaryCall<I, O>, answer: sendUnaryData<O>): void => {
      this.required(call)
        .then((server) => handle(server, call.request))
        .then(
          (response) => answer(null, response),
          (error: unknown) => answer(this.toStatus(error)),
        );
    };
  }

  /** Writes only while the reader keeps up. */
  streaming<I, O>(handle: (server: AgentServer, request: I) => AsyncIterable<O>) {
    return (call: ServerWritableStream<I, O>): void => {
      this.pump(call, handle).catch((error: unknown) => call.emit('error', this.toStatus(error)));
    };
  }

  private async pump<I, O>(
    call: ServerWritableStream<I, O>,
    handle: (server: AgentServer, request: I) => AsyncIterable<O>,
  ): Promise<void> {
    const gone = Promise.withResolvers<void>();
    call.once('cancelled', gone.resolve);
    const server = await this.required(call);
    let ended = false;
    const forget = this.agents.opened(server.uid, 'content', () => {
      ended = true;
      gone.resolve();
    });
    try {
      for await (const message of handle(server, call.request)) {
        if (call.cancelled) return;
        if (ended) throw noLongerTrusted();
        if (call.write(message)) continue;
        await Promise.race([new Promise<void>((resolve) => call.once('drain', resolve)), gone.promise]);
      }
      call.end();
    } finally {
      forget();
    }
  }

  private async required(call: Peer): Promise<AgentServer> {
    const server = await this.server(call);
    if (server) return server;
    throw noLongerTrusted();
  }

  private toStatus(error: unknown): { code: status; details: string } {
    if (error instanceof AppError)
      return { code: codes[error.reason] ?? status.UNKNOWN, details: error.message };
    this.log.error(`a call of an agent failed: ${messageOf(error)}`);
    return { code: status.UNAVAILABLE, details: 'internal error; try again' };
  }
}

function noLongerTrusted(): AppError {
  return new AppError(
    ErrorReason.UNAUTHENTICATED,
    'This server was removed or revoked, or its certificate is not its own.',
  );
}

const codes: Partial<Record<ErrorReason, status>> = {
  [ErrorReason.UNAUTHENTICATED]: status.UNAUTHENTICATED,
  [ErrorReason.NOT_FOUND]: status.NOT_FOUND,
  [ErrorReason.INVALID]: status.INVALID_ARGUMENT,
  [ErrorReason.DENIED]: status.PERMISSION_DENIED,
  [ErrorReason.UNAVAILABLE]: status.UNAVAILABLE,
};
