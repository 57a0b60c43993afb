import { AuditService, LiveService, ResourceService } from '@ostler/contracts';
import { expect, test } from 'vitest';
import { runCommand } from '../../testing/run-command.fixture';

test('a method is called with JSON, and a request id is made where one is due', async () => {
  const ids: string[] = [];
  const { output } = await runCommand(
    (router) =>
      void router.service(ResourceService, {
        delete: ({ requestId, name }) => {
          ids.push(requestId);
          return { consequence: `${name} goes` };
        },
      }),
    'api',
    'call',
    'resourceservice/delete',
    '{"kind":"KIND_SITE","name":"shop"}',
  );
  expect(JSON.parse(output)).toEqual({ consequence: 'shop goes' });
  expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
});

test('a stream is printed with a message a line', async () => {
  const { output } = await runCommand(
    (router) =>
      void router.service(LiveService, {
        async *watch() {
          yield { event: { case: 'resourceRemoved', value: 'a' } } as const;
          yield { event: { case: 'serverRemoved', value: 'b' } } as const;
        },
      }),
    'api',
    'call',
    'ostler.api.v1.LiveService/Watch',
    '{"topics":["TOPIC_SERVERS"]}',
  );
  expect(output).toBe('{"resourceRemoved":"a"}\n{"serverRemoved":"b"}\n');
});

test.each([
  [['AuditService/Lst'], 'did you mean AuditService/List?'],
  [['AuditService/List', '{"pageSise":1}'], 'ListAuditEntriesRequest'],
  [['AuditService/List', '[]'], 'ListAuditEntriesRequest'],
  [['AuditService/List', '{'], 'JSON'],
])('%j is refused before anything is called', async (line, why) => {
  const called: unknown[] = [];
  const routes = (router: Parameters<Parameters<typeof runCommand>[0]>[0]): void =>
    void router.service(AuditService, { list: (request) => (called.push(request), {}) });
  await expect(runCommand(routes, 'api', 'call', ...line)).rejects.toThrow(why);
  expect(called).toEqual([]);
});
