import { create, type DescMethod, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect';
import { Permission } from '@ostler/contracts';

import type { UnitOfWork } from '../db';
import { currentCall } from './call';
import { rulesOf } from './method-rules';
import type { Mutations } from './mutations';
import type { RegisteredService } from './rpc-registry';

type Handler = (request: unknown, context: HandlerContext) => unknown;

/**
 * The handlers of a service, each within the transaction of its call, as the caller's tenant. Streams,
 * methods without a caller and `ownUnit` methods are left as they are: they open their own.
 */
export function handlersInUnits(
  { service, implementation, ownUnit }: RegisteredService,
  mutations: Mutations,
  unitOfWork: UnitOfWork,
): Partial<ServiceImpl<RegisteredService['service']>> {
  const handlers: Record<string, Handler> = {};
  for (const method of service.methods) {
    const handler = (Reflect.get(implementation, method.localName) as Handler).bind(implementation);
    const opensItsOwn = ownUnit.has(method.localName) || !rulesOf(method).isUnary;
    const hasNoCaller = rulesOf(method).permission === Permission.PUBLIC;
    handlers[method.localName] =
      opensItsOwn || hasNoCaller ? handler : withinUnit(method, handler, mutations, unitOfWork);
  }
  return handlers as unknown as Partial<ServiceImpl<RegisteredService['service']>>;
}

function withinUnit(
  method: DescMethod,
  handler: Handler,
  mutations: Mutations,
  unitOfWork: UnitOfWork,
): Handler {
  const answer = async (request: unknown, context: HandlerContext): Promise<Message> =>
    create(method.output, (await handler(request, context)) as MessageInitShape<typeof method.output>);
  if (rulesOf(method).isMutation) return (request, context) => mutations.unit(() => answer(request, context));
  return (request, context) =>
    unitOfWork.readAsTenant(currentCall().tenantUids, () => answer(request, context));
}
