import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import type { HandlerContext } from '@connectrpc/connect';
import { createContextValues } from '@connectrpc/connect';
import { Injectable } from '@nestjs/common';
import { PermissionSchema, Role } from '@ostler/contracts';

import { UnitOfWork } from '../db';
import { type Call, calls } from './call';
import { handlersInUnits } from './handlers-in-units';
import { rulesOf } from './method-rules';
import { Mutations } from './mutations';
import { RpcRegistry } from './rpc-registry';
import { newTrace } from './trace';
import { checkRequest } from './validation';

/**
 * Calls that the control plane makes of itself, as the actor "ostler" of a tenant: through the same
 * validation, transaction, request id and audit as a call from outside.
 */
@Injectable()
export class InternalCalls {
  constructor(
    private readonly registry: RpcRegistry,
    private readonly mutations: Mutations,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async call<I extends DescMessage, O extends DescMessage>(
    tenantUid: string,
    method: DescMethodUnary<I, O>,
    init: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    const registered = this.registry.services.find(({ service }) => service === method.parent);
    if (!registered) throw new Error(`${method.parent.typeName} is not registered`);
    const request = create(method.input, init);
    const call = ownCall(tenantUid, method);
    checkRequest(method.input, request, rulesOf(method).isMutation);
    if (rulesOf(method).isIdempotent) call.requestId = String(Reflect.get(request, 'requestId'));
    this.mutations.keepBody(call, request);
    const handlers: object = handlersInUnits(registered, this.mutations, this.unitOfWork);
    const handler = Reflect.get(handlers, method.localName) as (
      request: MessageShape<I>,
      context: HandlerContext,
    ) => Promise<MessageInitShape<O>>;
    return create(method.output, await calls.run(call, () => handler(request, contextOf(method))));
  }
}

function ownCall(tenantUid: string, method: DescMethodUnary): Call {
  const caller = {
    actor: 'ostler',
    personUid: tenantUid,
    tenantUid,
    tenantUids: [tenantUid],
    role: Role.OWNER,
    permissions: new Set(PermissionSchema.values.map(({ number }) => number)),
    mustChangePassword: false,
  };
  return {
    service: method.parent,
    method,
    trace: newTrace(),
    address: '',
    header: new Headers(),
    secure: true,
    caller,
    requestId: '',
    notes: [],
    auditSkipped: false,
    auditTenantUid: undefined,
  };
}

function contextOf(method: DescMethodUnary): HandlerContext {
  return {
    method,
    service: method.parent,
    signal: AbortSignal.timeout(60_000),
    timeoutMs: () => 60_000,
    requestMethod: 'POST',
    requestHeader: new Headers(),
    responseHeader: new Headers(),
    responseTrailer: new Headers(),
    protocolName: 'internal',
    values: createContextValues(),
    url: '',
  };
}
