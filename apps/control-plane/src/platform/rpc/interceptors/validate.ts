import { type Message } from '@bufbuild/protobuf';
import type { Interceptor } from '@connectrpc/connect';

import { anyCall } from '../call';
import { rulesOf } from '../method-rules';
import type { Mutations } from '../mutations';
import { passageKey } from '../passage';
import { checkRequest } from '../validation';

/** The request was understood and keeps the rules of the contract. */
export function validate(mutations: Mutations): Interceptor {
  return (next) => (request) => {
    const { refusal } = request.contextValues.get(passageKey);
    if (refusal) throw refusal;
    if (!request.stream) {
      const call = anyCall();
      const rules = rulesOf(call.method);
      checkRequest(request.method.input, request.message, rules.isMutation);
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
