import type { HandlerContext } from '@connectrpc/connect';
import { ErrorReason, Permission } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { toConnectError } from './map-error';
import { rulesOf } from './method-rules';
import { passageKey } from './passage';

const largestPublicBytes = 65_536;

type Unread = Pick<HandlerContext, 'method' | 'requestHeader' | 'values'>;

/**
 * Before the body is read, so that nobody fills the memory without having signed in: a call without any
 * credentials, and one that needs none but sends a lot. The chain answers, without the body.
 */
export function refuseUnread(unread: Unread): void {
  const passage = unread.values.get(passageKey);
  if (passage.refusal) return;
  const refusal = refusalOf(unread);
  if (!refusal) return;
  passage.refusal = refusal;
  throw toConnectError(refusal);
}

function refusalOf({ method, requestHeader }: Unread): AppError | undefined {
  if (rulesOf(method).permission !== Permission.PUBLIC) {
    if (requestHeader.has('authorization') || requestHeader.has('cookie')) return undefined;
    return new AppError(ErrorReason.UNAUTHENTICATED, 'Sign in, or send an API token.');
  }
  const length = Number(requestHeader.get('content-length') ?? 0);
  if (length <= largestPublicBytes) return undefined;
  return new AppError(ErrorReason.LIMIT_EXCEEDED, `The request has ${length} bytes, more than 64 KiB.`);
}
