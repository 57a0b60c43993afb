import { Code, ConnectError, createRouterTransport } from '@connectrpc/connect';
import { OperationService } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { createOstler } from './client';
import { followOutput } from './follow-output';

const text = new TextEncoder().encode('0123456789');

test('output that breaks off is read on where it ended, each byte once', async () => {
  let opened = 0;
  const transport = createRouterTransport(({ service }) =>
    service(OperationService, {
      async *readOutput({ offset }) {
        opened += 1;
        yield { offset, data: text.subarray(Number(offset), opened === 1 ? 4 : 10) };
        if (opened === 1) throw new ConnectError('restarting', Code.Unavailable);
        yield { offset: 8n, data: text.subarray(8) };
      },
    }),
  );
  let read = '';
  for await (const piece of followOutput(createOstler({ transport }), 'u')) {
    read += new TextDecoder().decode(piece);
  }
  expect({ read, opened }).toEqual({ read: '0123456789', opened: 2 });
});

test('an operation that is not there is said, not waited for', async () => {
  const transport = createRouterTransport(({ service }) =>
    service(OperationService, {
      // oxlint-disable-next-line require-yield
      async *readOutput() {
        throw new ConnectError('no such operation', Code.NotFound);
      },
    }),
  );
  const reading = followOutput(createOstler({ transport }), 'u').next();
  await expect(reading).rejects.toThrow('no such operation');
});
