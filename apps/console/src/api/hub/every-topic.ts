import { LiveWatchRequest_Topic as Topic } from '@ostler/contracts';

/** All that the console shows live. */
export const EVERY_TOPIC = [
  Topic.RESOURCES,
  Topic.SERVERS,
  Topic.OPERATIONS,
  Topic.AUDIT,
  Topic.ROLLOUTS,
  Topic.WAITING_SERVERS,
];
