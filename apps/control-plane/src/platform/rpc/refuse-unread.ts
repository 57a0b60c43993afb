import type { HandlerContext } from '@connectrpc/connect';
import { ErrorReason, Permission } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';

import { toConnectError } from './map-error';
import { rulesOf } from './method-rules';

const largestPublicBytes = 65_536;

/**
 * Before the body is read, so that nobody fills the memory without having signed in: a call without any
 * credentials, and one that needs none but sends a lot.
 */
export function refuseUnread({
  method,
  requestHeader,
}: Pick<HandlerContext, 'method' | 'requestHeader'>): void {
  if (rulesOf(method).permission !== Permission.PUBLIC) {
    if (requestHeader.has('authorization') || requestHeader.has('cookie')) return;
    throw toConnectError(new AppError(ErrorReason.UNAUTHENTICATED, 'Sign in, or send an API token.'));
  }
  const length = Number(requestHeader.get('content-length') ?? 0);
  if (length <= largestPublicBytes) return;
  throw toConnectError(
    new AppError(ErrorReason.LIMIT_EXCEEDED, `The request has ${length} bytes, more than 64 KiB.`),
  );
}
