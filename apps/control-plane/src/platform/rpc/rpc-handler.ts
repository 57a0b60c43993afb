import { Inject, Injectable } from '@nestjs/common';
import type { ConnectRouter, Interceptor } from '@connectrpc/connect';
import { createContextValues } from '@connectrpc/connect';
import { connectNodeAdapter } from '@connectrpc/connect-node';

import { UnitOfWork } from '../db';
import { Log } from '../log';
import { answerCompression } from './answer-compression';
import { fieldsOfCall } from './call';
import { plainGrpcMessages } from './grpc-message';
import { handlersInUnits } from './handlers-in-units';
import { authenticate, authenticateAgain } from './interceptors/authenticate';
import { openCall } from './interceptors/open-call';
import { permit } from './interceptors/permit';
import { recordRefusals } from './interceptors/record-refusals';
import { validate } from './interceptors/validate';
import { Mutations } from './mutations';
import { peerKey } from './peer';
import { AuditSink, Authenticator } from './ports';
import { refuseUndecodable } from './undecodable';
import { refuseUnread } from './refuse-unread';
import { RpcMetrics } from './rpc-metrics';
import { RpcRegistry } from './rpc-registry';

export const largestRequestBytes = 16 * 1024 * 1024;
const longestUnaryMs = 330_000;

type NodeHandler = ReturnType<typeof connectNodeAdapter>;

/** Serves every registered service over Connect, gRPC and gRPC-Web, through one chain. */
@Injectable()
export class RpcHandler {
  constructor(
    private readonly registry: RpcRegistry,
    private readonly mutations: Mutations,
    private readonly unitOfWork: UnitOfWork,
    private readonly metrics: RpcMetrics,
    @Inject(Authenticator) private readonly authenticator: Authenticator,
    @Inject(AuditSink) private readonly sink: AuditSink,
    @Inject(Log) private readonly log: Log,
  ) {
    log.addToLines(fieldsOfCall);
  }

  /** The only way in, from the outside to the handler. */
  chain(): Interceptor[] {
    return [
      openCall(this.log, this.metrics, authenticateAgain(this.authenticator)),
      recordRefusals(this.sink, this.unitOfWork, this.log),
      authenticate(this.authenticator),
      permit(),
      validate(this.mutations, this.registry),
    ];
  }

  /** A handler for node's HTTP/1.1 and h2 servers; what is no call goes to the fallback. */
  listener(secure: boolean, fallback: NodeHandler): NodeHandler {
    return connectNodeAdapter({
      routes: (router) => this.route(router),
      requestGate: refuseUnread,
      interceptors: this.chain(),
      fallback,
      readMaxBytes: largestRequestBytes,
      ...answerCompression(secure),
      maxTimeoutMs: longestUnaryMs,
      // A misspelt field is an error and not a wish that is lost.
      jsonOptions: { ignoreUnknownFields: false },
      contextValues: ({ socket }) =>
        createContextValues().set(peerKey, { address: plainAddress(socket.remoteAddress), secure }),
    });
  }

  private route(router: ConnectRouter): void {
    for (const registered of this.registry.services) {
      router.service(registered.service, handlersInUnits(registered, this.mutations, this.unitOfWork));
    }
    const handlers = router.handlers.map(refuseUndecodable).map(plainGrpcMessages);
    router.handlers.splice(0, Infinity, ...handlers);
  }
}

function plainAddress(address = ''): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
