import { type Message } from '@bufbuild/protobuf';
import type { Interceptor } from '@connectrpc/connect';

import { anyCall } from '../call';
import { rulesOf } from '../method-rules';
import type { Mutations } from '../mutations';
import { passageKey } from '../passage';
import type { RpcRegistry } from '../rpc-registry';
import { checkRequest } from '../validation';

/** The request was understood and keeps the rules of the contract. */
export function validate(mutations: Mutations, registry: RpcRegistry): Interceptor {
  return (next) => (request) => {
    const { refusal } = request.contextValues.get(passageKey);
    if (refusal) throw refusal;
    if (!request.stream) {
      const call = anyCall();
      const rules = rulesOf(call.method);
      checkRequest(request.method.input, request.message, rules.isMutation, registry.checkOf(request.method));
      if (rules.isIdempotent) call.requestId = requestIdOf(request.message);
      if (rules.isMutation) mutations.keepBody(call, request.message);
      return next(request);
    }
    const messages = request.message;
    return next({ ...request, message: checked(messages) });

    async function* checked(source: AsyncIterable<Message>): AsyncGenerator<Message> {
      for await (const message of source) {
        checkRequest(request.method.input, message, false);
        yield message;
      }
    }
  };
}

function requestIdOf(message: Message): string {
  return String(Reflect.get(message, 'requestId')).toLowerCase();
}
