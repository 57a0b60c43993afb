import type { ServiceImpl } from '@connectrpc/connect';
import { Limit_Unit as Unit, type LimitService } from '@ostler/contracts';

/** Limits of each unit; the real ones come from where they are enforced. */
export function limitService(): ServiceImpl<typeof LimitService> {
  return {
    list: () => ({
      limits: [
        {
          name: 'resources_per_apply',
          group: 'Resources',
          title: 'Resources in one Apply',
          consequence: 'The call is refused as a whole. Split the spec files over several calls.',
          value: 500n,
          unit: Unit.COUNT,
        },
        {
          name: 'release_bytes',
          group: 'Resources',
          title: 'Size of one published folder',
          consequence: 'The release is refused. Serve large files from a folder of the server instead.',
          value: 10n * 1024n ** 3n,
          unit: Unit.BYTES,
        },
        {
          name: 'server_down_after',
          group: 'Servers',
          title: 'Silence after which a server is Down',
          consequence: 'The overview names it. What it serves goes on; look at the server and its network.',
          value: 90n,
          unit: Unit.SECONDS,
        },
        {
          name: 'calls',
          group: 'API',
          title: 'Calls of one person or token',
          consequence: 'Further ones are refused as THROTTLED and told when to try again.',
          value: 500n,
          unit: Unit.PER_SECOND,
        },
        {
          name: 'keep_output',
          group: 'Kept',
          title: 'Output of an operation, after its end',
          consequence: 'The output goes; the operation and its result stay.',
          value: 90n,
          unit: Unit.DAYS,
          setting: 'OSTLER_KEEP_OUTPUT_DAYS',
        },
      ],
    }),
  };
}
