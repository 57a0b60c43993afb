import { create } from '@bufbuild/protobuf';
import { ListAuditEntriesRequestSchema } from '@ostler/contracts';
import { AppError } from '@ostler/kernel';
import { expect, it } from 'vitest';

import type { RequestCheck } from './rpc-registry';
import { checkRequest } from './validation';

function violationsOf(request: Parameters<typeof checkRequest>[1], others: RequestCheck): string[] {
  try {
    checkRequest(ListAuditEntriesRequestSchema, request, false, others);
    return [];
  } catch (error) {
    return (error as AppError).violations.map(({ field, reason }) => `${field} ${reason}`);
  }
}

it("tells what breaks the contract's rules together with what the handler would refuse, each once", () => {
  const request = create(ListAuditEntriesRequestSchema, { pageSize: 9_999 });
  const others = () => [
    { field: 'pageSize', reason: 'UINT32_LTE', message: 'said in other words' },
    { field: 'actor', reason: 'BAD_ACTOR', message: 'is nobody' },
  ];
  expect(violationsOf(request, others)).toEqual(['pageSize UINT32_LTE', 'actor BAD_ACTOR']);
});

it('leaves a request that keeps the rules of the contract to its handler', () => {
  const others = () => [{ field: 'actor', reason: 'BAD_ACTOR', message: 'is nobody' }];
  expect(violationsOf(create(ListAuditEntriesRequestSchema), others)).toEqual([]);
});
